#pragma once

#include "engine/model/kind.h"

namespace highwater::messaging {

ModelKind topic();

}  // namespace highwater::messaging
