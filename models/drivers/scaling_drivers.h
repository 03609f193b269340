#pragma once

#include <array>
#include <vector>

#include "engine/describe/words.h"
#include "models/algorithms/scaling/scaler.h"
#include "models/drivers/driver.h"

namespace highwater::scaling {

constexpr auto words_of(PodPhase) {
  return std::array{Word{PodPhase::running, "Running", "It runs."},
                    Word{PodPhase::pending, "Pending", "It waits for a node or its images."},
                    Word{PodPhase::failed, "Failed", "It has ended with a failure."},
                    Word{PodPhase::succeeded, "Succeeded", "It has ended well."}};
}

}  // namespace highwater::scaling

namespace highwater::drivers {

// The parts of the family scaling().
Driver hpa_driver();
Driver kpa_driver();
std::vector<Driver> aws_scaling_drivers();
Driver lambda_driver();
Driver cluster_autoscaler_driver();
std::vector<Driver> rollout_drivers();

}  // namespace highwater::drivers
