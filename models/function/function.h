#pragma once

#include "engine/model/kind.h"

namespace highwater::function {

ModelKind function();

}  // namespace highwater::function
