#include "models/drivers/event_session.h"

#include <catch2/catch.hpp>

#include "models/algorithms/balancing/least_connections.h"
#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;

/// Picks the first available target and remembers how requests ended.
class Recording final : public balancing::Balancer {
 public:
  Recording(std::vector<balancing::Target> targets, std::vector<balancing::Ending>& endings)
      : Balancer(std::move(targets)), endings_(endings) {}

 private:
  balancing::Pick choose(const balancing::Question& question, AnyBits&) override {
    for (std::size_t i = 0; i < size(); ++i)
      if (available(i, question)) return i;
    return std::nullopt;
  }
  void ended(std::size_t, const balancing::Ending& ending) override { endings_.push_back(ending); }

  std::vector<balancing::Ending>& endings_;
};

TEST_CASE("EventSession: times and endings reach the balancer", "[drivers]") {
  std::vector<balancing::Ending> endings;
  EventSession session(std::make_unique<Recording>(
                           std::vector<balancing::Target>{{.name = "a"}, {.name = "b"}}, endings),
                       1);
  std::string out;
  for (const char* line : {"pick", "at 0.25", "pick", "at 1.5", "done a", "at 2", "fail a"})
    CHECK(session.take(line, out).empty());
  REQUIRE(endings.size() == 2);
  CHECK(endings[0].now == 1'500'000'000);
  CHECK(endings[0].latency == 1'500'000'000);
  CHECK_FALSE(endings[0].failed);
  CHECK(endings[1].now == 2'000'000'000);
  CHECK(endings[1].latency == 1'750'000'000);
  CHECK(endings[1].failed);
  CHECK(out == "a\na\n");
}

TEST_CASE("EventSession: a retry passes over what was tried", "[drivers]") {
  CHECK(drive("round_robin", {{"targets", "a,b"}},
              {"pick", "fail a", "retry", "fail b", "retry", "pick"}) == "a\nb\n-\na\n");
}

TEST_CASE("EventSession: the oldest request fails, or the newest is refused", "[drivers]") {
  std::vector<balancing::Ending> endings;
  EventSession session(
      std::make_unique<Recording>(std::vector<balancing::Target>{{.name = "a"}}, endings), 1);
  std::string out;
  for (const char* line : {"pick", "at 1", "pick", "at 3", "refuse a", "fail a"})
    CHECK(session.take(line, out).empty());
  REQUIRE(endings.size() == 2);
  CHECK(endings[0].latency == 2'000'000'000);
  CHECK(endings[1].latency == 3'000'000'000);
  CHECK(endings[0].failed);
}

TEST_CASE("EventSession: what cannot be said to a policy is an error", "[drivers]") {
  CHECK(drive("round_robin", {{"targets", "a"}},
              {"degrade a", "degrade b", "match {\"v\": 2}", "match v=2", "match", "pick"}) ==
        "degrade a: this policy takes no notice of degraded targets\n"
        "degrade b: \"b\" is none of the targets\n"
        "match {\"v\": 2}: the value of a label is a text\n"
        "match v=2: expected labels such as {\"version\": \"2\"}, found \"v=2\"\n"
        "a\n");
}

TEST_CASE("EventSession: targets go down and up, and change their weight", "[drivers]") {
  CHECK(drive("weighted", {{"targets", "a,b"}},
              {"down a", "pick", "pick", "up a", "weight b 0", "pick", "pick"}) == "b\nb\na\na\n");
}

TEST_CASE("EventSession: a wrong line says why and changes nothing", "[drivers]") {
  CHECK(drive("round_robin", {{"targets", "a,b"}},
              {"done a", "fail c", "at -1", "at two", "at 2", "at 1.9", "at 99999999999999999999",
               "weight a x", "weight a", "retry", "pik", "", "pick"}) ==
        "done a: no request is in flight at \"a\"\n"
        "fail c: \"c\" is none of the targets\n"
        "at -1: expected seconds, such as 12.5, found \"-1\"\n"
        "at two: expected seconds, such as 12.5, found \"two\"\n"
        "at 1.9: time goes back\n"
        "at 99999999999999999999: expected seconds, such as 12.5, "
        "found \"99999999999999999999\"\n"
        "weight a x: a weight is a whole number, found \"x\"\n"
        "weight a: expected weight NAME N\n"
        "retry: no request has failed that was not tried again\n"
        "pik: expected pick, pick KEY, done NAME, fail NAME, refuse NAME, retry, at SECONDS, "
        "down NAME, up NAME, weight NAME N, degrade NAME, recover NAME or match LABELS, "
        "found \"pik\"; did you mean \"pick\"?\n"
        ": expected pick, pick KEY, done NAME, fail NAME, refuse NAME, retry, at SECONDS, "
        "down NAME, up NAME, weight NAME N, degrade NAME, recover NAME or match LABELS, "
        "found \"\"\n"
        "a\n");
}

}  // namespace
}  // namespace highwater::drivers
