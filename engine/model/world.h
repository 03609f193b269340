#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/kernel/random.h"
#include "engine/kernel/simulation.h"
#include "engine/metrics/recorder.h"
#include "engine/model/attempt.h"
#include "engine/model/network.h"
#include "engine/model/symbols.h"

namespace highwater {

/// Something that happened to the system at an instant: a fault, a restart, a full queue.
struct Happening {
  Time at{};
  std::string kind;
  std::string text;
};

/// Requests of all clients that are under way, and messages that nobody has processed yet, with the
/// limit that keeps an overloaded run from filling the memory.
class InFlightLimit {
 public:
  InFlightLimit(Simulation& simulation, std::uint64_t limit)
      : simulation_(simulation), limit_(limit) {}

  void begin() {
    ++in_flight_;
    check();
  }
  void end() { --in_flight_; }
  /// Messages that are kept for consumers, and those they let go of.
  void keep(std::uint64_t messages) {
    kept_ += messages;
    check();
  }
  void let_go(std::uint64_t messages) { kept_ -= messages; }

  std::uint64_t in_flight() const { return in_flight_; }
  /// True once the limit stopped the run.
  bool reached() const { return reached_; }

 private:
  void check() {
    if (in_flight_ + kept_ > limit_) [[unlikely]] {
      reached_ = true;
      simulation_.stop();
    }
  }

  Simulation& simulation_;
  std::uint64_t limit_;
  std::uint64_t in_flight_ = 0;
  std::uint64_t kept_ = 0;
  bool reached_ = false;
};

class Tracer;

/// The most instances that faults may want, by component.
using Reservations = std::map<std::string, std::uint32_t, std::less<>>;

/// What a model may touch in one replication: the clock, the network, its random draws, its
/// metrics. Nothing is global; two replications on two threads share nothing that changes.
struct World {
  Simulation& simulation;
  Network& network;
  Recorder& recorder;
  Symbols& symbols;
  InFlightLimit& in_flight;
  AttemptPool& attempts;
  std::vector<Happening>& happenings;
  std::uint64_t seed = 0;                      ///< Of this replication.
  std::uint64_t clients = 0;                   ///< Made so far; numbers the ids of their requests.
  const Reservations* reservations = nullptr;  ///< Null where nothing is reserved.
  Tracer* tracer = nullptr;                    ///< Null where no request is followed.
  bool over = false;  ///< Everything is taken apart: what ends now is no part of the run.

  /// Instances that faults may want a component to have, though its own parameters never ask for so
  /// many, or for others than those at first; nothing where no fault changes how many there are.
  std::optional<std::uint32_t> reserved(std::string_view component) const {
    if (reservations == nullptr) return std::nullopt;
    const auto found = reservations->find(component);
    if (found == reservations->end()) return std::nullopt;
    return found->second;
  }

  /// Key of the draws that belong to requests; see RequestRandom.
  RandomKey key(std::string_view component, std::string_view purpose) const {
    return random_key(seed, component, purpose);
  }
  /// Stream of the draws that belong to no request (arrivals, failures, probes).
  RandomStream stream(std::string_view component, std::string_view purpose) const {
    return RandomStream(seed, component, purpose);
  }
  Time now() const { return simulation.now(); }
  /// Notes it for the events log. What comes after kMostHappenings is not kept, and said so.
  void happened(std::string kind, std::string text) {
    if (happenings.size() >= kMostHappenings) {
      if (happenings.size() == kMostHappenings)
        happenings.push_back(
            {simulation.now(), "log full", "what happened after this is not kept"});
      return;
    }
    happenings.push_back({simulation.now(), std::move(kind), std::move(text)});
  }
  /// Keeps a run in which something happens all the time from filling the memory.
  static constexpr std::size_t kMostHappenings = 10'000;
};

}  // namespace highwater
