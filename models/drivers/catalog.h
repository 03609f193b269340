#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "models/drivers/driver.h"

namespace highwater::drivers {

/// Every algorithm that can be driven from outside, family by family. Made once.
std::span<const Driver> all();
/// The one called `name`; null where there is none.
const Driver* find(std::string_view name);

// The families; _events are those of a family that take events instead of keys.
std::vector<Driver> hashing();
std::vector<Driver> hashing_events();
std::vector<Driver> balancing();
std::vector<Driver> ejection();  // of the family balancing
std::vector<Driver> caching();
std::vector<Driver> caching_events();
std::vector<Driver> resilience();
std::vector<Driver> overload();
std::vector<Driver> limiting();
std::vector<Driver> scaling();
std::vector<Driver> messaging();
std::vector<Driver> membership();
std::vector<Driver> pooling();  // of the family resources
std::vector<Driver> storage();

}  // namespace highwater::drivers
