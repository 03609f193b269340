/// Drivers of the resilience family, overload control: limits that learn, throttles, queues that
/// drop, shedding.

#include <charconv>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/nearest.h"
#include "engine/describe/problems.h"
#include "models/algorithms/resilience/resilience.h"
#include "models/drivers/catalog.h"
#include "models/drivers/seconds.h"
#include "models/drivers/seeded_params.h"
#include "models/drivers/words.h"
#include "models/overload_params.h"

namespace highwater::drivers {
namespace {

using resilience::QueueDecision;

std::optional<double> plain_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string verdict_with(bool admitted, double probability) {
  return fmt::format("{} {}\n", admitted ? "allowed" : "rejected", probability);
}

// Limits on concurrency.

template <class Group>
struct ConcurrencyDriverParams {
  Group group;
  overload::WindowedLimitParams window;
  std::uint64_t seed = 1;

  static constexpr std::string_view type_name = "concurrency_driver";
  static constexpr auto fields() {
    using P = ConcurrencyDriverParams;
    return Fields{inlined<&P::group>(), inlined<&P::window>(), field<&P::seed>(kSeedDoc)};
  }
};

class ConcurrencySession final : public Session {
 public:
  template <class Params>
  explicit ConcurrencySession(const Params& params)
      : bits_(params.seed), limit_(params.window.wrap(params.group.make(bits_))) {}

  std::string take(std::string_view line, std::string& out) override {
    const Words<4> words(line);
    if (words.count() < 3 || words.count() > 4)
      return "expected SECONDS RTT_SECONDS IN_FLIGHT and dropped where it was, found " +
             in_quotes(line);
    const auto start = nanoseconds_of(words[0]);
    const auto rtt = nanoseconds_of(words[1]);
    if (!start || !rtt) return no_seconds(words[start ? 1 : 0]);
    const auto in_flight = whole_number(words[2]);
    if (!in_flight) return "expected requests in flight, found " + in_quotes(words[2]);
    const bool dropped = words[3] == "dropped" || words[3] == "1";
    if (words.count() == 4 && !dropped && words[3] != "0")
      return "expected dropped, found " + in_quotes(words[3]);
    limit_->sample(*start + *rtt, *rtt, *in_flight, dropped, bits_);
    out += fmt::format("{}\n", limit_->limit());
    return {};
  }

 private:
  SeededBits bits_;
  std::unique_ptr<resilience::ConcurrencyLimit> limit_;
};

template <class Group>
Driver concurrency_driver(std::string name, std::string summary, std::string source,
                          const std::string& words = {}) {
  using Params = ConcurrencyDriverParams<Group>;
  return driver<Params>(
      {name, "resilience", std::move(summary), std::move(source),
       "SECONDS RTT_SECONDS IN_FLIGHT, and dropped where it was: when the request began, how long "
       "it took, how many were in flight then, itself included",
       "the limit after it",
       "printf '%s\\n' '0 0.01 12' '0.02 0.01 20' '0.04 0.05 20 dropped' | highwater algorithm " +
           name + words},
      [](const Params& params) { return std::make_unique<ConcurrencySession>(params); });
}

// Throttles.

class AdaptiveThrottleSession final : public Session {
 public:
  explicit AdaptiveThrottleSession(const SeededParams<overload::AdaptiveThrottleParams>& params)
      : throttle_(params.group.options()), bits_(params.seed) {}

  std::string take(std::string_view line, std::string& out) override {
    const Words<2> words(line);
    const auto now = nanoseconds_of(words[0]);
    if (!now) return no_seconds(words[0]);
    if (words.count() != 2 || (words[1] != "accept" && words[1] != "reject"))
      return "expected SECONDS accept or SECONDS reject, found " + in_quotes(line);
    const double probability = throttle_.probability(*now);
    const bool admitted = throttle_.admit(*now, bits_);
    if (admitted && words[1] == "accept") throttle_.accepted(*now);
    out += verdict_with(admitted, probability);
    return {};
  }

 private:
  resilience::AdaptiveThrottle throttle_;
  SeededBits bits_;
};

class EnvoyAdmissionSession final : public Session {
 public:
  explicit EnvoyAdmissionSession(const SeededParams<overload::EnvoyAdmissionControlParams>& params)
      : control_(params.group.options()), bits_(params.seed) {}

  std::string take(std::string_view line, std::string& out) override {
    const Words<2> words(line);
    const auto now = nanoseconds_of(words[0]);
    if (!now) return no_seconds(words[0]);
    if (words.count() != 2 || (words[1] != "success" && words[1] != "failure"))
      return "expected SECONDS success or SECONDS failure, found " + in_quotes(line);
    const bool admitted = control_.admit(*now, bits_);
    const double probability = control_.probability(*now);
    if (admitted) control_.record(*now, words[1] == "success");
    out += verdict_with(admitted, probability);
    return {};
  }

 private:
  resilience::EnvoyAdmissionControl control_;
  SeededBits bits_;
};

// Queues.

const char* text_of(QueueDecision decision) {
  return decision == QueueDecision::serve ? "serve\n" : "drop\n";
}

class CodelSession final : public Session {
 public:
  explicit CodelSession(const overload::CodelParams& params) : codel_(params.options()) {}

  std::string take(std::string_view line, std::string& out) override {
    const Words<3> words(line);
    const auto now = nanoseconds_of(words[0]);
    if (!now) return no_seconds(words[0]);
    if (words.count() == 2 && words[1] == "empty") {
      codel_.empty(*now);
      return {};
    }
    if (words.count() < 2 || words.count() > 3)
      return "expected SECONDS WAITED_SECONDS, with the requests left, or SECONDS empty, found " +
             in_quotes(line);
    const auto sojourn = nanoseconds_of(words[1]);
    if (!sojourn) return no_seconds(words[1]);
    if (words.count() == 2) {
      out += text_of(codel_.dequeue(*now, *sojourn));
      return {};
    }
    const auto waiting = whole_number(words[2]);
    if (!waiting) return "expected the requests left, found " + in_quotes(words[2]);
    out += text_of(codel_.dequeue(*now, *sojourn, *waiting));
    return {};
  }

 private:
  resilience::Codel codel_;
};

class FollyCodelSession final : public Session {
 public:
  explicit FollyCodelSession(const overload::FollyCodelParams& params) : codel_(params.options()) {}

  std::string take(std::string_view line, std::string& out) override {
    const Words<2> words(line);
    if (words.count() != 2) return "expected SECONDS WAITED_SECONDS, found " + in_quotes(line);
    const auto now = nanoseconds_of(words[0]);
    const auto delay = nanoseconds_of(words[1]);
    if (!now || !delay) return no_seconds(words[now ? 1 : 0]);
    out += text_of(codel_.dequeue(*now, *delay));
    return {};
  }

 private:
  resilience::FollyCodel codel_;
};

/// A queue under adaptive LIFO.
class AdaptiveLifoSession final : public Session {
 public:
  explicit AdaptiveLifoSession(const overload::AdaptiveLifoParams& params)
      : lifo_(params.options()) {}

  std::string take(std::string_view line, std::string& out) override {
    const Words<3> words(line);
    const auto now = nanoseconds_of(words[0]);
    if (!now) return no_seconds(words[0]);
    if (words.count() == 3 && words[1] == "enqueue") {
      const std::int64_t allowed = lifo_.enqueue(*now, waiting());
      queue_.push_back({std::string(words[2]), *now, allowed});
      return {};
    }
    if (words.count() != 2 || words[1] != "dequeue")
      return "expected SECONDS enqueue NAME or SECONDS dequeue, found " + in_quotes(line);
    dequeue(*now, out);
    return {};
  }

 private:
  struct Waiting {
    std::string name;
    std::int64_t since = 0;
    std::int64_t allowed = 0;
  };

  std::uint32_t waiting() const { return static_cast<std::uint32_t>(queue_.size()); }

  void dequeue(std::int64_t now, std::string& out) {
    while (!queue_.empty() && now - queue_.front().since > queue_.front().allowed)
      take_one(now, true, out);
    while (!queue_.empty()) {
      const bool oldest = lifo_.order(now, waiting() - 1) == resilience::QueueOrder::fifo;
      if (take_one(now, oldest, out)) return;
    }
    out += "-\n";
  }

  /// @return whether it is served.
  bool take_one(std::int64_t now, bool oldest, std::string& out) {
    const Waiting taken = std::move(oldest ? queue_.front() : queue_.back());
    oldest ? queue_.pop_front() : queue_.pop_back();
    const bool served =
        lifo_.dequeue(now, now - taken.since, taken.allowed, waiting()) == QueueDecision::serve;
    out += served ? "serve " : "drop ";
    out += taken.name;
    out += '\n';
    return served;
  }

  resilience::AdaptiveLifo lifo_;
  std::deque<Waiting> queue_;
};

// Shedding.

class ShedSession final : public Session {
 public:
  explicit ShedSession(const SeededParams<overload::ShedParams>& params)
      : shedder_(params.group.options()), bits_(params.seed) {}

  std::string take(std::string_view line, std::string& out) override {
    const Words<2> words(line);
    if (words.count() != 2) return "expected PRESSURE CLASS, found " + in_quotes(line);
    const auto pressure = plain_number(words[0]);
    if (!pressure) return "expected a pressure, such as 0.93, found " + in_quotes(words[0]);
    std::vector<std::string> classes;
    for (const auto& word : words_of(resilience::Criticality{})) {
      if (word.word == words[1]) {
        const double probability = shedder_.probability(word.value, *pressure);
        out += verdict_with(shedder_.admit(word.value, *pressure, bits_), probability);
        return {};
      }
      classes.emplace_back(word.word);
    }
    std::string wrong =
        in_quotes(words[1]) + " is none of critical_plus, critical, sheddable_plus, sheddable";
    const std::string nearest = nearest_word(words[1], classes);
    if (!nearest.empty()) wrong += "; did you mean " + in_quotes(nearest) + "?";
    return wrong;
  }

 private:
  resilience::Shedder shedder_;
  SeededBits bits_;
};

struct PriorityShedParams {
  double exponent = 3;
  static constexpr auto fields() {
    return Fields{field<&PriorityShedParams::exponent>("Of the curve.").at_least(0.0)};
  }
};

class PriorityShedSession final : public Session {
 public:
  explicit PriorityShedSession(const PriorityShedParams& params) : shedder_(params.exponent) {}

  std::string take(std::string_view line, std::string& out) override {
    const Words<2> words(line);
    const auto load = plain_number(words[0]);
    const auto priority = plain_number(words[1]);
    if (words.count() != 2 || !load || !priority)
      return "expected OVERLOAD PRIORITY, such as 0.35 60, found " + in_quotes(line);
    out += fmt::format("{} {}\n", shedder_.admit(*priority, *load) ? "allowed" : "rejected",
                       shedder_.cutoff(*load));
    return {};
  }

 private:
  resilience::PriorityShedder shedder_;
};

template <class SessionOf, class Params>
Driver plain_driver(About about) {
  about.family = "resilience";
  return driver<Params>(std::move(about),
                        [](const Params& params) { return std::make_unique<SessionOf>(params); });
}

void add_limits(std::vector<Driver>& drivers) {
  drivers.push_back(concurrency_driver<overload::AimdParams>(
      "aimd", "A concurrency limit: one more while it is used, a tenth less after a drop.",
      "Netflix concurrency-limits AIMDLimit.java"));
  drivers.push_back(concurrency_driver<overload::VegasParams>(
      "vegas", "A concurrency limit that keeps an estimated queue short.",
      "Netflix concurrency-limits VegasLimit.java"));
  drivers.push_back(concurrency_driver<overload::Gradient2Params>(
      "gradient2", "A concurrency limit that follows the ratio of long to short latency.",
      "Netflix concurrency-limits Gradient2Limit.java"));
  drivers.push_back(concurrency_driver<overload::FixedLimitParams>(
      "fixed_limit", "A concurrency limit that stays.",
      "Netflix concurrency-limits FixedLimit.java", " --limit 20"));
}

void add_throttles(std::vector<Driver>& drivers) {
  const std::string output = "allowed or rejected, and the probability of a rejection before it";
  drivers.push_back(
      plain_driver<AdaptiveThrottleSession, SeededParams<overload::AdaptiveThrottleParams>>(
          {"adaptive_throttle", "", "A client that throttles itself by how much is accepted.",
           "Site Reliability Engineering, chapter 21",
           "SECONDS accept or SECONDS reject: what the backend does if it is asked", output,
           "printf '%s\\n' '0 accept' '1 reject' '2 reject' '3 reject' '4 reject' | highwater "
           "algorithm adaptive_throttle"}));
  drivers.push_back(
      plain_driver<EnvoyAdmissionSession, SeededParams<overload::EnvoyAdmissionControlParams>>(
          {"envoy_admission_control", "", "Refuses the more, the lower the success rate.",
           "Envoy admission_control.cc",
           "SECONDS success or SECONDS failure: how it ends if it is let through", output,
           "printf '%s\\n' '0 success' '1 failure' '2 failure' '3 failure' | highwater algorithm "
           "envoy_admission_control"}));
}

void add_queues(std::vector<Driver>& drivers) {
  drivers.push_back(plain_driver<CodelSession, overload::CodelParams>(
      {"codel", "", "Drops from a queue ever faster while even its shortest wait is too long.",
       "RFC 8289",
       "SECONDS WAITED_SECONDS of a request taken out, and the number left if it may be small; "
       "SECONDS empty",
       "serve or drop; after drop, the next is taken out at the same time",
       "printf '%s\\n' '0 0.01' '0.1 0.02' '0.1 0.02' '0.15 0.02' | highwater algorithm codel"}));
  drivers.push_back(plain_driver<FollyCodelSession, overload::FollyCodelParams>(
      {"folly_codel", "", "Drops what has waited for twice the target while overloaded.",
       "folly Codel.cpp", "SECONDS WAITED_SECONDS of a request taken out", "serve or drop",
       "printf '%s\\n' '0 0.02' '0.01 0.02' '0.15 0.02' '0.16 0.02' | highwater algorithm "
       "folly_codel"}));
  drivers.push_back(plain_driver<AdaptiveLifoSession, overload::AdaptiveLifoParams>(
      {"adaptive_lifo", "",
       "A queue that, once it stands, lets nobody wait and takes the newest first.",
       "Maurer, Fail at Scale, 2015; HHVM job-queue.h", "SECONDS enqueue NAME, SECONDS dequeue",
       "for each dequeue: drop NAME for those who waited too long, then serve NAME, or - for none",
       "printf '%s\\n' '0 enqueue a' '0 enqueue b' '0.2 enqueue c' '0.203 dequeue' | highwater "
       "algorithm adaptive_lifo"}));
}

void add_shedding(std::vector<Driver>& drivers) {
  drivers.push_back(plain_driver<ShedSession, SeededParams<overload::ShedParams>>(
      {"shed", "", "Refuses by criticality, the more the fuller a resource.",
       "Site Reliability Engineering, chapter 21; Envoy ScaledTrigger",
       "PRESSURE CLASS: a share, and critical_plus, critical, sheddable_plus or sheddable",
       "allowed or rejected, and the probability of a rejection",
       "printf '%s\\n' '0.87 sheddable' '0.87 sheddable_plus' '0.87 critical' | highwater "
       "algorithm shed"}));
  drivers.push_back(plain_driver<PriorityShedSession, PriorityShedParams>(
      {"priority_shed", "", "Refuses priorities above a cutoff that falls with the overload cubed.",
       "Netflix Technology Blog, 2020",
       "OVERLOAD PRIORITY: 0 to 1, and 1 for the most important to 100",
       "allowed or rejected, and the greatest priority that is let through",
       "printf '%s\\n' '0.35 90' '0.35 99' '0.8 50' | highwater algorithm priority_shed"}));
}

}  // namespace

std::vector<Driver> overload() {
  std::vector<Driver> drivers;
  add_limits(drivers);
  add_throttles(drivers);
  add_queues(drivers);
  add_shedding(drivers);
  return drivers;
}

}  // namespace highwater::drivers
