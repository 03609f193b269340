#include "viewer/draw/stack.h"

#include <cmath>
#include <utility>

namespace highwater::viewer {

Stack stack_of(std::vector<const Series*> layers, AxisKind x_kind, Range x) {
  Stack stack;
  stack.layers = std::move(layers);
  if (stack.layers.empty()) return stack;
  stack.slice = visible(stack.layers.front()->x, x_kind, x);
  std::vector<double> sums(stack.slice.size(), 0);
  for (const Series* layer : stack.layers) {
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const std::size_t index = stack.slice.first + i;
      const double value = index < layer->y.size() ? layer->y[index] : 0;
      if (std::isfinite(value)) sums[i] += value;
    }
    stack.tops.push_back(sums);
  }
  return stack;
}

}  // namespace highwater::viewer
