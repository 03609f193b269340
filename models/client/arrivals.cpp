#include "models/client/arrivals.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <utility>

#include "engine/kernel/distribution.h"
#include "engine/math/math.h"

namespace highwater::client {
namespace {

Time after(Time now, double gap_s) {
  const double gap_ns = gap_s * 1e9 + 0.5;
  if (!(gap_ns < static_cast<double>((kNever - now).count()))) return kNever;
  return now + Duration{static_cast<Duration::rep>(gap_ns)};
}

/// Exponential with mean 1, from any stream.
double exponential(RandomStream& stream) {
  return standard_exponential(stream);
}

class Poisson final : public ArrivalProcess {
 public:
  Poisson(Rate rate, RandomStream stream) : mean_gap_s_(1 / rate.per_second), stream_(stream) {}
  std::optional<Time> next(Time now) override {
    return after(now, mean_gap_s_ * exponential(stream_));
  }

 private:
  double mean_gap_s_;
  RandomStream stream_;
};

class Constant final : public ArrivalProcess {
 public:
  explicit Constant(Rate rate) : rate_(rate.per_second) {}
  // From the number of arrivals, so that rounding to nanoseconds does not add up.
  std::optional<Time> next(Time) override {
    return after(Time{}, static_cast<double>(++arrivals_) / rate_);
  }

 private:
  double rate_;
  std::uint64_t arrivals_ = 0;
};

class Renewal final : public ArrivalProcess {
 public:
  Renewal(Distribution gap, RandomStream stream) : gap_(std::move(gap)), stream_(stream) {}
  std::optional<Time> next(Time now) override {
    const Duration gap = gap_.draw(stream_);
    return gap < kNever - now ? now + gap : kNever;
  }

 private:
  Distribution gap_;
  RandomStream stream_;
};

class Mmpp final : public ArrivalProcess {
 public:
  Mmpp(std::vector<MmppState> states, RandomStream stream)
      : states_(std::move(states)), stream_(stream) {
    leaves_ = after(Time{}, seconds(states_.front().stay) * exponential(stream_));
  }

  /// Until when it is in a state, and what arrives in it per second.
  struct Stay {
    Time until;
    double rate;
  };
  Stay stay() const { return {leaves_, states_[state_].rate.per_second}; }
  /// Tells of every state that it leaves.
  void tell(std::function<void(const Stay&)> left) { left_ = std::move(left); }

  std::optional<Time> next(Time now) override {
    Time at = now;
    for (;;) {
      const double rate = states_[state_].rate.per_second;
      const Time arrival = rate > 0 ? after(at, exponential(stream_) / rate) : kNever;
      if (arrival <= leaves_ || leaves_ == kNever) return arrival;
      // The rest of the gap is drawn anew in the next state: exponential gaps have no memory.
      if (left_) left_(stay());
      at = leaves_;
      state_ = (state_ + 1) % states_.size();
      leaves_ = after(at, seconds(states_[state_].stay) * exponential(stream_));
    }
  }

 private:
  std::vector<MmppState> states_;
  RandomStream stream_;
  std::size_t state_ = 0;
  Time leaves_{};
  std::function<void(const Stay&)> left_;  // empty but where somebody follows
};

/// Poisson with a rate that varies: candidates at the highest rate, kept with probability
/// rate / highest. Source: Lewis & Shedler 1979 (thinning).
class Stages final : public ArrivalProcess {
 public:
  struct Part {
    Time begin{}, end{};
    double from = 0, to = 0;

    double rate(Time at) const {
      return from + (to - from) * (seconds(at - begin) / seconds(end - begin));
    }
  };
  static std::vector<Part> parts_of(const std::vector<Stage>& stages) {
    std::vector<Part> parts;
    double rate = 0;
    Time begin{};
    for (const Stage& stage : stages) {
      Part part;
      part.begin = begin;
      part.from = rate;
      Duration length{};
      if (const HoldStage* hold = stage.as<HoldStage>()) {
        length = hold->hold;
        if (hold->rate) rate = hold->rate->per_second;
        part.from = rate;
      } else if (const RampStage* ramp = stage.as<RampStage>()) {
        length = ramp->ramp;
        rate = ramp->to.per_second;
      }
      part.to = rate;
      begin = length < kNever - begin ? begin + length : kNever;
      part.end = begin;
      parts.push_back(part);
    }
    return parts;
  }

  Stages(const std::vector<Stage>& stages, RandomStream stream)
      : parts_(parts_of(stages)), stream_(stream) {}

  std::optional<Time> next(Time now) override {
    Time at = now;
    while (part_ < parts_.size()) {
      const Part& part = parts_[part_];
      const double highest = std::max(part.from, part.to);
      at = highest > 0 ? after(at, exponential(stream_) / highest) : kNever;
      if (at >= part.end) {
        at = part.end;
        ++part_;
        continue;
      }
      if (stream_.uniform() * highest < part.rate(at)) return at;
    }
    return std::nullopt;
  }

 private:
  std::vector<Part> parts_;
  RandomStream stream_;
  std::size_t part_ = 0;
};

class Diurnal final : public ArrivalProcess {
 public:
  Diurnal(const DailyCycle& cycle, RandomStream stream)
      : cycle_(cycle),
        concentration_(diurnal_concentration(cycle.peak.value)),
        highest_(cycle.mean.per_second * cycle.peak.value),
        stream_(stream) {}

  std::optional<Time> next(Time now) override {
    Time at = now;
    for (;;) {
      at = after(at, exponential(stream_) / highest_);
      if (at == kNever) return at;
      if (stream_.uniform() < share_of_highest(at)) return at;
    }
  }

  double share_of_highest(Time at) const {
    // Whole periods are taken off in integers, so that the phase stays exact on long runs.
    const Duration phase = (at - Time{} - cycle_.at) % cycle_.period;
    const double turn = seconds(phase) / seconds(cycle_.period);
    return math::exp(concentration_ * (math::cos2pi(turn) - 1));
  }
  double highest() const { return highest_; }

 private:
  DailyCycle cycle_;
  double concentration_;
  double highest_;
  RandomStream stream_;
};

struct Maker {
  RandomStream stream;
  using Made = std::unique_ptr<ArrivalProcess>;

  Made operator()(const PoissonArrivals& a) const {
    return std::make_unique<Poisson>(a.poisson, stream);
  }
  Made operator()(const ConstantArrivals& a) const {
    return std::make_unique<Constant>(a.constant);
  }
  Made operator()(const RenewalArrivals& a) const {
    return std::make_unique<Renewal>(a.renewal, stream);
  }
  Made operator()(const MmppArrivals& a) const { return std::make_unique<Mmpp>(a.mmpp, stream); }
  Made operator()(const StagesArrivals& a) const {
    return std::make_unique<Stages>(a.stages, stream);
  }
  Made operator()(const DiurnalArrivals& a) const {
    return std::make_unique<Diurnal>(a.diurnal, stream);
  }
  Made operator()(const TraceArrivals&) const { return nullptr; }
  Made operator()(const ClosedArrivals&) const { return nullptr; }
};

}  // namespace

/// How a rate goes over time.
class ScaledArrivals::Intensity {
 public:
  /// A stretch of time in which the rate is nowhere above `highest`.
  struct Stretch {
    Time end;
    double highest;
  };
  virtual ~Intensity() = default;
  /// That which contains `at`; nothing where nothing ever comes any more. Times never go back.
  virtual std::optional<Stretch> stretch(Time at) = 0;
  virtual double rate(Time at) const = 0;
};

struct ScaledArrivals::IntensityMaker {
  RandomStream path;
  using Made = std::unique_ptr<Intensity>;

  class OfStages final : public Intensity {
   public:
    explicit OfStages(const std::vector<Stage>& stages) : parts_(Stages::parts_of(stages)) {}
    std::optional<Stretch> stretch(Time at) override {
      while (part_ < parts_.size() && parts_[part_].end <= at) ++part_;
      if (part_ == parts_.size()) return std::nullopt;
      return Stretch{parts_[part_].end, std::max(parts_[part_].from, parts_[part_].to)};
    }
    double rate(Time at) const override { return parts_[part_].rate(at); }

   private:
    std::vector<Stages::Part> parts_;
    std::size_t part_ = 0;
  };

  class OfDay final : public Intensity {
   public:
    OfDay(const DailyCycle& cycle, RandomStream unused) : day_(cycle, unused) {}
    std::optional<Stretch> stretch(Time) override { return Stretch{kNever, day_.highest()}; }
    double rate(Time at) const override { return day_.highest() * day_.share_of_highest(at); }

   private:
    Diurnal day_;
  };

  /// Goes through the states as the process does that is driven by the same stream.
  class OfChain final : public Intensity {
   public:
    OfChain(const std::vector<MmppState>& states, RandomStream path) : twin_(states, path) {
      twin_.tell([this](const Mmpp::Stay& left) { stays_.push_back(left); });
    }
    std::optional<Stretch> stretch(Time at) override {
      while (!stays_.empty() && stays_.front().until <= at) stays_.pop_front();
      while (stays_.empty() && twin_.stay().until <= at) {
        last_ = *twin_.next(last_);
        while (!stays_.empty() && stays_.front().until <= at) stays_.pop_front();
      }
      const Mmpp::Stay now = stays_.empty() ? twin_.stay() : stays_.front();
      rate_ = now.rate;
      return Stretch{now.until, now.rate};
    }
    double rate(Time) const override { return rate_; }

   private:
    Mmpp twin_;
    Time last_{};
    std::deque<Mmpp::Stay> stays_;  // that it has left ahead of us
    double rate_ = 0;
  };

  Made operator()(const StagesArrivals& a) const { return std::make_unique<OfStages>(a.stages); }
  Made operator()(const DiurnalArrivals& a) const {
    return std::make_unique<OfDay>(a.diurnal, path);
  }
  Made operator()(const MmppArrivals& a) const { return std::make_unique<OfChain>(a.mmpp, path); }
  template <class Other>
  Made operator()(const Other&) const {
    return nullptr;
  }
};

ScaledArrivals::ScaledArrivals(const Arrivals& like, RandomStream own, RandomStream path)
    : own_(own), intensity_(std::visit(IntensityMaker{path}, like.form)) {
  if (intensity_ == nullptr) steady_ = make_arrivals(like, own);
}
ScaledArrivals::~ScaledArrivals() = default;
ScaledArrivals::ScaledArrivals(ScaledArrivals&&) noexcept = default;
ScaledArrivals& ScaledArrivals::operator=(ScaledArrivals&&) noexcept = default;

void ScaledArrivals::set_scale(Time now, double scale) {
  clock_s_ += seconds(now - since_) * scale_;
  since_ = now;
  scale_ = scale;
}

std::optional<Time> ScaledArrivals::next(Time now) {
  if (scale_ <= 0) return std::nullopt;
  if (intensity_ == nullptr) {
    if (!due_) due_ = steady_->next(after(Time{}, clock_s_));
    if (!due_) return std::nullopt;
    return std::max(now, after(since_, (seconds(*due_ - Time{}) - clock_s_) / scale_));
  }
  Time at = now;
  for (;;) {
    const auto stretch = intensity_->stretch(at);
    if (!stretch) return std::nullopt;
    const double highest = stretch->highest * scale_;
    const Time candidate = highest > 0 ? after(at, exponential(own_) / highest) : kNever;
    if (candidate >= stretch->end) {
      if (stretch->end == kNever) return kNever;
      at = stretch->end;
      continue;
    }
    at = candidate;
    if (own_.uniform() * stretch->highest < intensity_->rate(at)) return at;
  }
}

void ScaledArrivals::arrived(Time now) {
  if (intensity_ != nullptr || !due_) return;
  // From its own time and not from the nanosecond that it was rounded to.
  clock_s_ = seconds(*due_ - Time{});
  since_ = now;
  due_ = steady_->next(*due_);
}

void RenewalArrivals::check(const Value& where, const std::string& path, Problems& problems) const {
  // A gap of zero would never let time go on.
  if (renewal.mean_s() < 1e-9)
    problems.error(where.position(), pointer_to(path, "renewal"),
                   "the mean gap between arrivals must be at least 1ns");
}

void MmppArrivals::check(const Value& where, const std::string& path, Problems& problems) const {
  for (const MmppState& state : mmpp)
    if (state.rate.per_second > 0) return;
  if (!mmpp.empty())
    problems.error(where.position(), pointer_to(path, "mmpp"),
                   "at least one state needs a rate above 0");
}

double bessel_i0(double x) {
  double sum = 1, term = 1;
  const double quarter = x * x / 4;
  for (int k = 1; term > sum * 1e-17; ++k) {
    term *= quarter / (static_cast<double>(k) * k);
    sum += term;
  }
  return sum;
}

double diurnal_concentration(double peak) {
  double low = 0, high = 200;
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    (math::exp(middle) < peak * bessel_i0(middle) ? low : high) = middle;
  }
  return (low + high) / 2;
}

std::unique_ptr<ArrivalProcess> make_arrivals(const Arrivals& arrivals, RandomStream stream) {
  return std::visit(Maker{stream}, arrivals.form);
}

}  // namespace highwater::client
