#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <utility>

namespace highwater::caching {

/// caching leases: memcache's answer to stale sets and stampedes.
///
/// Who misses gets a token, one per key and lease time; others who miss meanwhile are told to wait
/// a little, or to take a stale value. A value may be stored only with the token of the time: a
/// deletion in between makes it void, so that what was read before a write can not overwrite what
/// was deleted because of it.
///
/// Memory: one entry for each key with a token that was not used, for a lease time.
///
/// Assumes  the token is void once the lease time is over and another was given, not before.
/// Source   R. Nishtala et al., Scaling Memcache at Facebook, NSDI 2013, section 3.2.1.
/// Checked  tests/algorithms/leases_test.cpp: the two races of the paper, the rate of tokens.
class Leases {
 public:
  static constexpr std::int64_t kDefaultTime = 10'000'000'000;  ///< 10 s, as in the paper.
  /// What a token is; 0 is none.
  using Token = std::uint64_t;

  /// @param lease_time  Nanoseconds in which a key's second token is not given.
  explicit Leases(std::int64_t lease_time = kDefaultTime) : lease_time_(lease_time) {}

  /// A look-up has missed. @return the token with which the caller may store what it will fetch; 0
  /// where somebody else has one.
  Token miss(std::uint64_t key, std::int64_t now) {
    drop_old(now);
    const auto [place, is_new] = granted_.try_emplace(key, 0);
    if (!is_new) return 0;
    place->second = ++last_;
    order_.push_back({now + lease_time_, key, last_});
    return last_;
  }

  /// Whether a value fetched under this token may be stored. The token is used up by that.
  bool may_store(std::uint64_t key, Token token, std::int64_t now) {
    const auto found = granted_.find(key);
    if (found != granted_.end() && found->second == token) {
      granted_.erase(found);
      return true;
    }
    drop_old(now);
    return false;
  }

  /// The key was deleted, or written by somebody else: a token that is out is void.
  void invalidate(std::uint64_t key) { granted_.erase(key); }

  /// Keys with a token that is out.
  std::size_t size() const { return granted_.size(); }

 private:
  struct Grant {
    std::int64_t until;
    std::uint64_t key;
    Token token;
  };

  void drop_old(std::int64_t now) {
    for (; !order_.empty() && order_.front().until <= now; order_.pop_front()) {
      const auto found = granted_.find(order_.front().key);
      if (found != granted_.end() && found->second == order_.front().token) granted_.erase(found);
    }
  }

  std::int64_t lease_time_;
  std::map<std::uint64_t, Token> granted_;
  std::deque<Grant> order_;  // by the end of the lease time
  Token last_ = 0;
};

}  // namespace highwater::caching
