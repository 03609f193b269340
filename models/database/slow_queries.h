#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/problems.h"
#include "engine/model/world.h"
#include "models/factors.h"
#include "models/weak_points.h"

namespace highwater::database {

/// Kinds of requests that faults make slow.
///
/// Checked  tests/faults/databases_test.cpp, rings_test.cpp
class SlowQueries {
 public:
  using Query = HasQueries::Query;

  explicit SlowQueries(World& world) : world_(world) {}

  /// As HasQueries has it.
  static std::string lack(World& world, const Query& query) {
    if (!query.endpoint) return "";
    // Whoever asks for an endpoint has made its name known.
    const std::size_t known = world.symbols.size();
    world.symbols.intern(*query.endpoint);
    return world.symbols.size() == known ? "" : "is never asked for " + in_quotes(*query.endpoint);
  }

  void slow(const Query& query, double factor) { entry(query).factors.add(factor); }
  void restore(const Query& query, double factor) { entry(query).factors.remove(factor); }
  /// How many times as much work as usual it is; at no cost while no fault has been on.
  double slowness(bool reads, Symbol endpoint) const {
    return slow_.empty() ? 1 : product(reads, endpoint);
  }

 private:
  /// Those that ask for the same have one.
  struct Slow {
    std::optional<Operation> operation;
    Symbol endpoint;  // kNoSymbol for any
    Factors factors{};
  };
  Slow& entry(const Query& query) {
    const Symbol endpoint = query.endpoint ? world_.symbols.intern(*query.endpoint) : kNoSymbol;
    const auto found = std::find_if(slow_.begin(), slow_.end(), [&](const Slow& slow) {
      return slow.operation == query.operation && slow.endpoint == endpoint;
    });
    if (found != slow_.end()) return *found;
    slow_.push_back({query.operation, endpoint});
    return slow_.back();
  }
  double product(bool reads, Symbol endpoint) const {
    double product = 1;
    for (const Slow& slow : slow_) {
      if (slow.endpoint != kNoSymbol && slow.endpoint != endpoint) continue;
      if (slow.operation && (*slow.operation == Operation::read) != reads) continue;
      product *= slow.factors.product();
    }
    return product;
  }

  World& world_;
  std::vector<Slow> slow_;
};

}  // namespace highwater::database
