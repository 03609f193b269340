#pragma once

// What the tests of faults of stores share.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/support/model_rig.h"

namespace highwater::faults {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::problems_of;
using testing::read_of;
using testing::write_of;

struct Outcome {
  Time sent, at;
  Status status;
  bool stale;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// What requests to two components come to, over 60 s.
struct Observed {
  std::vector<Outcome> touched;  // those sent at 40 s and later
  std::vector<Outcome> before;   // those sent before 9 s
  std::vector<Outcome> during;   // the rest
  std::vector<Outcome> other;
};

/// Runs requests at `touched` and `other`, keys and operations as `make` draws them, with a fault
/// that is on from 10 s to 20 s, or with none.
inline Observed observe(const std::vector<ModelKind>& kinds, const std::string& components,
                        std::function<Request(RandomStream&)> make, double per_second,
                        const FaultKind* kind, const std::string& fault,
                        const ModelRig::Options& options = {}) {
  ModelRig rig(kinds, components, options);
  if (kind != nullptr) rig.fault(*kind, fault);
  Observed seen;
  const auto send = [&](const std::string& to, auto note) {
    Load load;
    load.to = to;
    load.per_second = per_second;
    load.requests = static_cast<std::uint64_t>(per_second * 60);
    load.make = make;
    load.answered = [note](const Request&, const Answer& answer) {
      note(Outcome{answer.sent, answer.at, answer.reply.status, answer.reply.stale});
    };
    rig.add(std::move(load));
  };
  send("touched", [&](const Outcome& outcome) {
    (outcome.sent < Time{9s}    ? seen.before
     : outcome.sent < Time{40s} ? seen.during
                                : seen.touched)
        .push_back(outcome);
  });
  send("other", [&](const Outcome& outcome) { seen.other.push_back(outcome); });
  rig.run(Time{100s});
  return seen;
}

/// Checks that a fault changes what it should while it is on, and nothing else: neither what comes
/// well after its end nor another component.
inline void check_confined(const std::vector<ModelKind>& kinds, const std::string& components,
                           std::function<Request(RandomStream&)> make, double per_second,
                           const FaultKind& kind, const std::string& fault,
                           const ModelRig::Options& options = {}) {
  const Observed with = observe(kinds, components, make, per_second, &kind, fault, options);
  const Observed without = observe(kinds, components, make, per_second, nullptr, "", options);
  CHECK((with.before == without.before));
  CHECK((with.during != without.during));
  CHECK((with.touched == without.touched));
  CHECK((with.other == without.other));
  CHECK(with.other.size() > 100);
}

/// Keys below `keys`, of which a share is written.
inline std::function<Request(RandomStream&)> requests_about(std::uint64_t keys,
                                                            double writes = 0.3) {
  return [keys, writes](RandomStream& random) {
    const std::uint64_t key = random.below(keys);
    return random.uniform() < writes ? write_of(key) : read_of(key);
  };
}

/// What is wrong with a fault once the components are joined; "" for nothing.
inline std::string wrong_with(const std::vector<ModelKind>& kinds, const std::string& components,
                              const FaultKind& kind, const std::string& fault) {
  ModelRig rig(kinds, components);
  try {
    rig.fault(kind, fault);
  } catch (const std::runtime_error& wrong) {
    return wrong.what();
  }
  return "";
}

}  // namespace highwater::faults
