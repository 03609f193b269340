#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "engine/model/attempt.h"
#include "engine/model/interference.h"

namespace highwater {

/// A clock that is wrong: by `offset` from the beginning, and by more as time passes.
struct WrongClock {
  Duration offset{};
  double drift = 0;  ///< Seconds a second that it is too fast; negative: too slow.
  Time since{};

  Duration ahead(Time now) const {
    return offset +
           Duration{static_cast<std::int64_t>(drift * static_cast<double>((now - since).count()))};
  }
  friend bool operator==(const WrongClock&, const WrongClock&) = default;
};

/// Memory that a process never gives back.
struct Leak {
  double per_request = 0;  ///< Bytes.
  double per_second = 0;   ///< Bytes.
  friend bool operator==(const Leak&, const Leak&) = default;
};

/// CPU time that a process may use of each period, as a CPU limit says it; models/algorithms/host/
/// cfs_bandwidth.h.
struct CpuQuota {
  Duration quota{};
  Duration period{};
  Duration burst{};
  Time since{};  ///< When the first period begins.
  friend bool operator==(const CpuQuota&, const CpuQuota&) = default;
};

/// What faults do to one instance, where there are any; see Instance.
struct Afflictions {
  struct Done {
    Served served;
    Reply reply;
  };
  struct Stuck {
    const Interference* by;
    Served served;
  };

  int pauses = 0;
  std::deque<Served> come;         // while it is paused
  std::deque<Done> done;           // likewise
  std::vector<Attempt*> returned;  // likewise: answers to what it had sent
  std::vector<Attempt*> to_send;   // likewise
  std::vector<Interference*> interferences;
  std::vector<Stuck> stuck;
  int called_up = 0;
  int called_down = 0;
  std::vector<double> competitors;
  std::vector<CpuQuota> quotas;
  std::vector<Leak> leaks;
  std::vector<WrongClock> clocks;
};

}  // namespace highwater
