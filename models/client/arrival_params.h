#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/one_of.h"
#include "models/client/trace_params.h"
#include "models/steps/step_params.h"

namespace highwater::client {

using steps::Times;

/// How many requests come at each arrival, where that is more than one.
using Batch = std::optional<Times>;

inline constexpr std::string_view kBatchDoc =
    "Requests that come together at each arrival: a number, or {\"geometric\": {\"p\": 0.4}}; one "
    "unless given.";

struct PoissonArrivals {
  Rate poisson;
  Batch batch;

  static constexpr std::string_view doc = "Independent arrivals at a constant mean rate.";
  static constexpr auto fields() {
    return Fields{field<&PoissonArrivals::poisson>("Mean rate.").required().at_most(Rate{1e9}),
                  field<&PoissonArrivals::batch>(kBatchDoc)};
  }
};

struct ConstantArrivals {
  Rate constant;
  Batch batch;

  static constexpr std::string_view doc = "Arrivals at equal distances.";
  static constexpr auto fields() {
    return Fields{field<&ConstantArrivals::constant>("Rate.").required().at_most(Rate{1e9}),
                  field<&ConstantArrivals::batch>(kBatchDoc)};
  }
};

struct RenewalArrivals {
  Distribution renewal;
  Batch batch;

  static constexpr std::string_view doc = "Arrivals with independent gaps of any distribution.";
  static constexpr auto fields() {
    return Fields{field<&RenewalArrivals::renewal>("The gap between arrivals.").required(),
                  field<&RenewalArrivals::batch>(kBatchDoc)};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

struct MmppState {
  Rate rate;
  Duration stay{};

  static constexpr auto fields() {
    return Fields{field<&MmppState::rate>("Arrival rate in this state.").required(),
                  field<&MmppState::stay>("Mean of the exponential time in this state.")
                      .required()
                      .at_least(Duration{1})};
  }
};

struct MmppArrivals {
  std::vector<MmppState> mmpp;
  Batch batch;

  static constexpr std::string_view doc =
      "Markov-modulated Poisson process: bursts. The states follow each other in the order given.";
  static constexpr std::string_view source = "Fischer & Meier-Hellstern 1993";
  static constexpr auto fields() {
    return Fields{field<&MmppArrivals::mmpp>("The states.").required().at_least(1u),
                  field<&MmppArrivals::batch>(kBatchDoc)};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

struct HoldStage {
  Duration hold{};
  std::optional<Rate> rate;

  static constexpr std::string_view doc = "A constant rate.";
  static constexpr auto fields() {
    return Fields{field<&HoldStage::hold>("How long.").required().at_least(Duration{1}),
                  field<&HoldStage::rate>("Rate; that of the stage before unless given.")};
  }
};

struct RampStage {
  Duration ramp{};
  Rate to;

  static constexpr std::string_view doc =
      "A rate that changes evenly from that of the stage before.";
  static constexpr auto fields() {
    return Fields{field<&RampStage::ramp>("How long.").required().at_least(Duration{1}),
                  field<&RampStage::to>("Rate at the end.").required()};
  }
};

struct Stage : OneOf<HoldStage, RampStage> {
  using OneOf::OneOf;
};

struct StagesArrivals {
  std::vector<Stage> stages;
  Batch batch;

  static constexpr std::string_view doc =
      "A load profile of ramps and holds; Poisson within a stage, nothing after the last.";
  static constexpr auto fields() {
    return Fields{field<&StagesArrivals::stages>("The stages.").required().at_least(1u),
                  field<&StagesArrivals::batch>(kBatchDoc)};
  }
};

struct DailyCycle {
  Rate mean;
  Factor peak{2};
  Duration at = 20h;
  Duration period = 24h;

  static constexpr auto fields() {
    return Fields{field<&DailyCycle::mean>("Mean rate over a period.").required(),
                  field<&DailyCycle::peak>("Highest rate, as a multiple of the mean.")
                      .at_least(Factor{1})
                      .at_most(Factor{10}),
                  field<&DailyCycle::at>("When the peak is, from the beginning of the run."),
                  field<&DailyCycle::period>("Length of the cycle.").at_least(Duration{1'000'000})};
  }
};

struct DiurnalArrivals {
  DailyCycle diurnal;
  Batch batch;

  static constexpr std::string_view doc =
      "Poisson arrivals whose rate swings over the day as exp(k cos): never negative, with the "
      "mean "
      "and the peak that are given.";
  static constexpr auto fields() {
    return Fields{field<&DiurnalArrivals::diurnal>("The cycle.").required(),
                  field<&DiurnalArrivals::batch>(kBatchDoc)};
  }
};

struct TraceArrivals {
  TraceParams trace;

  static constexpr std::string_view doc =
      "Replays a recorded trace: its times, endpoints and keys.";
  static constexpr auto fields() {
    return Fields{field<&TraceArrivals::trace>("The trace.").required()};
  }
};

struct ClosedUsers {
  std::uint64_t users = 1;
  Distribution think;

  static constexpr auto fields() {
    return Fields{
        field<&ClosedUsers::users>("Users, each with one request at a time.")
            .required()
            .at_least(std::uint64_t{1})
            .at_most(std::uint64_t{10'000'000}),
        field<&ClosedUsers::think>("Time between an answer and the next request.").required()};
  }
};

struct ClosedArrivals {
  ClosedUsers closed;

  static constexpr std::string_view doc =
      "A closed loop: each user waits for the answer, thinks, and asks again.";
  static constexpr auto fields() {
    return Fields{field<&ClosedArrivals::closed>("The users.").required()};
  }
};

/// How requests come about.
struct Arrivals : OneOf<PoissonArrivals, ConstantArrivals, RenewalArrivals, MmppArrivals,
                        StagesArrivals, DiurnalArrivals, TraceArrivals, ClosedArrivals> {
  using OneOf::OneOf;
};

}  // namespace highwater::client
