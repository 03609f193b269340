#pragma once

#include <string>
#include <vector>

namespace highwater {

/// Numbers with names, such as the requests of each hour of a replayed log.
struct BarChart {
  std::string component;
  std::string title;
  std::string unit;
  std::vector<std::string> labels;
  std::vector<double> values;  ///< As many as labels.
};

}  // namespace highwater
