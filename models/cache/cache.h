#pragma once

#include "engine/model/kind.h"

namespace highwater::cache {

ModelKind cache();

}  // namespace highwater::cache
