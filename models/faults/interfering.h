#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernel/random.h"
#include "engine/model/interference.h"
#include "models/faults/fault_kind.h"

namespace highwater::faults {

/// The action of a verb that has a say in what comes to its victims, or in what they answer.
///
/// Each message has a draw of its own, keyed by the request and the strike: whether one is hit does
/// not depend on the others. Several faults that interfere draw independently, in the order in
/// which they began.
class InterferingAction : public FaultAction, protected Interference {
 public:
  /// @param share  Of the messages that are hit, at full strength.
  InterferingAction(World& world, Victims choose, const std::string& verb, const Strike& strike,
                    double share)
      : choose_(std::move(choose)),
        verb_(verb),
        key_(world.key("faults", verb + " " + strike.key())),
        share_(share) {}

  std::string begin() final {
    victims_ = choose_();
    for (Instance* victim : victims_) victim->interfere(*this);
    return verb_ + " " + list_of(victims_);
  }
  void end() final {
    for (Instance* victim : victims_) victim->stop_interfering(*this);
  }
  void set_strength(double strength) final { strength_ = strength; }

 protected:
  double strength() const { return strength_; }
  /// The draws of a message; the first has to be hits().
  RequestRandom draws(const Request& request, std::uint64_t message) const {
    return RequestRandom(key_, request.id, message);
  }
  /// @param share  What is left of it by the fault's strength.
  bool hits(RequestRandom& draws, double share) const { return draws.uniform() < share; }
  double share() const { return share_; }

 private:
  Victims choose_;
  std::string verb_;
  RandomKey key_;
  double share_;
  double strength_ = 1;
  std::vector<Instance*> victims_;  // once it has begun
};

}  // namespace highwater::faults
