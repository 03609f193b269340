#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/model/tracer.h"

namespace highwater::viewer {

/// One request that was followed, in words and times since the run began: what is left of it when
/// the run is gone.
struct RequestTrace {
  struct Attempt {
    std::string from, to;  ///< Instances: "api[2]".
    std::string caller, callee;
    std::uint64_t path = 0;  ///< See Request::path.
    bool asynchronous = false;
    Duration sent{};
    std::optional<Duration> arrived, replied, returned, given_up;
    highwater::Status status{};
    unsigned again = 0;  ///< So often TCP sent it again.
  };
  struct Wait {
    std::string at;
    std::uint64_t path = 0;
    Duration begin{}, end{};
    WaitFor what{};
  };

  std::uint64_t id = 0;
  std::string client, endpoint;
  Duration intended{};
  std::optional<Duration> ended;
  highwater::Status status{};  ///< Once it has ended.
  Duration seen{};             ///< When it was looked at: what has not come yet may come later.
  std::vector<Attempt> attempts;
  std::vector<Wait> waits;
  bool truncated = false;

  Duration latency() const { return ended.value_or(seen) - intended; }
};

/// A request that is worth following: one of the slowest, or one that failed.
struct SlowRequest {
  std::uint64_t id = 0;
  std::string client, endpoint;
  Duration intended{}, ended{};
  highwater::Status status{};

  Duration latency() const { return ended - intended; }
};

/// The requests of a run that there is something to say about.
struct RequestTraces {
  std::vector<RequestTrace> followed;  ///< In the order of their beginnings.
  std::vector<SlowRequest> slow;       ///< In the order of their ends.
};

/// @param symbols  Names of endpoints.
RequestTraces traces_of(const Tracer& tracer, const Symbols& symbols, Time now);

/// What the time of a request was spent on.
enum class Spent : std::uint8_t { service, queue, network, retry };
inline constexpr std::size_t kSpent = 4;

/// "service", "queue", "network", "retry".
std::string word(Spent spent);

/// A request as a picture: a row for the client and one for each call, in the order of their
/// beginnings below their callers, and the critical path through them: what the request would have
/// been shorter by, had it been shorter.
///
/// Method   From the end of the request backwards: the time of a row belongs to the call that ended
///          last before it, and from the beginning of that on to the row again. What a row does
///          while it waits for no call is a queue where it waited in one, a retry where it paused
///          before another try of a call that failed, and service otherwise.
/// Checked  tests/viewer/request_trace_test.cpp
struct Waterfall {
  struct Segment {
    Duration begin{}, end{};
    Spent spent{};
    std::string text;  ///< "waits for a worker"
  };
  struct Row {
    std::string name;       ///< "api[2]"
    std::string component;  ///< The one that was called; of row 0 the client.
    std::string from;       ///< The instance that called; empty for row 0.
    std::size_t parent = 0;
    int depth = 0;
    Duration begin{}, end{};            ///< For the caller.
    std::optional<Duration> served_to;  ///< The callee went on, for nothing.
    highwater::Status status{};
    bool ended = true;              ///< Otherwise it is under way.
    bool detached = false;          ///< Nobody waits for it: a message that is processed later.
    std::vector<Segment> segments;  ///< Its own time: neither in order nor without gaps.
    std::vector<Segment> critical;  ///< What of that is on the critical path.
  };

  Duration begin{}, end{};
  std::vector<Row> rows;
  /// On the critical path, by Spent; together all of end - begin.
  std::vector<Duration> spent = std::vector<Duration>(kSpent);
};

Waterfall waterfall_of(const RequestTrace& trace);

}  // namespace highwater::viewer
