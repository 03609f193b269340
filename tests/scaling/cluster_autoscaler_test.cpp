#include "models/algorithms/scaling/cluster_autoscaler.h"

#include <algorithm>
#include <map>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::scaling::cluster_autoscaler_test {
namespace {

constexpr std::int64_t kSecond = ClusterAutoscaler::kSecond;
constexpr std::int64_t kMinute = ClusterAutoscaler::kMinute;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

NodeGroup group(std::int64_t cpu, std::int64_t gibibytes, std::uint32_t min = 0,
                std::uint32_t max = 100) {
  NodeGroup made;
  made.node = {cpu, gibibytes * kGiB, 110};
  made.min_size = min;
  made.max_size = max;
  return made;
}

/// A cluster: what the autoscaler asks for appears after a while, if at all.
struct Cluster {
  explicit Cluster(ClusterAutoscaler::Options given) : options(given), autoscaler(given) {}

  const ClusterPlan& scan() {
    const ClusterPlan& plan = autoscaler.scan(now, nodes, pods, bits);
    if (plan.group)
      for (std::uint32_t i = 0; i < plan.added; ++i) coming.push_back({now + startup, *plan.group});
    added += plan.added;
    for (const std::uint64_t id : plan.removed) {
      removed.push_back(id);
      const auto node = std::find_if(nodes.begin(), nodes.end(),
                                     [&](const ClusterNode& one) { return one.id == id; });
      const auto index = static_cast<std::uint32_t>(node - nodes.begin());
      nodes.erase(node);
      for (ClusterPod& pod : pods) {
        if (pod.node == index) pod.node = ClusterPod::kPending;
        if (pod.node != ClusterPod::kPending && pod.node > index) --pod.node;
      }
      std::erase_if(pods, [](const ClusterPod& pod) {
        return pod.daemon && pod.node == ClusterPod::kPending;
      });
    }
    return plan;
  }
  /// Ten seconds pass: nodes come, pods that wait take the first that fits.
  void step() {
    now += 10 * kSecond;
    for (auto one = coming.begin(); !provisioning_fails && one != coming.end();) {
      if (one->first > now) {
        ++one;
        continue;
      }
      add_node(one->second);
      one = coming.erase(one);
    }
    std::vector<PlacementNode> layout;
    for (const ClusterNode& node : nodes)
      layout.push_back({options.groups[node.group].node, {}, 0, node.ready});
    for (const ClusterPod& pod : pods)
      if (pod.node != ClusterPod::kPending) layout[pod.node].requested += pod.requests;
    for (ClusterPod& pod : pods) {
      if (pod.node != ClusterPod::kPending) continue;
      if (const auto place = Placement::first_fit(pod.requests, layout)) {
        pod.node = static_cast<std::uint32_t>(*place);
        layout[*place].requested += pod.requests;
      }
    }
  }
  void run(std::int64_t duration) {
    for (const std::int64_t until = now + duration; now < until;) {
      scan();
      step();
    }
  }
  void add_node(std::uint32_t of_group) { nodes.push_back({next_id++, of_group, true, false}); }
  ClusterPod& add_pod(std::int64_t cpu, std::int64_t memory = 0,
                      std::uint32_t node = ClusterPod::kPending) {
    pods.push_back({{cpu, memory, 1}, node, true, false});
    return pods.back();
  }
  std::size_t waiting() const {
    return static_cast<std::size_t>(std::count_if(pods.begin(), pods.end(), [](const auto& pod) {
      return pod.node == ClusterPod::kPending;
    }));
  }

  ClusterAutoscaler::Options options;
  ClusterAutoscaler autoscaler;
  SplitMix bits{1};
  std::vector<ClusterNode> nodes;
  std::vector<ClusterPod> pods;
  std::vector<std::pair<std::int64_t, std::uint32_t>> coming;
  std::vector<std::uint64_t> removed;
  std::int64_t now = 0;
  std::int64_t startup = 2 * kMinute;
  bool provisioning_fails = false;
  std::uint64_t next_id = 0;
  std::uint32_t added = 0;
};

ClusterAutoscaler::Options with(std::vector<NodeGroup> groups) {
  ClusterAutoscaler::Options options;
  options.groups = std::move(groups);
  return options;
}

TEST_CASE("cluster_autoscaler: as many nodes as first fit decreasing needs", "[scaling]") {
  Cluster cluster(with({group(1000, 4)}));
  for (const std::int64_t cpu : {300, 700, 500, 500, 600, 400, 200}) cluster.add_pod(cpu);
  const ClusterPlan& plan = cluster.scan();
  CHECK(plan.group == 0u);
  CHECK(plan.added == 4);  // 700+300, 600+400, 500+500, 200
  CHECK(plan.removed.empty());
  CHECK(cluster.autoscaler.upcoming(0) == 4);
  // They are on their way: nothing more is asked for.
  cluster.now += 10 * kSecond;
  CHECK_FALSE(cluster.scan().group.has_value());
  cluster.add_pod(900);
  CHECK(cluster.scan().added == 1);
}

TEST_CASE("cluster_autoscaler: pods that fit on what there is need no node", "[scaling]") {
  Cluster cluster(with({group(1000, 4)}));
  cluster.add_node(0);
  cluster.add_pod(600);
  CHECK_FALSE(cluster.scan().group.has_value());
  cluster.add_pod(600);
  CHECK(cluster.scan().added == 1);
  Cluster unready(with({group(1000, 4)}));
  unready.add_node(0);
  unready.nodes[0].ready = false;
  unready.add_pod(600);
  CHECK(unready.scan().added == 1);
}

TEST_CASE("cluster_autoscaler: daemons take their part of every new node", "[scaling]") {
  NodeGroup small = group(1000, 4);
  small.daemons = {200, 0, 1};
  Cluster cluster(with({small}));
  for (int i = 0; i < 4; ++i) cluster.add_pod(450);
  CHECK(cluster.scan().added == 4);
  Cluster none(with({small}));
  none.add_pod(900);
  CHECK_FALSE(none.scan().group.has_value());  // fits on no node of the kind
}

TEST_CASE("cluster_autoscaler: the expander chooses among groups where pods fit", "[scaling]") {
  ClusterAutoscaler::Options options = with({group(1000, 4), group(4000, 16), group(16000, 64)});
  options.groups[2].priority = 10;
  const auto choice = [&](Expander expander, std::int64_t cpu, int count) {
    options.expander = {expander};
    Cluster cluster(options);
    for (int i = 0; i < count; ++i) cluster.add_pod(cpu, kGiB);
    return cluster.scan().group.value_or(99);
  };
  CHECK(choice(Expander::least_waste, 900, 1) == 0);
  CHECK(choice(Expander::least_waste, 3900, 1) == 1);
  CHECK(choice(Expander::least_nodes, 900, 10) == 2);
  CHECK(choice(Expander::priority, 900, 1) == 2);
  CHECK(choice(Expander::most_pods, 17000, 1) == 99);
}

TEST_CASE("cluster_autoscaler: maxima of the group, the scale-up and the cluster", "[scaling]") {
  ClusterAutoscaler::Options options = with({group(1000, 4, 0, 3)});
  const auto added = [&] {
    Cluster cluster(options);
    for (int i = 0; i < 10; ++i) cluster.add_pod(900);
    return cluster.scan().added;
  };
  CHECK(added() == 3);
  options.groups[0].max_size = 100;
  CHECK(added() == 10);
  options.max_nodes_per_scaleup = 4;
  CHECK(added() == 4);
  options.max_nodes_total = 2;
  CHECK(added() == 2);
  Cluster full(options);
  full.add_node(0);
  full.add_node(0);
  for (int i = 0; i < 5; ++i) full.add_pod(900);
  CHECK(full.scan().added == 0);
}

TEST_CASE("cluster_autoscaler: nodes that do not come back the group off", "[scaling]") {
  Cluster cluster(with({group(1000, 4)}));
  cluster.provisioning_fails = true;
  cluster.add_pod(900);
  std::vector<std::int64_t> asked;
  while (cluster.now < 130 * kMinute) {
    if (cluster.scan().group) asked.push_back(cluster.now / kSecond);
    cluster.step();
  }
  // 15 minutes to fail and 5, 10, 20, 30 minutes of leaving it alone, each at the next scan.
  REQUIRE(asked.size() >= 4);
  CHECK(asked[0] == 0);
  CHECK(asked[1] == 15 * 60 + 10 + 5 * 60);
  CHECK(asked[2] == asked[1] + 15 * 60 + 10 + 10 * 60);
  CHECK(asked[3] == asked[2] + 15 * 60 + 10 + 20 * 60);
  CHECK(cluster.autoscaler.is_backed_off(0, cluster.now) ==
        (cluster.now < (asked.back() + 45 * 60 + 10) * kSecond &&
         cluster.now > (asked.back() + 15 * 60) * kSecond));
}

TEST_CASE("cluster_autoscaler: another group is tried while one is backed off", "[scaling]") {
  ClusterAutoscaler::Options options = with({group(1000, 4), group(2000, 8)});
  Cluster cluster(options);
  cluster.provisioning_fails = true;
  cluster.add_pod(900);
  CHECK(cluster.scan().group == 0u);
  cluster.now = 15 * kMinute + 10 * kSecond;
  CHECK(cluster.scan().group == 1u);
}

TEST_CASE("cluster_autoscaler: an unneeded node goes after ten minutes", "[scaling]") {
  Cluster cluster(with({group(1000, 4)}));
  cluster.add_node(0);
  cluster.add_node(0);
  cluster.add_pod(400, kGiB, 0);
  cluster.add_pod(100, kGiB, 1);
  cluster.scan();
  // One pod fits on the other node, so one of them is unneeded; not both, nothing would be left.
  CHECK(cluster.autoscaler.unneeded() == 1);
  while (cluster.now <= 10 * kMinute) {
    CHECK(cluster.removed.empty());
    cluster.now += 10 * kSecond;
    cluster.scan();
  }
  CHECK(cluster.removed.size() == 1);
}

TEST_CASE("cluster_autoscaler: busy and bound nodes stay", "[scaling]") {
  const auto goes = [](auto&& change) {
    Cluster cluster(with({group(1000, 4)}));
    cluster.add_node(0);
    cluster.add_node(0);
    cluster.add_pod(600, kGiB, 0);
    cluster.add_pod(300, kGiB, 1);
    change(cluster);
    for (int i = 0; i < 200 && cluster.removed.empty(); ++i) {
      cluster.now += 10 * kSecond;
      cluster.scan();
    }
    return !cluster.removed.empty();
  };
  CHECK(goes([](Cluster&) {}));
  CHECK_FALSE(goes([](Cluster& c) { c.pods[1].requests.cpu = 500; }));  // not below the half
  CHECK_FALSE(goes([](Cluster& c) { c.pods[1].requests.memory = 2 * kGiB; }));
  CHECK_FALSE(goes([](Cluster& c) { c.pods[1].movable = false; }));
  CHECK_FALSE(goes([](Cluster& c) { c.pods[0].requests.cpu = 800; }));  // no room there
  CHECK_FALSE(goes([](Cluster& c) { c.nodes[1].scale_down_disabled = true; }));
  CHECK(goes([](Cluster& c) {  // a daemon goes with its node
    c.pods[1].movable = false;
    c.pods[1].daemon = true;
  }));
  CHECK_FALSE(goes([](Cluster& c) { c.nodes[0].ready = false; }));  // nowhere to go
}

TEST_CASE("cluster_autoscaler: empty nodes go together down to the minimum", "[scaling]") {
  ClusterAutoscaler::Options options = with({group(1000, 4, 3)});
  Cluster cluster(options);
  for (int i = 0; i < 30; ++i) cluster.add_node(0);
  cluster.scan();
  cluster.now = 10 * kMinute;
  CHECK(cluster.scan().removed.empty());
  cluster.now += 10 * kSecond;
  CHECK(cluster.scan().removed.size() == 10);
  cluster.now += 5 * kSecond;
  CHECK(cluster.scan().removed.empty());  // delay after deleting
  cluster.now += 5 * kSecond;
  CHECK(cluster.scan().removed.size() == 10);
  cluster.now += 10 * kSecond;
  CHECK(cluster.scan().removed.size() == 7);
  cluster.now += 10 * kSecond;
  CHECK(cluster.scan().removed.empty());
  CHECK(cluster.nodes.size() == 3);

  options.scale_down_enabled = false;
  Cluster kept(options);
  for (int i = 0; i < 30; ++i) kept.add_node(0);
  kept.run(kMinute * 30);
  CHECK(kept.nodes.size() == 30);
}

TEST_CASE("cluster_autoscaler: nothing goes for ten minutes after nodes were added", "[scaling]") {
  Cluster cluster(with({group(1000, 4), group(8000, 32)}));
  for (int i = 0; i < 3; ++i) cluster.add_node(0);
  cluster.run(9 * kMinute);
  cluster.add_pod(4000, kGiB);
  const std::int64_t grown = cluster.now;
  CHECK(cluster.scan().added == 1);
  cluster.startup = 10 * kSecond;
  while (cluster.removed.empty() && cluster.now < grown + 30 * kMinute) {
    cluster.step();
    cluster.scan();
  }
  CHECK(cluster.now >= grown + 10 * kMinute);
  CHECK(cluster.now <= grown + 11 * kMinute);
}

TEST_CASE("cluster_autoscaler: a node that is still being deleted is not counted twice",
          "[scaling]") {
  Cluster cluster(with({group(1000, 4, 1)}));
  for (int i = 0; i < 3; ++i) cluster.add_node(0);
  const std::vector<ClusterNode> all = cluster.nodes;
  cluster.autoscaler.scan(0, all, {}, cluster.bits);
  const auto first = cluster.autoscaler.scan(601 * kSecond, all, {}, cluster.bits).removed;
  CHECK(first.size() == 2);
  for (int i = 1; i < 100; ++i)  // they stay in the list: drained for long
    CHECK(cluster.autoscaler.scan((601 + i * 30) * kSecond, all, {}, cluster.bits).removed.empty());
}

TEST_CASE("cluster_autoscaler: a node whose pods fit nowhere is looked at again in five minutes",
          "[scaling]") {
  Cluster cluster(with({group(1000, 4)}));
  cluster.add_node(0);
  cluster.add_node(0);
  cluster.add_pod(800, kGiB, 0);
  cluster.add_pod(300, kGiB, 1);
  cluster.scan();
  CHECK(cluster.autoscaler.unneeded() == 0);
  cluster.pods[0].requests.cpu = 600;  // now there is room
  cluster.now = 4 * kMinute;
  cluster.scan();
  CHECK(cluster.autoscaler.unneeded() == 0);
  cluster.now = 5 * kMinute;
  cluster.scan();
  CHECK(cluster.autoscaler.unneeded() == 1);
}

TEST_CASE("cluster_autoscaler: nothing at all is no harm", "[scaling]") {
  ClusterAutoscaler nothing(ClusterAutoscaler::Options{});
  SplitMix bits{1};
  CHECK(nothing.scan(0, {}, {}, bits).removed.empty());
  const std::vector<ClusterPod> pods(3);
  CHECK_FALSE(nothing.scan(-5, {}, pods, bits).group.has_value());
}

TEST_CASE("cluster_autoscaler: every pod finds a place and sizes stay within limits",
          "[scaling][property]") {
  CHECK(rc::check([] {
    ClusterAutoscaler::Options options =
        with({group(1000, 4, *rc::gen::inRange(0u, 3u), 50), group(4000, 16, 0, 50)});
    options.expander = {*rc::gen::element(Expander::random, Expander::least_waste,
                                          Expander::most_pods, Expander::least_nodes)};
    Cluster cluster(options);
    cluster.bits.state = *rc::gen::arbitrary<std::uint64_t>();
    for (std::uint32_t i = 0; i < options.groups[0].min_size; ++i) cluster.add_node(0);
    const auto rounds = *rc::gen::inRange(1, 4);
    for (int round = 0; round < rounds; ++round) {
      std::erase_if(cluster.pods, [&](const auto&) { return cluster.bits.bits() % 2 == 0; });
      const auto count = *rc::gen::inRange(0, 15);
      for (int i = 0; i < count; ++i)
        cluster.add_pod(*rc::gen::inRange<std::int64_t>(1, 3000), kGiB / 4);
      for (int i = 0; i < 180; ++i) {
        cluster.scan();
        cluster.step();
        std::map<std::uint32_t, std::uint32_t> sizes;
        for (const ClusterNode& node : cluster.nodes) ++sizes[node.group];
        for (std::uint32_t g = 0; g < 2; ++g) {
          RC_ASSERT(sizes[g] >= options.groups[g].min_size);
          RC_ASSERT(sizes[g] <= options.groups[g].max_size);
        }
      }
      RC_ASSERT(cluster.waiting() == 0u);
    }
    // With nothing to run all but the minimum goes.
    cluster.pods.clear();
    cluster.run(60 * kMinute);
    RC_ASSERT(cluster.nodes.size() == options.groups[0].min_size);
  }));
}

}  // namespace
}  // namespace highwater::scaling::cluster_autoscaler_test
