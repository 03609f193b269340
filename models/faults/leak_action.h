#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/fault.h"
#include "engine/model/world.h"
#include "models/leaks.h"

namespace highwater::faults {

/// Who leaks, asked when it strikes.
using FindLeaks = std::function<std::vector<Leaks*>()>;

/// A share of what is lent does not come back until the fault ends.
class LeakAction final : public FaultAction {
 public:
  LeakAction(World& world, std::string text, FindLeaks find, double share)
      : world_(world), text_(std::move(text)), find_(std::move(find)), share_(share) {}
  std::string begin() override {
    until_ = std::make_shared<Keeping>(world_.simulation);
    leaks_ = find_();
    for (Leaks* leaks : leaks_) leaks->add(share_, until_);
    return text_;
  }
  void end() override {
    for (Leaks* leaks : leaks_) leaks->end(until_);
  }

 private:
  World& world_;
  std::string text_;
  FindLeaks find_;
  double share_;
  std::vector<Leaks*> leaks_;
  std::shared_ptr<Keeping> until_;
};

}  // namespace highwater::faults
