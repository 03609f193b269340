#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/model/component.h"
#include "engine/model/fault.h"

namespace highwater::faults {

/// Hours of the day, as Chaos Monkey keeps them.
struct OfficeHours {
  Duration from = 9h;
  Duration until = 15h;
  std::uint32_t days = 5;

  static constexpr std::string_view type_name = "fault.office_hours";
  static constexpr auto fields() {
    return Fields{field<&OfficeHours::from>("When they begin, after midnight.")
                      .at_least(Duration{0})
                      .at_most(Duration{24h})
                      .source("Chaos Monkey start_hour"),
                  field<&OfficeHours::until>("When they end.")
                      .at_least(Duration{0})
                      .at_most(Duration{24h})
                      .source("Chaos Monkey end_hour"),
                  field<&OfficeHours::days>("So many days of the week, from Monday on.")
                      .at_least(1u)
                      .at_most(7u)};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

/// At what times at random a fault strikes.
struct RandomTimes {
  std::optional<Rate> rate;
  std::optional<Distribution> every;
  std::optional<Fraction> daily_probability;
  Duration from{0};
  std::optional<Duration> until;
  std::optional<OfficeHours> office_hours;

  static constexpr std::string_view type_name = "fault.random";
  static constexpr auto fields() {
    using F = RandomTimes;
    return Fields{
        field<&F::rate>("Strikes per time, each independent of the others (a Poisson process).")
            .at_least(Rate{1e-9})
            .at_most(Rate{1e3}),
        field<&F::every>("Gap from one strike to the next, such as a measured time between "
                         "failures: {\"weibull\": {\"shape\": 0.7, \"scale\": \"10d\"}}."),
        field<&F::daily_probability>("It strikes once a day with this probability, at any time of "
                                     "its hours.")
            .source("Chaos Monkey: 1 / mean time between kills in work days"),
        field<&F::from>("Not before, from the beginning of the run."),
        field<&F::until>("Not from then on; until the end of the run unless given."),
        field<&F::office_hours>("Only in these hours, while somebody can look; a run begins on a "
                                "Monday at midnight.")
            .source("Chaos Monkey")};
  }
  static constexpr auto shorthand = &RandomTimes::rate;
  void check(const Value& where, const std::string& path, Problems& problems) const;
  RandomStrikes strikes() const;
};

/// What every fault says beside its verb: when, and for how long.
struct FaultTiming {
  std::optional<Duration> at;
  std::optional<std::string> when;
  std::optional<RandomTimes> random;
  Duration delay{0};
  std::optional<Distribution> lasts;
  Fraction probability{1};

  static constexpr auto fields() {
    using F = FaultTiming;
    return Fields{
        field<&F::at>("When it strikes, from the beginning of the run."),
        field<&F::when>("It strikes when this first comes true: \"db.utilization > 90% over 30s\" "
                        "(10s unless said), \"faults[0] begins\" or \"faults[0] ends\"."),
        field<&F::random>("It strikes at times at random, as often as there are: "
                          "{\"rate\": \"2/day\"}."),
        field<&F::delay>("With \"when\": so long after it has come true.").named("after"),
        field<&F::lasts>("How long it lasts, each time drawn anew; for good unless given.")
            .named("for"),
        field<&F::probability>("With this probability it strikes when its time has come.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
  FaultSchedule schedule() const;
};

/// How an effect that has a size comes and goes.
struct FaultRamp {
  Duration ramp{0};
  Duration fade{0};

  static constexpr auto fields() {
    return Fields{
        field<&FaultRamp::ramp>("It grows to its full size over so long, in twenty steps.")
            .at_least(Duration{0}),
        field<&FaultRamp::fade>("From its end on, it fades over so long instead of being gone at "
                                "once.")
            .at_least(Duration{0})};
  }
};

/// How many of a component's instances a fault hits.
struct FaultExtent {
  std::optional<std::uint32_t> count;
  std::optional<Fraction> percent;
  std::optional<std::string> zone;

  static constexpr auto fields() {
    return Fields{
        field<&FaultExtent::count>("So many instances of the target, chosen at random; all of them "
                                   "unless given.")
            .at_least(1u),
        field<&FaultExtent::percent>("Such a part of the target's instances, rounded up, chosen at "
                                     "random."),
        field<&FaultExtent::zone>("Only those of the target's instances that are in this zone.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

/// How many of the processes that send over an edge a fault hits.
struct CallerExtent {
  std::optional<std::uint32_t> count;
  std::optional<Fraction> percent;

  static constexpr auto fields() {
    return Fields{
        field<&CallerExtent::count>("Only what passes between so many of the calling "
                                    "instances, chosen at random, and the callee.")
            .at_least(1u),
        field<&CallerExtent::percent>("Only such a part of the calling instances, rounded "
                                      "up, chosen at random.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const;
};

/// What a fault is aimed at: "api", "api[2]", the edge "api -> users-db" or "api[2] ->
/// users-db[0]", the zone "b", or the way between two zones "a -> b".
struct Target {
  std::string component;  ///< Or a zone.
  std::optional<std::uint32_t> instance;
  std::optional<std::string> callee;  ///< Of an edge; a zone where the caller is one.
  std::optional<std::uint32_t> callee_instance;

  /// Parses these forms; nullopt for anything else.
  static std::optional<Target> parse(const std::string& text);
  std::string text() const;
};

/// Chooses the instances that a strike hits in one replication, in order of their numbers: to be
/// asked when it begins, since an autoscaler may have changed by then who is there.
using Victims = std::function<std::vector<Instance*>()>;
Victims choose_instances(World& world, Directory& directory, const Target& target,
                         const FaultExtent& extent, const Strike& strike);

/// The component that a target names; null where it names a zone.
Component* component_named(Directory& directory, const Target& target);

/// Reports a target that the joined system does not have.
/// @param verb  The key that names the target.
/// @param zones  Whether it may be a zone as well: documents let both through.
/// @return whether it names a component (or an edge).
bool examine_target(Directory& directory, const Target& target, const std::string& verb, bool zones,
                    const Examination& examination);
/// Reports an extent that does not go with the target or leaves nothing of it.
void examine_extent(Directory& directory, const Target& target, const Examination& examination);

/// Reports an extent that does not go with the edges of the target.
void examine_callers(Directory& directory, const Target& target, const Examination& examination);
/// Points at a key of the fault, if it is there.
void report_at(const Examination& examination, const char* key, const std::string& message,
               const std::string& suggestion = "");

/// The zone of the network of that name, if there is one.
std::optional<Zone> zone_called(const Network& network, const std::string& name);

/// The edges that a fault hits: the one named, all those into the component, or, where the target
/// is the way between two zones, all there are.
std::vector<Edge*> choose_edges(Directory& directory, const Target& target);
/// Which of their messages a strike that begins now hits.
FaultScope scope_of(World& world, Directory& directory, const Target& target,
                    const CallerExtent& extent, const Strike& strike);

/// "api[0], api[2]", or "api" where all of a component are meant.
std::string list_of(const std::vector<Instance*>& instances);

}  // namespace highwater::faults
