#include "models/algorithms/limiting/keyed.h"

#include <map>
#include <memory>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/limiting/policy.h"
#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

Options five_a_second() {
  Options options;
  options.window = {5, kSecond};
  options.gcra = {5, kSecond, 2};
  options.nginx_limit_req = {5000, 2, 0, true};
  options.sliding_window.window = {5, kSecond};
  options.concurrency_limit = {2};
  return options;
}

// Two idle keys go whenever a new one comes, so the table holds few more than are being limited;
// whoever had a table without bounds would have decided the same.
TEST_CASE("keyed: decides as a table without bounds does", "[limiting][property]") {
  for (const Policy policy : {Policy::gcra, Policy::fixed_window, Policy::sliding_log,
                              Policy::elastic_window, Policy::sliding_window}) {
    CAPTURE(kPolicies[static_cast<std::size_t>(policy)].name);
    CHECK(rc::check([policy] {
      const auto keyed = make_keyed_limiter(policy, five_a_second(), {1000, WhenFull::evict});
      std::map<std::uint64_t, std::unique_ptr<Limiter>> unbounded;
      SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
      std::int64_t now = 0;
      for (int i = 0; i < 400; ++i) {
        now += static_cast<std::int64_t>(bits.bits() % 40) * kMillisecond;
        const std::uint64_t key = bits.bits() % 8 * (bits.bits() % 8);
        auto& limiter = unbounded[key];
        if (limiter == nullptr) limiter = make_limiter(policy, five_a_second(), now);
        RC_ASSERT(keyed->admit(key, now) == limiter->admit(now));
      }
      RC_ASSERT(keyed->size() <= unbounded.size());
      RC_ASSERT(keyed->evictions() == 0u);
    }));
  }
}

TEST_CASE("keyed: idle keys make room before anybody is forgotten", "[limiting]") {
  const auto keyed = make_keyed_limiter(Policy::fixed_window, five_a_second(), {3});
  for (std::uint64_t key = 0; key < 1000; ++key)
    CHECK(keyed->admit(key, static_cast<std::int64_t>(key) * kSecond).is_admitted());
  CHECK(keyed->size() <= 2);
  CHECK(keyed->evictions() == 0);
}

TEST_CASE("keyed: when it is full the oldest goes, or the newcomer is refused", "[limiting]") {
  Options options;
  options.window = {1, kSecond};
  const auto evicting = make_keyed_limiter(Policy::fixed_window, options, {2, WhenFull::evict});
  CHECK(evicting->admit(1, 0).is_admitted());
  CHECK(evicting->admit(2, 1).is_admitted());
  CHECK_FALSE(evicting->admit(1, 2).is_admitted());  // 2 is now the oldest
  CHECK(evicting->admit(3, 3).is_admitted());
  CHECK(evicting->evictions() == 1);
  CHECK_FALSE(evicting->admit(1, 4).is_admitted());
  CHECK(evicting->admit(2, 5).is_admitted());  // it was forgotten, within its window
  CHECK(evicting->size() == 2);

  const auto denying = make_keyed_limiter(Policy::fixed_window, options, {2, WhenFull::deny});
  CHECK(denying->admit(1, 0).is_admitted());
  CHECK(denying->admit(2, 1).is_admitted());
  CHECK_FALSE(denying->admit(3, 2).is_admitted());
  CHECK_FALSE(denying->admit(1, 3).is_admitted());
  CHECK_FALSE(denying->admit(3, kSecond).is_admitted());  // 1 is idle, but behind 2 in the line
  CHECK(denying->admit(3, kSecond + 1).is_admitted());
  CHECK(denying->evictions() == 0);
}

TEST_CASE("keyed: nginx forgets two keys a time after a minute", "[limiting]") {
  const auto zone = make_keyed_limiter(Policy::nginx_limit_req, five_a_second(), {100});
  for (std::uint64_t key = 0; key < 10; ++key) CHECK(zone->admit(key, 0).is_admitted());
  CHECK(zone->admit(10, 59'999 * kMillisecond).is_admitted());
  CHECK(zone->size() == 11);
  CHECK(zone->admit(11, 60 * kSecond).is_admitted());
  CHECK(zone->size() == 10);
}

TEST_CASE("keyed: requests end under their key", "[limiting]") {
  const auto keyed = make_keyed_limiter(Policy::concurrency_limit, five_a_second(), {10});
  CHECK(keyed->admit(1, 0, 2).is_admitted());
  CHECK(keyed->admit(2, 0).is_admitted());
  CHECK_FALSE(keyed->admit(1, 0).is_admitted());
  keyed->finish(1, 1);
  keyed->finish(77, 1);  // unknown
  CHECK(keyed->admit(1, 1).is_admitted());
  CHECK_FALSE(keyed->admit(1, 1).is_admitted());
}

TEST_CASE("keyed: without room for a key everything is refused", "[limiting]") {
  for (const WhenFull when : {WhenFull::evict, WhenFull::deny}) {
    const auto keyed = make_keyed_limiter(Policy::gcra, five_a_second(), {0, when});
    CHECK(keyed->admit(1, 0) == Verdict::denied(kNever));
    CHECK(keyed->size() == 0);
  }
}

}  // namespace
}  // namespace highwater::limiting
