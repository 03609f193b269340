#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>

namespace highwater::membership {

/// membership SkewedClock: what a machine's clock shows.
///
/// It is `offset` ahead and runs `drift` parts in a million too fast; a step (NTP's, or an
/// operator's) changes the offset at once, a slew pays an offset off at a rate. Whole numbers only:
/// the same on every machine.
///
/// Preconditions  times within 100 years, |drift| below a million: nothing overflows then.
/// Source   NTP's kernel discipline slews by at most 500 ppm: D. Mills, RFC 5905 and ntpd's manual.
/// Checked  tests/membership/lease_test.cpp.
class SkewedClock {
 public:
  static constexpr std::int64_t kSlewRate = 500;  // parts in a million

  explicit SkewedClock(std::int64_t offset = 0, std::int64_t drift = 0)
      : base_(offset), drift_(drift) {}

  std::int64_t at(std::int64_t now) const {
    const std::int64_t d = now - since_;
    return base_ + d + share(d, drift_) + (slew_ < 0 ? -paid(d) : paid(d));
  }

  /// The clock is set `by` nanoseconds on.
  void step(std::int64_t now, std::int64_t by) {
    rebase(now);
    base_ += by;
  }
  /// The clock is brought `by` nanoseconds on, at kSlewRate; what was left of an earlier slew is
  /// not.
  void slew(std::int64_t now, std::int64_t by) {
    rebase(now);
    slew_ = by;
  }
  void set_drift(std::int64_t now, std::int64_t drift) {
    rebase(now);
    drift_ = drift;
  }

 private:
  static std::int64_t share(std::int64_t d, std::int64_t ppm) {
    return d / 1'000'000 * ppm + d % 1'000'000 * ppm / 1'000'000;
  }
  std::int64_t paid(std::int64_t d) const {
    return std::clamp<std::int64_t>(share(d, kSlewRate), 0, slew_ < 0 ? -slew_ : slew_);
  }
  void rebase(std::int64_t now) {
    const std::int64_t shown = at(now);
    const std::int64_t done = paid(now - since_);
    slew_ += slew_ < 0 ? done : -done;
    base_ = shown;
    since_ = now;
  }

  std::int64_t base_;
  std::int64_t drift_;
  std::int64_t since_ = 0;
  std::int64_t slew_ = 0;  // still to be paid off, as of since_
};

/// membership LeaseStore: what grants leases: an etcd key with a TTL, a lock table.
///
/// One holder at a time. The lease ends ttl after the last renewal by the store's own clock, unless
/// it is given back. Each grant to another holder has a greater token than all before it: whoever
/// checks tokens ("fencing") turns away a holder that believes too long.
///
/// At the edges  a ttl of 0 or less is over at once: nobody holds it. The store's clock going back
///          counts as standing still.
/// Source   C. Gray, D. Cheriton, Leases, SOSP 1989; etcd 3.4, lease; M. Burrows, The Chubby lock
///          service, OSDI 2006 (sequencers).
/// Checked  tests/membership/lease_test.cpp.
class LeaseStore {
 public:
  struct Grant {
    bool granted = false;
    std::uint64_t token = 0;
  };

  /// A request arrives at the store: to become the holder, or to stay it.
  Grant acquire(std::int64_t store_now, std::uint32_t who, std::int64_t ttl) {
    const std::optional<std::uint32_t> before = holder(store_now);
    if (before && *before != who) return {false, token_};
    if (!before || !held_once_) ++token_;
    held_once_ = true;
    holder_ = who;
    const std::int64_t most = std::numeric_limits<std::int64_t>::max();
    ends_ = ttl > most - std::max<std::int64_t>(0, now_) ? most : now_ + ttl;
    if (ends_ <= now_) holder_.reset();
    return {holder_.has_value(), token_};
  }
  void release(std::int64_t store_now, std::uint32_t who) {
    if (holder(store_now) == who) holder_.reset();
  }
  std::optional<std::uint32_t> holder(std::int64_t store_now) {
    now_ = std::max(now_, store_now);
    if (holder_ && now_ >= ends_) holder_.reset();
    return holder_;
  }
  std::uint64_t token() const { return token_; }

 private:
  std::optional<std::uint32_t> holder_;
  std::int64_t ends_ = 0;
  std::int64_t now_ = std::numeric_limits<std::int64_t>::min();
  std::uint64_t token_ = 0;
  bool held_once_ = false;
};

/// A resource that checks tokens: it takes none lower than the highest it has seen.
class FencedResource {
 public:
  bool accept(std::uint64_t token) {
    if (token < highest_) return false;
    highest_ = token;
    return true;
  }

 private:
  std::uint64_t highest_ = 0;
};

struct LeaseOptions {
  std::int64_t ttl = 30'000'000'000;            ///< Patroni: ttl
  std::int64_t interval = 10'000'000'000;       ///< Patroni: loop_wait, between two renewals
  std::int64_t retry_timeout = 10'000'000'000;  ///< Patroni: retry_timeout, of one renewal
  std::int64_t max_drift = 0;                   ///< How far the two clocks may part within a ttl.

  /// What Patroni demands of its settings: loop_wait + 2 * retry_timeout <= ttl.
  bool sound() const { return interval + 2 * retry_timeout <= ttl; }
};

/// membership LeaseHolder: how long one that was granted a lease may act on it.
///
/// The store counts from when the request arrives, which is after it was sent: a holder that counts
/// from the sending, by its own clock, and stops max_drift before the end, stops before the store
/// gives the lease to anybody else, as long as the clocks do not part by more than that in a ttl.
/// Only the length of time on the holder's clock counts, not what it shows. A step of the clock is
/// a drift all at once: a holder whose clock is set back believes too long, and only tokens help.
/// Patroni's leader asks every loop_wait, gives one attempt retry_timeout and demotes itself when
/// it fails or the lease may be over.
///
/// At the edges  max_drift >= ttl: it never believes. The clock going back since the sending: by
/// less
///          than a ttl it believes on (it can not know), as real programs do on a clock that is not
///          monotonic.
/// Source   Patroni 3.0, ha.py, dcs: ttl 30, loop_wait 10, retry_timeout 10; Gray, Cheriton 1989.
/// Checked  tests/membership/lease_test.cpp: no two believe at once while the drift is within its
///          bound, and with a greater drift some do.
class LeaseHolder {
 public:
  explicit LeaseHolder(LeaseOptions options) : options_(options) {}

  /// A request goes out. @param mine  What the own clock shows.
  void sent(std::int64_t mine) { asked_ = mine; }
  /// Its answer is there.
  void answered(const LeaseStore::Grant& grant) {
    if (!asked_) return;
    if (grant.granted) {
      since_ = asked_;
      token_ = grant.token;
    } else {
      since_.reset();
    }
    asked_.reset();
  }
  /// Patroni: the attempt has failed for good; the leader demotes itself.
  void gave_up() {
    asked_.reset();
    since_.reset();
  }

  bool believes(std::int64_t mine) const { return since_ && mine < *since_ + safe_time(); }
  /// When it stops to, by its own clock.
  std::int64_t until() const {
    return since_ ? *since_ + safe_time() : std::numeric_limits<std::int64_t>::min();
  }
  std::uint64_t token() const { return token_; }

 private:
  std::int64_t safe_time() const {
    return options_.ttl - std::max<std::int64_t>(0, options_.max_drift);
  }

  LeaseOptions options_;
  std::optional<std::int64_t> asked_;
  std::optional<std::int64_t> since_;
  std::uint64_t token_ = 0;
};

}  // namespace highwater::membership
