#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/kernel/check.h"
#include "engine/kernel/random.h"
#include "models/messaging/partition_log.h"

namespace highwater::messaging {

/// A fault that spoils a share of the messages which are appended while it is on.
struct Poison {
  RandomKey key;  ///< Of its draws, one for each message.
  double share = 0;
  Spoilt how = Spoilt::fails;

  friend bool operator==(const Poison& a, const Poison& b) {
    return a.key.value == b.key.value && a.share == b.share && a.how == b.how;
  }
};

/// What spoils the messages of a topic or queue. Each fault draws for itself, so that those which
/// it spoils are the same whatever else is on.
///
/// Checked  tests/faults/poison_test.cpp
class Poisons {
 public:
  void begin(const Poison& poison) { on_.push_back(poison); }
  void end(const Poison& poison) {
    const auto found = std::find(on_.begin(), on_.end(), poison);
    HIGHWATER_CHECK(found != on_.end());
    on_.erase(found);
  }
  /// Of a message that is appended now.
  Spoilt of(const Request& publish) const {
    if (on_.empty()) [[likely]]
      return Spoilt::no;
    Spoilt worst = Spoilt::no;
    for (const Poison& poison : on_) {
      RequestRandom random(poison.key, publish.id, publish.path);
      if (random.uniform() < poison.share) worst = std::max(worst, poison.how);
    }
    return worst;
  }

 private:
  std::vector<Poison> on_;
};

/// Where messages are kept that a fault may spoil.
class Poisonable {
 public:
  virtual Poisons& poisons() = 0;

 protected:
  ~Poisonable() = default;
};

}  // namespace highwater::messaging
