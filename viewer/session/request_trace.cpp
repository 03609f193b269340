#include "viewer/session/request_trace.h"

#include <algorithm>
#include <utility>

#include "engine/model/component.h"

namespace highwater::viewer {
namespace {

using Attempt = RequestTrace::Attempt;
using Row = Waterfall::Row;
using Segment = Waterfall::Segment;

std::optional<Duration> since_begin(Time time) {
  if (time == kNever) return std::nullopt;
  return time - Time{};
}

/// What Request::descend() made of the caller's path: the number of the step above, that of the
/// turn below.
std::uint64_t turn_of(std::uint64_t path, std::uint64_t callers) {
  constexpr std::uint64_t kInverse = 0xf1de83e19937733dULL;  // of the factor in descend()
  return ((path - 1) * kInverse) ^ callers;
}

/// Programs do not have more steps.
constexpr std::uint64_t kMostStep = 1 << 20;

const char* words_of(WaitFor what) {
  switch (what) {
    case WaitFor::worker:
      return "waits for a worker";
    case WaitFor::connection:
      return "waits for a connection";
    case WaitFor::lock:
      return "waits for a lock";
    case WaitFor::disk:
      return "waits for the disk";
  }
  return "";
}

class Builder {
 public:
  explicit Builder(const RequestTrace& trace) : trace_(trace) {}

  Waterfall build() {
    picture_.begin = trace_.intended;
    picture_.end = std::max(trace_.ended.value_or(trace_.seen), trace_.intended);
    find_callers();
    add_client();
    for (std::size_t i = 0; i < trace_.attempts.size(); ++i)
      if (!caller_[i] && is_of_client(trace_.attempts[i])) add_with_callees(i, 0, 1);
    // What comes of a message, once it is processed.
    for (std::size_t i = 0; i < trace_.attempts.size(); ++i)
      if (!caller_[i] && !is_of_client(trace_.attempts[i])) {
        picture_.rows[add_with_callees(i, 0, 1)].detached = true;
      }
    callees_.resize(picture_.rows.size());
    for (std::size_t row = 1; row < picture_.rows.size(); ++row)
      if (!picture_.rows[row].detached) callees_[picture_.rows[row].parent].push_back(row);
    find_pauses();
    for (std::size_t row = 0; row < picture_.rows.size(); ++row) fill(row);
    walk(0, picture_.begin, picture_.end);
    for (Row& row : picture_.rows) {
      std::reverse(row.critical.begin(), row.critical.end());
      for (const Segment& segment : row.critical)
        picture_.spent[static_cast<std::size_t>(segment.spent)] += segment.end - segment.begin;
    }
    return std::move(picture_);
  }

 private:
  bool is_of_client(const Attempt& attempt) const { return attempt.caller == trace_.client; }
  Duration or_seen(const std::optional<Duration>& time) const { return time.value_or(trace_.seen); }
  /// When the caller no longer waited for it.
  Duration end_of(const Attempt& attempt) const {
    return std::min(or_seen(attempt.returned), or_seen(attempt.given_up));
  }

  /// Of each attempt the one in the course of which it was made.
  void find_callers() {
    const std::vector<Attempt>& attempts = trace_.attempts;
    caller_.resize(attempts.size());
    for (std::size_t i = 0; i < attempts.size(); ++i) {
      std::optional<std::size_t> best;
      bool best_fits = false;
      for (std::size_t j = 0; j < i; ++j) {
        const Attempt& other = attempts[j];
        if (other.to != attempts[i].from || !other.arrived || *other.arrived > attempts[i].sent ||
            or_seen(other.replied) < attempts[i].sent)
          continue;
        const bool fits = turn_of(attempts[i].path, other.path) >> 32 < kMostStep;
        if (best && best_fits && !fits) continue;
        best = j;
        best_fits = fits;
      }
      caller_[i] = best;
    }
  }

  void add_client() {
    Row row;
    row.name = row.component = trace_.client;
    row.begin = picture_.begin;
    row.end = picture_.end;
    row.status = trace_.status;
    row.ended = trace_.ended.has_value();
    picture_.rows.push_back(std::move(row));
    attempt_of_row_.push_back(nullptr);
  }

  std::size_t add_with_callees(std::size_t attempt, std::size_t parent, int depth) {
    const Attempt& of = trace_.attempts[attempt];
    Row row;
    row.name = of.to;
    row.component = of.callee;
    row.from = of.from;
    row.parent = parent;
    row.depth = depth;
    row.begin = of.sent;
    row.end = std::max(end_of(of), of.sent);
    if (of.given_up && or_seen(of.replied) > *of.given_up && of.arrived)
      row.served_to = or_seen(of.replied);
    row.status = of.status;
    row.ended = of.returned || of.given_up;
    const std::size_t number = picture_.rows.size();
    picture_.rows.push_back(std::move(row));
    attempt_of_row_.push_back(&of);
    for (std::size_t i = 0; i < trace_.attempts.size(); ++i)
      if (caller_[i] == attempt) add_with_callees(i, number, depth + 1);
    return number;
  }

  /// Between the end of a try and the beginning of the next of the same call.
  void find_pauses() {
    pauses_.resize(picture_.rows.size());
    for (std::size_t row = 0; row < picture_.rows.size(); ++row) {
      const std::uint64_t path = path_of(row);
      const std::vector<std::size_t>& callees = callees_[row];
      for (std::size_t i = 0; i < callees.size(); ++i)
        for (std::size_t j = i + 1; j < callees.size(); ++j) {
          const Row& one = picture_.rows[callees[i]];
          const Row& next = picture_.rows[callees[j]];
          if (turn_of(path_of(callees[i]), path) >> 8 != turn_of(path_of(callees[j]), path) >> 8)
            continue;
          if (one.end < next.begin)
            pauses_[row].push_back(
                {one.end, next.begin, Spent::retry, "pauses before another try"});
          break;
        }
    }
  }

  std::uint64_t path_of(std::size_t row) const { return row == 0 ? 0 : attempt_of_row_[row]->path; }

  /// What a row does by itself from `begin` to `end`.
  void own(std::size_t row, Duration begin, Duration end, std::vector<Segment>& out) const {
    if (end <= begin) return;
    std::vector<Segment> known;
    const std::string& name = picture_.rows[row].name;
    for (const RequestTrace::Wait& wait : trace_.waits) {
      const bool here = row == 0 ? wait.path == 0 : wait.path == path_of(row) && wait.at == name;
      if (here) known.push_back({wait.begin, wait.end, Spent::queue, words_of(wait.what)});
    }
    known.insert(known.end(), pauses_[row].begin(), pauses_[row].end());
    std::stable_sort(known.begin(), known.end(),
                     [](const Segment& a, const Segment& b) { return a.begin < b.begin; });
    // Backwards, as the critical path goes.
    std::vector<Segment> found;
    Duration at = begin;
    const auto works = [&](Duration from, Duration to) {
      if (row == 0)
        found.push_back({from, to, Spent::queue, "waits to be sent"});
      else
        found.push_back({from, to, Spent::service, "works"});
    };
    for (const Segment& segment : known) {
      const Duration from = std::max(segment.begin, at), to = std::min(segment.end, end);
      if (to <= from) continue;
      if (from > at) works(at, from);
      found.push_back({from, to, segment.spent, segment.text});
      at = to;
    }
    if (end > at) works(at, end);
    out.insert(out.end(), found.rbegin(), found.rend());
  }

  struct Legs {
    Duration arrived, replied;
  };
  /// Of a row, within the time in which its caller waits for it.
  Legs legs(std::size_t row) const {
    const Row& of = picture_.rows[row];
    if (row == 0) return {of.begin, of.end};
    const Attempt& attempt = *attempt_of_row_[row];
    const Duration arrived = std::clamp(attempt.arrived.value_or(of.end), of.begin, of.end);
    const Duration replied =
        std::clamp(attempt.replied.value_or(attempt.arrived ? of.end : arrived), arrived, of.end);
    return {arrived, replied};
  }

  static Segment on_the_network(Duration from, Duration to, const Attempt& attempt) {
    std::string text = "on the network";
    if (attempt.again > 0) text += ", lost and sent again";
    return {from, to, Spent::network, std::move(text)};
  }

  void fill(std::size_t row) {
    Row& of = picture_.rows[row];
    const Legs leg = legs(row);
    if (row > 0) {
      const Attempt& attempt = *attempt_of_row_[row];
      if (leg.arrived > of.begin)
        of.segments.push_back(on_the_network(of.begin, leg.arrived, attempt));
      if (of.end > leg.replied) of.segments.push_back(on_the_network(leg.replied, of.end, attempt));
    }
    // Its own is what no call of it covers.
    std::vector<std::pair<Duration, Duration>> calls;
    for (const std::size_t callee : callees_[row])
      calls.emplace_back(picture_.rows[callee].begin, picture_.rows[callee].end);
    std::sort(calls.begin(), calls.end());
    Duration at = leg.arrived;
    for (const auto& [begin, end] : calls) {
      own(row, at, std::min(begin, leg.replied), of.segments);
      at = std::max(at, end);
    }
    own(row, at, leg.replied, of.segments);
  }

  /// The critical path through a row from `begin` to `end`, backwards.
  void walk(std::size_t row, Duration begin, Duration end) {
    Duration at = end;
    while (at > begin) {
      std::optional<std::size_t> last;
      for (const std::size_t callee : callees_[row]) {
        const Row& call = picture_.rows[callee];
        if (call.end > at || call.end <= begin || call.end <= call.begin || call.begin >= at)
          continue;
        if (!last || call.end > picture_.rows[*last].end) last = callee;
      }
      if (!last) break;
      const Row& call = picture_.rows[*last];
      own(row, call.end, at, picture_.rows[row].critical);
      cross(*last, std::max(call.begin, begin), call.end);
      at = std::max(call.begin, begin);
    }
    own(row, begin, at, picture_.rows[row].critical);
  }

  /// The same through the whole of a call: there, what the callee does, and back.
  void cross(std::size_t row, Duration begin, Duration end) {
    const Legs leg = legs(row);
    const Attempt& attempt = *attempt_of_row_[row];
    const auto network = [&](Duration from, Duration to) {
      from = std::max(from, begin);
      if (to > from) picture_.rows[row].critical.push_back(on_the_network(from, to, attempt));
    };
    network(leg.replied, end);
    walk(row, std::max(leg.arrived, begin), std::max(leg.replied, begin));
    network(begin, leg.arrived);
  }

  const RequestTrace& trace_;
  Waterfall picture_;
  std::vector<std::optional<std::size_t>> caller_;  // of attempts
  std::vector<const Attempt*> attempt_of_row_;      // null for the client
  std::vector<std::vector<std::size_t>> callees_;   // of rows
  std::vector<std::vector<Segment>> pauses_;        // the same
};

}  // namespace

std::string word(Spent spent) {
  switch (spent) {
    case Spent::service:
      return "service";
    case Spent::queue:
      return "queue";
    case Spent::network:
      return "network";
    case Spent::retry:
      return "retry";
  }
  return "";
}

RequestTraces traces_of(const Tracer& tracer, const Symbols& symbols, Time now) {
  RequestTraces traces;
  for (const TracedRequest& from : tracer.requests()) {
    RequestTrace& to = traces.followed.emplace_back();
    to.id = from.id;
    to.client = from.client->id();
    to.endpoint = symbols.name(from.endpoint);
    to.intended = from.intended - Time{};
    to.ended = since_begin(from.ended);
    to.status = from.status;
    to.seen = now - Time{};
    to.truncated = from.truncated;
    for (const TracedAttempt& attempt : from.attempts)
      to.attempts.push_back({attempt.from->label(), attempt.to->label(),
                             attempt.from->component().id(), attempt.to->component().id(),
                             attempt.path, attempt.edge->asynchronous(), attempt.sent - Time{},
                             since_begin(attempt.arrived), since_begin(attempt.replied),
                             since_begin(attempt.returned), since_begin(attempt.given_up),
                             attempt.status, attempt.again});
    for (const TracedWait& wait : from.waits)
      to.waits.push_back(
          {wait.at->label(), wait.path, wait.begin - Time{}, wait.end - Time{}, wait.what});
  }
  for (const NotedRequest& noted : tracer.noted())
    traces.slow.push_back({noted.id, noted.client->id(), symbols.name(noted.endpoint),
                           noted.intended - Time{}, noted.ended - Time{}, noted.status});
  return traces;
}

Waterfall waterfall_of(const RequestTrace& trace) {
  return Builder(trace).build();
}

}  // namespace highwater::viewer
