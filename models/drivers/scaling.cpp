/// Drivers of the scaling family.

#include <vector>

#include "models/drivers/catalog.h"

namespace highwater::drivers {

std::vector<Driver> scaling() {
  std::vector<Driver> drivers;
  return drivers;
}

}  // namespace highwater::drivers
