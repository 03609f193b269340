#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

#include "models/algorithms/resilience/breaker.h"

namespace highwater::resilience {

/// resilience Deadline: the moment after which nobody waits for an answer any more.
///
/// It is handed on as what is left of it. A call made on behalf of another gets the smaller of its
/// own time-out and of what is left less a slack, the time that the answer needs on its way back
/// and the caller to use it. Work whose deadline has come is dropped where it is found: in a queue,
/// before a try, before a retry's pause.
///
/// Edges: a time-out below 0 is one of 0. What is left is never below 0; sums beyond the range of
/// time are kNever.
///
/// Source   B. Beyer et al., Site Reliability Engineering, 2016, chapter 22, Deadline Propagation;
///          gRPC, guides/deadlines.
/// Checked  tests/resilience/deadline_test.cpp
class Deadline {
 public:
  /// None: there is always time left.
  Deadline() = default;

  static Deadline in(std::int64_t now, std::int64_t timeout) {
    return Deadline(later(now, std::max<std::int64_t>(0, timeout)));
  }

  std::int64_t at() const { return at_; }
  /// A deadline that is now has expired.
  bool expired(std::int64_t now) const { return at_ != kNever && now >= at_; }
  std::int64_t remaining(std::int64_t now) const {
    if (at_ == kNever) return kNever;
    return now >= at_ ? 0 : at_ - now;
  }

  /// Of a call made on behalf of this one.
  Deadline child(std::int64_t now, std::int64_t own_timeout, std::int64_t slack = 0) const {
    const std::int64_t left = remaining(now);
    const std::int64_t usable =
        left == kNever ? kNever
                       : std::max<std::int64_t>(0, left - std::max<std::int64_t>(0, slack));
    return in(now, std::min(own_timeout, usable));
  }

  /// Whether a pause and a try of at least `needed` after it still make sense.
  bool allows(std::int64_t now, std::int64_t pause, std::int64_t needed = 0) const {
    return at_ == kNever || later(later(now, std::max<std::int64_t>(0, pause)), needed) < at_;
  }

 private:
  explicit Deadline(std::int64_t at) : at_(at) {}
  static std::int64_t later(std::int64_t now, std::int64_t by) {
    return by > 0 && now > kNever - by ? kNever : now + by;
  }

  std::int64_t at_ = kNever;
};

/// The text of a `grpc-timeout` header: at most eight digits and a unit.
class GrpcTimeoutText {
 public:
  GrpcTimeoutText(std::uint64_t amount, char unit) {
    const auto [end, error] = std::to_chars(text_.data(), text_.data() + text_.size() - 1, amount);
    (void)error;  // the amount has eight digits at most
    *end = unit;
    size_ = static_cast<std::size_t>(end - text_.data()) + 1;
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 24> text_{};
  std::size_t size_ = 0;
};

enum class GrpcLibrary : std::uint8_t { go, java, js };

/// resilience grpc-timeout: a time-out as gRPC hands it to the server.
///
/// Java takes the finest unit that eight digits reach, beginning with nanoseconds, JavaScript
/// beginning with milliseconds; Go takes the largest unit that comes out even, and then larger ones
/// until eight digits are enough. What does not come out even is rounded up by Go and JavaScript,
/// so that the server does not give up before the client, and cut by Java. Nothing left is "0S" in
/// Go, "0n" in Java and "0m" in JavaScript; below 0 is as 0 (Java refuses it). JavaScript looks for
/// the unit before it rounds: less than a millisecond below 100,000,000 ms has nine digits, which
/// servers refuse.
///
/// Source   gRPC over HTTP2, Requests; grpc-go internal/grpcutil/encode_duration.go (11fa0276; of
///          old it took the finest unit), grpc-java GrpcUtil.TimeoutMarshaller, grpc-js 1.14.7
///          deadline.ts.
/// Checked  tests/resilience/deadline_test.cpp: recordings of grpc-js; the cases of grpc-go's and
///          grpc-java's tests; tests/reality/npm_retrying.py: random time-outs beside grpc-js.
inline GrpcTimeoutText encode_grpc_timeout(std::int64_t timeout,
                                           GrpcLibrary library = GrpcLibrary::go) {
  struct Unit {
    char letter;
    std::uint64_t nanoseconds;
  };
  constexpr std::array kUnits = {
      Unit{'n', 1},
      Unit{'u', 1'000},
      Unit{'m', 1'000'000},
      Unit{'S', 1'000'000'000},
      Unit{'M', 60'000'000'000},
      Unit{'H', 3'600'000'000'000},
  };
  constexpr std::uint64_t kTooLong = 100'000'000;
  constexpr std::size_t kMilliseconds = 2;
  constexpr std::size_t kSeconds = 3;
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(0, timeout));
  const bool rounds_up = library != GrpcLibrary::java;
  const auto amount_in = [&](const Unit& unit) {
    return ns / unit.nanoseconds + (rounds_up && ns % unit.nanoseconds > 0 ? 1 : 0);
  };
  std::size_t i = library == GrpcLibrary::js ? kMilliseconds : 0;
  if (library == GrpcLibrary::go) {
    if (ns == 0) return {0, kUnits[kSeconds].letter};
    i = kUnits.size() - 1;
    while (ns % kUnits[i].nanoseconds != 0) --i;
    while (i + 1 < kUnits.size() && amount_in(kUnits[i]) >= kTooLong) ++i;
  } else {
    while (i + 1 < kUnits.size() && ns / kUnits[i].nanoseconds >= kTooLong) ++i;
  }
  return {amount_in(kUnits[i]), kUnits[i].letter};
}

/// The other way round, in nanoseconds; kNever where it is longer than time can say.
/// @return nothing where the text is no such header: one to eight digits and one of n u m S M H.
inline std::optional<std::int64_t> decode_grpc_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  std::int64_t amount = 0;
  const char* const last = text.data() + text.size() - 1;
  if (*text.data() < '0' || *text.data() > '9') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), last, amount);
  if (error != std::errc() || end != last) return std::nullopt;
  std::int64_t unit = 0;
  switch (*last) {
    case 'n':
      unit = 1;
      break;
    case 'u':
      unit = 1'000;
      break;
    case 'm':
      unit = 1'000'000;
      break;
    case 'S':
      unit = 1'000'000'000;
      break;
    case 'M':
      unit = 60'000'000'000;
      break;
    case 'H':
      unit = 3'600'000'000'000;
      break;
    default:
      return std::nullopt;
  }
  return amount > kNever / unit ? kNever : amount * unit;
}

}  // namespace highwater::resilience
