#pragma once

#include "engine/model/kind.h"

namespace highwater::messaging {

ModelKind queue();

}  // namespace highwater::messaging
