#include "models/drivers/event_session.h"

#include <charconv>

#include "engine/describe/nearest.h"
#include "engine/describe/problems.h"
#include "models/drivers/seconds.h"

namespace highwater::drivers {
namespace {

constexpr std::string_view kEvents[] = {"pick", "done", "fail",   "refuse",  "retry",   "at",
                                        "down", "up",   "weight", "degrade", "recover", "match"};

}  // namespace

EventSession::EventSession(std::unique_ptr<balancing::Balancer> balancer, std::uint64_t seed)
    : balancer_(std::move(balancer)), bits_(seed), at_(balancer_->size()) {}

std::string EventSession::take(std::string_view line, std::string& out) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string_view event = line.substr(0, space);
  const bool has_rest = space < line.size();
  const std::string_view rest = has_rest ? line.substr(space + 1) : std::string_view();
  if (event == "pick")
    return pick({.since = now_, .key = std::string(rest), .labels = labels_}, out);
  if (event == "retry" && !has_rest) return retry(out);
  if (event == "match") return match(rest);
  if (has_rest) {
    if (event == "done") return finish(rest, End::done);
    if (event == "fail") return finish(rest, End::fail);
    if (event == "refuse") return finish(rest, End::refuse);
    if (event == "at") return advance(rest);
    if (event == "weight") return weigh(rest);
    if (event == "down" || event == "up" || event == "degrade" || event == "recover")
      return change(event, rest);
  }
  std::string wrong =
      "expected pick, pick KEY, done NAME, fail NAME, refuse NAME, retry, at SECONDS, down NAME, "
      "up NAME, weight NAME N, degrade NAME, recover NAME or match LABELS, found " +
      in_quotes(line);
  const std::vector<std::string> words(std::begin(kEvents), std::end(kEvents));
  const std::string nearest = nearest_word(event, words);
  if (!nearest.empty() && nearest != event) wrong += "; did you mean " + in_quotes(nearest) + "?";
  return wrong;
}

std::string EventSession::retry(std::string& out) {
  if (!failed_) return "no request has failed that was not tried again";
  InFlight again = std::move(*failed_);
  failed_.reset();
  again.since = now_;
  return pick(std::move(again), out);
}

std::string EventSession::match(std::string_view text) {
  std::vector<balancing::Label> labels;
  if (!text.empty()) {
    const std::optional<Value> object = parse_json_value(text);
    if (!object || !object->is_object())
      return "expected labels such as {\"version\": \"2\"}, found " + in_quotes(text);
    for (const Value::Member& member : object->members()) {
      if (!member.value.is_string()) return "the value of a label is a text";
      labels.push_back({member.key, member.value.text()});
    }
  }
  labels_ = std::move(labels);
  return {};
}

std::string EventSession::change(std::string_view event, std::string_view name) {
  const auto target = index_of(name);
  if (!target) return unknown(name);
  if (event == "down" || event == "up") {
    balancer_->set_usable(*target, event == "up", now_);
    return {};
  }
  if (!balancer_->set_degraded(*target, event == "degrade", now_))
    return "this policy takes no notice of degraded targets";
  return {};
}

std::string EventSession::pick(InFlight request, std::string& out) {
  const balancing::Pick picked = balancer_->pick({.now = now_,
                                                  .key = request.key,
                                                  .tried = request.tried,
                                                  .labels = request.labels,
                                                  .vain_draws = &request.vain_draws},
                                                 bits_);
  if (picked) {
    out += balancer_->target(*picked).name;
    at_[*picked].push_back(std::move(request));
  } else {
    out += '-';
  }
  out += '\n';
  return {};
}

std::string EventSession::finish(std::string_view name, End end) {
  const auto target = index_of(name);
  if (!target) return unknown(name);
  std::deque<InFlight>& requests = at_[*target];
  if (requests.empty()) return "no request is in flight at " + in_quotes(name);
  const bool newest = end == End::refuse;
  InFlight request = std::move(newest ? requests.back() : requests.front());
  newest ? requests.pop_back() : requests.pop_front();
  const bool failed = end != End::done;
  balancer_->finish(*target, {.now = now_, .latency = now_ - request.since, .failed = failed});
  if (failed) {
    request.tried.push_back(*target);
    failed_ = std::move(request);
  }
  return {};
}

std::string EventSession::advance(std::string_view seconds) {
  const auto time = nanoseconds_of(seconds);
  if (!time) return no_seconds(seconds);
  if (*time < now_) return "time goes back";
  now_ = *time;
  return {};
}

std::string EventSession::weigh(std::string_view rest) {
  const std::size_t space = rest.rfind(' ');
  if (space == std::string_view::npos) return "expected weight NAME N";
  const std::string_view name = rest.substr(0, space);
  const std::string_view digits = rest.substr(space + 1);
  const auto target = index_of(name);
  if (!target) return unknown(name);
  std::uint32_t weight = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), weight);
  if (error != std::errc() || end != digits.data() + digits.size())
    return "a weight is a whole number, found " + in_quotes(digits);
  balancer_->set_weight(*target, weight, now_);
  return {};
}

std::optional<std::size_t> EventSession::index_of(std::string_view name) const {
  for (std::size_t i = 0; i < balancer_->size(); ++i)
    if (balancer_->target(i).name == name) return i;
  return std::nullopt;
}

std::string EventSession::unknown(std::string_view name) const {
  std::vector<std::string> known;
  for (std::size_t i = 0; i < balancer_->size(); ++i) known.push_back(balancer_->target(i).name);
  std::string wrong = in_quotes(name) + " is none of the targets";
  const std::string nearest = nearest_word(name, known);
  if (!nearest.empty()) wrong += "; did you mean " + in_quotes(nearest) + "?";
  return wrong;
}

KeySession::KeySession(std::unique_ptr<balancing::Balancer> balancer, std::uint64_t seed)
    : balancer_(std::move(balancer)), bits_(seed) {}

std::string KeySession::take(std::string_view line, std::string& out) {
  const balancing::Pick picked = balancer_->pick({.key = line}, bits_);
  if (picked) {
    out += balancer_->target(*picked).name;
    balancer_->finish(*picked, {});
  } else {
    out += '-';
  }
  out += '\n';
  return {};
}

}  // namespace highwater::drivers
