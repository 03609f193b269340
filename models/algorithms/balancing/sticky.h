#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

struct StickyOptions {
  /// Nanoseconds after its last use in which a session is remembered; 0: for ever.
  std::int64_t ttl = 1'800'000'000'000;
  /// Sessions remembered: of more, those unused for longest are forgotten. 0: none.
  std::size_t max_entries = 100'000;
  /// Sends a session whose target will not do to another one, where it stays from then on. If not,
  /// nobody is picked for it.
  bool redispatch = true;
};

/// balancing StickyTable: which target a key was sent to last.
///
/// O(log n) per use; memory follows the keys it remembers.
///
/// Assumes  an entry is forgotten a ttl after its last use. HAProxy purges a full table likewise by
///          what expires first.
/// Source   HAProxy 2.6 doc/configuration.txt, stick-table, stick on and option redispatch; Amazon
///          ELB documentation, Sticky sessions (1 s to 7 days).
/// Checked  tests/algorithms/sticky_test.cpp: against a model that looks at all entries.
class StickyTable {
 public:
  StickyTable(std::int64_t ttl, std::size_t max_entries) : ttl_(ttl), max_entries_(max_entries) {}

  /// Reading is a use.
  std::optional<std::size_t> find(std::string_view key, std::int64_t now) {
    forget_expired(now);
    const auto found = index_.find(key);
    if (found == index_.end()) return std::nullopt;
    const std::uint32_t slot = found->second;
    entries_[slot].used = now;
    unlink(slot);
    link_last(slot);
    return entries_[slot].target;
  }

  void put(std::string_view key, std::size_t target, std::int64_t now) {
    if (max_entries_ == 0) return;
    if (find(key, now)) {
      entries_[last_].target = target;
      return;
    }
    if (index_.size() >= max_entries_) forget(first_);
    std::uint32_t slot = free_;
    if (slot == kNone) {
      slot = static_cast<std::uint32_t>(entries_.size());
      entries_.emplace_back();
    } else {
      free_ = entries_[slot].next;
    }
    const auto [place, is_new] = index_.emplace(std::string(key), slot);
    (void)is_new;
    entries_[slot].key = &place->first;
    entries_[slot].target = target;
    entries_[slot].used = now;
    link_last(slot);
  }

  std::size_t size() const { return index_.size(); }

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffff;

  struct Entry {
    const std::string* key = nullptr;  // in index_, whose nodes stay where they are
    std::size_t target = 0;
    std::int64_t used = 0;
    std::uint32_t next = kNone;
    std::uint32_t previous = kNone;
  };

  void forget_expired(std::int64_t now) {
    if (ttl_ <= 0) return;
    while (first_ != kNone && now - entries_[first_].used >= ttl_) forget(first_);
  }

  void forget(std::uint32_t slot) {
    unlink(slot);
    index_.erase(index_.find(*entries_[slot].key));
    entries_[slot].next = free_;
    free_ = slot;
  }

  void unlink(std::uint32_t slot) {
    const Entry& entry = entries_[slot];
    (entry.previous == kNone ? first_ : entries_[entry.previous].next) = entry.next;
    (entry.next == kNone ? last_ : entries_[entry.next].previous) = entry.previous;
  }

  void link_last(std::uint32_t slot) {
    entries_[slot].previous = last_;
    entries_[slot].next = kNone;
    (last_ == kNone ? first_ : entries_[last_].next) = slot;
    last_ = slot;
  }

  std::int64_t ttl_;
  std::size_t max_entries_;
  std::map<std::string, std::uint32_t, std::less<>> index_;
  std::vector<Entry> entries_;
  std::uint32_t first_ = kNone;  // unused for longest
  std::uint32_t last_ = kNone;
  std::uint32_t free_ = kNone;
};

/// balancing Sticky: sends each key where it was sent before; a new one where another policy says.
///
/// A request without a key (an empty one) is the other policy's affair altogether.
///
/// Assumes  a cookie is a table with room for all: the client keeps it, and its age is its ttl.
/// Source   as StickyTable.
/// Checked  tests/algorithms/sticky_test.cpp: same key same target, redispatch, counts of requests
///          in flight in both balancers.
class Sticky final : public Balancer {
 public:
  Sticky(std::vector<Target> targets, std::unique_ptr<Balancer> inner,
         const StickyOptions& options = {})
      : Balancer(std::move(targets)),
        inner_(std::move(inner)),
        options_(options),
        table_(options.ttl, options.max_entries) {}

  bool reads_key() const override { return true; }
  bool judges_failures() const override { return inner_->judges_failures(); }
  bool set_degraded(std::size_t target, bool degraded, std::int64_t now) override {
    return inner_->set_degraded(target, degraded, now);
  }
  const StickyTable& table() const { return table_; }
  const Balancer& inner() const { return *inner_; }

 private:
  Pick choose(const Question& question, AnyBits& bits) override {
    if (!question.key.empty())
      if (const auto stuck = table_.find(question.key, question.now)) {
        if (available(*stuck, question)) {
          return *stuck;
        }
        if (!options_.redispatch) return std::nullopt;
      }
    const Pick picked = inner_->pick(question, bits);
    if (picked && !question.key.empty()) table_.put(question.key, *picked, question.now);
    inner_counts_ = picked.has_value();
    return picked;
  }

  void began(std::size_t target, const Question& question) override {
    if (!std::exchange(inner_counts_, false)) inner_->send(target, question);
  }

  void ended(std::size_t target, const Ending& ending) override { inner_->finish(target, ending); }
  void usable_changed(std::size_t target, std::int64_t now) override {
    inner_->set_usable(target, usable(target), now);
  }
  void weight_changed(std::size_t target, std::int64_t now) override {
    inner_->set_weight(target, weight(target), now);
  }

  std::unique_ptr<Balancer> inner_;
  StickyOptions options_;
  StickyTable table_;
  bool inner_counts_ = false;  // the inner balancer has picked, and so counts, what begins next
};

}  // namespace highwater::balancing
