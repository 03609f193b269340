/// Drivers of the limiting family.

#include <vector>

#include "models/drivers/catalog.h"

namespace highwater::drivers {

std::vector<Driver> limiting() {
  std::vector<Driver> drivers;
  return drivers;
}

}  // namespace highwater::drivers
