#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/resilience/breaker.h"
#include "tests/support/golden.h"

namespace highwater::resilience {

inline constexpr std::int64_t kMs = 1'000'000;

/// Calls that end at once, or later: rows [t_ms, 1 succeeds, ends so many ms later, 1 went out,
/// state after it]. What waits is asked again when the trial it waits for has ended; rows of such
/// calls have 3 where they went out at last and 2 where not.
class Replay {
 public:
  explicit Replay(Breaker& breaker) : breaker_(breaker) {}

  /// @param look  Called after each call that did not wait, with its row.
  void run(
      const nlohmann::json& rows,
      const std::function<void(const nlohmann::json&)>& look = [](const nlohmann::json&) {}) {
    std::size_t compared = 0;
    fates_.assign(rows.size(), Fate::unknown);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const nlohmann::json& row = rows[i];
      const std::int64_t now = row[0].get<std::int64_t>() * kMs;
      end_until(now);
      const Call call{i, row[1] == 1, row[2].get<std::int64_t>() * kMs};
      if (!ask(call, now)) {
        waiting_.push_back({call, trial_});
        CAPTURE(i, row.dump());
        CHECK(row[4] == 9);
        continue;
      }
      CAPTURE(i, row.dump());
      CHECK((fates_[i] == Fate::went_out) == (row[3] == 1));
      CHECK(static_cast<int>(breaker_.state(now)) == row[4]);
      look(row);
      ++compared;
    }
    end_until(kNever);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i][4] != 9) continue;
      CAPTURE(i, rows[i].dump());
      CHECK(fates_[i] == (rows[i][3] == 3 ? Fate::went_out : Fate::rejected));
    }
    CHECK(compared > rows.size() / 2);
  }

 private:
  enum class Fate { unknown, rejected, went_out };
  struct Call {
    std::size_t row;
    bool succeeds;
    std::int64_t duration;
  };
  struct InFlight {
    std::int64_t ends;
    std::size_t order;
    std::int64_t began;
    Admission as;
    Call call;
  };
  struct Waiting {
    Call call;
    std::size_t trial;
  };

  bool ask(const Call& call, std::int64_t now) {
    const Admission as = breaker_.admit(now);
    if (as == Admission::wait) return false;
    fates_[call.row] = goes_out(as) ? Fate::went_out : Fate::rejected;
    if (!goes_out(as)) return true;
    const std::int64_t lasts = std::min(call.duration, breaker_.call_timeout());
    const InFlight out{now + lasts, order_++, now, as, call};
    if (as == Admission::trial) trial_ = out.order;
    if (lasts == 0) {
      report(out);
    } else {
      in_flight_.push_back(out);
    }
    return true;
  }
  void report(const InFlight& out) {
    const std::int64_t took = out.ends - out.began;
    if (out.call.succeeds && took < breaker_.call_timeout()) {
      breaker_.succeeded(out.as, out.ends, took);
    } else {
      breaker_.failed(out.as, out.ends, took);
    }
  }
  void end_until(std::int64_t now) {
    while (!in_flight_.empty()) {
      const auto next =
          std::min_element(in_flight_.begin(), in_flight_.end(), [](const auto& a, const auto& b) {
            return a.ends != b.ends ? a.ends < b.ends : a.order < b.order;
          });
      if (next->ends > now) return;
      const InFlight out = *next;
      in_flight_.erase(next);
      report(out);
      if (out.as != Admission::trial) continue;
      const std::vector<Waiting> before = std::move(waiting_);
      waiting_.clear();
      for (const Waiting& w : before)
        if (w.trial != out.order) {
          waiting_.push_back(w);
        } else if (!ask(w.call, out.ends)) {
          waiting_.push_back({w.call, trial_});
        }
    }
  }

  Breaker& breaker_;
  std::vector<InFlight> in_flight_;
  std::vector<Waiting> waiting_;
  std::vector<Fate> fates_;
  std::size_t order_ = 0;
  std::size_t trial_ = 0;
};

/// The recordings of one product with overlapping calls, in their order.
inline std::vector<nlohmann::json> overlapping(const std::string& product) {
  std::vector<nlohmann::json> runs;
  const nlohmann::json golden = golden_json("breakers_overlap.json");
  for (const auto& run : golden["runs"])
    if (run["driver"] == product) runs.push_back(run["rows"]);
  return runs;
}

/// A call that ends at once.
inline bool call(Breaker& breaker, std::int64_t now, bool succeeds, std::int64_t took = 0) {
  const Admission as = breaker.admit(now);
  if (!goes_out(as)) return false;
  if (succeeds) {
    breaker.succeeded(as, now, took);
  } else {
    breaker.failed(as, now, took);
  }
  return true;
}

}  // namespace highwater::resilience
