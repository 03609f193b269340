#include "models/drivers/breaker_session.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "engine/describe/nearest.h"
#include "engine/describe/problems.h"
#include "models/drivers/seconds.h"

namespace highwater::drivers {
namespace {

using resilience::Admission;
using resilience::kNever;

constexpr auto kLater = [](const auto& a, const auto& b) {
  return a.ends != b.ends ? a.ends > b.ends : a.order > b.order;
};

std::int64_t later(std::int64_t now, std::int64_t by) {
  return now > kNever - by ? kNever : now + by;
}

}  // namespace

BreakerSession::BreakerSession(std::unique_ptr<resilience::Breaker> breaker)
    : breaker_(std::move(breaker)) {}

std::string BreakerSession::take(std::string_view line, std::string& out) {
  std::array<std::string_view, 3> words;
  std::size_t count = 0;
  for (std::string_view rest = line;;) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    if (count == words.size())
      return "expected SECONDS, what the call does and how long it takes, found " + in_quotes(line);
    words[count++] = rest.substr(0, space);
    if (space == rest.size()) break;
    rest.remove_prefix(space + 1);
  }
  const auto time = nanoseconds_of(words[0]);
  if (!time) return no_seconds(words[0]);
  Call call;
  call.fails = words[1] == "failure";
  call.slow = words[1] == "slow";
  if (!call.fails && !call.slow && words[1] != "success") {
    std::string wrong = "a call may be success, failure or slow, found " + in_quotes(words[1]);
    static const std::vector<std::string> kWords = {"success", "failure", "slow"};
    const std::string nearest = nearest_word(words[1], kWords);
    if (!nearest.empty()) wrong += "; did you mean " + in_quotes(nearest) + "?";
    return wrong;
  }
  if (count == 3) {
    const auto duration = nanoseconds_of(words[2]);
    if (!duration) return no_seconds(words[2]);
    call.duration = *duration;
    call.at_once = false;
  }
  if (*time < now_) return "time goes back";
  now_ = *time;

  end_calls_until(now_);
  call.number = printed_ + answers_.size();
  answers_.emplace_back();
  if (!ask(call, now_)) waiting_.push_back({call, trial_});
  print(out);
  return {};
}

void BreakerSession::end(std::string& out) {
  end_calls_until(kNever);
  print(out);
}

bool BreakerSession::ask(const Call& call, std::int64_t now) {
  const Admission as = breaker_->admit(now);
  if (as == Admission::wait) return false;
  const bool allowed = resilience::goes_out(as);
  if (allowed) {
    if (as == Admission::trial) trial_ = gone_out_;
    const std::int64_t limit = breaker_->call_timeout();
    if (call.at_once || call.duration == 0) {
      ++gone_out_;
      report(call, as, now, now);
    } else {
      in_flight_.push_back(
          {later(now, std::min(call.duration, limit)), gone_out_++, now, as, call});
      std::push_heap(in_flight_.begin(), in_flight_.end(), kLater);
    }
  }
  answer(call.number, allowed, now);
  return true;
}

void BreakerSession::end_calls_until(std::int64_t now) {
  while (!in_flight_.empty() && in_flight_.front().ends <= now) {
    std::pop_heap(in_flight_.begin(), in_flight_.end(), kLater);
    const InFlight ended = in_flight_.back();
    in_flight_.pop_back();
    report(ended.call, ended.as, ended.began, ended.ends);
    if (ended.as == Admission::trial) trial_ended(ended.order, ended.ends);
  }
}

void BreakerSession::trial_ended(std::uint64_t trial, std::int64_t now) {
  for (std::size_t i = waiting_.size(); i > 0; --i) {
    Waiting next = waiting_.front();
    waiting_.pop_front();
    if (next.trial == trial) {
      if (ask(next.call, now)) continue;
      next.trial = trial_;
    }
    waiting_.push_back(next);
  }
}

void BreakerSession::report(const Call& call, Admission as, std::int64_t began, std::int64_t now) {
  const std::int64_t limit = breaker_->call_timeout();
  std::int64_t took = now - began;
  bool fails = call.fails;
  if (call.slow && call.at_once) {
    if (limit != kNever) {
      took = limit;
    } else if (breaker_->slow_after() != kNever) {
      took = later(breaker_->slow_after(), 1);
    }
  }
  if (took >= limit) fails = true;
  if (fails) {
    breaker_->failed(as, now, took);
  } else {
    breaker_->succeeded(as, now, took);
  }
}

void BreakerSession::answer(std::uint64_t number, bool allowed, std::int64_t now) {
  answers_[number - printed_] = std::string(allowed ? "allowed " : "rejected ") +
                                std::string(resilience::name_of(breaker_->state(now)));
}

void BreakerSession::print(std::string& out) {
  for (; !answers_.empty() && !answers_.front().empty(); answers_.pop_front(), ++printed_)
    out += answers_.front() + "\n";
}

}  // namespace highwater::drivers
