/// leak_connections: a share of the requests does not give its connection back.
///
/// Aimed at an edge it is the caller's fault: the connections of its pools, one pool in each
/// process to each instance of the callee. Aimed at a database it is that one's: the connections
/// that each node lends to the requests it serves. They come back when the fault ends, or with
/// another process at either end.
///
/// Assumes  a leaked connection is still open and idle; a database does not time it out.
/// Source   SQLAlchemy 2.0 Connection Pooling; HikariCP leakDetectionThreshold; PostgreSQL
///          max_connections; ALGORITHMS 9.3 conn_leak.
/// Checked  tests/faults/leaks_test.cpp

#include "models/calls/connections.h"
#include "models/faults/faults.h"
#include "models/faults/leak_action.h"
#include "models/faults/store_faults.h"

namespace highwater::faults {
namespace {

std::vector<ConnectionPools*> pools_of(Directory& directory, const Target& target) {
  auto* const caller = dynamic_cast<HasPools*>(&directory.component(target.component));
  return caller == nullptr ? std::vector<ConnectionPools*>{}
                           : caller->pools_to(directory.component(*target.callee));
}

struct LeakConnectionsFault {
  static constexpr std::string_view kTrials[] = {R"({"rate": "10%"})"};

  std::string leak_connections;
  FaultTiming timing;
  Fraction rate{1};

  static constexpr auto fields() {
    using F = LeakConnectionsFault;
    return Fields{field<&F::leak_connections>("An edge whose calls go over a pool: \"api -> db\"; "
                                              "or a database, for its own connections.")
                      .required(),
                  inlined<&F::timing>(),
                  field<&F::rate>("Share of the requests that keep their connection.")};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const std::string verb = "leak_connections";
    if (target.callee) {
      const auto is_component = [&](const std::string& id) {
        return component_named(directory, {id, std::nullopt, std::nullopt, std::nullopt}) !=
               nullptr;
      };
      if (!is_component(target.component) || !is_component(*target.callee))
        return report_fault(examination, verb, verb, "between zones there is no pool");
      if (target.instance || target.callee_instance)
        return report_fault(examination, verb, verb,
                            "the pool is that of all instances: name the components alone");
      const bool known = !choose_edges(directory, target).empty();
      if (known && pools_of(directory, target).empty())
        report_fault(examination, verb, verb,
                     in_quotes(target.component) + " has no \"pool\" of connections to " +
                         in_quotes(*target.callee));
      return;
    }
    static constexpr std::string_view kKinds[] = {"database"};
    const Component& component = directory.component(target.component);
    if (examine_kind(component, kKinds, verb, examination))
      examine_point<LendsConnections>(component, verb, examination);
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike&) const {
    const auto find = [&directory, target] {
      std::vector<Leaks*> found;
      if (target.callee) {
        for (ConnectionPools* pools : pools_of(directory, target)) found.push_back(&pools->leaks());
        return found;
      }
      Component& component = directory.component(target.component);
      for (const auto& instance : component.instances())
        found.push_back(&point_of<LendsConnections>(component).connection_leaks(*instance));
      return found;
    };
    return std::make_unique<LeakAction>(world, "leak connections " + target.text(), find,
                                        rate.value);
  }
};

}  // namespace

FaultKind leak_connections() {
  return fault_kind<LeakConnectionsFault>(
      "leak_connections", &LeakConnectionsFault::leak_connections, Aim::edges,
      "A share of the requests never gives its connection back.", "SQLAlchemy 2.0; HikariCP");
}

}  // namespace highwater::faults
