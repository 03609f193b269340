#include "models/algorithms/host/cfs_bandwidth.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::host {
namespace {

constexpr std::int64_t kMs = 1'000'000;

/// When a computation of `work` ns of CPU on each of `threads` ends that begins at `start`.
std::int64_t end_of(CfsBandwidth& quota, std::int64_t start, int threads, std::int64_t work) {
  quota.run(start, threads);
  std::int64_t now = start;
  std::int64_t left = work;
  while (left > 0) {
    const bool throttled = quota.throttled();
    const std::int64_t next = quota.next();
    if (!throttled && next - now >= left) {
      now += left;
      left = 0;
    } else {
      if (!throttled) left -= next - now;
      now = next;
    }
    quota.advance(now);
  }
  quota.run(now, 0);
  return now;
}

TEST_CASE("cfs_bandwidth: one thread at half a core runs every other 50 ms", "[host]") {
  CfsBandwidth quota({50 * kMs}, 0);
  CHECK(end_of(quota, 0, 1, 50 * kMs) == 50 * kMs);
  CfsBandwidth longer({50 * kMs}, 0);
  CHECK(end_of(longer, 0, 1, 100 * kMs) == 150 * kMs);
  CfsBandwidth from_the_middle({50 * kMs}, 0);
  CHECK(end_of(from_the_middle, 70 * kMs, 1, 100 * kMs) == 220 * kMs);  // 30 + 50 + 20
}

TEST_CASE("cfs_bandwidth: threads side by side use up a quota together", "[host]") {
  CfsBandwidth quota({100 * kMs}, 0);
  quota.run(0, 4);
  CHECK(quota.next() == 25 * kMs);
  quota.advance(25 * kMs);
  CHECK(quota.throttled());
  CHECK(quota.next() == 100 * kMs);
  quota.advance(100 * kMs);
  CHECK_FALSE(quota.throttled());
  CHECK(quota.periods() == 1);
  CHECK(quota.throttled_periods() == 1);
}

TEST_CASE("cfs_bandwidth: no limit is reached within it", "[host]") {
  CfsBandwidth quota({200 * kMs}, 0);
  quota.run(0, 2);
  quota.advance(1000 * kMs);
  CHECK_FALSE(quota.throttled());
  CHECK(quota.periods() == 10);
  CHECK(quota.throttled_periods() == 0);
}

TEST_CASE("cfs_bandwidth: what is left may be kept as far as burst allows", "[host]") {
  CfsBandwidth plain({50 * kMs}, 0);
  CHECK(end_of(plain, 1000 * kMs, 1, 80 * kMs) == 1130 * kMs);
  CfsBandwidth burst({50 * kMs, 100 * kMs, 30 * kMs}, 0);
  CHECK(end_of(burst, 1000 * kMs, 1, 80 * kMs) == 1080 * kMs);
  CHECK(end_of(burst, 1080 * kMs, 1, 50 * kMs) == 1150 * kMs);  // it is used up now
}

TEST_CASE("cfs_bandwidth: idle times of any length are over at once and count nothing", "[host]") {
  CfsBandwidth quota({50 * kMs}, 0);
  CHECK(end_of(quota, 0, 1, 10 * kMs) == 10 * kMs);
  quota.advance(std::int64_t{1} << 60);
  CHECK(quota.periods() == 1);
  CHECK(quota.next() == CfsBandwidth::kNever);
  CHECK_FALSE(quota.throttled());
  quota.advance(0);  // time that goes back stands still
  CHECK(quota.periods() == 1);
}

TEST_CASE("cfs_bandwidth: nobody uses more than quota and burst in a period", "[host]") {
  rc::check([] {
    CfsBandwidth::Options options;
    options.period = *rc::gen::inRange<std::int64_t>(1, 200) * kMs;
    options.quota = *rc::gen::inRange<std::int64_t>(1, 400) * kMs;
    options.burst = *rc::gen::element<std::int64_t>(0, 0, 10 * kMs, 100 * kMs);
    CfsBandwidth quota(options, 0);
    std::vector<double> used(200);
    double cores = 0;
    std::int64_t now = 0;
    for (int i = 0; i < 100; ++i) {
      const std::int64_t step = *rc::gen::inRange<std::int64_t>(0, 40) * kMs;
      const std::int64_t until = now + step;
      while (now < until) {
        const std::int64_t end = (now / options.period + 1) * options.period;
        const std::int64_t next = std::min({until, quota.next(), end});
        const auto period = static_cast<std::size_t>(now / options.period);
        if (!quota.throttled() && period < used.size())
          used[period] += cores * static_cast<double>(next - now);
        now = next;
        quota.advance(now);
      }
      cores = static_cast<double>(*rc::gen::inRange(0, 9)) / 2;
      quota.run(now, cores);
    }
    for (const double time : used)
      RC_ASSERT(time <= static_cast<double>(options.quota + options.burst) + 16);
    RC_ASSERT(quota.throttled_periods() <= quota.periods());
  });
}

}  // namespace
}  // namespace highwater::host
