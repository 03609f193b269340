#include "models/client/arrivals.h"

#include <algorithm>
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

  std::optional<Time> next(Time now) override {
    Time at = now;
    for (;;) {
      const double rate = states_[state_].rate.per_second;
      const Time arrival = rate > 0 ? after(at, exponential(stream_) / rate) : kNever;
      if (arrival <= leaves_ || leaves_ == kNever) return arrival;
      // The rest of the gap is drawn anew in the next state: exponential gaps have no memory.
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
};

/// Poisson with a rate that varies: candidates at the highest rate, kept with probability
/// rate / highest. Source: Lewis & Shedler 1979 (thinning).
class Stages final : public ArrivalProcess {
 public:
  Stages(const std::vector<Stage>& stages, RandomStream stream) : stream_(stream) {
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
      parts_.push_back(part);
    }
  }

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
      const double share = seconds(at - part.begin) / seconds(part.end - part.begin);
      const double rate = part.from + (part.to - part.from) * share;
      if (stream_.uniform() * highest < rate) return at;
    }
    return std::nullopt;
  }

 private:
  struct Part {
    Time begin{}, end{};
    double from = 0, to = 0;
  };
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
      // Whole periods are taken off in integers, so that the phase stays exact on long runs.
      const Duration phase = (at - Time{} - cycle_.at) % cycle_.period;
      const double turn = seconds(phase) / seconds(cycle_.period);
      const double share = math::exp(concentration_ * (math::cos2pi(turn) - 1));
      if (stream_.uniform() < share) return at;
    }
  }

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
