#include "models/cache_curve/curve.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "engine/kernel/random.h"
#include "engine/math/math.h"
#include "models/sharding.h"

namespace highwater::cache_curve {
namespace {

constexpr std::size_t kPart = std::size_t{1} << 20;  // requests read at a time
constexpr std::uint64_t kLargestCapacity = 1'000'000'000'000'000'000;
constexpr std::size_t kMostRequests = 400'000'000;  // that min remembers: about 5 GB
constexpr std::uint64_t kMostKeys = 400'000'000;    // of a stack: about 16 GB

/// Draws keys into samples: sample g has those whose hash falls into the g-th interval of length R.
class Sampler {
 public:
  Sampler(std::optional<double> rate, std::uint64_t seed)
      : rate_(rate.value_or(1)),
        samples_(rate ? kSamples : 1),
        salt_(random_key(seed, "cache-curve", "sample").value) {}

  std::size_t samples() const { return samples_; }
  double rate() const { return rate_; }
  /// The sample that the key belongs to; samples() for none.
  std::size_t of(std::uint64_t key) const {
    if (samples_ == 1) return 0;
    const double place = static_cast<double>(key_hash(key ^ salt_) >> 11) * 0x1p-53 / rate_;
    return place < static_cast<double>(samples_) ? static_cast<std::size_t>(place) : samples_;
  }
  /// A capacity in a sample's measure.
  std::uint64_t scaled(std::uint64_t capacity) const {
    if (samples_ == 1) return capacity;
    return std::max<std::uint64_t>(
        1, static_cast<std::uint64_t>(std::llround(static_cast<double>(capacity) * rate_)));
  }

 private:
  double rate_;
  std::size_t samples_;
  std::uint64_t salt_;
};

/// One cache that is to be fed with a sample, and what came of it.
struct Simulation {
  caching::Policy policy;
  std::uint64_t capacity;
  std::size_t sample;
  std::uint64_t misses = 0;
};

/// That cache while it is fed.
struct Simulated {
  Simulated(const Simulation& one, const Sampler& sampler, std::uint64_t seed)
      : cache(one.policy, sampler.scaled(one.capacity)),
        random(key(one, seed)),
        sample(one.sample) {}

  static RandomKey key(const Simulation& one, std::uint64_t seed) {
    const caching::PolicyInfo& info = caching::kPolicies[static_cast<std::size_t>(one.policy)];
    return random_key(seed, fmt::format("{} {}", info.name, one.capacity),
                      fmt::format("{}", one.sample));
  }

  void request(const Access& access) {
    if (cache.lookup(access.key, access.time).outcome == caching::Outcome::hit) return;
    ++misses;
    cache.insert({.key = access.key}, access.time, random);
  }

  caching::Cache cache;
  RandomStream random;
  std::size_t sample;
  std::uint64_t misses = 0;
};

/// LRU over one sample, at all capacities at once.
struct Stack {
  void request(std::uint64_t key) {
    const std::uint64_t distance = distances.access(key);
    if (distance >= seen.size()) seen.resize(distance + distance / 2 + 1);
    ++seen[distance];
  }
  /// Requests at a distance beyond the capacity, first requests included.
  std::uint64_t misses(std::uint64_t capacity) const {
    std::uint64_t hits = 0;
    for (std::uint64_t d = 1; d < seen.size() && d <= capacity; ++d) hits += seen[d];
    std::uint64_t all = 0;
    for (const std::uint64_t count : seen) all += count;
    return all - hits;
  }

  caching::StackDistances distances;
  std::vector<std::uint64_t> seen{0};  // by distance; [0] first requests
};

/// Runs `work` for 0 … count - 1 on several threads.
template <class Work>
void spread(std::size_t count, unsigned jobs, const Work& work) {
  std::atomic<std::size_t> next{0};
  const auto run = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> threads;
  for (unsigned i = 1; i < std::min<std::size_t>(jobs, count); ++i) threads.emplace_back(run);
  run();
}

/// The requests of each sample, part by part.
class Parts {
 public:
  Parts(const std::string& path, const TraceOptions& options, const Sampler& sampler,
        Problems& problems)
      : trace_(path, options, problems), sampler_(sampler), samples_(sampler.samples()) {}

  bool next() {
    trace_.read(kPart, all_);
    for (auto& sample : samples_) sample.clear();
    requests_ += all_.size();
    if (samples_.size() == 1) {
      samples_[0].swap(all_);
      return !samples_[0].empty();
    }
    for (const Access& access : all_)
      if (const std::size_t sample = sampler_.of(access.key); sample < samples_.size())
        samples_[sample].push_back(access);
    return !all_.empty();
  }
  const std::vector<Access>& sample(std::size_t i) const { return samples_[i]; }
  std::uint64_t requests() const { return requests_; }
  TraceFormat format() const { return trace_.format(); }

 private:
  KeyTrace trace_;
  const Sampler& sampler_;
  std::vector<Access> all_;
  std::vector<std::vector<Access>> samples_;
  std::uint64_t requests_ = 0;
};

/// The misses of all requests, from those of each sample.
MissCurves::Point point_of(std::uint64_t capacity, const std::vector<std::uint64_t>& misses,
                           const Sampler& sampler, std::uint64_t requests) {
  MissCurves::Point point;
  point.capacity = capacity;
  const auto n = static_cast<double>(misses.size());
  for (const std::uint64_t count : misses)
    point.misses += static_cast<double>(count) / sampler.rate() / n;
  const auto all = static_cast<double>(requests);
  point.miss_ratio.value = std::min(point.misses / all, 1.0);
  if (sampler.samples() == 1) return point;
  if (sampler.scaled(capacity) < kFewestSampledEntries) {
    point.miss_ratio.note = "the sampled caches are too small to speak for the whole";
    return point;
  }
  double squares = 0;
  for (const std::uint64_t count : misses) {
    const double off = static_cast<double>(count) / sampler.rate() - point.misses;
    squares += off * off;
  }
  const double half = math::student_t_quantile(0.975, n - 1) * std::sqrt(squares / (n - 1) / n);
  point.miss_ratio.ci95 = {std::max(0.0, (point.misses - half) / all),
                           std::min(1.0, (point.misses + half) / all)};
  return point;
}

MissCurves::Curve min_curve(const std::vector<std::vector<std::uint64_t>>& requests,
                            const std::vector<std::uint64_t>& capacities, unsigned jobs,
                            const Sampler& sampler, std::uint64_t all_requests) {
  MissCurves::Curve curve{"min", "The bound: evicts what is needed again furthest in the future.",
                          std::vector<MissCurves::Point>(capacities.size()), true};
  std::vector<std::optional<caching::Belady>> samples(requests.size());
  spread(samples.size(), jobs, [&](std::size_t i) { samples[i].emplace(requests[i]); });
  // Each thread needs about as much memory as the requests do.
  std::size_t longest = 1;
  for (const auto& sample : requests) longest = std::max(longest, sample.size());
  const auto at_once =
      static_cast<unsigned>(std::clamp<std::size_t>(kMostRequests / longest, 1, jobs));
  spread(capacities.size(), at_once, [&](std::size_t i) {
    std::vector<std::uint64_t> misses;
    for (const auto& sample : samples)
      misses.push_back(sample->misses(sampler.scaled(capacities[i])));
    curve.points[i] = point_of(capacities[i], misses, sampler, all_requests);
  });
  return curve;
}

}  // namespace

std::vector<std::uint64_t> usual_capacities(std::uint64_t keys) {
  std::vector<std::uint64_t> capacities;
  for (std::uint64_t power = 1; power <= keys && power <= kLargestCapacity; power *= 10)
    for (const std::uint64_t step : {1u, 2u, 5u}) {
      const std::uint64_t capacity = step * power;
      if (capacity >= keys / 1000 && capacity <= keys) capacities.push_back(capacity);
    }
  return capacities;
}

std::optional<MissCurves> measure(const std::string& path, const TraceOptions& options,
                                  const CurvePlan& plan, Problems& problems) {
  const std::size_t errors = problems.error_count();
  const Sampler sampler(plan.sample, plan.seed);
  MissCurves curves;
  curves.trace = path;
  curves.seed = plan.seed;
  curves.sample_rate = sampler.rate();
  curves.samples = plan.sample ? kSamples : 0;

  // First pass: how much there is, and LRU.
  std::vector<Stack> stacks(sampler.samples());
  {
    Parts parts(path, options, sampler, problems);
    while (parts.next()) {
      spread(stacks.size(), plan.jobs, [&](std::size_t i) {
        for (const Access& access : parts.sample(i)) stacks[i].request(access.key);
      });
      std::uint64_t held = 0;
      for (const Stack& stack : stacks) held += stack.distances.keys();
      if (held > kMostKeys) {
        problems.error({problems.add_source(path)}, "",
                       fmt::format("has more than {} different keys; --sample takes a part of them",
                                   kMostKeys));
        return std::nullopt;
      }
    }
    curves.requests = parts.requests();
    curves.format = Quantity<TraceFormat>::word_for(parts.format());
  }
  if (problems.error_count() != errors) return std::nullopt;
  if (curves.requests == 0) {
    problems.error({problems.add_source(path)}, "", "has no request");
    return std::nullopt;
  }
  double keys = 0;
  for (const Stack& stack : stacks) keys += static_cast<double>(stack.distances.keys());
  keys /= sampler.rate() * static_cast<double>(sampler.samples());
  curves.keys = static_cast<std::uint64_t>(std::llround(keys));
  const std::vector<std::uint64_t> capacities =
      plan.capacities.empty() ? usual_capacities(std::max<std::uint64_t>(curves.keys, 1))
                              : plan.capacities;

  // Further passes: everything that must be simulated at each capacity. As many caches as memory
  // allows share one.
  std::vector<Simulation> simulations;  // by policy, capacity, sample
  for (const caching::Policy policy : plan.policies) {
    if (policy == caching::Policy::lru) continue;
    for (const std::uint64_t capacity : capacities)
      for (std::size_t sample = 0; sample < sampler.samples(); ++sample)
        simulations.push_back({policy, capacity, sample});
  }
  std::vector<std::vector<std::uint64_t>> requests(plan.min ? sampler.samples() : 0);
  bool collecting = plan.min;
  for (std::size_t from = 0; from < simulations.size() || collecting;) {
    std::vector<std::unique_ptr<Simulated>> running;
    std::uint64_t entries = 0;
    for (std::size_t i = from; i < simulations.size(); ++i) {
      const Simulation& one = simulations[i];
      entries += std::min(sampler.scaled(one.capacity), stacks[one.sample].distances.keys());
      if (!running.empty() && entries > plan.most_entries) break;
      running.push_back(std::make_unique<Simulated>(one, sampler, plan.seed));
    }
    Parts parts(path, options, sampler, problems);
    while (parts.next()) {
      for (std::size_t i = 0; collecting && i < requests.size(); ++i) {
        for (const Access& access : parts.sample(i)) requests[i].push_back(access.key);
        if (requests[i].size() > kMostRequests) {
          problems.error({problems.add_source(path)}, "",
                         fmt::format("has more than {} requests, and min remembers all of them; "
                                     "--sample takes a part of them",
                                     kMostRequests));
          return std::nullopt;
        }
      }
      spread(running.size(), plan.jobs, [&](std::size_t i) {
        Simulated& simulated = *running[i];
        for (const Access& access : parts.sample(simulated.sample)) simulated.request(access);
      });
    }
    if (problems.error_count() != errors) return std::nullopt;
    if (parts.requests() != curves.requests) {
      problems.error({problems.add_source(path)}, "", "changed while it was read");
      return std::nullopt;
    }
    for (const auto& simulated : running) simulations[from++].misses = simulated->misses;
    collecting = false;
  }

  std::size_t next = 0;
  for (const caching::Policy policy : plan.policies) {
    const caching::PolicyInfo& info = caching::kPolicies[static_cast<std::size_t>(policy)];
    MissCurves::Curve& curve = curves.curves.emplace_back(
        MissCurves::Curve{std::string(info.name), std::string(info.summary), {}, false});
    for (const std::uint64_t capacity : capacities) {
      std::vector<std::uint64_t> misses;
      for (std::size_t sample = 0; sample < sampler.samples(); ++sample)
        misses.push_back(policy == caching::Policy::lru
                             ? stacks[sample].misses(sampler.scaled(capacity))
                             : simulations[next++].misses);
      curve.points.push_back(point_of(capacity, misses, sampler, curves.requests));
    }
  }
  if (plan.min)
    curves.curves.push_back(min_curve(requests, capacities, plan.jobs, sampler, curves.requests));
  if (plan.sample && sampler.scaled(capacities.front()) < kFewestSampledEntries)
    curves.notes.push_back(fmt::format(
        "Below {} entries the sampled caches hold fewer than {}: no interval there.",
        static_cast<std::uint64_t>(static_cast<double>(kFewestSampledEntries) / sampler.rate()),
        kFewestSampledEntries));
  return curves;
}

}  // namespace highwater::cache_curve
