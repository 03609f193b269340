#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "models/cache/cache.h"
#include "models/faults/faults.h"
#include "models/service/service.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::cache {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::read_of;
using testing::write_of;

inline Request delete_of(std::uint64_t key, Symbol endpoint = kNoSymbol) {
  Request request = read_of(key, endpoint);
  request.operation = Operation::remove;
  return request;
}

/// Requests at `per_second`, as many as come in `length`.
inline Load load_of(const std::string& to, double per_second, Duration length,
                    std::function<Request(RandomStream&)> make, Time begin = Time{}) {
  Load load;
  load.to = to;
  load.per_second = per_second;
  load.requests = static_cast<std::uint64_t>(per_second * seconds(Time{length}));
  load.make = std::move(make);
  load.begin = begin;
  return load;
}

}  // namespace highwater::cache
