#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"
#include "models/drivers/driver.h"
#include "models/drivers/seeded_bits.h"

namespace highwater::drivers {

/// Drives a balancer by events, a line each:
///
///   pick          a request arrives; answered by the name of its target, or "-" where none
///   pick KEY      the same with a key to hash
///   done NAME     the oldest request at the target is answered
///   fail NAME     the oldest request at the target fails
///   refuse NAME   the newest request at the target fails: it was not even connected
///   retry         the request that failed last goes on to another target; answered as pick
///   at SECONDS    the time, never less than before; it begins at 0
///   down NAME     the target is unusable; up NAME, usable again
///   weight NAME N the target's weight from now on
///   degrade NAME  the target calls itself degraded (Envoy); recover NAME, no longer
///   match LABELS  what picks ask for from now on, as a JSON object (Envoy's subsets); match alone,
///                 nothing
class EventSession final : public Session {
 public:
  EventSession(std::unique_ptr<balancing::Balancer> balancer, std::uint64_t seed);

  std::string take(std::string_view line, std::string& out) override;

 private:
  struct InFlight {
    std::int64_t since = 0;
    std::string key;
    std::vector<std::size_t> tried = {};
    std::uint32_t vain_draws = 0;
    std::vector<balancing::Label> labels = {};
  };
  enum class End : std::uint8_t { done, fail, refuse };

  std::string pick(InFlight request, std::string& out);
  std::string finish(std::string_view name, End end);
  std::string retry(std::string& out);
  std::string match(std::string_view labels);
  std::string change(std::string_view event, std::string_view name);
  std::string advance(std::string_view seconds);
  std::string weigh(std::string_view rest);
  std::optional<std::size_t> index_of(std::string_view name) const;
  std::string unknown(std::string_view name) const;

  std::unique_ptr<balancing::Balancer> balancer_;
  SeededBits bits_;
  std::int64_t now_ = 0;
  std::vector<std::deque<InFlight>> at_;  // by target, the oldest first
  std::optional<InFlight> failed_;        // the last
  std::vector<balancing::Label> labels_;  // what picks ask for
};

/// Drives a balancer that hashes: every line is a key and a request that ends at once.
class KeySession final : public Session {
 public:
  KeySession(std::unique_ptr<balancing::Balancer> balancer, std::uint64_t seed);

  std::string take(std::string_view line, std::string& out) override;

 private:
  std::unique_ptr<balancing::Balancer> balancer_;
  SeededBits bits_;
};

}  // namespace highwater::drivers
