#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/component.h"
#include "models/factors.h"
#include "models/steps/endpoint_pattern.h"
#include "models/steps/program.h"
#include "models/steps/step_params.h"

namespace highwater::steps {

struct EndpointParams {
  std::vector<Step> steps;
  std::optional<std::uint32_t> priority;

  static constexpr auto fields() {
    return Fields{
        field<&EndpointParams::steps>("What a request to the endpoint does.").required(),
        field<&EndpointParams::priority>("Urgency of its requests, 0 the most urgent; the client's "
                                         "unless given.")
            .at_most(255u),
    };
  }
  static constexpr auto shorthand = &EndpointParams::steps;
};

/// What a component that serves requests does for them.
struct EndpointsParams {
  std::optional<Distribution> service_time;
  OrderedMap<EndpointParams> endpoints;

  static constexpr auto fields() {
    return Fields{
        field<&EndpointsParams::service_time>("Time on a core, where there are no endpoints."),
        field<&EndpointsParams::endpoints>("What is answered, by \"METHOD /path\"; {x} stands for "
                                           "any one segment, * for any rest."),
    };
  }
};

/// The most `compute` steps that one request does at the same time.
std::uint64_t computing_at_once(const EndpointsParams& params);

struct Endpoint {
  EndpointPattern pattern;
  Block block;
  std::optional<std::uint8_t> priority;
  Factors stretch{};  ///< Of what its steps compute, by faults.
};

/// The endpoints of one component in one replication, found by the names that requests give.
class Endpoints {
 public:
  Endpoints(const Component& owner, const EndpointsParams& params)
      : owner_(owner), params_(params) {}
  Endpoints(const Endpoints&) = delete;
  Endpoints& operator=(const Endpoints&) = delete;

  void connect(Program& program, const Directory& directory);
  /// Adds one that answers whatever is asked.
  void add_only(Program& program, const std::vector<Step>& steps);

  /// They are these from now on, which differ in what changeable_steps() names.
  void reconfigure(const EndpointsParams& params);

  /// The same of one that add_only() has made.
  void reconfigure_only(const std::vector<Step>& steps);

  /// The endpoint that answers `symbol`; null where there is none.
  const Endpoint* of(Symbol symbol) {
    // Patterns are matched once for each name: a trace may name thousands of paths.
    if (symbol >= matched_.size()) matched_.resize(owner_.world().symbols.size() + 1);
    Match& match = matched_[symbol];
    if (!match.known) match = {find(symbol), true};
    return match.endpoint;
  }
  bool answers(Symbol symbol) const { return find(symbol) != nullptr; }
  /// As the scenario spells them; empty where any will do.
  std::vector<std::string> names() const;
  /// The factors of one that is declared by this name.
  Factors& stretch_of(const std::string& name);
  /// Reports calls to endpoints that their callee does not have. After connect().
  void examine(const Examination& examination) const;

 private:
  struct Match {
    const Endpoint* endpoint = nullptr;
    bool known = false;
  };

  const Endpoint* find(Symbol symbol) const;

  const Component& owner_;
  const EndpointsParams& params_;
  const Directory* directory_ = nullptr;
  std::vector<Endpoint> endpoints_;
  std::vector<Match> matched_;  // by symbol
};

}  // namespace highwater::steps
