/// Drivers of the membership family.

#include <vector>

#include "models/drivers/catalog.h"

namespace highwater::drivers {

std::vector<Driver> membership() {
  std::vector<Driver> drivers;
  return drivers;
}

}  // namespace highwater::drivers
