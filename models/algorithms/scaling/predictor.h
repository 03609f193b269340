#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "models/algorithms/scaling/holt_winters.h"
#include "models/algorithms/scaling/linear_regression.h"
#include "models/algorithms/scaling/scaler.h"

namespace highwater::scaling {

/// What is made of the calculated number and those predicted.
enum class PredictDecision : std::uint8_t { maximum, mean, median, minimum };

/// Follows a straight line `look_ahead` into the future.
struct LinearModel {
  std::int64_t look_ahead = 0;     ///< Nanoseconds.
  std::uint32_t history_size = 1;  ///< Numbers that are kept from one round to the next.
};

/// Predicts the next round's number from seasons of rounds.
struct SeasonalModel {
  HoltWinters::Options smoothing;
  std::uint32_t stored_seasons = 1;  ///< Whole seasons that are kept, and what has begun of one.
};

struct PredictModel {
  std::variant<LinearModel, SeasonalModel> form;
  std::uint32_t per_sync_period = 1;  ///< It predicts in one of so many rounds.
};

/// scaling predictor: what the Predictive Horizontal Pod Autoscaler adds to the number of replicas
/// that the metrics ask for.
///
/// Each model remembers the numbers that were calculated, this round's with them, and predicts one
/// of its own, rounded up; a model that has no turn only remembers. The decision is taken among the
/// calculated number and all predictions: the greatest, the least, the mean (rounded) or the median
/// (of two in the middle the mean, cut off). Only then come windows, policies and limits. Histories
/// hold what was calculated, not what was decided. A prediction can feed on itself all the same:
/// while pods start the HPA recommends what there is, and that is what is remembered. Then one
/// replica by chance becomes many, unless a window for growing or a longer history holds it back.
///
/// As in the product: a linear model sees history_size numbers and this round's, and gives back a
/// first number as it is; a seasonal one says 0 while it knows too little, which counts with the
/// minimum, the mean and the median; a model that fails says nothing and forgets the round.
///
/// Assumes  seasons in the order of time. Version 0.13.2 stores them newest first and appends this
///          round's number behind the oldest, so that Holt-Winters sees time run backwards, which
///          its documentation does not mean. Sums that are whole but for rounding are not rounded
///          up: the product may have one replica more there by the last bit of a double.
/// Source   Predictive Horizontal Pod Autoscaler 0.13.2, internal/controllers, internal/prediction,
///          internal/scalebehavior.
/// Checked  tests/scaling/predictor_test.cpp
class Predictor {
 public:
  struct Options {
    std::vector<PredictModel> models;
    PredictDecision decision = PredictDecision::maximum;
  };

  explicit Predictor(Options options)
      : options_(std::move(options)), memories_(options_.models.size()) {}

  /// The number that goes on to windows and policies. @param calculated  What the metrics ask for.
  std::int32_t decide(std::int64_t now, std::int32_t calculated) {
    numbers_.assign(1, calculated);
    for (std::size_t i = 0; i < memories_.size(); ++i)
      if (const auto predicted = predict(options_.models[i], memories_[i], {now, calculated}))
        numbers_.push_back(*predicted);
    return chosen();
  }

 private:
  struct Memory {
    std::vector<ReplicaSample> history;  // oldest first
    std::uint32_t rounds = 1;            // since it predicted, the present one with them
  };

  static std::optional<std::int32_t> predict(const PredictModel& model, Memory& memory,
                                             const ReplicaSample& sample) {
    const bool has_turn = memory.rounds >= model.per_sync_period;
    memory.history.push_back(sample);
    std::optional<std::int32_t> predicted;
    if (has_turn) {
      predicted =
          std::visit([&](const auto& form) { return ahead(form, memory.history); }, model.form);
      if (!predicted) {
        memory.history.pop_back();
        return std::nullopt;
      }
    }
    memory.rounds = has_turn ? 1 : memory.rounds + 1;
    std::visit([&](const auto& form) { prune(form, memory.history); }, model.form);
    return predicted;
  }

  static std::optional<std::int32_t> ahead(const LinearModel& model,
                                           const std::vector<ReplicaSample>& history) {
    const ReplicaSample& last = history.back();
    if (history.size() == 1) return last.replicas;
    return rounded_up(line_at(history, last.at + model.look_ahead));
  }

  static std::optional<std::int32_t> ahead(const SeasonalModel& model,
                                           const std::vector<ReplicaSample>& history) {
    if (history.size() < HoltWinters::needed(model.smoothing.seasonal_periods)) return 0;
    std::vector<double> series;
    series.reserve(history.size());
    for (const ReplicaSample& sample : history) series.push_back(sample.replicas);
    const std::optional<double> value = HoltWinters(model.smoothing).forecast(series);
    if (!value) return std::nullopt;
    return rounded_up(*value);
  }

  static std::int32_t rounded_up(double value) {
    constexpr double kNoise = 1e-9;  // chosen: far above the error of the sums, far below a replica
    return saturated(std::ceil(value - kNoise));
  }

  static void prune(const LinearModel& model, std::vector<ReplicaSample>& history) {
    if (history.size() > model.history_size) forget(history, history.size() - model.history_size);
  }
  static void prune(const SeasonalModel& model, std::vector<ReplicaSample>& history) {
    const std::size_t period = model.smoothing.seasonal_periods;
    const std::size_t seasons = history.size() / period;
    if (seasons > model.stored_seasons) forget(history, (seasons - model.stored_seasons) * period);
  }
  static void forget(std::vector<ReplicaSample>& history, std::size_t oldest) {
    history.erase(history.begin(), history.begin() + static_cast<std::ptrdiff_t>(oldest));
  }

  std::int32_t chosen() {
    std::sort(numbers_.begin(), numbers_.end());
    const std::size_t middle = numbers_.size() / 2;
    switch (options_.decision) {
      case PredictDecision::maximum:
        return numbers_.back();
      case PredictDecision::minimum:
        return numbers_.front();
      case PredictDecision::median:
        if (numbers_.size() % 2 == 1) return numbers_[middle];
        return static_cast<std::int32_t>((std::int64_t{numbers_[middle - 1]} + numbers_[middle]) /
                                         2);
      case PredictDecision::mean:
        break;
    }
    double sum = 0;
    for (const std::int32_t number : numbers_) sum += number;
    if (sum <= 0) return 0;
    return saturated(std::round(sum / static_cast<double>(numbers_.size())));
  }

  Options options_;
  std::vector<Memory> memories_;       // of each model
  std::vector<std::int32_t> numbers_;  // of this round
};

}  // namespace highwater::scaling
