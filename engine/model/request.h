#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/kernel/time.h"

namespace highwater {

/// How a call ended, as its caller sees it.
enum class Status : std::uint8_t {
  ok,           ///< Answered (a 404 that the endpoint means is an answer).
  error,        ///< Answered with an error (5xx), by the callee's own doing or a fault's.
  timeout,      ///< No answer within the caller's timeout.
  rejected,     ///< Refused unserved: line full, rate limit, pool timeout.
  unavailable,  ///< Nobody there: connection refused, no healthy target.
  reset,        ///< The connection broke while the callee worked on it.
  abandoned,    ///< The request left the line on its own (patience or deadline).
};
inline constexpr std::size_t kStatuses = 7;

constexpr std::string_view name(Status status) {
  constexpr std::array<std::string_view, kStatuses> names{
      "ok", "error", "timeout", "rejected", "unavailable", "connection_reset", "abandoned"};
  return names[static_cast<std::size_t>(status)];
}

/// Occurrences by status.
class StatusCounts {
 public:
  void add(Status status) { ++counts_[static_cast<std::size_t>(status)]; }
  std::uint64_t operator[](Status status) const {
    return counts_[static_cast<std::size_t>(status)];
  }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts_) sum += count;
    return sum;
  }

 private:
  std::array<std::uint64_t, kStatuses> counts_{};
};

/// What a call does to the data it is about.
enum class Operation : std::uint8_t {
  read,
  write,
  remove,  ///< To a cache: what is stored is no longer so. To what keeps the data a write.
};

/// An endpoint's name as a small number: index into the scenario's Symbols.
using Symbol = std::uint32_t;
inline constexpr Symbol kNoSymbol = 0;

/// What a step that keeps something in a cache has agreed on for it; models/cache/terms.h.
struct CacheTerms;

/// What a caller wants from a callee. Copied along every hop.
struct Request {
  std::uint64_t id = 0;    ///< The client's request this works for; unique in a replication.
  std::uint64_t path = 0;  ///< Names the chain of calls from the client to here; see descend().
  std::uint64_t key = 0;   ///< The datum it is about (user, page, …).
  Time intended{};         ///< When the client meant to send it.
  Time deadline = kNever;  ///< After this instant no caller waits for the answer.
  /// To a cache beside the data; null where the cache's own terms are meant. Outlives the run.
  const CacheTerms* terms = nullptr;
  std::uint32_t fetch_us = 0;  ///< Of a write to a cache: how long it took to get what is stored.
  std::uint32_t lease = 0;     ///< Of a write to a cache: what the look-up gave out; see Reply.
  Symbol endpoint = kNoSymbol;
  Operation operation = Operation::read;
  std::uint8_t priority = 0;  ///< 0 is the most urgent.
  /// The part of the callee (a partition) that its route() chose; it means something there alone.
  std::uint16_t part = 0;

  /// The request that step `step` of the callee sends on, in its `turn`-th time round. The path
  /// keys the callee's random draws, so that two calls of one request draw independently and
  /// a change elsewhere in the system leaves these draws alone.
  Request descend(std::uint32_t step, std::uint64_t turn) const {
    Request next = *this;
    next.path = (path ^ (std::uint64_t{step} << 32) ^ turn) * 0x9e3779b97f4a7c15ULL + 1;
    return next;
  }
  /// Names the call that sent this: what the first 255 of its tries, the turns of one descend(),
  /// have in common.
  std::uint64_t call() const {
    constexpr std::uint64_t kInverse = 0xf1de83e19937733dULL;  // of the factor in descend()
    return (path - 1) * kInverse >> 8;
  }
};

/// What is to be done about an entry that a cache has.
enum class EntryState : std::uint8_t {
  fresh,        ///< Nothing; also of no entry.
  renew,        ///< To be used, and fetched anew meanwhile.
  last_resort,  ///< Counts as a miss, but may be used if fetching it anew fails.
};

/// What a fault has made of an answer that was good, unknown to the callee.
enum class AnswerBody : std::uint8_t {
  good,
  truncated,  ///< Its connection ends before it does.
  garbled,    ///< Who reads it finds that it is no answer to what was asked.
};

/// What the callee says.
struct Reply {
  Status status = Status::ok;
  /// Of an answer that is an error because something behind the callee failed: how that ended, at
  /// the root. `ok` where the callee itself failed, or nothing did.
  Status behind = Status::ok;
  bool hit = false;    ///< A cache had it.
  bool stale = false;  ///< The data was older than the latest committed write.
  /// There is nothing of that kind: an answer all the same (a 404 that is meant).
  bool missing = false;
  EntryState entry = EntryState::fresh;
  AnswerBody body = AnswerBody::good;
  /// So many times as large as it should be.
  std::uint8_t swollen = 1;
  /// Of a cache asked for a lease: with this one may what was fetched be stored. 0 is none:
  /// somebody else has it.
  std::uint32_t lease = 0;

  bool ok() const { return status == Status::ok; }
  /// What went wrong in the first place: callers act on the status, reports count causes.
  Status cause() const { return behind == Status::ok ? status : behind; }

  /// Answers a request whose work ended so: with an error (5xx) whatever failed, for the callee
  /// itself was there and in time.
  static Reply after(Status work) {
    return work == Status::ok ? Reply{} : Reply{Status::error, work};
  }
  /// What a proxy makes of its target's reply: it hands on answers, refusals (429, 503) among
  /// them, and answers itself (502, 504) where it got none.
  Reply passed_on() const {
    Reply reply = *this;
    if (status == Status::timeout || status == Status::unavailable || status == Status::reset) {
      reply.behind = cause();
      reply.status = Status::error;
    }
    return reply;
  }
};

}  // namespace highwater
