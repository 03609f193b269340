// Steps side by side against order statistics.

#include <string>

#include <catch2/catch.hpp>

#include "models/service/service.h"
#include "tests/support/model_rig.h"

namespace highwater {
namespace {

using testing::Load;
using testing::ModelRig;

/// The mean time in ms of so many exponential branches of 10 ms each, of which `quorum` are waited
/// for.
double mean_of(int branches, int quorum) {
  std::string lists;
  for (int i = 0; i < branches; ++i)
    lists += std::string(i > 0 ? ", " : "") + R"([{"wait": {"exponential": "10ms"}}])";
  ModelRig rig(
      {service::service()},
      R"({"api": {"kind": "service", "workers": 1000, "endpoints": {"*": [{"parallel": [)" + lists +
          R"(], "quorum": )" + std::to_string(quorum) + "}]}}}");
  Load load;
  load.to = "api";
  load.per_second = 100;
  load.requests = 40'000;
  rig.add(load);
  rig.run(Time{1000s});
  return rig.value("api", "service_ms");
}

TEST_CASE("fork-join: the k-th of n exponentials comes after 1/n + 1/(n-1) + … means",
          "[models][costly]") {
  for (const int branches : {1, 2, 5, 10})
    for (const int quorum : {1, (branches + 1) / 2, branches}) {
      CAPTURE(branches, quorum);
      double expected = 0;
      for (int i = 0; i < quorum; ++i) expected += 10.0 / (branches - i);
      CHECK(mean_of(branches, quorum) == Approx(expected).epsilon(0.02));
    }
}

}  // namespace
}  // namespace highwater
