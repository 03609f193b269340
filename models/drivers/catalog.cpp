#include "models/drivers/catalog.h"

#include <algorithm>
#include <iterator>

namespace highwater::drivers {

std::span<const Driver> all() {
  static const std::vector<Driver> drivers = [] {
    std::vector<Driver> list;
    for (std::vector<Driver> family :
         {hashing(), hashing_events(), balancing(), ejection(), caching(), caching_events(),
          resilience(), overload(), limiting(), scaling(), messaging(), membership(), pooling(),
          storage()})
      std::move(family.begin(), family.end(), std::back_inserter(list));
    return list;
  }();
  return drivers;
}

const Driver* find(std::string_view name) {
  const std::span<const Driver> drivers = all();
  const auto found = std::find_if(drivers.begin(), drivers.end(),
                                  [&](const Driver& driver) { return driver.name == name; });
  return found == drivers.end() ? nullptr : &*found;
}

}  // namespace highwater::drivers
