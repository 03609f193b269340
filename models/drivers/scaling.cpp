/// Drivers of the scaling family: observations in, replicas and steps out, one JSON object a line.

#include <iterator>
#include <utility>
#include <vector>

#include "models/drivers/catalog.h"
#include "models/drivers/scaling_drivers.h"

namespace highwater::drivers {

std::vector<Driver> scaling() {
  std::vector<Driver> drivers;
  drivers.push_back(hpa_driver());
  drivers.push_back(kpa_driver());
  for (Driver& driver : aws_scaling_drivers()) drivers.push_back(std::move(driver));
  drivers.push_back(lambda_driver());
  drivers.push_back(cluster_autoscaler_driver());
  for (Driver& driver : rollout_drivers()) drivers.push_back(std::move(driver));
  return drivers;
}

}  // namespace highwater::drivers
