#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

/// What all nginx methods share: the peers of one `upstream` with their failure accounting, and the
/// smooth weighted round robin that every method falls back to.
///
/// A peer that failed max_fails times rests for fail_timeout, then gets one chance per fail_timeout
/// until a request succeeds; each failure also costs it weight / max_fails of its effective weight,
/// which comes back by one per pick. Backups are asked when no primary can be picked, and for the
/// rest of the request from then on. Time counts in whole seconds. A lone peer is never judged.
///
/// Assumes  one worker process, or a `zone` that all share; no keepalive races. A target of weight
///          0, which nginx refuses to start with, counts as down. A weight set on the way takes
///          effect at once, as after a reload that kept the rest of the state. What is tried again,
///          and how often, is the caller's business (proxy_next_upstream_tries).
/// Source   nginx 1.22.1 src/http/ngx_http_upstream_round_robin.c.
/// Checked  tests/algorithms/nginx_test.cpp: recorded picks and failures of a running nginx;
///          tests/reality/nginx_balancing.py: random configurations against a live one.
class NginxUpstream : public Balancer {
 public:
  explicit NginxUpstream(std::vector<Target> targets) : Balancer(std::move(targets)) {
    peers_.reserve(size());
    for (std::size_t i = 0; i < size(); ++i) {
      const Target& target = this->target(i);
      peers_.push_back({.weight = target.weight,
                        .effective_weight = target.weight,
                        .max_fails = target.max_fails,
                        .fail_timeout = seconds(target.fail_timeout)});
      Group& group = groups_[target.backup];
      group.members.push_back(static_cast<std::uint32_t>(i));
      group.total_weight += target.weight;
    }
    single_ = size() == 1;
  }

  bool judges_failures() const override { return true; }

 protected:
  struct Group {
    std::vector<std::uint32_t> members = {};
    std::uint64_t total_weight = 0;  ///< Of all members, those that are down included.
  };

  static std::int64_t seconds(std::int64_t nanoseconds) { return nanoseconds / 1'000'000'000; }

  const Group& primaries() const { return groups_[0]; }
  const Group& group(std::size_t rank) const { return groups_[rank]; }
  bool single() const { return single_; }

  /// The group that the request is at: once it has been sent to a backup, it stays with them.
  std::size_t rank_of(const Question& question) const {
    for (const std::size_t i : question.tried)
      if (target(i).backup) return 1;
    return 0;
  }

  /// Neither tried nor down nor resting after failures nor full.
  bool eligible(std::size_t i, const Question& question, std::int64_t now) const {
    const Peer& peer = peers_[i];
    if (!usable(i) || peer.weight == 0) return false;
    if (peer.max_fails != 0 && peer.fails >= peer.max_fails &&
        now - peer.checked <= peer.fail_timeout)
      return false;
    return !full(i) && (question.tried.empty() || !was_tried(i, question));
  }

  /// Adds the peer's weight to its credit, as every pass over candidates does; returns how much.
  std::int64_t give_credit(std::size_t i) {
    Peer& peer = peers_[i];
    const std::int64_t given = peer.effective_weight;
    peer.credit += given;
    peer.effective_weight += given < peer.weight;
    return given;
  }
  std::int64_t credit(std::size_t i) const { return peers_[i].credit; }
  void take_credit(std::size_t i, std::int64_t total) { peers_[i].credit -= total; }
  std::int64_t peer_weight(std::size_t i) const { return peers_[i].weight; }

  /// The pick of every method once it has decided: a resting peer's next chance is fail_timeout
  /// from now.
  Pick chosen(std::size_t i, std::int64_t now) {
    Peer& peer = peers_[i];
    if (now - peer.checked > peer.fail_timeout) peer.checked = now;
    return i;
  }

  /// The lone peer, unless it was tried: nobody is asked twice.
  Pick pick_single(const Question& question) const {
    if (!usable(0) || peers_[0].weight == 0 || full(0) || !question.tried.empty())
      return std::nullopt;
    return 0;
  }

  /// Smooth weighted round robin among the candidates.
  Pick smooth(const std::vector<std::uint32_t>& candidates, const Question& question,
              std::int64_t now) {
    std::int64_t total = 0;
    Pick best;
    for (const std::uint32_t i : candidates) {
      if (!eligible(i, question, now)) continue;
      total += give_credit(i);
      if (!best || peers_[i].credit > peers_[*best].credit) best = i;
    }
    if (!best) return std::nullopt;
    take_credit(*best, total);
    return chosen(*best, now);
  }

  /// The same over the primaries and then the backups. O(n).
  Pick round_robin(const Question& question) {
    if (single_) return pick_single(question);
    for (std::size_t rank = rank_of(question); rank < 2; ++rank)
      if (const Pick picked = smooth(groups_[rank].members, question, seconds(question.now)))
        return picked;
    return std::nullopt;
  }

 private:
  struct Peer {
    std::int64_t weight = 1;
    std::int64_t effective_weight = 1;
    std::int64_t credit = 0;  // nginx: current_weight
    std::uint32_t max_fails = 1;
    std::uint32_t fails = 0;
    std::int64_t fail_timeout = 10;  // seconds, as the two times below
    std::int64_t accessed = 0;       // the last failure
    std::int64_t checked = 0;        // the last failure, or the last chance given since
  };

  void ended(std::size_t i, const Ending& ending) override {
    if (single_) return;
    Peer& peer = peers_[i];
    if (ending.failed) {
      ++peer.fails;
      peer.accessed = peer.checked = seconds(ending.now);
      if (peer.max_fails != 0)
        peer.effective_weight =
            std::max<std::int64_t>(peer.effective_weight - peer.weight / peer.max_fails, 0);
    } else if (peer.accessed < peer.checked) {
      peer.fails = 0;  // it was given a chance since its last failure, and took it
    }
  }

  void weight_changed(std::size_t i, std::int64_t) override {
    Peer& peer = peers_[i];
    Group& group = groups_[target(i).backup];
    group.total_weight += weight(i);
    group.total_weight -= static_cast<std::uint64_t>(peer.weight);
    peer.weight = peer.effective_weight = weight(i);
    weights_changed();
  }

  /// For methods that keep something computed from the weights.
  virtual void weights_changed() {}

  std::vector<Peer> peers_;
  std::array<Group, 2> groups_;  // primaries, backups
  bool single_ = false;
};

/// balancing nginx_round_robin: smooth weighted round robin with failure accounting.
///
/// Source   nginx 1.22.1 src/http/ngx_http_upstream_round_robin.c.
/// Checked  tests/algorithms/nginx_test.cpp
class NginxRoundRobin final : public NginxUpstream {
 public:
  using NginxUpstream::NginxUpstream;

 private:
  Pick choose(const Question& question, AnyBits&) override { return round_robin(question); }
};

/// balancing nginx_least_conn: fewest requests per weight; smooth round robin among ties.
///
/// Only ties move the credits, and only those from the first tied peer on.
///
/// Source   nginx 1.22.1 src/http/modules/ngx_http_upstream_least_conn_module.c.
/// Checked  tests/algorithms/nginx_test.cpp: recorded scripts of requests begun and ended.
class NginxLeastConn final : public NginxUpstream {
 public:
  explicit NginxLeastConn(std::vector<Target> targets) : NginxUpstream(std::move(targets)) {
    tied_.resize(size());
  }

 private:
  /// O(n).
  Pick choose(const Question& question, AnyBits&) override {
    if (single()) return pick_single(question);
    for (std::size_t rank = rank_of(question); rank < 2; ++rank)
      if (const Pick picked = least(group(rank), question)) return picked;
    return std::nullopt;
  }

  /// Requests per weight are compared by cross-multiplication.
  Pick least(const Group& group, const Question& question) {
    const std::int64_t now = seconds(question.now);
    std::uint64_t requests = 0;
    std::uint64_t weight = 0;  // of the least so far
    std::size_t ties = 0;
    for (const std::uint32_t i : group.members) {
      if (!eligible(i, question, now)) continue;
      const std::uint64_t own_requests = in_flight(i);
      const auto own_weight = static_cast<std::uint64_t>(peer_weight(i));
      const std::uint64_t own = own_requests * weight;
      const std::uint64_t least = requests * own_weight;
      if (ties > 0 && own > least) continue;
      if (ties == 0 || own < least) {
        ties = 0;
        requests = own_requests;
        weight = own_weight;
      }
      tied_[ties++] = i;
    }
    if (ties == 0) return std::nullopt;
    return chosen(ties == 1 ? tied_.front() : round_robin_of({tied_.data(), ties}), now);
  }

  std::size_t round_robin_of(std::span<const std::uint32_t> tied) {
    std::size_t best = tied.front();
    std::int64_t most = std::numeric_limits<std::int64_t>::min();
    std::int64_t total = 0;
    for (const std::uint32_t i : tied) {
      total += give_credit(i);
      if (credit(i) <= most) continue;
      most = credit(i);
      best = i;
    }
    take_credit(best, total);
    return best;
  }

  std::vector<std::uint32_t> tied_;  // for the least load, of one pick
};

}  // namespace highwater::balancing
