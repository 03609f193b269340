#include "models/algorithms/scaling/predictor.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/algorithms/scaling/hpa.h"

namespace highwater::scaling::predictor_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kRound = 15 * kSecond;

PredictModel line(std::int64_t look_ahead, std::uint32_t history, std::uint32_t per = 1) {
  return {LinearModel{look_ahead, history}, per};
}

PredictModel seasons(Composition seasonal, std::uint32_t period, std::uint32_t stored = 3) {
  return {SeasonalModel{{0, 0, 1, Composition::additive, seasonal, period}, stored}, 1};
}

/// What is decided for each of the calculated numbers, 15 s apart.
std::string decided(const Predictor::Options& options, const std::vector<std::int32_t>& numbers) {
  Predictor predictor(options);
  std::string text;
  std::int64_t now = 0;
  for (const std::int32_t number : numbers)
    text += std::to_string(predictor.decide(now += kRound, number)) + " ";
  return text;
}

TEST_CASE("predictor: on a ramp the line leads by what it looks ahead", "[scaling]") {
  const std::vector<std::int32_t> ramp{2, 4, 6, 8, 10, 12, 12, 12, 12, 12};
  // 2 a round: 60 s are 8 more. The first number alone has no line.
  CHECK(decided({{line(4 * kRound, 20)}}, {2, 4, 6, 8, 10, 12}) == "2 12 14 16 18 20 ");
  CHECK(decided({{line(kRound, 20)}}, {2, 4, 6, 8, 10, 12}) == "2 6 8 10 12 14 ");
  // With one number kept the line goes through two; after the ramp it is level at once.
  CHECK(decided({{line(4 * kRound, 1)}}, ramp) == "2 12 14 16 18 20 12 12 12 12 ");
  // Three kept: (8 10 12 12) rises by 1.4 a round from 12.6 now on, (10 12 12 12) by 0.6.
  CHECK(decided({{line(4 * kRound, 3)}}, ramp) == "2 12 14 16 18 20 19 15 12 12 ");
  // Down it says less, and the calculated number counts.
  CHECK(decided({{line(kRound, 4)}}, {9, 7, 5, 3}) == "9 7 5 3 ");
  CHECK(decided({{line(kRound, 4)}, PredictDecision::minimum}, {9, 7, 5, 3}) == "9 5 3 1 ");
}

TEST_CASE("predictor: whole numbers are not rounded up for the last bit", "[scaling]") {
  for (std::int32_t step = 1; step < 40; ++step) {
    Predictor predictor({{line(7 * kRound, 50)}});
    for (int i = 0; i < 60; ++i) {
      const std::int32_t decision = predictor.decide(i * kRound, step * i);
      if (i > 0) CHECK(decision == step * (i + 7));
    }
  }
}

TEST_CASE("predictor: four ways to decide", "[scaling]") {
  // Calculated 4 after 2; the lines say 6 and 14.
  const auto with = [](PredictDecision decision, std::vector<PredictModel> models) {
    return decided({std::move(models), decision}, {2, 4});
  };
  const std::vector<PredictModel> one{line(kRound, 5)};
  const std::vector<PredictModel> two{line(kRound, 5), line(5 * kRound, 5)};
  CHECK(with(PredictDecision::maximum, two) == "2 14 ");
  CHECK(with(PredictDecision::minimum, two) == "2 4 ");
  CHECK(with(PredictDecision::mean, two) == "2 8 ");    // (4 + 6 + 14) / 3
  CHECK(with(PredictDecision::median, two) == "2 6 ");  // of 4, 6, 14
  CHECK(with(PredictDecision::mean, one) == "2 5 ");
  CHECK(decided({{line(kRound, 5)}, PredictDecision::mean}, {2, 3}) == "2 4 ");    // 3.5: up
  CHECK(decided({{line(kRound, 5)}, PredictDecision::median}, {2, 3}) == "2 3 ");  // 3.5: cut off
  // Predictions may be below nothing; what they lead to may not.
  CHECK(decided({{line(9 * kRound, 5)}, PredictDecision::mean}, {9, 3}) == "9 0 ");
}

TEST_CASE("predictor: a model without its turn remembers all the same", "[scaling]") {
  const std::vector<std::int32_t> ramp{2, 4, 6, 8, 10, 12};
  CHECK(decided({{line(kRound, 9, 3)}}, ramp) == "2 4 8 8 10 14 ");
  CHECK(decided({{line(kRound, 9, 2), line(5 * kRound, 9, 3)}}, ramp) == "2 6 16 10 10 22 ");
}

TEST_CASE("predictor: seasons tell what comes next", "[scaling]") {
  // Of 6 rounds, the third busy. Two seasons are needed; until then it says 0.
  const std::vector<std::int32_t> busy{3, 3, 9, 3, 3, 3, 3, 3, 9, 3, 3, 3,
                                       3, 3, 9, 3, 3, 3, 3, 3, 9, 3, 3};
  CHECK(HoltWinters::needed(6) == 16);
  CHECK(decided({{seasons(Composition::additive, 6)}}, busy) ==
        "3 3 9 3 3 3 3 3 9 3 3 3 3 3 9 3 3 3 3 9 9 3 3 ");
  CHECK(decided({{seasons(Composition::multiplicative, 6)}}, busy) ==
        "3 3 9 3 3 3 3 3 9 3 3 3 3 3 9 3 3 3 3 9 9 3 3 ");
  CHECK(decided({{seasons(Composition::additive, 6)}, PredictDecision::minimum}, {3, 3, 9}) ==
        "0 0 0 ");
  CHECK(decided({{seasons(Composition::additive, 6)}, PredictDecision::mean}, {3, 3, 9}) ==
        "2 2 5 ");
}

TEST_CASE("predictor: how many seasons are kept", "[scaling]") {
  // Of 10 rounds two are needed: with one kept, that is at the end of each season alone.
  std::vector<std::int32_t> flat(40, 5);
  const auto silent = [&](std::uint32_t stored) {
    const std::string text =
        decided({{seasons(Composition::additive, 10, stored)}, PredictDecision::minimum}, flat);
    std::string rounds;
    for (std::size_t i = 0; i < flat.size(); ++i)
      if (text[2 * i] == '5') rounds += std::to_string(i + 1) + " ";
    return rounds;
  };
  CHECK(silent(1) == "20 30 40 ");
  CHECK(silent(2) == "20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 ");
}

TEST_CASE("predictor: a model that fails forgets the round", "[scaling]") {
  // Nothing is wanted now and then: a factor cannot be learned from it. 16 numbers are needed.
  std::vector<std::int32_t> numbers{3, 3, 9, 3, 3, 3, 3, 3, 9, 3, 3, 3, 3, 3, 9};
  numbers.push_back(0);
  numbers.push_back(0);
  for (const std::int32_t number : {3, 3, 3, 3}) numbers.push_back(number);
  // As if the two rounds of nothing had never been: 9 is due after the fourth 3.
  const std::string text = decided({{seasons(Composition::multiplicative, 6)}}, numbers);
  CHECK_THAT(text, Catch::EndsWith(" 9 0 0 3 3 3 3 "));
  numbers.push_back(3);
  CHECK_THAT(decided({{seasons(Composition::multiplicative, 6)}}, numbers),
             Catch::EndsWith(" 9 0 0 3 3 3 3 9 "));
}

/// An HPA that follows a metric of the whole, 10 for a replica.
class Scaled {
 public:
  explicit Scaled(HpaBehavior behavior, std::uint32_t min = 1, std::uint32_t max = 100)
      : scaler_(options(std::move(behavior), min, max)) {}

  /// The decisions for the loads, one a round.
  std::string operator()(const std::vector<std::optional<double>>& loads) {
    std::string text;
    for (const std::optional<double> load : loads) {
      seen_.now += kRound;
      seen_.metric = load;
      seen_.replicas = seen_.ready_replicas = scaler_.decide(seen_).replicas;
      text += std::to_string(seen_.replicas) + " ";
    }
    return text;
  }
  void limit(const ReplicaLimits& limits) { scaler_.limit(limits); }
  void put(std::uint32_t replicas) { seen_.replicas = seen_.ready_replicas = replicas; }

 private:
  static HpaScaler::Options options(HpaBehavior behavior, std::uint32_t min, std::uint32_t max) {
    HpaScaler::Options made;
    HpaMetric metric;
    metric.source = HpaSource::external;
    metric.target = HpaTarget::average_value;
    metric.target_value = 10'000;
    made.hpa.metrics = {metric};
    made.hpa.behavior = std::move(behavior);
    made.hpa.min_replicas = min;
    made.hpa.max_replicas = max;
    made.follows = {HpaFollows::metric};
    made.predict = Predictor::Options{{line(4 * kRound, 3)}, PredictDecision::maximum};
    return made;
  }

  HpaScaler scaler_;
  Observation seen_{0, 4, 4, {}, {}};
};

HpaBehavior unbound() {
  HpaBehavior behavior;
  behavior.scale_up.policies = {{HpaPolicyType::pods, 1000, kRound}};
  behavior.scale_down = behavior.scale_up;
  return behavior;
}

TEST_CASE("predictor: with the HPA, a prediction goes up before the load does", "[scaling]") {
  // 40, then 10 more a round: 4 rounds ahead, so 4 replicas more.
  CHECK(Scaled(unbound())({40, 50, 60, 70, 80}) == "4 9 10 11 12 ");
  // A round without metrics changes nothing, and is not remembered.
  CHECK(Scaled(unbound())({40, std::nullopt, 60}) == "4 4 10 ");
}

TEST_CASE("predictor: limits hold predictions too", "[scaling]") {
  CHECK(Scaled(unbound(), 1, 10)({40, 50, 60, 70, 80}) == "4 9 10 10 10 ");
  // Histories hold what was calculated, whatever the limits: from 5 and 6 on a line to 10.
  CHECK(Scaled(unbound(), 9, 20)({40, 50, 60}) == "9 9 10 ");
  Scaled narrow(unbound(), 1, 6);
  CHECK(narrow({40, 50, 60}) == "4 6 6 ");
  narrow.limit({1, 20});
  CHECK(narrow({70}) == "11 ");
  narrow.limit({15, 20});
  CHECK(narrow({80}) == "15 ");  // below the minimum: brought in, and remembered
  CHECK(narrow({90}) == "15 ");
  narrow.put(40);
  CHECK(narrow({100}) == "20 ");
}

TEST_CASE("predictor: policies and windows come after it", "[scaling]") {
  HpaBehavior slow = unbound();
  slow.scale_up.policies = {{HpaPolicyType::pods, 2, kRound}};
  CHECK(Scaled(slow)({40, 50, 60, 70, 80}) == "4 6 8 10 12 ");
  // Growing waits until it has been recommended for so long, predictions too.
  HpaBehavior careful = unbound();
  careful.scale_up.stabilization_window = 3 * kRound;
  CHECK(Scaled(careful)({40, 50, 60, 70, 80}) == "4 4 4 9 10 ");
  // What was predicted at the end of the ramp is held by the window for shrinking.
  HpaBehavior held = unbound();
  held.scale_down.stabilization_window = 4 * kRound;
  CHECK(Scaled(unbound())({40, 50, 60, 60, 60, 60, 60, 60}) == "4 9 10 10 8 6 6 6 ");
  CHECK(Scaled(held)({40, 50, 60, 60, 60, 60, 60, 60}) == "4 9 10 10 10 10 10 8 ");
}

}  // namespace
}  // namespace highwater::scaling::predictor_test
