/// Drivers of the resilience family.

#include <vector>

#include "models/drivers/catalog.h"

namespace highwater::drivers {

std::vector<Driver> resilience() {
  std::vector<Driver> drivers;
  return drivers;
}

}  // namespace highwater::drivers
