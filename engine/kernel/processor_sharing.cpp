#include "engine/kernel/processor_sharing.h"

#include <algorithm>
#include <cmath>

namespace highwater {

namespace {

// A few units in the last place.
constexpr double kRounding = 0x1p-49;

std::int64_t signed_size(std::size_t n) {
  return static_cast<std::int64_t>(n);
}

}  // namespace

ProcessorSharing::ProcessorSharing(Simulation& simulation, double servers)
    : simulation_(simulation),
      servers_(servers),
      advanced_to_(simulation.now()),
      jobs_(simulation.now()),
      below_(simulation.now()),
      saturated_(simulation.now()) {
  HIGHWATER_CHECK(servers > 0 && std::isfinite(servers));
}

ProcessorSharing::~ProcessorSharing() {
  HIGHWATER_CHECK(heap_.empty());
}

double ProcessorSharing::rate() const noexcept {
  const double jobs = static_cast<double>(heap_.size());
  return (jobs <= servers_ ? 1.0 : servers_ / jobs) * speed_;
}

// Brings virtual time up to now and wakes the tasks whose jobs are done by then. Called before
// anything that changes the rate. A job stops taking its share when it is done, to the fraction of
// a nanosecond, even though its task is woken at the next whole one: rounding does not add up.
void ProcessorSharing::advance() noexcept {
  const Time now = simulation_.now();
  double elapsed = static_cast<double>((now - advanced_to_).count());
  advanced_to_ = now;
  while (!heap_.empty()) {
    const double speed = rate();
    const double reached = virtual_now_ + elapsed * speed;
    const double first = heap_.front()->done_at;
    // The timer was set for this job by the inverse computation; a few units in the last place
    // must not make it miss.
    if (first > reached * (1 + kRounding)) {
      virtual_now_ = reached;
      return;
    }
    if (first > virtual_now_) {
      elapsed = std::max(0.0, elapsed - (first - virtual_now_) / speed);
      virtual_now_ = first;
    }
    simulation_.schedule_now(remove(0));
  }
  virtual_now_ = 0;
}

// Records the number of jobs and servers. Called after anything that changes them.
void ProcessorSharing::changed() noexcept {
  const Time now = simulation_.now();
  const std::int64_t jobs = signed_size(heap_.size());
  const bool saturated = static_cast<double>(jobs) > servers_;
  jobs_.set(now, jobs);
  below_.set(now, saturated ? 0 : jobs);
  saturated_.set(now, saturated ? 1 : 0);
}

// Lets the timer follow the first job. A timer that is too early is left where it is, since moving
// it costs more than finding nothing due when it fires.
void ProcessorSharing::set_timer(bool sooner) {
  if (heap_.empty() || speed_ == 0) {
    simulation_.cancel(due_);
    return;
  }
  if (due_.pending() && !sooner) return;
  // Not a nanosecond later because the quotient came out a unit in the last place too large.
  const double exact = (heap_.front()->done_at - virtual_now_) / rate();
  const double wait = std::ceil(exact * (1 - kRounding / 4));
  // The comparison also catches a wait beyond what an integer can hold.
  constexpr double kTooLong = static_cast<double>(std::int64_t{1} << 56);
  const Time due =
      wait < kTooLong
          ? simulation_.after(Duration{std::max<std::int64_t>(0, static_cast<std::int64_t>(wait))})
          : kNever;
  if (due_.pending() && due_.due() <= due) return;
  simulation_.reschedule_at(due_, due);
}

void ProcessorSharing::admit(Job& job, Duration work) {
  HIGHWATER_CHECK(work >= Duration::zero());
  advance();
  job.done_at = virtual_now_ + static_cast<double>(work.count());
  job.arrival = arrivals_++;
  heap_.push_back(&job);
  sift_up(heap_.size() - 1, job);
  changed();
  // Every job but a new first one is due later than before.
  set_timer(job.position == 0);
}

void ProcessorSharing::withdraw(Job& job) noexcept {
  advance();
  remove(job.position);
  changed();
  set_timer(true);
}

void ProcessorSharing::on_due() {
  advance();
  changed();
  set_timer(true);
}

void ProcessorSharing::set_speed(double speed) {
  HIGHWATER_CHECK(speed >= 0 && std::isfinite(speed));
  advance();
  speed_ = speed;
  simulation_.cancel(due_);
  set_timer(true);
}

void ProcessorSharing::set_servers(double servers) {
  HIGHWATER_CHECK(servers > 0 && std::isfinite(servers));
  advance();
  const Time now = simulation_.now();
  saturated_before_ += servers_ * saturated_.total(now);
  saturated_ = TimeIntegral(now);
  servers_ = servers;
  changed();
  simulation_.cancel(due_);
  set_timer(true);
}

ProcessorSharing::Job& ProcessorSharing::remove(std::size_t position) noexcept {
  Job& removed = *heap_[position];
  removed.position = kNotServed;
  Job& last = *heap_.back();
  heap_.pop_back();
  if (&last != &removed) {
    if (position > 0 && before(last, *heap_[(position - 1) / 4])) {
      sift_up(position, last);
    } else {
      sift_down(position, last);
    }
  }
  return removed;
}

void ProcessorSharing::place(std::size_t position, Job& job) noexcept {
  heap_[position] = &job;
  job.position = position;
}

void ProcessorSharing::sift_up(std::size_t position, Job& job) noexcept {
  while (position > 0) {
    const std::size_t parent = (position - 1) / 4;
    if (!before(job, *heap_[parent])) break;
    place(position, *heap_[parent]);
    position = parent;
  }
  place(position, job);
}

void ProcessorSharing::sift_down(std::size_t position, Job& job) noexcept {
  while (true) {
    const std::size_t first = 4 * position + 1;
    if (first >= heap_.size()) break;
    const std::size_t end = std::min(first + 4, heap_.size());
    std::size_t smallest = first;
    for (std::size_t child = first + 1; child < end; ++child) {
      if (before(*heap_[child], *heap_[smallest])) smallest = child;
    }
    if (!before(*heap_[smallest], job)) break;
    place(position, *heap_[smallest]);
    position = smallest;
  }
  place(position, job);
}

}  // namespace highwater
