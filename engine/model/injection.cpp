#include "engine/model/injection.h"

#include <algorithm>
#include <utility>

namespace highwater {
namespace {

constexpr Duration kDay = 24h;
/// Tries of a fault whose probability is small; a bound for those whose times come thick and fast.
constexpr std::size_t kMostTries = 1'000'000;

Distribution gaps_of(const FaultSchedule& schedule) {
  if (!schedule.random) return {};
  if (schedule.random->gaps) return *schedule.random->gaps;
  if (!schedule.random->per_second) return {};
  const double ns =
      std::min(1e9 / *schedule.random->per_second, static_cast<double>(kLongestRun.count()));
  return Distribution::exponential(
      std::max(Duration{static_cast<std::int64_t>(ns + 0.5)}, Duration{1}));
}

}  // namespace

/// One strike from its beginning until nothing of it is left.
class Injection::Occurrence {
 public:
  Occurrence(Injection& fault, std::unique_ptr<FaultAction> action, std::size_t span)
      : fault_(fault),
        action_(std::move(action)),
        span_(span),
        end_(*this),
        grows_(*this),
        fades_(*this) {}

  void begin(std::optional<Duration> lasts) {
    const Duration ramp = fault_.plan_.schedule().ramp;
    if (ramp > Duration{0}) {
      step_ = 1;
      action_->set_strength(strength());
      fault_.world_.simulation.schedule_after(grows_, ramp / kSteps);
    }
    text_ = action_->begin();
    fault_.world_.happened("fault", text_);
    if (lasts) fault_.world_.simulation.schedule_after(end_, *lasts);
  }

  void end() {
    if (over_) return;
    over_ = true;
    fault_.world_.simulation.cancel(end_);
    fault_.world_.simulation.cancel(grows_);
    const Duration fade = fault_.plan_.schedule().fade;
    if (fade > Duration{0} && step_ > 1) {
      fade_step_ = fade / step_;
      fault_.world_.simulation.schedule_after(fades_, fade_step_);
    } else {
      withdraw();
    }
    if (span_ < fault_.spans_.size()) fault_.spans_[span_].end = fault_.world_.now();
    fault_.world_.happened("fault ended", text_);
    fault_.tell(false);
  }

  const std::string& text() const { return text_; }
  bool over() const { return over_; }
  bool gone() const { return gone_; }

 private:
  double strength() const { return static_cast<double>(step_) / kSteps; }

  void grow() {
    ++step_;
    action_->set_strength(strength());
    if (step_ < kSteps)
      fault_.world_.simulation.schedule_after(grows_, fault_.plan_.schedule().ramp / kSteps);
  }

  void fade() {
    if (--step_ == 0) return withdraw();
    action_->set_strength(strength());
    fault_.world_.simulation.schedule_after(fades_, fade_step_);
  }

  void withdraw() {
    action_->end();
    gone_ = true;
  }

  Injection& fault_;
  std::unique_ptr<FaultAction> action_;
  std::size_t span_;
  std::string text_;
  int step_ = kSteps;
  Duration fade_step_{};
  bool over_ = false;  // it has ended, and may be fading
  bool gone_ = false;
  Timer<&Occurrence::end> end_;
  Timer<&Occurrence::grow> grows_;
  Timer<&Occurrence::fade> fades_;
};

Injection::Injection(World& world, Directory& directory, const FaultPlan& plan, std::size_t number)
    : world_(world),
      directory_(directory),
      plan_(plan),
      number_(number),
      gaps_(gaps_of(plan.schedule())),
      times_(world.stream("fault times", std::to_string(number))),
      luck_(world.stream("fault luck", std::to_string(number))),
      next_(*this),
      delayed_(*this) {}

Injection::~Injection() = default;

void Injection::start() {
  const FaultSchedule& schedule = plan_.schedule();
  if (schedule.at) {
    if (Time{} + *schedule.at < kNever)
      world_.simulation.schedule_at(delayed_, Time{} + *schedule.at);
  } else if (schedule.random) {
    plan_next();
  }
}

void Injection::scheduled() {
  strike();
  plan_next();
}

void Injection::plan_next() {
  if (occurrences_ >= kMostSpans || ++tries_ > kMostTries) return;
  const Time from = std::max(world_.now(), Time{} + plan_.schedule().random->from);
  const std::optional<Time> at = next_time(from);
  if (at) world_.simulation.schedule_at(next_, *at);
}

std::optional<Time> Injection::next_time(Time from) {
  const RandomStrikes& random = *plan_.schedule().random;
  if (random.daily_probability) return next_daily();
  for (Time at = from;;) {
    at += std::max(gaps_.draw(times_), Duration{1});
    if (at >= kNever || (random.until && at >= Time{} + *random.until)) return std::nullopt;
    if (in_hours(at)) return at;
    at = next_opening(at);
  }
}

std::optional<Time> Injection::next_daily() {
  const RandomStrikes& random = *plan_.schedule().random;
  for (;; ++day_) {
    const Time midnight = Time{} + kDay * day_;
    if (midnight >= kNever || (random.until && midnight >= Time{} + *random.until))
      return std::nullopt;
    const RandomStrikes::Hours hours = random.hours.value_or(RandomStrikes::Hours{0s, kDay, 7});
    const double part = times_.uniform();
    const bool strikes = times_.uniform() < *random.daily_probability;
    const Duration wide = hours.until - hours.from;
    const Time at = midnight + hours.from +
                    Duration{static_cast<std::int64_t>(part * static_cast<double>(wide.count()))};
    const bool meant = at >= Time{} + random.from && (!random.until || at < Time{} + *random.until);
    if (!strikes || !meant || !in_hours(at) || at < world_.now()) continue;
    ++day_;
    return at;
  }
}

bool Injection::in_hours(Time at) const {
  const auto& hours = plan_.schedule().random->hours;
  if (!hours) return true;
  const std::int64_t day = (at - Time{}) / kDay;
  const Duration clock = at - Time{} - kDay * day;
  return day % 7 < hours->days && clock >= hours->from && clock < hours->until;
}

Time Injection::next_opening(Time at) const {
  const RandomStrikes::Hours& hours = *plan_.schedule().random->hours;
  std::int64_t day = (at - Time{}) / kDay;
  while (day % 7 >= hours.days || Time{} + kDay * day + hours.from < at) ++day;
  return Time{} + kDay * day + hours.from;
}

void Injection::condition_met() {
  world_.simulation.reschedule_after(delayed_, plan_.schedule().delay);
}

void Injection::strike() {
  const FaultSchedule& schedule = plan_.schedule();
  const bool struck = luck_.uniform() < schedule.probability;
  std::optional<Duration> lasts;
  if (schedule.lasts) lasts = schedule.lasts->draw(luck_);
  if (!struck) return;
  if (occurrences_ == kMostSpans) {
    world_.happened("fault", plan_.text() + " has struck too often; it does no more");
    return;
  }
  std::erase_if(on_, [](const auto& each) { return each->gone(); });
  auto action = plan_.arm(world_, directory_, {number_, occurrences_++});
  Occurrence& occurrence =
      *on_.emplace_back(std::make_unique<Occurrence>(*this, std::move(action), spans_.size()));
  occurrence.begin(lasts);
  spans_.push_back({world_.now(), std::nullopt, occurrence.text()});
  tell(true);
}

void Injection::end() {
  for (std::size_t i = 0; i < on_.size(); ++i) on_[i]->end();
}

bool Injection::on() const {
  return std::any_of(on_.begin(), on_.end(), [](const auto& each) { return !each->over(); });
}

void Injection::tell(bool begun) {
  for (const Watcher& watcher : watchers_) watcher(*this, begun);
}

}  // namespace highwater
