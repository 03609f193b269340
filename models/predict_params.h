#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/one_of.h"
#include "engine/describe/words.h"
#include "models/algorithms/scaling/predictor.h"

namespace highwater {

namespace scaling {

constexpr auto words_of(Composition) {
  return std::array{Word{Composition::additive, "additive", "Added to the level."},
                    Word{Composition::multiplicative, "multiplicative",
                         "Multiplied with the level; fails where a number is 0."}};
}

constexpr auto words_of(PredictDecision) {
  return std::array{
      Word{PredictDecision::maximum, "maximum", "The greatest."},
      Word{PredictDecision::mean, "mean", "The mean, rounded."},
      Word{PredictDecision::median, "median", "The median; of two in the middle their mean."},
      Word{PredictDecision::minimum, "minimum", "The least."}};
}

}  // namespace scaling

/// How often a model predicts.
struct PredictTurnParams {
  std::uint32_t per_sync_period = 1;

  static constexpr auto fields() {
    return Fields{
        field<&PredictTurnParams::per_sync_period>("It predicts at one of so many decisions only; "
                                                   "it remembers them all.")
            .at_least(1u)
            .at_most(10'000u)
            .source("PHPA perSyncPeriod")};
  }
};

/// A straight line through the numbers of the past.
struct LinearModelParams {
  Duration look_ahead{0};
  std::uint32_t history_size = 1;

  static constexpr std::string_view type_name = "predict.linear";
  static constexpr auto fields() {
    using P = LinearModelParams;
    return Fields{field<&P::look_ahead>("How far into the future the line is followed.")
                      .required()
                      .at_least(Duration{1ms})
                      .at_most(Duration{24h})
                      .source("PHPA lookAhead"),
                  field<&P::history_size>("Numbers of past decisions that it goes through, and the "
                                          "present one.")
                      .required()
                      .at_least(1u)
                      .at_most(10'000u)
                      .source("PHPA historySize")};
  }
};

struct LinearModelForm {
  LinearModelParams linear;
  PredictTurnParams turn;

  static constexpr auto fields() {
    return Fields{field<&LinearModelForm::linear>("The straight line through past numbers of "
                                                  "instances, by least squares.")
                      .source("PHPA Linear"),
                  inlined<&LinearModelForm::turn>()};
  }
  scaling::PredictModel model() const {
    return {scaling::LinearModel{linear.look_ahead.count(), linear.history_size},
            turn.per_sync_period};
  }
};

/// Exponential smoothing with seasons.
struct HoltWintersParams {
  double alpha = 0;
  double beta = 0;
  double gamma = 0;
  scaling::Composition trend = scaling::Composition::additive;
  scaling::Composition seasonal = scaling::Composition::additive;
  std::uint32_t seasonal_periods = 2;
  std::uint32_t stored_seasons = 1;

  static constexpr std::string_view type_name = "predict.holt_winters";
  static constexpr auto fields() {
    using P = HoltWintersParams;
    return Fields{
        field<&P::alpha>("What a new number changes of the level, 0 to 1.")
            .required()
            .at_least(0.0)
            .at_most(1.0)
            .source("PHPA alpha"),
        field<&P::beta>("Of the trend.").required().at_least(0.0).at_most(1.0).source("PHPA beta"),
        field<&P::gamma>("Of the season.")
            .required()
            .at_least(0.0)
            .at_most(1.0)
            .source("PHPA gamma"),
        field<&P::trend>("How the trend joins the level.").required().source("PHPA trend"),
        field<&P::seasonal>("How the season joins both.").required().source("PHPA seasonal"),
        field<&P::seasonal_periods>("Decisions of a season: a day of 5-minute periods has 288.")
            .required()
            .at_least(2u)
            .at_most(10'000u)
            .source("PHPA seasonalPeriods"),
        field<&P::stored_seasons>("Whole seasons that are kept. It predicts from two on; with 1 "
                                  "there are two at the end of each season only.")
            .required()
            .at_least(1u)
            .at_most(100u)
            .source("PHPA storedSeasons")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const std::uint64_t most = (std::uint64_t{stored_seasons} + 1) * seasonal_periods;
    const std::uint64_t needed = scaling::HoltWinters::needed(seasonal_periods);
    if (most < needed)
      problems.error(where.position(), pointer_to(path, "stored_seasons"),
                     "keeps " + std::to_string(most) +
                         " decisions at most, and with so short a "
                         "season Holt-Winters predicts from " +
                         std::to_string(needed) + " on");
  }
};

struct HoltWintersForm {
  HoltWintersParams holt_winters;
  PredictTurnParams turn;

  static constexpr auto fields() {
    return Fields{field<&HoltWintersForm::holt_winters>(
                      "Exponential smoothing with trend and season; it predicts the next decision, "
                      "one sync_period ahead, and says 0 until it has seen two seasons.")
                      .source("PHPA HoltWinters"),
                  inlined<&HoltWintersForm::turn>()};
  }
  scaling::PredictModel model() const {
    const HoltWintersParams& p = holt_winters;
    return {
        scaling::SeasonalModel{{p.alpha, p.beta, p.gamma, p.trend, p.seasonal, p.seasonal_periods},
                               p.stored_seasons},
        turn.per_sync_period};
  }
};

struct PredictModelParams : OneOf<LinearModelForm, HoltWintersForm> {
  using OneOf::OneOf;
  static constexpr std::string_view type_name = "predict.model";
};

/// Predictions beside what an HPA calculates:
/// {"models": [{"linear": {"look_ahead": "2m", "history_size": 8}}]}.
struct PredictParams {
  std::vector<PredictModelParams> models;
  scaling::PredictDecision decision_type = scaling::PredictDecision::maximum;

  static constexpr std::string_view type_name = "predict";
  static constexpr auto fields() {
    using P = PredictParams;
    return Fields{
        field<&P::models>("Each predicts a number of instances from those that were calculated.")
            .required()
            .at_least(1u)
            .at_most(16u)
            .source("PHPA models"),
        field<&P::decision_type>("Which counts of the calculated number and all predictions.")
            .source("PHPA decisionType")};
  }
  scaling::Predictor::Options options() const {
    scaling::Predictor::Options made;
    for (const PredictModelParams& model : models)
      made.models.push_back(std::visit([](const auto& one) { return one.model(); }, model.form));
    made.decision = decision_type;
    return made;
  }
};

}  // namespace highwater
