#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "models/database/database.h"
#include "tests/support/model_rig.h"

namespace highwater::database {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::read_of;
using testing::write_of;

/// A database without work of its own on the processor and with connections enough, unless the
/// parameters say otherwise.
inline ModelRig rig_of(const std::string& parameters, Duration duration = 1000s,
                       std::uint64_t seed = 1) {
  ModelRig::Options options;
  options.duration = duration;
  options.seed = seed;
  std::string text = R"({"db": {"kind": "database")";
  for (const auto& [name, usual] : {std::pair{"\"connections\"", "100000"},
                                    {"\"read_time\"", "\"0s\""},
                                    {"\"write_time\"", "\"0s\""}})
    if (parameters.find(name) == std::string::npos) text += std::string(", ") + name + ": " + usual;
  return ModelRig({database()}, text + ", " + parameters + "}}", options);
}

inline Load load(double per_second, std::uint64_t requests,
                 std::function<Request(RandomStream&)> make) {
  Load load;
  load.to = "db";
  load.per_second = per_second;
  load.requests = requests;
  load.make = std::move(make);
  return load;
}

inline std::function<Request(RandomStream&)> uniform_reads(std::uint64_t keys) {
  return [keys](RandomStream& random) { return read_of(random.below(keys)); };
}
inline std::function<Request(RandomStream&)> uniform_writes(std::uint64_t keys) {
  return [keys](RandomStream& random) { return write_of(random.below(keys)); };
}

}  // namespace highwater::database
