// Counts what decisions allocate: nothing, once a limiter has been used for a while.

#include <catch2/catch.hpp>

#include "models/algorithms/limiting/policy.h"
#include "tests/support/counted_new.h"
#include "tests/support/golden.h"

namespace highwater::limiting {
namespace {

TEST_CASE("limiting: decisions allocate nothing in steady state", "[limiting]") {
  Options options;
  options.window = {50, kSecond};
  options.token_bucket = {50, 50};
  for (const PolicyInfo& info : kPolicies) {
    CAPTURE(info.name);
    const auto single = make_limiter(info.policy, options);
    const auto keyed = make_keyed_limiter(info.policy, options, {64});
    SplitMix bits{1};
    // Long enough for every slot of the table to have held as much as it ever will.
    std::int64_t now = 0;
    std::uint64_t counted = 0;
    for (int i = 0; i < 510'000; ++i) {
      if (i == 500'000) counted = allocations_so_far();
      now += static_cast<std::int64_t>(bits.bits() % 100) * kMillisecond;
      single->admit(now);
      single->finish(now);
      keyed->admit(bits.bits() % 100, now);
    }
    const std::uint64_t allocated = allocations_so_far() - counted;
    CHECK(allocated == 0);
    CHECK(counted > 0);  // the counter works
  }
}

}  // namespace
}  // namespace highwater::limiting
