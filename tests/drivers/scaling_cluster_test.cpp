#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::testing {
namespace {

constexpr const char* kSmall =
    R"({"small": {"cpu": "2000m", "memory": "8GiB", "min_size": 1, "max_size": 10}})";

TEST_CASE("cluster_autoscaler driver: adds and removes", "[drivers][scaling]") {
  const std::string three = R"("nodes": [{"name": "a", "group": "small"},
      {"name": "b", "group": "small"}, {"name": "c", "group": "small"}])";
  CHECK(drive("cluster_autoscaler", {{"node_groups", kSmall}},
              {R"({"time": 0, "pods": [{"cpu": "900m", "memory": "1GiB", "count": 5}]})",
               R"({"time": 10, "pods": [{"cpu": "900m", "memory": "1GiB", "count": 5}]})",
               R"({"time": 20, )" + three + "}", R"({"time": 620, )" + three + "}",
               R"({"time": 630, )" + three + "}",
               R"({"time": 640, "nodes": [{"name": "c", "group": "small"}]})"}) ==
        "add small 3\n-\n-\n-\nremove a b\n-\n");
}

TEST_CASE("cluster_autoscaler driver: options change what happens", "[drivers][scaling]") {
  const std::vector<std::string> idle = {
      R"({"time": 0, "nodes": [{"name": "a", "group": "small"}, {"name": "b", "group": "small"}],
          "pods": [{"cpu": "1200m", "node": "a"}, {"cpu": "700m", "node": "b"}]})",
      R"({"time": 100, "nodes": [{"name": "a", "group": "small"}, {"name": "b", "group": "small"}],
          "pods": [{"cpu": "1200m", "node": "a"}, {"cpu": "700m", "node": "b"}]})"};
  CHECK(drive("cluster_autoscaler", {{"node_groups", kSmall}}, idle) == "-\n-\n");
  CHECK(drive("cluster_autoscaler", {{"node_groups", kSmall}, {"scale_down_unneeded_time", "90s"}},
              idle) == "-\nremove b\n");
  CHECK(drive("cluster_autoscaler",
              {{"node_groups", kSmall},
               {"scale_down_unneeded_time", "90s"},
               {"scale_down_utilization_threshold", "0.3"}},
              idle) == "-\n-\n");
  CHECK(drive("cluster_autoscaler",
              {{"node_groups", kSmall},
               {"scale_down_unneeded_time", "90s"},
               {"scale_down_disabled", "true"}},
              idle) == "-\n-\n");
  const char* groups = R"({"small": {"cpu": "1000m", "memory": "4GiB"},
                           "large": {"cpu": "8000m", "memory": "32GiB", "priority": 5}})";
  const std::vector<std::string> pods = {
      R"({"time": 0, "pods": [{"cpu": "900m", "memory": "3GiB", "count": 8}]})"};
  CHECK(drive("cluster_autoscaler", {{"node_groups", groups}}, pods) == "add large 1\n");
  CHECK(drive("cluster_autoscaler",
              {{"node_groups", groups}, {"expander", "most-pods,least-nodes"}},
              pods) == "add large 1\n");
  CHECK(drive("cluster_autoscaler", {{"node_groups", groups}, {"expander", "priority"}},
              {R"({"time": 0, "pods": [{"cpu": "900m"}]})"}) == "add large 1\n");
  CHECK(
      drive("cluster_autoscaler",
            {{"node_groups", groups}, {"expander", "least-waste"}, {"max_nodes_per_scaleup", "3"}},
            {R"({"time": 0, "pods": [{"cpu": "1000m", "memory": "4GiB", "count": 9}]})"}) ==
      "add small 3\n");
}

TEST_CASE("cluster_autoscaler driver: provisioning that fails", "[drivers][scaling]") {
  const auto line = [](int time) {
    return R"({"time": )" + std::to_string(time) + R"(, "pods": [{"cpu": "900m"}]})";
  };
  CHECK(drive("cluster_autoscaler", {{"node_groups", kSmall}},
              {line(0), line(900), line(910), line(1200), line(1210), line(2110), line(2120)}) ==
        "add small 1\n-\n-\n-\nadd small 1\n-\n-\n");
  CHECK(drive("cluster_autoscaler",
              {{"node_groups", kSmall},
               {"max_node_provision_time", "60s"},
               {"initial_node_group_backoff_duration", "10s"}},
              {line(0), line(70), line(80)}) == "add small 1\n-\nadd small 1\n");
}

TEST_CASE("cluster_autoscaler driver: what is wrong is said", "[drivers][scaling]") {
  CHECK_THAT(problems_of("cluster_autoscaler", {}), Catch::Contains("node_groups"));
  CHECK_THAT(problems_of("cluster_autoscaler", {{"node_groups", "{}"}}),
             Catch::Contains("no group"));
  CHECK_THAT(problems_of("cluster_autoscaler", {{"node_groups", R"({"a": {"cpu": "1m", "memory":
                          "1GiB", "min_size": 3, "max_size": 2}})"}}),
             Catch::Contains("min_size: more than max_size, 2"));
  CHECK_THAT(
      problems_of("cluster_autoscaler", {{"node_groups", kSmall}, {"expander", "least-wast"}}),
      Catch::Contains("did you mean \"least-waste\""));
  const std::string out = drive("cluster_autoscaler", {{"node_groups", kSmall}},
                                {R"({"time": 1, "nodes": [{"name": "a", "group": "smal"}]})",
                                 R"({"time": 1, "nodes": [{"name": "a", "group": "small"},)"
                                 R"( {"name": "a", "group": "small"}]})",
                                 R"({"time": 1, "nodes": [{"name": "alpha", "group": "small"}],
           "pods": [{"node": "alpah"}]})",
                                 R"({"time": 1})", R"({"time": 0})"});
  CHECK_THAT(out, Catch::Contains("\"smal\" is none of the groups; did you mean \"small\"?"));
  CHECK_THAT(out, Catch::Contains("\"a\" stands twice"));
  CHECK_THAT(out, Catch::Contains("\"alpah\" is none of the nodes; did you mean \"alpha\"?"));
  CHECK_THAT(out, Catch::Contains("time goes back"));
}

TEST_CASE("rolling_update driver: one look", "[drivers][scaling]") {
  CHECK(drive("rolling_update", {},
              {R"({"time": 0, "replicas": 10, "replica_sets": [
                   {"name": "old", "replicas": 10, "available": 10}, {"name": "new"}]})",
               R"({"time": 5, "replicas": 10, "replica_sets": [
                   {"name": "old", "replicas": 8, "available": 8, "desired_replicas": 10},
                   {"name": "new", "replicas": 3, "available": 0, "desired_replicas": 10}]})",
               R"({"time": 9, "replicas": 10, "replica_sets": [
                   {"name": "old", "replicas": 0},
                   {"name": "new", "replicas": 10, "available": 10, "desired_replicas": 10}]})"}) ==
        "old=8 new=3 progressing\nnew=5 progressing\n- complete\n");
  CHECK(drive("rolling_update", {{"max_surge", "0"}, {"max_unavailable", "0"}},
              {R"({"replicas": 10, "replica_sets": [
                   {"name": "a", "replicas": 10, "available": 10}, {"name": "b"}]})"}) ==
        "a=9 progressing\n");
  // A Deployment that was resized: in proportion.
  CHECK(drive("rolling_update", {{"max_surge", "6"}}, {R"({"replicas": 50, "replica_sets": [
                   {"name": "a", "replicas": 8, "desired_replicas": 10, "max_replicas": 13},
                   {"name": "b", "replicas": 5, "desired_replicas": 10, "max_replicas": 13}]})"}) ==
        "a=34 b=22 progressing\n");
  const std::string stuck = R"(, "replicas": 2, "replica_sets": [
      {"name": "a", "replicas": 2, "available": 2, "desired_replicas": 2},
      {"name": "b", "replicas": 1, "created": 1, "desired_replicas": 2}]})";
  CHECK(drive("rolling_update", {{"progress_deadline_seconds", "60s"}},
              {R"({"time": 0)" + stuck, R"({"time": 60)" + stuck, R"({"time": 61)" + stuck}) ==
        "- progressing\n- progressing\n- deadline_exceeded\n");
}

TEST_CASE("rolling_update driver: a whole rollout", "[drivers][scaling]") {
  CHECK(drive("rolling_update", {}, {R"({"rollout": {"replicas": 10, "ready_after": 5}})"}) ==
        "0 old=8 new=3\n0 new=5\n5 old=3\n5 new=10\n10 old=0\n10 complete\n");
  CHECK(drive("rolling_update",
              {{"max_surge", "1"}, {"max_unavailable", "0"}, {"min_ready_seconds", "10s"}},
              {R"({"time": 100, "rollout": {"from": "v1", "to": "v2", "replicas": 2,
                   "ready_after": 5}})"}) ==
        "100 v2=1\n115 v1=1\n115 v2=2\n130 v1=0\n130 complete\n");
  CHECK(drive("rolling_update", {}, {R"({"rollout": {"replicas": 0}})"}) == "0 complete\n");
  const std::string out =
      drive("rolling_update", {},
            {R"({"time": 5})", R"({"time": 5, "rollout": {"replicas": 1}, "replicas": 3})",
             R"({"time": 5, "replicas": 3})", R"({"time": 5, "rollout": {"replicas": 1}})",
             R"({"time": 4, "rollout": {"replicas": 1}})"});
  CHECK_THAT(out, Catch::Contains("expected either replicas and replica_sets, or rollout"));
  CHECK_THAT(out, Catch::Contains("expected replicas and replica_sets"));
  CHECK_THAT(out, Catch::Contains("time goes back"));
  CHECK_THAT(problems_of("rolling_update", {{"max_surge", "a few"}}),
             Catch::Contains("expected a number of instances"));
}

TEST_CASE("pdb driver: how many may go and who", "[drivers][scaling]") {
  const std::string pods = R"("pods": [{"name": "a"}, {"name": "b"}, {"name": "c"}])";
  CHECK(drive("pdb", {{"min_available", "2"}},
              {R"({"time": 0, )" + pods + "}", R"({"time": 1, "evict": "a"})",
               R"({"time": 2, "evict": "b"})", R"({"time": 120, "evict": "b"})",
               R"({"time": 121, "evict": "b"})"}) == "1\nallowed\ndenied\ndenied\nallowed\n");
  CHECK(drive("pdb", {{"max_unavailable", "30%"}},
              {R"({"time": 0, "expected": 10, )" + pods + "}", R"({"time": 0, )" + pods + "}"}) ==
        "0\n1\n");
  CHECK(drive("pdb", {{"min_available", "50%"}},
              {R"({"time": 0, "pods": [{"name": "a"}, {"name": "b", "ready": false},
                   {"name": "c", "deleting": true},
                   {"name": "d", "phase": "Pending", "ready": false},
                   {"name": "e"}]})",
               R"({"time": 0, "evict": "d"})", R"({"time": 0, "evict": "b"})"}) ==
        "0\nallowed\ndenied\n");
  CHECK(drive("pdb", {{"min_available", "3"}, {"unhealthy_pod_eviction_policy", "AlwaysAllow"}},
              {R"({"time": 0, "pods": [{"name": "a"}, {"name": "b", "ready": false}],
                   "evict": "b"})"}) == "allowed\n");
  const std::string out = drive("pdb", {{"min_available", "2"}},
                                {R"({"time": 1, "evict": "a"})", R"({"time": 1, )" + pods + "}",
                                 R"({"time": 1, "evict": "x"})", R"({"time": 0})",
                                 R"({"time": 1, "pods": [{"name": "a"}, {"name": "a"}]})"});
  CHECK_THAT(out, Catch::Contains("there are no pods yet"));
  CHECK_THAT(out, Catch::Contains("\"x\" is none of the pods"));
  CHECK_THAT(out, Catch::Contains("time goes back"));
  CHECK_THAT(out, Catch::Contains("\"a\" stands twice"));
  CHECK_THAT(problems_of("pdb", {}), Catch::Contains("exactly one of"));
}

}  // namespace
}  // namespace highwater::testing
