#pragma once

#include "engine/model/kind.h"

namespace highwater::messaging {

ModelKind consumer_group();

}  // namespace highwater::messaging
