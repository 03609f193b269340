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
  static const std::vector<FaultKind> list{faults::kill(),
                                           faults::crash_loop(),
                                           faults::pause(),
                                           faults::slow(),
                                           faults::burn(),
                                           faults::leak_memory(),
                                           faults::latency(),
                                           faults::loss(),
                                           faults::corrupt(),
                                           faults::duplicate(),
                                           faults::partition(),
                                           faults::bandwidth(),
                                           faults::blackhole(),
                                           faults::reset(),
                                           faults::slow_close(),
                                           faults::limit_data(),
                                           faults::half_open(),
                                           faults::dns(),
                                           faults::tls_expiry(),
                                           faults::disk_slow(),
                                           faults::disk_full(),
                                           faults::disk_error(),
                                           faults::error(),
                                           faults::delay(),
                                           faults::bad_response(),
                                           faults::throttle(),
                                           faults::clock(),
                                           faults::zone_outage(),
                                           faults::grey(),
                                           faults::deny_capacity(),
                                           faults::kill_leader(),
                                           faults::replication_lag(),
                                           faults::flush(),
                                           faults::lose_node(),
                                           faults::hot_key(),
                                           faults::herd(),
                                           faults::spike(),
                                           faults::poison(),
                                           faults::stall_consumer(),
                                           faults::rebalance(),
                                           faults::leak_connections(),
                                           faults::leak_workers(),
                                           faults::hold_lock(),
                                           faults::slow_query(),
                                           faults::bad_deploy(),
                                           faults::config(),
                                           faults::scale(),
                                           faults::lie_health(),
                                           faults::blind_autoscaler(),
                                           faults::drain(),
                                           faults::lose_data()};
  return list;
}

const std::vector<SectionKind>& section_kinds() {
  static const std::vector<SectionKind> list{mesh::mesh()};
  return list;
}

}  // namespace highwater
