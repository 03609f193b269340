#pragma once

#include <cstdint>

namespace highwater::resilience {

/// How one try of a request ended, as a limit on retries sees it.
enum class TryResult : std::uint8_t {
  ok,
  failed,     ///< With an error that may be tried again.
  timed_out,  ///< The same, but nothing came back in time.
  refused,    ///< With an error that trying again would not mend.
};

/// One try of a request.
struct Try {
  bool is_retry = false;
  TryResult after = TryResult::ok;  ///< Of a retry: how the try before it ended.
};

/// resilience RetryLimit: what keeps the retries of one caller from becoming a storm.
///
/// The order for each request: began() for the first try; ended() when a try has ended; then, if
/// the caller wants to try again, may_retry(). Where that says yes the retry is paid for; the
/// caller reports began() when it goes out, after its pause, or dropped() if it never does.
///
/// Not copyable; not thread-safe; shared by all requests of a caller to the same service.
///
/// Source   each product names its own.
/// Checked  tests/resilience/retry_limit_test.cpp: no limit hands out more than it was given.
class RetryLimit {
 public:
  RetryLimit() = default;
  virtual ~RetryLimit() = default;
  RetryLimit(const RetryLimit&) = delete;
  RetryLimit& operator=(const RetryLimit&) = delete;

  virtual void began(std::int64_t now, const Try& attempt) { (void)now, (void)attempt; }
  virtual void ended(std::int64_t now, const Try& attempt, TryResult how) = 0;
  /// @param why  How the last try ended.
  virtual bool may_retry(std::int64_t now, TryResult why) = 0;
  /// A retry that may_retry() allowed does not go out after all.
  virtual void dropped(std::int64_t now, TryResult why) { (void)now, (void)why; }
};

}  // namespace highwater::resilience
