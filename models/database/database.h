#pragma once

#include "engine/model/kind.h"

namespace highwater::database {

ModelKind database();

}  // namespace highwater::database
