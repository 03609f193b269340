/// Drivers of what happens to pods and nodes: the cluster autoscaler, rolling updates, disruption
/// budgets.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/nearest.h"
#include "engine/describe/words.h"
#include "models/algorithms/scaling/scaling.h"
#include "models/cluster_autoscaler_params.h"
#include "models/disruption_budget_params.h"
#include "models/drivers/json_line.h"
#include "models/drivers/scaling_drivers.h"
#include "models/drivers/seconds.h"
#include "models/drivers/seeded_bits.h"
#include "models/rolling_update_params.h"

namespace highwater {

namespace drivers {
namespace {

std::string none_of(const std::string& word, std::string_view kind,
                    const std::vector<std::string>& known) {
  std::string wrong = fmt::format("{} is none of the {}", in_quotes(word), kind);
  const std::string nearest = nearest_word(word, known);
  if (!nearest.empty()) wrong += "; did you mean " + in_quotes(nearest) + "?";
  return wrong;
}

struct ClusterParams {
  JsonText<OrderedMap<NodeGroupParams>> node_groups;
  ClusterAutoscalerParams autoscaler;
  std::uint64_t seed = 1;

  static constexpr std::string_view type_name = "cluster_autoscaler_driver";
  static constexpr auto fields() {
    using P = ClusterParams;
    return Fields{field<&P::node_groups>("Groups as JSON: {\"small\": {\"cpu\": 2, \"memory\": "
                                         "\"8GiB\", \"min_size\": 1, \"max_size\": 10}}.")
                      .required(),
                  inlined<&P::autoscaler>(),
                  field<&P::seed>("Of the draws between equal groups: SplitMix64.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (node_groups.value.entries.empty())
      problems.error(where.position(), path, "node_groups has no group");
  }
  scaling::ClusterAutoscaler::Options options() const {
    scaling::ClusterAutoscaler::Options made = autoscaler.options();
    for (const auto& group : node_groups.value) made.groups.push_back(group.value.group());
    return made;
  }
};

struct NodeLine {
  std::string name;
  std::string group;
  bool ready = true;
  bool scale_down_disabled = false;

  static constexpr std::string_view type_name = "cluster_node";
  static constexpr auto fields() {
    using P = NodeLine;
    return Fields{field<&P::name>("Its name, never used twice.").required(),
                  field<&P::group>("Of which group.").required(),
                  field<&P::ready>("Whether pods can go there."),
                  field<&P::scale_down_disabled>("It must stay.")};
  }
};

struct ClusterPodLine {
  std::optional<std::string> name;
  Cpu cpu;
  Bytes memory{};
  std::optional<std::string> node;
  bool movable = true;
  bool daemon = false;
  std::uint32_t count = 1;

  static constexpr std::string_view type_name = "cluster_pod";
  static constexpr auto fields() {
    using P = ClusterPodLine;
    return Fields{field<&P::name>("Of no meaning."),
                  field<&P::cpu>("CPU that it asks for."),
                  field<&P::memory>("Memory that it asks for."),
                  field<&P::node>("Where it runs; left out: it waits."),
                  field<&P::movable>("It may be evicted."),
                  field<&P::daemon>("It goes with its node."),
                  field<&P::count>("So many alike.").at_most(100'000u)};
  }
};

struct ClusterLine {
  Seconds time;
  std::vector<NodeLine> nodes;
  std::vector<ClusterPodLine> pods;

  static constexpr std::string_view type_name = "cluster_line";
  static constexpr auto fields() {
    using P = ClusterLine;
    return Fields{field<&P::time>("Seconds.").required(),
                  field<&P::nodes>("Nodes that have registered."),
                  field<&P::pods>("Pods that run or wait.")};
  }
};

class ClusterSession final : public Session {
 public:
  explicit ClusterSession(const ClusterParams& params)
      : autoscaler_(params.options()), bits_(params.seed) {
    for (const auto& group : params.node_groups.value) groups_.push_back(group.key);
  }

  std::string take(std::string_view text, std::string& out) override {
    ClusterLine line;
    std::string wrong = read_line(text, line);
    if (!wrong.empty()) return wrong;
    if (begun_ && line.time.nanoseconds < now_) return "time goes back";
    std::vector<scaling::ClusterNode> nodes;
    std::vector<std::string> names;
    for (const NodeLine& node : line.nodes) {
      const auto group = std::find(groups_.begin(), groups_.end(), node.group);
      if (group == groups_.end()) return none_of(node.group, "groups", groups_);
      if (std::find(names.begin(), names.end(), node.name) != names.end())
        return in_quotes(node.name) + " stands twice";
      names.push_back(node.name);
      const std::uint64_t id = ids_.try_emplace(node.name, ids_.size()).first->second;
      nodes.push_back({id, static_cast<std::uint32_t>(group - groups_.begin()), node.ready,
                       node.scale_down_disabled});
    }
    std::vector<scaling::ClusterPod> pods;
    for (const ClusterPodLine& pod : line.pods) {
      scaling::ClusterPod made;
      made.requests = {pod.cpu.millicores, static_cast<std::int64_t>(pod.memory.count), 1};
      made.movable = pod.movable;
      made.daemon = pod.daemon;
      if (pod.node) {
        const auto node = std::find(names.begin(), names.end(), *pod.node);
        if (node == names.end()) return none_of(*pod.node, "nodes", names);
        made.node = static_cast<std::uint32_t>(node - names.begin());
      }
      pods.insert(pods.end(), pod.count, made);
    }
    begun_ = true;
    now_ = line.time.nanoseconds;
    const scaling::ClusterPlan& plan = autoscaler_.scan(now_, nodes, pods, bits_);
    if (plan.group) {
      out += fmt::format("add {} {}\n", groups_[*plan.group], plan.added);
    } else if (!plan.removed.empty()) {
      out += "remove";
      for (std::size_t i = 0; i < nodes.size(); ++i)
        if (std::find(plan.removed.begin(), plan.removed.end(), nodes[i].id) != plan.removed.end())
          out += " " + names[i];
      out += '\n';
    } else {
      out += "-\n";
    }
    return {};
  }

 private:
  scaling::ClusterAutoscaler autoscaler_;
  SeededBits bits_;
  std::vector<std::string> groups_;
  std::map<std::string, std::uint64_t> ids_;
  bool begun_ = false;
  std::int64_t now_ = 0;
};

struct ReplicaSetLine {
  std::string name;
  std::uint32_t replicas = 0;
  std::optional<std::uint32_t> created;
  std::optional<std::uint32_t> ready;
  std::uint32_t available = 0;
  std::optional<std::uint32_t> desired_replicas;
  std::optional<std::uint32_t> max_replicas;

  static constexpr std::string_view type_name = "replica_set";
  static constexpr auto fields() {
    using P = ReplicaSetLine;
    return Fields{
        field<&P::name>("Its name.").required(),
        field<&P::replicas>("Its size (spec.replicas).").at_most(1'000'000u),
        field<&P::created>("Pods that there are; its size unless given.").at_most(1'000'000u),
        field<&P::ready>("Pods that are ready; those available unless given.").at_most(1'000'000u),
        field<&P::available>("Pods that are available.").at_most(1'000'000u),
        field<&P::desired_replicas>("Its annotation of that name."),
        field<&P::max_replicas>("Its annotation of that name.")};
  }
};

struct RolloutParams {
  std::string from = "old";
  std::string to = "new";
  std::uint32_t replicas = 0;
  Seconds ready_after;

  static constexpr std::string_view type_name = "rollout";
  static constexpr auto fields() {
    using P = RolloutParams;
    return Fields{field<&P::from>("The ReplicaSet that is there."), field<&P::to>("The new one."),
                  field<&P::replicas>("The Deployment's size.").required().at_most(100'000u),
                  field<&P::ready_after>("How long a pod takes to become ready.")};
  }
};

struct RollingUpdateLine {
  std::optional<Seconds> time;
  std::optional<std::uint32_t> replicas;
  std::vector<ReplicaSetLine> replica_sets;
  std::optional<RolloutParams> rollout;

  static constexpr std::string_view type_name = "rolling_update_line";
  static constexpr auto fields() {
    using P = RollingUpdateLine;
    return Fields{field<&P::time>("Seconds; as before unless given."),
                  field<&P::replicas>("The Deployment's size.").at_most(1'000'000u),
                  field<&P::replica_sets>("All ReplicaSets, the oldest first, the new one last."),
                  field<&P::rollout>("A whole rollout instead.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (rollout.has_value() == (replicas.has_value() || !replica_sets.empty()))
      problems.error(where.position(), path,
                     "expected either replicas and replica_sets, or rollout");
    if (!rollout && (!replicas || replica_sets.empty()))
      problems.error(where.position(), path, "expected replicas and replica_sets");
  }
};

class RollingUpdateSession final : public Session {
 public:
  explicit RollingUpdateSession(const RollingUpdateParams& params)
      : params_(params), controller_(params.options()) {}

  std::string take(std::string_view text, std::string& out) override {
    RollingUpdateLine line;
    std::string wrong = read_line(text, line);
    if (!wrong.empty()) return wrong;
    if (line.time && line.time->nanoseconds < now_) return "time goes back";
    if (line.time) now_ = line.time->nanoseconds;
    if (line.rollout) {
      roll_out(*line.rollout, out);
      return {};
    }
    std::vector<scaling::ReplicaSet> sets;
    std::vector<std::string> names;
    for (const ReplicaSetLine& set : line.replica_sets) {
      names.push_back(set.name);
      scaling::ReplicaSet& made = sets.emplace_back();
      made.replicas = set.replicas;
      made.created = set.created.value_or(set.replicas);
      made.available = set.available;
      made.ready = set.ready.value_or(set.available);
      made.desired_annotation = set.desired_replicas;
      made.max_annotation = set.max_replicas;
    }
    const std::vector<scaling::ReplicaSet> before = sets;
    controller_.sync(now_, *line.replicas, sets);
    append(names, before, sets, out);
    out += ' ';
    out += status_word(controller_.status());
    out += '\n';
    return {};
  }

 private:
  static std::string_view status_word(scaling::RolloutStatus status) {
    switch (status) {
      case scaling::RolloutStatus::progressing:
        return "progressing";
      case scaling::RolloutStatus::complete:
        return "complete";
      case scaling::RolloutStatus::deadline_exceeded:
        break;
    }
    return "deadline_exceeded";
  }

  /// The sizes that changed, or "-".
  static void append(const std::vector<std::string>& names,
                     const std::vector<scaling::ReplicaSet>& before,
                     const std::vector<scaling::ReplicaSet>& after, std::string& out) {
    bool first = true;
    for (std::size_t i = 0; i < after.size(); ++i) {
      if (before[i].replicas == after[i].replicas) continue;
      out += fmt::format("{}{}={}", first ? "" : " ", names[i], after[i].replicas);
      first = false;
    }
    if (first) out += '-';
  }

  /// Every pod of the new set becomes available so long after it was asked for, those of the old
  /// one are and go at once.
  void roll_out(const RolloutParams& rollout, std::string& out) {
    scaling::RollingUpdate controller(params_.options());
    std::vector<scaling::ReplicaSet> sets(2);
    const std::uint32_t size = rollout.replicas;
    sets[0] = {size, size, size, size, size, size + controller.max_surge(size)};
    const std::vector<std::string> names{rollout.from, rollout.to};
    const std::int64_t lag = rollout.ready_after.nanoseconds + params_.progress.min_ready.count();
    std::vector<std::pair<std::int64_t, std::uint32_t>> coming;  // when and how many
    std::size_t come = 0;
    std::int64_t now = now_;
    for (;;) {
      for (; come < coming.size() && coming[come].first <= now; ++come)
        sets[1].available += coming[come].second;
      sets[1].ready = sets[1].available;
      const std::vector<scaling::ReplicaSet> before = sets;
      const bool changed = controller.sync(now, size, sets);
      const std::uint32_t more = sets[1].replicas - sets[1].created;
      sets[1].created = sets[1].replicas;
      if (more > 0) coming.push_back({now + lag, more});
      sets[0].created = sets[0].replicas;
      sets[0].ready = sets[0].available = std::min(sets[0].available, sets[0].replicas);
      if (changed) {
        out += seconds_text(now) + " ";
        append(names, before, sets, out);
        out += '\n';
      } else if (come < coming.size()) {
        now = coming[come].first;
      } else {
        break;
      }
    }
    out += seconds_text(now) + " ";
    out += sets[0].replicas == 0 && sets[1].available == size ? "complete\n" : "stuck\n";
  }

  RollingUpdateParams params_;
  scaling::RollingUpdate controller_;
  std::int64_t now_ = 0;
};

struct BudgetPodLine {
  std::string name;
  bool ready = true;
  bool deleting = false;
  scaling::PodPhase phase = scaling::PodPhase::running;

  static constexpr std::string_view type_name = "pdb_pod";
  static constexpr auto fields() {
    using P = BudgetPodLine;
    return Fields{field<&P::name>("Its name, never used twice.").required(),
                  field<&P::ready>("Its condition Ready."),
                  field<&P::deleting>("It has a deletion timestamp."),
                  field<&P::phase>("Its phase.")};
  }
};

struct BudgetLine {
  Seconds time;
  std::optional<std::uint32_t> expected;
  std::optional<std::vector<BudgetPodLine>> pods;
  std::optional<std::string> evict;

  static constexpr std::string_view type_name = "pdb_line";
  static constexpr auto fields() {
    using P = BudgetLine;
    return Fields{
        field<&P::time>("Seconds.").required(),
        field<&P::expected>("What the pods' controllers want; the pods there are unless given."),
        field<&P::pods>("All pods of the budget; as before unless given."),
        field<&P::evict>("The pod that somebody wants to evict.")};
  }
};

class BudgetSession final : public Session {
 public:
  explicit BudgetSession(const DisruptionBudgetParams& params) : budget_(params.options()) {}

  std::string take(std::string_view text, std::string& out) override {
    BudgetLine line;
    std::string wrong = read_line(text, line);
    if (!wrong.empty()) return wrong;
    const std::int64_t now = line.time.nanoseconds;
    if (begun_ && now < now_) return "time goes back";
    if (!line.pods && pods_.empty() && line.evict) return "there are no pods yet";
    if (line.pods) {
      std::vector<std::string> names;
      std::vector<scaling::BudgetPod> pods;
      for (const BudgetPodLine& pod : *line.pods) {
        if (std::find(names.begin(), names.end(), pod.name) != names.end())
          return in_quotes(pod.name) + " stands twice";
        names.push_back(pod.name);
        const std::uint64_t id = ids_.try_emplace(pod.name, ids_.size()).first->second;
        pods.push_back({id, pod.ready, pod.deleting, pod.phase != scaling::PodPhase::running});
      }
      names_ = std::move(names);
      pods_ = std::move(pods);
      expected_ = static_cast<std::uint32_t>(pods_.size());
    }
    if (line.evict && std::find(names_.begin(), names_.end(), *line.evict) == names_.end())
      return none_of(*line.evict, "pods", names_);
    begun_ = true;
    now_ = now;
    if (line.expected) expected_ = *line.expected;
    const scaling::BudgetStatus status = budget_.update(now, pods_, expected_);
    if (!line.evict) {
      out += fmt::format("{}\n", status.disruptions_allowed);
      return {};
    }
    const scaling::Eviction answer = budget_.evict(now, pods_, ids_.at(*line.evict));
    out += answer == scaling::Eviction::allowed  ? "allowed\n"
           : answer == scaling::Eviction::denied ? "denied\n"
                                                 : "too_many\n";
    return {};
  }

 private:
  scaling::DisruptionBudget budget_;
  std::vector<scaling::BudgetPod> pods_;
  std::vector<std::string> names_;
  std::map<std::string, std::uint64_t> ids_;
  std::uint32_t expected_ = 0;
  bool begun_ = false;
  std::int64_t now_ = 0;
};

}  // namespace

Driver cluster_autoscaler_driver() {
  return driver<ClusterParams>(
      {"cluster_autoscaler", "scaling",
       "Kubernetes' cluster autoscaler: nodes for pods that wait, and away with those not needed.",
       "Kubernetes cluster-autoscaler 1.33 core, estimator, expander",
       "{\"time\": seconds, \"nodes\": [{\"name\": \"n1\", \"group\": \"small\"}, …], \"pods\": "
       "[{\"cpu\": 0.5, \"memory\": \"1GiB\", \"node\": \"n1\"}, {\"cpu\": 0.5, \"count\": "
       "3}]}: one line a scan; pods without a node wait",
       "add GROUP N, remove NODE…, or -",
       "printf '%s\\n' '{\"time\": 0, \"pods\": [{\"cpu\": 0.9, \"memory\": \"1GiB\", \"count\": "
       "5}]}' | highwater algorithm cluster_autoscaler --node-groups '{\"small\": {\"cpu\": "
       "2, \"memory\": \"8GiB\"}}'"},
      [](const ClusterParams& params) { return std::make_unique<ClusterSession>(params); });
}

std::vector<Driver> rollout_drivers() {
  std::vector<Driver> drivers;
  drivers.push_back(driver<RollingUpdateParams>(
      {"rolling_update", "scaling",
       "A Deployment's rolling update: which ReplicaSet grows or shrinks next.",
       "Kubernetes 1.20 to 1.34 pkg/controller/deployment",
       "{\"replicas\": 10, \"replica_sets\": [{\"name\": \"old\", \"replicas\": 10, \"available\": "
       "10}, {\"name\": \"new\"}]}: one sync; or {\"rollout\": {\"replicas\": 10, \"ready_after\": "
       "5}}: all of it",
       "the sizes that change, NAME=N …, or -, and the status; of a rollout a line for each step, "
       "SECONDS NAME=N …, and the end",
       "echo '{\"rollout\": {\"replicas\": 10, \"ready_after\": 5}}' | highwater algorithm "
       "rolling_update --max-surge 25% --max-unavailable 25%"},
      [](const RollingUpdateParams& params) {
        return std::make_unique<RollingUpdateSession>(params);
      }));
  drivers.push_back(driver<DisruptionBudgetParams>(
      {"pdb", "scaling", "A PodDisruptionBudget: how many pods may be evicted now.",
       "Kubernetes 1.20 to 1.34 pkg/controller/disruption, pkg/registry/core/pod/rest/eviction.go",
       "{\"time\": seconds, \"expected\": 3, \"pods\": [{\"name\": \"a\", \"ready\": true}, …]}, "
       "and \"evict\": \"a\" for an eviction",
       "disruptions allowed; for an eviction allowed, denied or too_many",
       "printf '%s\\n' '{\"time\": 0, \"pods\": [{\"name\": \"a\"}, {\"name\": \"b\"}, {\"name\": "
       "\"c\"}]}' '{\"time\": 1, \"evict\": \"a\"}' '{\"time\": 2, \"evict\": \"b\"}' | highwater "
       "algorithm pdb --min-available 2"},
      [](const DisruptionBudgetParams& params) {
        return std::make_unique<BudgetSession>(params);
      }));
  return drivers;
}

}  // namespace drivers
}  // namespace highwater
