#pragma once

#include "engine/model/kind.h"

namespace highwater::balancer {

ModelKind load_balancer();

}  // namespace highwater::balancer
