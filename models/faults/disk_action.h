#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/database/disk.h"
#include "models/faults/fault_kind.h"
#include "models/weak_points.h"

namespace highwater::faults {

/// A trouble of disks, as strong as the fault is: times and shares grow and go by degrees, a limit
/// of operations does not.
class DiskAction final : public GradualAction {
 public:
  /// @param what  Is done to whom: "disk slow".
  DiskAction(std::string what, Victims choose, HasDisks& store, const database::DiskTrouble& most)
      : what_(std::move(what)), choose_(std::move(choose)), store_(store), most_(most) {}

 private:
  std::string aim() override {
    victims_ = choose_();
    return what_ + " of " + list_of(victims_);
  }
  void apply(double strength) override {
    trouble_ = most_;
    trouble_.factor = 1 + (most_.factor - 1) * strength;
    trouble_.add =
        Duration{static_cast<Duration::rep>(static_cast<double>(most_.add.count()) * strength)};
    trouble_.errors = most_.errors * strength;
    for (Instance* victim : victims_) store_.disk_of(*victim).suffer(trouble_);
  }
  void withdraw(double) override {
    for (Instance* victim : victims_) {
      store_.disk_of(*victim).recover(trouble_);
      store_.disk_recovered(*victim);
    }
  }

  std::string what_;
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
  HasDisks& store_;
  database::DiskTrouble most_;
  database::DiskTrouble trouble_;  // as strong as it is; disks know it by its address
};

}  // namespace highwater::faults
