#include "engine/statistics/intervals.h"

#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/distribution.h"
#include "engine/kernel/random.h"

namespace highwater {
namespace {

constexpr std::size_t kSlices = 100;
constexpr Window kAll{0, kSlices};

struct Sample {
  std::vector<SlicedSums> sums;
  std::vector<SlicedHistogram> histograms;
  std::vector<const SlicedSums*> sum_pointers;
  std::vector<const SlicedHistogram*> histogram_pointers;
};

/// Independent exponential times of mean 1 ms, `per_slice` in each slice.
Sample exponentials(std::size_t replications, int per_slice, std::uint64_t seed = 1) {
  Sample sample;
  RandomStream random(seed, "intervals", "times");
  const Distribution time = Distribution::exponential(std::chrono::milliseconds(1));
  for (std::size_t r = 0; r < replications; ++r) {
    SlicedSums& sums = sample.sums.emplace_back(kSlices);
    SlicedHistogram& histogram = sample.histograms.emplace_back(kSlices);
    for (std::size_t slice = 0; slice < kSlices; ++slice) {
      for (int i = 0; i < per_slice; ++i) {
        const std::int64_t ns = time.draw(random).count();
        sums.add(slice, static_cast<double>(ns), 1);
        histogram.record(slice, ns);
      }
    }
  }
  for (const SlicedSums& sums : sample.sums) sample.sum_pointers.push_back(&sums);
  for (const SlicedHistogram& histogram : sample.histograms) {
    sample.histogram_pointers.push_back(&histogram);
  }
  return sample;
}

/// A ratio with the given sum and weight in every slice.
SlicedSums constant(double sum, double weight) {
  SlicedSums sums(kSlices);
  for (std::size_t slice = 0; slice < kSlices; ++slice) sums.add(slice, sum, weight);
  return sums;
}

}  // namespace

TEST_CASE("intervals: the mean of a window", "[statistics][intervals]") {
  const Sample sample = exponentials(5, 20);
  const Estimate all = ratio_estimate(sample.sum_pointers, kAll, Terminating::kNo);
  REQUIRE(all.value);
  REQUIRE(all.ci95);
  double sum = 0;
  for (const SlicedSums& sums : sample.sums) {
    for (const double part : sums.sum) sum += part;
  }
  CHECK(*all.value == Approx(sum / 10'000));
  CHECK(all.ci95->low < 1e6);
  CHECK(all.ci95->high > 1e6);
  // 10,000 independent times: half width 1.96 %, a little more for caution.
  const double width = (all.ci95->high - all.ci95->low) / 2 / *all.value;
  CHECK(width > 0.017);
  CHECK(width < 0.026);
  const Estimate tail = ratio_estimate(sample.sum_pointers, {90, 100}, Terminating::kNo);
  CHECK(tail.ci95->high - tail.ci95->low > 2 * (all.ci95->high - all.ci95->low));
}

TEST_CASE("intervals: what carries no interval says why", "[statistics][intervals]") {
  const Sample one = exponentials(1, 20);
  const Estimate terminating = ratio_estimate(one.sum_pointers, kAll, Terminating::kYes);
  CHECK(terminating.value);
  CHECK_FALSE(terminating.ci95);
  CHECK(terminating.note.find("replications") != std::string::npos);
  CHECK(ratio_estimate(one.sum_pointers, kAll, Terminating::kNo).ci95);
  CHECK_FALSE(quantile_estimate(one.histogram_pointers, 0.5, kAll, Terminating::kYes).ci95);

  const Estimate short_window = ratio_estimate(one.sum_pointers, {0, 2}, Terminating::kNo);
  CHECK(short_window.value);
  CHECK_FALSE(short_window.ci95);
  CHECK(short_window.note.find("short") != std::string::npos);

  const SlicedSums nothing(kSlices);
  const std::vector<const SlicedSums*> empty{&nothing, &nothing};
  const Estimate absent = ratio_estimate(empty, kAll, Terminating::kNo);
  CHECK_FALSE(absent.value);
  CHECK_FALSE(absent.ci95);
  CHECK(absent.note.find("nothing") != std::string::npos);

  const Estimate unstable =
      without_interval(ratio_estimate(one.sum_pointers, kAll, Terminating::kNo), "the queue grows");
  CHECK(unstable.value);
  CHECK_FALSE(unstable.ci95);
  CHECK(unstable.note == "the queue grows");
}

TEST_CASE("intervals: terminating runs compare whole replications", "[statistics][intervals]") {
  // The value doubles half way: over time it varies much, between replications not at all.
  SlicedSums sums(kSlices);
  for (std::size_t slice = 0; slice < kSlices; ++slice) sums.add(slice, slice < 50 ? 1 : 2, 1);
  const std::vector<const SlicedSums*> runs{&sums, &sums, &sums};
  const Estimate estimate = ratio_estimate(runs, kAll, Terminating::kYes);
  CHECK(*estimate.value == 1.5);
  CHECK(estimate.ci95->low == Approx(1.5));
  CHECK(estimate.ci95->high == Approx(1.5));
  CHECK(ratio_estimate(runs, kAll, Terminating::kNo).ci95->high > 1.6);
}

TEST_CASE("intervals: ten replications use Student's t over them", "[statistics][intervals]") {
  std::vector<SlicedSums> runs;
  for (int r = 1; r <= 10; ++r) runs.push_back(constant(r, 1));
  std::vector<const SlicedSums*> pointers;
  for (const SlicedSums& run : runs) pointers.push_back(&run);
  const Estimate estimate = ratio_estimate(pointers, kAll, Terminating::kYes);
  CHECK(*estimate.value == Approx(5.5));
  CHECK(estimate.ci95->high - 5.5 == Approx(2.262157 * 0.957427).epsilon(1e-5));
}

TEST_CASE("intervals: shares stay inside [0, 1]", "[statistics][intervals]") {
  SlicedSums good = constant(1000, 1000);
  const std::vector<const SlicedSums*> runs{&good};
  const Estimate perfect = share_estimate(runs, kAll, Terminating::kNo);
  CHECK(*perfect.value == 1);
  CHECK(perfect.ci95->high == 1);
  CHECK(perfect.ci95->low == Approx(1 - 3 / 1e5));  // none bad in 100,000
  good.sum[50] -= 2;
  const Estimate nearly = share_estimate(runs, kAll, Terminating::kNo);
  CHECK(*nearly.value == Approx(1 - 2e-5));
  CHECK(nearly.ci95->high <= 1);
  CHECK(nearly.ci95->low < *nearly.value);
  const SlicedSums none = constant(0, 10);
  const std::vector<const SlicedSums*> missed{&none};
  CHECK(share_estimate(missed, kAll, Terminating::kNo).ci95->high == Approx(3 / 1e3));
}

TEST_CASE("intervals: quantiles of the pooled sample", "[statistics][intervals]") {
  const Sample sample = exponentials(5, 200);
  Histogram pooled;
  for (const SlicedHistogram& histogram : sample.histograms) pooled.merge(histogram.merged(kAll));
  const double truths[] = {0.5, 0.9, 0.99, 0.999};
  const double exact[] = {0.693147, 2.302585, 4.605170, 6.907755};
  for (int i = 0; i < 4; ++i) {
    CAPTURE(truths[i]);
    const Estimate estimate = scaled(
        quantile_estimate(sample.histogram_pointers, truths[i], kAll, Terminating::kNo), 1e-6);
    CHECK(*estimate.value == Approx(pooled.quantile_ns(truths[i]) * 1e-6));
    REQUIRE(estimate.ci95);
    CHECK(estimate.ci95->low <= *estimate.value);
    CHECK(estimate.ci95->high >= *estimate.value);
    CHECK(estimate.ci95->low < exact[i]);
    CHECK(estimate.ci95->high > exact[i]);
    CHECK(estimate.ci95->high - estimate.ci95->low < 0.2 * exact[i]);
  }
  const Estimate maximum = maximum_estimate(sample.histogram_pointers, kAll);
  CHECK(*maximum.value == static_cast<double>(pooled.max_ns()));
  CHECK_FALSE(maximum.ci95);
}

TEST_CASE("intervals: a quantile among equal values", "[statistics][intervals]") {
  // Waits are 0 for 70 of 100: the median is 0 for certain, p90 is not.
  SlicedHistogram waits(kSlices);
  RandomStream random(3, "intervals", "waits");
  for (std::size_t slice = 0; slice < kSlices; ++slice) {
    for (int i = 0; i < 100; ++i) {
      const bool waited = random.below(100) >= 70;
      const auto ns = static_cast<std::int64_t>(1'000 + random.below(1'000'000));
      waits.record(slice, waited ? ns : 0);
    }
  }
  const std::vector<const SlicedHistogram*> runs{&waits};
  const Estimate median = quantile_estimate(runs, 0.5, kAll, Terminating::kNo);
  CHECK(*median.value == 0);
  CHECK(median.ci95->low == 0);
  CHECK(median.ci95->high == 0);
  const Estimate p90 = quantile_estimate(runs, 0.9, kAll, Terminating::kNo);
  CHECK(*p90.value == Approx(667'000).epsilon(0.1));
  CHECK(p90.ci95->high > 1.02 * p90.ci95->low);
}

TEST_CASE("intervals: too few samples for a far quantile", "[statistics][intervals]") {
  const Sample sample = exponentials(1, 20);  // 2,000 times
  CHECK(quantile_estimate(sample.histogram_pointers, 0.99, kAll, Terminating::kNo).value);
  const Estimate p999 = quantile_estimate(sample.histogram_pointers, 0.999, kAll, Terminating::kNo);
  CHECK_FALSE(p999.value);
  CHECK_FALSE(p999.ci95);
  CHECK(p999.note == "not enough samples: 2000 of the 10000 needed");
  const Sample enough = exponentials(1, 100);  // 10,000: just enough
  CHECK(quantile_estimate(enough.histogram_pointers, 0.999, kAll, Terminating::kNo).value);
}

TEST_CASE("intervals: clumped excursions are not taken for many", "[statistics][intervals]") {
  // One second in each of two replications is slow: 20,000 slow requests, but two excursions.
  std::vector<SlicedHistogram> histograms;
  for (int r = 0; r < 2; ++r) {
    SlicedHistogram& histogram = histograms.emplace_back(kSlices);
    for (std::size_t slice = 0; slice < kSlices; ++slice) {
      const bool slow = slice / 20 == 2;
      for (int i = 0; i < 500; ++i) histogram.record(slice, (slow ? 50'000'000 : 1'000'000) + i);
    }
  }
  const std::vector<const SlicedHistogram*> runs{&histograms[0], &histograms[1]};
  const Estimate p99 = quantile_estimate(runs, 0.99, kAll, Terminating::kNo);
  CHECK(p99.value);
  CHECK_FALSE(p99.ci95);
  CHECK(p99.note.find("independent excursions") != std::string::npos);
}

TEST_CASE("intervals: other units", "[statistics][intervals]") {
  const Estimate estimate = scaled({2e6, Interval{1e6, 3e6}, "kept"}, 1e-6);
  CHECK(*estimate.value == Approx(2));
  CHECK(estimate.ci95->low == Approx(1));
  CHECK(estimate.ci95->high == Approx(3));
  CHECK(estimate.note == "kept");
  CHECK_FALSE(scaled({}, 2).value);
}

}  // namespace highwater
