#pragma once

#include "engine/model/kind.h"

namespace highwater::external {

ModelKind external();

}  // namespace highwater::external
