/// Drivers of the messaging family.

#include <vector>

#include "models/drivers/catalog.h"

namespace highwater::drivers {

std::vector<Driver> messaging() {
  std::vector<Driver> drivers;
  return drivers;
}

}  // namespace highwater::drivers
