#include "models/catalog.h"

#include "models/balancer/load_balancer.h"
#include "models/cache/cache.h"
#include "models/client/client.h"
#include "models/cluster/cluster.h"
#include "models/database/database.h"
#include "models/external/external.h"
#include "models/faults/faults.h"
#include "models/function/function.h"
#include "models/mesh/mesh.h"
#include "models/messaging/consumer_group.h"
#include "models/messaging/queue.h"
#include "models/messaging/topic.h"
#include "models/messaging/worker.h"
#include "models/service/service.h"

namespace highwater {

const std::vector<ModelKind>& model_kinds() {
  // Listed by hand: a linker may drop objects that register themselves, and their order would
  // depend on the order of linking.
  static const std::vector<ModelKind> all = [] {
    std::vector<ModelKind> list{
        client::client(),
        balancer::load_balancer(),
        service::service(),
        cache::cache(),
        database::database(),
        messaging::topic(),
        messaging::consumer_group(),
        messaging::queue(),
        messaging::worker(),
        function::function(),
        external::external(),
        cluster::cluster(),
    };
    for (ModelKind& kind : list)
      if (kind.info.name != "cluster")
        for (MetricInfo& metric : mesh::mesh_metrics())
          kind.info.metrics.push_back(std::move(metric));
    return list;
  }();
  return all;
}

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> list{
      faults::kill(),       faults::crash_loop(),  faults::pause(),        faults::slow(),
      faults::burn(),       faults::leak_memory(), faults::latency(),      faults::partition(),
      faults::error(),      faults::delay(),       faults::bad_response(), faults::throttle(),
      faults::clock(),      faults::zone_outage(), faults::grey(),         faults::deny_capacity(),
      faults::lie_health(), faults::drain(),
  };
  return list;
}

const std::vector<SectionKind>& section_kinds() {
  static const std::vector<SectionKind> list{mesh::mesh()};
  return list;
}

}  // namespace highwater
