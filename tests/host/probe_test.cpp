#include "models/algorithms/host/probe.h"

#include <string>

#include <catch2/catch.hpp>

#include "models/algorithms/host/host.h"

namespace highwater::host {
namespace {

/// '+' a success, '-' a failure; what is thought after each.
std::string thought(Probe probe, const std::string& results) {
  std::string text;
  for (const char result : results) text += probe.result(result == '+') ? 'g' : 'b';
  return text;
}

TEST_CASE("probe: so many failures in a row, so many successes in a row", "[host]") {
  CHECK(thought(Probe({1, 3, true}), "--+---+-") == "gggggbgg");
  CHECK(thought(Probe({2, 1, false}), "+-++-++") == "bbbgbbg");
  CHECK(thought(Probe({1, 3, false}), "--+") == "bbg");
  CHECK(thought(Probe({0, 0, true}), "-+-") == "bgb");
}

TEST_CASE("probe: a new container is judged anew", "[host]") {
  Probe probe({1, 2, true});
  probe.result(false);
  probe.restart();
  CHECK(probe.good());
  CHECK(probe.result(false));  // what was counted is forgotten
  CHECK_FALSE(probe.result(false));
  probe.restart();
  CHECK(probe.good());
}

}  // namespace
}  // namespace highwater::host
