#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace highwater::caching {

/// caching single_flight: of those who want the same thing at the same time, one fetches it and all
/// get what comes of that, be it an answer or an error. Nothing is remembered after.
///
/// O(log n) per call, n the flights under way.
///
/// Source   golang.org/x/sync 0.1.0 singleflight (Do, Forget); nginx proxy_cache_lock and Varnish's
///          request coalescing do the same.
/// Checked  tests/algorithms/single_flight_test.cpp: Go's semantics, Forget's included; against a
///          naive model over random operations.
///
/// @tparam Waiter  Whoever waits for somebody else's flight: a movable value.
template <class Waiter>
class SingleFlight {
 public:
  /// One fetch under way. 0 is none.
  using Flight = std::uint64_t;

  /// @param waiter  Kept, and given back by land(), where a flight for the key is under way.
  /// @return a new flight where none is: the caller must fetch, and then land() it. Else 0.
  template <class W>
  Flight join(std::uint64_t key, W&& waiter) {
    const auto found = current_.find(key);
    if (found != current_.end()) {
      flights_.find(found->second)->second.waiters.push_back(std::forward<W>(waiter));
      return 0;
    }
    const Flight flight = ++last_;
    current_.emplace(key, flight);
    flights_.emplace(flight, Under{key, {}});
    return flight;
  }

  /// The flight that somebody who wants this key now would join; 0 where none is under way.
  Flight under_way(std::uint64_t key) const {
    const auto found = current_.find(key);
    return found == current_.end() ? 0 : found->second;
  }

  /// The fetch is over, well or badly.
  /// @return those who waited for it, in the order in which they came.
  std::vector<Waiter> land(Flight flight) {
    const auto found = flights_.find(flight);
    if (found == flights_.end()) return {};
    std::vector<Waiter> waiters = std::move(found->second.waiters);
    const auto current = current_.find(found->second.key);
    if (current != current_.end() && current->second == flight) current_.erase(current);
    flights_.erase(found);
    return waiters;
  }

  /// Whoever comes from now on begins a flight of their own; those who wait go on waiting.
  void forget(std::uint64_t key) { current_.erase(key); }

  /// Flights that have not landed.
  std::size_t size() const { return flights_.size(); }

 private:
  struct Under {
    std::uint64_t key = 0;
    std::vector<Waiter> waiters;
  };

  std::map<std::uint64_t, Flight> current_;  // by key: the flight that newcomers join
  std::map<Flight, Under> flights_;
  Flight last_ = 0;
};

}  // namespace highwater::caching
