#pragma once

#include "engine/model/kind.h"

namespace highwater::service {

ModelKind service();

}  // namespace highwater::service
