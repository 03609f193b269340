#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

using testing::drive;

TEST_CASE("drivers of balancing: weights, draws and loads decide", "[drivers]") {
  CHECK(drive("weighted", {{"targets", "a=5,b=1,c=1"}}, std::vector<std::string>(7, "pick")) ==
        "a\na\nb\na\nc\na\na\n");
  CHECK(drive("least_connections", {{"targets", "a,b"}, {"seed", "3"}},
              {"down a", "pick", "up a", "pick", "done b", "pick"}) == "b\na\nb\n");
  CHECK(drive("round_robin", {{"targets", ""}}, {"pick"}) == "-\n");
}

TEST_CASE("drivers of balancing: the seed decides the draws", "[drivers]") {
  const std::vector<std::string> picks(40, "pick");
  const auto with_seed = [&](const char* seed) {
    return drive("random", {{"targets", "a,b,c"}, {"seed", seed}}, picks);
  };
  CHECK(with_seed("1") == with_seed("1"));
  CHECK(with_seed("1") != with_seed("2"));
}

}  // namespace
}  // namespace highwater::drivers
