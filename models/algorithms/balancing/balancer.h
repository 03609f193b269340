#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/random_bits.h"

namespace highwater::balancing {

/// Index of a target in the order of the configuration; nothing where none may be picked.
using Pick = std::optional<std::size_t>;

/// What a target is, or what a request asks of its target: {"version", "2"}.
struct Label {
  std::string key;
  std::string value;
};

/// One target as it is configured.
struct Target {
  std::string name = {};  ///< host:port, which the hashing policies hash.
  /// Its share of the requests, for the policies that have weights; 0: none, under any policy.
  std::uint32_t weight = 1;
  std::uint32_t max_in_flight = 0;  ///< nginx max_conns, HAProxy maxconn; 0: no limit.
  bool backup = false;             ///< Only when none of the others may be picked (nginx, HAProxy).
  std::uint32_t priority = 0;      ///< Envoy's priority level, 0 first.
  std::string locality = {};       ///< Zone, for policies that prefer the near ones.
  std::vector<Label> labels = {};  ///< Envoy's metadata, by which subsets are made.
  bool down = false;  ///< Not usable until set_usable() says so (nginx down, HAProxy disabled).
  /// nginx: that many failures within fail_timeout keep it away for as long; 0: failures do not
  /// count.
  std::uint32_t max_fails = 1;
  std::int64_t fail_timeout =
      10'000'000'000;  ///< nginx: nanoseconds, of which whole seconds count.
  std::uint32_t min_in_flight =
      0;                        ///< HAProxy minconn: the limit while the backend is idle; 0: none.
  std::int64_t slow_start = 0;  ///< HAProxy slowstart: nanoseconds to full weight once back up.
};

/// What a pick is about.
struct Question {
  std::int64_t now = 0;  ///< Nanoseconds since the beginning; never less than in an earlier call.
  std::string_view key = {};  ///< What hashing policies hash: a URL, a user, an address.
  /// Targets that this request has been sent to in vain, in that order; they are passed over.
  std::span<const std::size_t> tried = {};
  std::span<const Label> labels = {};  ///< Envoy's metadata_match: asks for a subset of targets.
  /// Where the policy counts the vain draws of the whole request (nginx random gives up after 20):
  /// 0 at the first pick, the same at the further ones. May be null: then each pick counts anew.
  std::uint32_t* vain_draws = nullptr;
};

/// How a request to a target ended, as the balancer sees it.
struct Ending {
  std::int64_t now = 0;      ///< Nanoseconds since the beginning.
  std::int64_t latency = 0;  ///< Nanoseconds since the pick.
  bool failed = false;       ///< No connection, a broken one, or no answer in time.
};

/// A balancer under any policy: what a proxy holds. One per deciding party: two proxies that do not
/// share memory need two.
///
/// It counts what it has sent and not got back itself, since the products decide by what they have
/// sent and not by what a target holds. A policy derives from it and implements choose(), and those
/// hooks that it needs.
///
/// Not copyable; not thread-safe.
class Balancer {
 public:
  explicit Balancer(std::vector<Target> targets) : targets_(std::move(targets)) {
    states_.reserve(targets_.size());
    for (const Target& target : targets_)
      states_.push_back({target.weight, 0, target.max_in_flight, !target.down});
  }
  virtual ~Balancer() = default;
  Balancer(const Balancer&) = delete;
  Balancer& operator=(const Balancer&) = delete;

  /// Picks a target and counts the request as in flight there until finish().
  Pick pick(const Question& question, AnyBits bits) {
    const Pick picked = choose(question, bits);
    if (picked) send(*picked, question);
    return picked;
  }

  /// Counts a request as in flight at a target that somebody else has decided on (a session that
  /// sticks to it), as if pick() had.
  void send(std::size_t target, const Question& question) {
    ++states_[target].in_flight;
    ++in_flight_;
    began(target, question);
  }

  /// A request that was sent to `target` has come to its end.
  void finish(std::size_t target, const Ending& ending) {
    --states_[target].in_flight;
    --in_flight_;
    ended(target, ending);
  }

  /// Health checks, outlier detection and draining decide; all targets are usable at first.
  void set_usable(std::size_t target, bool usable, std::int64_t now) {
    if (states_[target].usable == usable) return;
    states_[target].usable = usable;
    usable_changed(target, now);
  }

  /// Slow start and canaries change weights on the way.
  void set_weight(std::size_t target, std::uint32_t weight, std::int64_t now) {
    if (states_[target].weight == weight) return;
    states_[target].weight = weight;
    weight_changed(target, now);
  }

  /// The target calls itself degraded, or no longer: Envoy sends there only what the healthy ones
  /// cannot take. False where the policy takes no notice.
  virtual bool set_degraded(std::size_t target, bool degraded, std::int64_t now) {
    (void)target, (void)degraded, (void)now;
    return false;
  }

  std::size_t size() const { return targets_.size(); }
  const Target& target(std::size_t i) const { return targets_[i]; }
  std::uint32_t weight(std::size_t i) const { return states_[i].weight; }
  bool usable(std::size_t i) const { return states_[i].usable; }
  /// Requests picked for the target and not finished.
  std::uint32_t in_flight(std::size_t i) const { return states_[i].in_flight; }
  std::uint64_t in_flight() const { return in_flight_; }

  /// Has as many requests in flight as it may have.
  bool full(std::size_t i) const {
    const std::uint32_t most = states_[i].max_in_flight;
    return most != 0 && states_[i].in_flight >= most;
  }

  /// True where the policy itself leaves failing targets alone (nginx max_fails): nobody else
  /// should then.
  virtual bool judges_failures() const { return false; }
  /// True where Question::key matters, so that nobody need make one in vain.
  virtual bool reads_key() const { return false; }

 protected:
  virtual Pick choose(const Question& question, AnyBits& bits) = 0;
  /// The request picked counts already; the one that ended no longer does.
  virtual void began(std::size_t target, const Question& question) { (void)target, (void)question; }
  virtual void ended(std::size_t target, const Ending& ending) { (void)target, (void)ending; }
  virtual void usable_changed(std::size_t target, std::int64_t now) { (void)target, (void)now; }
  virtual void weight_changed(std::size_t target, std::int64_t now) { (void)target, (void)now; }

  /// Usable, of some weight, not full and not tried before.
  bool available(std::size_t i, const Question& question) const {
    return states_[i].usable && states_[i].weight != 0 && !full(i) && !was_tried(i, question);
  }
  std::uint32_t count_available(const Question& question) const {
    std::uint32_t count = 0;
    for (std::size_t i = 0; i < size(); ++i) count += available(i, question);
    return count;
  }
  /// The rank-th available target; rank < count_available().
  std::size_t available_at(std::uint32_t rank, const Question& question) const {
    std::size_t i = 0;
    while (!available(i, question) || rank-- > 0) ++i;
    return i;
  }
  static bool was_tried(std::size_t i, const Question& question) {
    return std::find(question.tried.begin(), question.tried.end(), i) != question.tried.end();
  }

 private:
  /// What every pick looks at, apart from what is seldom asked for.
  struct State {
    std::uint32_t weight = 1;
    std::uint32_t in_flight = 0;
    std::uint32_t max_in_flight = 0;
    bool usable = true;
  };

  std::vector<Target> targets_;
  std::vector<State> states_;
  std::uint64_t in_flight_ = 0;
};

}  // namespace highwater::balancing
