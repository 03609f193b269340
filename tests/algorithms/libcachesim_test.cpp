#include <cstdlib>
#include <fstream>
#include <iostream>

#include <catch2/catch.hpp>

#include "models/algorithms/caching/belady.h"
#include "models/algorithms/caching/policy.h"
#include "tests/algorithms/golden_replay.h"

namespace highwater::caching {
namespace {

// The trace is not in the repository, since its licence is unclear; whoever has it names the file.
TEST_CASE("misses of libCacheSim on its sample trace, exactly", "[algorithms][caching][golden]") {
  const char* const path = std::getenv("HIGHWATER_CLOUDPHYSICS_TRACE");
  if (path == nullptr) {
    std::cout << "SKIPPED: HIGHWATER_CLOUDPHYSICS_TRACE names no file of object ids\n";
    return;
  }
  std::vector<std::uint64_t> trace;
  std::ifstream file(path);
  for (std::uint64_t key = 0; file >> key;) trace.push_back(key);
  const nlohmann::json golden = golden_json("libcachesim_misses.json");
  REQUIRE(trace.size() == golden.at("requests").get<std::size_t>());
  const Belady belady(trace);
  int compared = 0;
  for (const auto& [name, misses] : golden.at("misses").items()) {
    for (std::size_t i = 0; i < misses.size(); ++i, ++compared) {
      const std::uint64_t size = golden.at("sizes").at(i);
      CAPTURE(name, size);
      if (name == "min") {
        CHECK(belady.misses(size) == misses.at(i).get<std::uint64_t>());
        continue;
      }
      const auto info = std::find_if(kPolicies.begin(), kPolicies.end(),
                                     [&name = name](const auto& p) { return p.name == name; });
      REQUIRE(info != kPolicies.end());
      Cache cache(info->policy, size);
      CHECK(trace.size() - hits_of(cache, trace) == misses.at(i).get<std::uint64_t>());
    }
  }
  CHECK(compared == 54);
}

}  // namespace
}  // namespace highwater::caching
