#pragma once

#include "engine/model/kind.h"

namespace highwater::function {

/// What makes environments when it needs them, for faults that keep it from that. They nest.
class Growing {
 public:
  virtual void freeze() = 0;
  virtual void unfreeze() = 0;

 protected:
  ~Growing() = default;
};

ModelKind function();

}  // namespace highwater::function
