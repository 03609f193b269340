#include "viewer/gui/context.h"

#include <algorithm>
#include <utility>

namespace highwater::viewer {
namespace {

constexpr double kNotice_s = 6;

}  // namespace

void Context::follow(LiveRun* run, std::optional<Feed>& feed, std::uint64_t& serial) {
  const Sight* const sight = run == nullptr ? nullptr : run->sight();
  if (sight == nullptr)
    feed.reset();
  else if (std::exchange(serial, run->serial()) != run->serial() || !feed)
    feed.emplace(run->system(), *sight);
}

void Context::refresh() {
  static const RunStatus kNothing;
  status_ = &kNothing;
  intervals_ = interval_ = 0;
  std::erase_if(notices, [&](const Notice& notice) { return notice.until_s < clock_s; });
  if (!session.is_open()) {
    feed.reset();
    other.reset();
    return;
  }
  LiveRun& run = session.run();
  status_ = &run.status();
  follow(&run, feed, serial_);
  follow(session.other(), other, other_serial_);
  time.set_extent({0, seconds(session.system().duration)});
  if (!feed) return;
  const History& history = feed->sight().history;
  intervals_ = history.intervals();
  if (intervals_ == 0) return;
  interval_ = intervals_ - 1;
  if (looking_at) interval_ = std::min(history.interval_at(*looking_at), interval_);
  time.playhead = looking_at ? *looking_at : seconds(status_->now);
}

std::optional<std::size_t> Context::selected_part() const {
  if (!selected || !session.is_open()) return std::nullopt;
  if (selected->kind != topology::Target::Kind::node &&
      selected->kind != topology::Target::Kind::instance)
    return std::nullopt;
  const std::vector<Part>& parts = session.system().parts;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].id == selected->id) return i;
  return std::nullopt;
}

void Context::notify(std::string text, Status status) {
  notices.push_back({std::move(text), status, clock_s + kNotice_s});
}

void Context::report(const Problems& of) {
  problems.clear();
  for (const Problem& problem : of.sorted()) problems.push_back(problem.text());
}

void Context::do_later() {
  for (const auto& action : std::exchange(later_, {})) action();
}

}  // namespace highwater::viewer
