#include "models/algorithms/scaling/knative_window.h"

#include <cmath>
#include <map>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::scaling::knative_window_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNow = 1'000'000 * kSecond + 300'000'000;

KnativeWindow linear(std::int64_t seconds, std::int64_t granularity = 1) {
  return {seconds * kSecond, granularity * kSecond, KnativeAggregation::linear};
}
KnativeWindow weighted(std::int64_t seconds) {
  return {seconds * kSecond, kSecond, KnativeAggregation::weighted_exponential};
}

TEST_CASE("knative_window: as TestTimedFloat64BucketsWindowAverage", "[scaling]") {
  std::int64_t now = kNow;
  KnativeWindow window = linear(5);
  CHECK(window.is_empty(now));
  CHECK(window.average(now) == 0);
  window.record(now, 1);
  CHECK(window.average(now) == 1);
  for (int i = 1; i < 5; ++i) window.record(now + i * kSecond, i + 1);
  CHECK(window.average(now + 4 * kSecond) == 3);
  CHECK(window.average(now + 3'600'000'000) == 3);  // behind the last write
  CHECK(window.average(now + 6 * kSecond) == 4);    // 3, 4, 5
  CHECK(window.average(now + 10 * kSecond) == 0);
  window.record(now + 6 * kSecond, 91);
  CHECK(window.average(now + 6 * kSecond) == (15. - 1 - 2 + 91) / 5);
  now += 60 * kSecond;
  window.record(now, 1984);
  CHECK(window.average(now) == 1984);
  window.record(now - 3 * kSecond, 4);
  CHECK(window.average(now) == (4. + 1984) / 4);
  now += kSecond;
  window.record(now, 5);
  CHECK(window.average(now) == (4. + 1984 + 5) / 5);
  window.record(now - 3 * kSecond, 10);
  CHECK(window.average(now) == (4. + 10 + 1984 + 5) / 5);
  window.record(now - 6 * kSecond, 10);  // too early
  window.record(now - 5 * kSecond, 10);
  CHECK(window.average(now) == (4. + 10 + 1984 + 5) / 5);
  window.record(now + 5 * kSecond, 10);
  CHECK(window.average(now + 5 * kSecond) == 10);
}

TEST_CASE("knative_window: written backwards and in any order", "[scaling]") {
  KnativeWindow backwards = linear(5);
  for (int i = 8; i >= 0; --i) backwards.record(kNow + i * kSecond, 5);
  CHECK(backwards.average(kNow + 5 * kSecond) == 5);
  KnativeWindow shuffled = linear(60);
  int sum = 0;
  const int order[] = {0, 3, 2, 1, 4};
  for (int p = 0; p < 5; ++p)
    for (int t = 0; t < 5; ++t) {
      shuffled.record(kNow + order[p] * kSecond, p + t);
      sum += p + t;
    }
  CHECK(sum == 100);
  CHECK(shuffled.average(kNow + 4 * kSecond) == 20);
}

TEST_CASE("knative_window: values of one bucket add up", "[scaling]") {
  KnativeWindow wide = linear(120, 5);
  const std::int64_t at = 1'000'000 * kSecond;
  wide.record(at, 1);
  wide.record(at + 3 * kSecond, 11);
  CHECK(wide.average(at) == 12);
  wide.record(at + 6 * kSecond, 1);
  CHECK(wide.average(at + 6 * kSecond) == 6.5);
}

TEST_CASE("knative_window: as TestTimedFloat64BucketsWeightedAverage", "[scaling]") {
  KnativeWindow window = weighted(5);
  const double s = 1 - std::pow(1 - 0.9999, 1.0 / 5);
  window.record(kNow, 2);
  CHECK(window.average(kNow) == Approx(2 * s).epsilon(1e-14));
  CHECK(window.average(kNow + kSecond) == Approx(2 * s * (1 - s)).epsilon(1e-14));
  window.record(kNow + kSecond, 2);
  CHECK(window.average(kNow + kSecond) == Approx(2 * s * (1 - s) + 2 * s).epsilon(1e-14));
  for (int i = 0; i < 5; ++i) window.record(kNow + (2 + i) * kSecond, i + 2);
  double want = 0;
  double weight = s;
  for (const double value : {6, 5, 4, 3, 2}) {
    want += value * weight;
    weight *= 1 - s;
  }
  CHECK(window.average(kNow + 6 * kSecond) == Approx(want).epsilon(1e-14));
  CHECK(window.average(kNow + 16 * kSecond) == 0);

  KnativeWindow full = weighted(5);
  for (int i = 0; i < 6; ++i) full.record(kNow + i * kSecond, i + 1);
  CHECK(std::round(full.average(kNow + 5 * kSecond) * 1000) == 5812);  // computed there by hand
}

TEST_CASE("knative_window: recent seconds weigh at least a fifth", "[scaling]") {
  KnativeWindow window = weighted(100);
  window.record(kNow, 10);
  CHECK(window.average(kNow) == Approx(2));
}

TEST_CASE("knative_window: nothing but finite numbers", "[scaling]") {
  KnativeWindow window = linear(5);
  window.record(kNow, std::nan(""));
  window.record(kNow, HUGE_VAL);
  CHECK(window.is_empty(kNow));
  window.record(kNow, 7);
  window.record(kNow, -HUGE_VAL);
  CHECK(window.average(kNow) == 7);
}

TEST_CASE("knative_window: a window of no length has one bucket", "[scaling]") {
  KnativeWindow window(0, 0, KnativeAggregation::linear);
  window.record(5, 3);
  CHECK(window.average(5) == 3);
  window.record(6, 4);
  CHECK(window.average(6) == 4);
  window.record(-7, 1);  // long ago
  CHECK(window.average(6) == 4);
}

TEST_CASE("knative_window: agrees with a map of seconds", "[scaling][property]") {
  CHECK(rc::check([] {
    const auto size = *rc::gen::inRange<std::int64_t>(1, 20);
    KnativeWindow window = linear(size);
    std::map<std::int64_t, double> seconds;
    std::int64_t first = 0;
    std::int64_t last = -1;
    std::int64_t now = 1000;
    for (int i = 0; i < 100; ++i) {
      now += *rc::gen::element<std::int64_t>(0, 0, 1, 1, 1, 2, 5, 30);
      const auto value = *rc::gen::inRange(0, 1000);
      window.record(now * kSecond, value);
      if (last < 0 || now - last >= size) {
        seconds.clear();
        first = now;
      }
      last = now;
      seconds[now] += value;
      const std::int64_t look = now + *rc::gen::inRange<std::int64_t>(0, 25);
      double sum = 0;
      for (const auto& [second, added] : seconds)
        if (second > look - size) sum += added;
      const double count = static_cast<double>(std::min(last - first + 1, size - (look - last)));
      const double mean = look - last >= size ? 0 : std::round(sum / count * 1e6) / 1e6;
      RC_ASSERT(window.average(look * kSecond) == mean);
      RC_ASSERT(window.is_empty(look * kSecond) == (look - last > size));
    }
  }));
}

TEST_CASE("knative_window: the greatest of the last buckets", "[scaling][property]") {
  CHECK(rc::check([] {
    const auto size = *rc::gen::inRange<std::int64_t>(1, 30);
    KnativeMaximum maximum(size * 2 * kSecond, 2 * kSecond);
    std::map<std::int64_t, std::int32_t> naive;
    std::int64_t now = 0;
    for (int i = 0; i < 200; ++i) {
      now += *rc::gen::element<std::int64_t>(0, 1, 2, 2, 4, 10, 100);
      const auto value = *rc::gen::inRange(0, 50);
      maximum.record(now * kSecond, value);
      auto& greatest = naive[now / 2];
      greatest = std::max(greatest, value);
      std::int32_t expected = 0;
      for (const auto& [bucket, number] : naive)
        if (now / 2 - bucket < size) expected = std::max(expected, number);
      RC_ASSERT(maximum.current() == expected);
    }
  }));
  KnativeMaximum back(10 * kSecond, kSecond);
  CHECK(back.current() == 0);
  back.record(20 * kSecond, 3);
  back.record(5 * kSecond, 8);  // time goes back: joins the latest
  CHECK(back.current() == 8);
}

}  // namespace
}  // namespace highwater::scaling::knative_window_test
