#pragma once

#include "engine/model/kind.h"

namespace highwater::messaging {

ModelKind worker();

}  // namespace highwater::messaging
