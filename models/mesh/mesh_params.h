#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/kernel/distribution.h"
#include "models/calls/call_params.h"
#include "models/outlier_params.h"

namespace highwater::mesh {

/// The proxy beside each process.
struct SidecarParams {
  // Its four times in a call add 1.7 ms at the 90th percentile and 2.7 ms at the 99th: what the two
  // proxies of Istio 1.12 were measured to add.
  Distribution latency = Distribution::lognormal_mean_p99(280us, 1200us)
                             .spelled(R"({"lognormal": {"mean": "0.28ms", "p99": "1.2ms"}})");
  Duration cpu = 350us;

  static constexpr std::string_view type_name = "mesh.sidecar";
  static constexpr auto fields() {
    return Fields{
        field<&SidecarParams::latency>("What a message takes longer for passing one proxy. A call "
                                       "between two components with sidecars passes four times: "
                                       "two proxies on the way there, two on the way back.")
            .source("chosen after Istio 1.12.3, Performance and Scalability: two proxies add 1.7 "
                    "ms at p90, 2.7 ms at p99"),
        field<&SidecarParams::cpu>("CPU time that one proxy needs for a request and its answer. It "
                                   "has cores of its own, which are never the limit; what is used "
                                   "of them is reported as sidecar_cores.")
            .source("Istio 1.12.3, Performance and Scalability: 0.35 vCPU for 1000 requests a "
                    "second"),
    };
  }
};

/// Calls to one component that go to another.
struct MeshSplitParams {
  ComponentRef of;
  ComponentRef to;
  Fraction share;

  static constexpr std::string_view type_name = "mesh.split";
  static constexpr auto fields() {
    return Fields{
        field<&MeshSplitParams::of>("The component that is called.").required(),
        field<&MeshSplitParams::to>("The component that gets some of its calls.").required(),
        field<&MeshSplitParams::share>("Share of the calls, drawn for each.").required(),
    };
  }
};

struct MeshParams {
  SidecarParams sidecar;
  std::vector<ComponentRef> only;
  std::vector<ComponentRef> exclude;
  CallPolicy policy;
  std::optional<balancer::OutlierParams> outlier_detection;
  std::vector<MeshSplitParams> split;

  static constexpr std::string_view type_name = "mesh";
  static constexpr auto fields() {
    return Fields{
        field<&MeshParams::sidecar>("The proxy beside each process."),
        field<&MeshParams::only>("Components with a sidecar. Unless given, all but clients, load "
                                 "balancers (which are proxies themselves), functions and external "
                                 "services."),
        field<&MeshParams::exclude>("Components without a sidecar."),
        inlined<&MeshParams::policy>(),
        field<&MeshParams::outlier_detection>("Each calling instance keeps away for a while from "
                                              "instances whose answers to it make them outliers; "
                                              "off unless given.")
            .source("Envoy outlier detection; Istio DestinationRule outlierDetection"),
        field<&MeshParams::split>("Shares of a component's calls that go to another one, such as "
                                  "a canary.")
            .at_most(100u)
            .source("Istio VirtualService weight"),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

}  // namespace highwater::mesh
