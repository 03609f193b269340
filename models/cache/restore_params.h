#pragma once

#include <string_view>

#include "engine/describe/one_of.h"

namespace highwater::cache {

struct NothingParams {
  static constexpr auto fields() { return Fields{}; }
};
struct EmptyForm {
  NothingParams empty;

  static constexpr std::string_view doc = "An instance that starts again has nothing.";
  static constexpr auto fields() { return Fields{field<&EmptyForm::empty>("No options.")}; }
};

struct SnapshotParams {
  Duration interval{5min};
  Duration load_time{1us};

  static constexpr auto fields() {
    return Fields{
        field<&SnapshotParams::interval>("Between two snapshots, counted from the beginning of the "
                                         "run; what was stored after the last one is gone.")
            .at_least(Duration{1s})
            .source("redis.conf save 300 100"),
        field<&SnapshotParams::load_time>("Of each entry: so much longer it takes until a started "
                                          "instance takes requests.")
            .at_most(Duration{1s})
            .source("chosen: about a million small entries a second"),
    };
  }
};
struct SnapshotForm {
  SnapshotParams snapshot;

  static constexpr std::string_view doc =
      "It has what its last snapshot has (Redis' RDB), and loads it before it takes requests.";
  static constexpr auto fields() { return Fields{field<&SnapshotForm::snapshot>("Its options.")}; }
};

struct AppendOnlyParams {
  Duration fsync{1s};
  Duration load_time{2us};

  static constexpr auto fields() {
    return Fields{
        field<&AppendOnlyParams::fsync>("Between two flushes of the file, counted from the "
                                        "beginning of the run; what was changed after the last one "
                                        "is gone. 0: after each change.")
            .at_most(Duration{1h})
            .source("redis.conf appendfsync everysec"),
        field<&AppendOnlyParams::load_time>("Of each entry: so much longer it takes until a "
                                            "started instance takes requests.")
            .at_most(Duration{1s})
            .source("chosen: a file of commands loads more slowly than a snapshot"),
    };
  }
};
struct AppendOnlyForm {
  AppendOnlyParams append_only;

  static constexpr std::string_view doc =
      "It has all that its append-only file has (Redis' AOF), and replays it before it takes "
      "requests.";
  static constexpr auto fields() {
    return Fields{field<&AppendOnlyForm::append_only>("Its options.")};
  }
};

/// What an instance has that starts again: an object with the way's name and its options, or the
/// name alone. A cold cache that reads from a warm one what it lacks (Nishtala et al. 2013, 4.3) is
/// a cache step whose `miss` is another cache step.
struct RestoreParams : OneOf<EmptyForm, SnapshotForm, AppendOnlyForm> {
  using OneOf::OneOf;
  static constexpr bool words = true;
  static constexpr std::string_view type_name = "restore";
};

}  // namespace highwater::cache
