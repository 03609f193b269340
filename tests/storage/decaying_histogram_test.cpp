#include "models/algorithms/storage/decaying_histogram.h"

#include <algorithm>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::storage::decaying_histogram_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("decaying_histogram: the buckets of Cassandra", "[models][database]") {
  const auto& ends = DecayingHistogram::offsets();
  // The beginning of EstimatedHistogram.newOffsets, in its comment: 1, 2, 3, 4, 5, 6, 7, 8, 10, 12,
  // 14, 17, 20, 24, 29, …
  const std::vector<std::int64_t> first{1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 20, 24, 29};
  CHECK(std::equal(first.begin(), first.end(), ends.begin()));
  CHECK(std::is_sorted(ends.begin(), ends.end()));
}

TEST_CASE("decaying_histogram: a quantile is its bucket's upper end", "[models][database]") {
  CHECK(rc::check([] {
    const auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::int64_t>>(
        rc::gen::inRange<std::int64_t>(1, 10'000'000)));
    const double q = *rc::gen::element(0.01, 0.5, 0.9, 0.99, 1.0);
    DecayingHistogram histogram;
    for (const std::int64_t value : values) histogram.add(0, value);
    std::vector<std::int64_t> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    const double wanted = static_cast<double>(sorted.size()) * q;
    auto rank = static_cast<std::size_t>(wanted);
    if (static_cast<double>(rank) < wanted) ++rank;
    const std::int64_t exact = sorted[rank - 1];
    const std::int64_t found = histogram.quantile(0, q);
    RC_ASSERT(found >= exact);
    RC_ASSERT(static_cast<double>(found) <= static_cast<double>(exact) * 1.2 + 1);
  }));
}

TEST_CASE("decaying_histogram: values fade by half a minute", "[models][database]") {
  DecayingHistogram histogram;
  CHECK(histogram.quantile(0, 0.99) == 0);
  for (int i = 0; i < 1000; ++i) histogram.add(0, 100);
  // After two half-lives a value counts four times as much: 250 of 500 are half.
  for (int i = 0; i < 300; ++i) histogram.add(120 * kSecond, 10'000);
  CHECK(histogram.quantile(120 * kSecond, 0.4) < 200);
  CHECK(histogram.quantile(120 * kSecond, 0.6) >= 10'000);
  // All is forgotten in the end.
  CHECK(histogram.quantile(1200 * kSecond, 0.5) == 0);
}

TEST_CASE("decaying_histogram: moving the landmark changes nothing that is near",
          "[models][database]") {
  DecayingHistogram histogram;
  for (std::int64_t s = 1'700; s < 1'900; ++s)  // over the half hour
    for (int i = 0; i < 10; ++i) histogram.add(s * kSecond, s < 1'850 ? 100 : 10'000);
  // 50 s of the new weigh 1 - 2^(-50/60) = 0.44 of all but those before the 200 s.
  CHECK(histogram.quantile(1'899 * kSecond, 0.3) < 200);
  CHECK(histogram.quantile(1'899 * kSecond, 0.7) >= 10'000);
  histogram.add(90'000 * kSecond, 5);  // a day later only this
  CHECK(histogram.quantile(90'000 * kSecond, 0.5) == 5);
}

}  // namespace
}  // namespace highwater::storage::decaying_histogram_test
