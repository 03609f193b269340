#include "engine/kernel/resource.h"

#include <algorithm>
#include <limits>

namespace highwater {

namespace {

// Lines of priorities that nobody waits with any more are kept for the next one, but not too many.
constexpr std::size_t kSpareLines = 64;

}  // namespace

Resource::Resource(Simulation& simulation, std::uint32_t servers, ResourceOptions options)
    : simulation_(simulation),
      servers_(servers),
      capacity_(options.capacity.value_or(std::numeric_limits<std::uint32_t>::max())),
      discipline_(options.discipline),
      busy_time_(simulation.now()),
      waiting_time_(simulation.now()),
      prune_at_(kSpareLines) {}

Resource::~Resource() {
  HIGHWATER_CHECK(busy_ == 0 && waiting_ == 0);
}

void Resource::resize(std::uint32_t servers) {
  servers_ = servers;
  while (waiting_ > 0 && busy_ < servers_) {
    take_free_server();
    grant(best_waiter());
  }
}

void Resource::withdraw(Waiter& waiter) noexcept {
  if (waiter.state == Waiter::State::waiting) {
    EventList::remove(waiter);
    count_waiting(waiting_ - 1);
  } else {
    simulation_.cancel(waiter);
    give_back();
  }
  waiter.state = Waiter::State::settled;
}

void Resource::expire(Waiter& waiter) noexcept {
  withdraw(waiter);
  waiter.status = LeaseStatus::expired;
}

EventList& Resource::line_of(std::uint32_t priority) {
  const auto found = lines_.find(priority);
  if (found != lines_.end()) return found->second;
  if (lines_.size() >= prune_at_) {
    std::erase_if(lines_, [](const auto& entry) { return entry.second.empty(); });
    prune_at_ = std::max(kSpareLines, 2 * lines_.size());
  }
  return lines_[priority];
}

Event& Resource::most_urgent() noexcept {
  auto line = lines_.begin();
  while (line->second.empty()) ++line;
  return line->second.front();
}

}  // namespace highwater
