#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "models/outlier_params.h"

namespace highwater {

/// Calls that go to another component instead.
struct SplitParams {
  ComponentRef to;
  Fraction share;

  static constexpr std::string_view type_name = "split";
  static constexpr auto fields() {
    return Fields{
        field<&SplitParams::to>("The component that is called instead.").required(),
        field<&SplitParams::share>("Share of the calls, drawn for each.").required(),
    };
  }
};

/// Which instance, of which component, a call goes to. Stands beside the target of calls that are
/// answered by processes which are all the same.
struct RoutingParams {
  std::optional<balancer::OutlierParams> outlier_detection;
  std::vector<SplitParams> split;

  static constexpr auto fields() {
    return Fields{
        field<&RoutingParams::outlier_detection>("Each calling instance keeps away for a while "
                                                 "from instances of the callee whose answers to it "
                                                 "make them outliers; off unless given.")
            .source("Envoy outlier detection; Istio DestinationRule outlierDetection"),
        field<&RoutingParams::split>("Components that get a share of the calls, such as a canary; "
                                     "the rest stays with the callee. All tries of a call go to "
                                     "the same.")
            .at_most(100u)
            .source("Envoy weighted_clusters; Istio VirtualService weight"),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    double sum = 0;
    for (const SplitParams& each : split) sum += each.share.value;
    // Room for the rounding of sums such as ten times 0.1.
    if (sum > 1 + 1e-9)
      problems.error(where.position(), pointer_to(path, "split"),
                     "the shares add up to more than 100%");
  }
  bool asks_for_anything() const { return outlier_detection || !split.empty(); }
};

extern template struct FieldCodec<RoutingParams>;

}  // namespace highwater
