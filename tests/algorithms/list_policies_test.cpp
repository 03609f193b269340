#include <algorithm>
#include <functional>
#include <list>
#include <memory>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/caching/arc.h"
#include "models/algorithms/caching/clock.h"
#include "models/algorithms/caching/fifo.h"
#include "models/algorithms/caching/lfu.h"
#include "models/algorithms/caching/list_cache.h"
#include "models/algorithms/caching/lru.h"
#include "models/algorithms/caching/s3_fifo.h"
#include "models/algorithms/caching/sieve.h"
#include "models/algorithms/caching/slru.h"
#include "models/algorithms/caching/two_queue.h"
#include "models/algorithms/caching/worst.h"
#include "tests/algorithms/golden_replay.h"

// Every policy over lists against the textbook form of it: std::list, searched from end to end.

namespace highwater::caching {
namespace {

struct Entry {
  std::uint64_t key;
  std::int64_t expires;
  std::uint32_t version;
  std::uint64_t uses = 0;  // or a reference bit
};
using List = std::list<Entry>;

/// What all of them share. `enter` stores a key that is not there and says who left.
struct Naive {
  explicit Naive(std::uint64_t n) : capacity(n) {}
  virtual ~Naive() = default;
  virtual void used(List& list, List::iterator it) = 0;
  virtual std::optional<Entry> enter(const Entry& entry) = 0;
  virtual void leaving(List::iterator) {}

  std::uint64_t capacity;
  std::array<List, 2> lists;  // newest first

  std::uint64_t size() const { return lists[0].size() + lists[1].size(); }
  std::pair<List*, List::iterator> find(std::uint64_t key) {
    for (List& list : lists) {
      const auto it = std::find_if(list.begin(), list.end(), [&](auto& e) { return e.key == key; });
      if (it != list.end()) return {&list, it};
    }
    return {nullptr, {}};
  }
  Entry take(List& list, List::iterator it) {
    leaving(it);
    const Entry entry = *it;
    list.erase(it);
    return entry;
  }
  Entry take_back(List& list) { return take(list, std::prev(list.end())); }
  void to_front(List& to, List& from, List::iterator it) { to.splice(to.begin(), from, it); }
  void back_to_front(List& to, List& from) { to_front(to, from, std::prev(from.end())); }
};

struct NaiveFifo : Naive {
  using Naive::Naive;
  void used(List&, List::iterator) override {}
  std::optional<Entry> enter(const Entry& entry) override {
    std::optional<Entry> gone;
    if (size() == capacity) gone = take_back(lists[0]);
    lists[0].push_front(entry);
    return gone;
  }
};

struct NaiveWorst : Naive {
  using Naive::Naive;
  void used(List& list, List::iterator it) override { to_front(list, list, it); }
  std::optional<Entry> enter(const Entry& entry) override {
    std::optional<Entry> gone;
    if (size() == capacity) gone = take(lists[0], lists[0].begin());
    lists[0].push_front(entry);
    return gone;
  }
};

struct NaiveClock : Naive {
  using Naive::Naive;
  void used(List&, List::iterator it) override { it->uses = 1; }
  std::optional<Entry> enter(const Entry& entry) override {
    std::optional<Entry> gone;
    if (size() == capacity) {
      while (lists[0].back().uses == 1) {
        lists[0].back().uses = 0;
        back_to_front(lists[0], lists[0]);
      }
      gone = take_back(lists[0]);
    }
    lists[0].push_front(entry);
    return gone;
  }
};

struct NaiveSieve : Naive {
  using Naive::Naive;
  std::optional<std::uint64_t> hand;  // a key; none is the end
  void used(List&, List::iterator it) override { it->uses = 1; }
  void leaving(List::iterator it) override {
    if (hand == it->key)
      hand = it == lists[0].begin() ? std::nullopt : std::optional(std::prev(it)->key);
  }
  std::optional<Entry> enter(const Entry& entry) override {
    std::optional<Entry> gone;
    if (size() == capacity) {
      auto it = hand ? find(*hand).second : std::prev(lists[0].end());
      while (it->uses == 1) {
        it->uses = 0;
        it = it == lists[0].begin() ? std::prev(lists[0].end()) : std::prev(it);
      }
      hand = it->key;
      gone = take(lists[0], it);
    }
    lists[0].push_front(entry);
    return gone;
  }
};

/// The list is in the order in which entries came to the count that they have.
struct NaiveLfu : Naive {
  using Naive::Naive;
  void used(List& list, List::iterator it) override {
    ++it->uses;
    to_front(list, list, it);
  }
  std::optional<Entry> enter(const Entry& entry) override {
    std::optional<Entry> gone;
    if (size() == capacity) {
      auto least = std::prev(lists[0].end());
      for (auto it = least; it != lists[0].begin();) {
        --it;
        if (it->uses < least->uses) least = it;
      }
      gone = take(lists[0], least);
    }
    lists[0].push_front(entry);
    return gone;
  }
};

struct NaiveSlru : Naive {
  explicit NaiveSlru(std::uint64_t n) : Naive(n), most_protected(share_of(n, 0.8)) {}
  std::uint64_t most_protected;
  void used(List& list, List::iterator it) override {
    if (most_protected == 0) return to_front(lists[0], list, it);
    to_front(lists[1], list, it);
    if (lists[1].size() > most_protected) back_to_front(lists[0], lists[1]);
  }
  std::optional<Entry> enter(const Entry& entry) override {
    std::optional<Entry> gone;
    if (size() == capacity) gone = take_back(lists[0].empty() ? lists[1] : lists[0]);
    const bool protect =
        lists[0].size() >= capacity - most_protected && lists[1].size() < most_protected;
    lists[protect ? 1 : 0].push_front(entry);
    return gone;
  }
};

struct Ghosts {
  std::uint64_t most;
  std::list<std::uint64_t> keys;
  bool take(std::uint64_t key) {
    const auto it = std::find(keys.begin(), keys.end(), key);
    if (it == keys.end()) return false;
    keys.erase(it);
    return true;
  }
  bool contains(std::uint64_t key) { return std::count(keys.begin(), keys.end(), key) > 0; }
  void add(std::uint64_t key) {
    keys.push_front(key);
    if (keys.size() > most) keys.pop_back();
  }
};

struct NaiveTwoQueue : Naive {
  explicit NaiveTwoQueue(std::uint64_t n) : Naive(n), ghosts{share_of(n, 0.5), {}} {}
  Ghosts ghosts;
  void used(List& list, List::iterator it) override { to_front(lists[1], list, it); }
  std::optional<Entry> enter(const Entry& entry) override {
    const bool back = ghosts.contains(entry.key);
    std::optional<Entry> gone;
    if (size() == capacity) {
      const std::uint64_t recent = lists[0].size();
      const std::uint64_t most = share_of(capacity, 0.25);
      if (recent > most || (recent == most && recent > 0 && !back)) {
        gone = take_back(lists[0]);
        ghosts.add(gone->key);
      } else {
        gone = take_back(lists[1]);
      }
    }
    ghosts.take(entry.key);
    lists[back ? 1 : 0].push_front(entry);
    return gone;
  }
};

struct NaiveS3Fifo : Naive {
  explicit NaiveS3Fifo(std::uint64_t n) : Naive(n), ghosts{share_of(n, 0.9), {}} {}
  Ghosts ghosts;
  void used(List&, List::iterator it) override {
    it->uses = std::min<std::uint64_t>(it->uses + 1, 3);
  }
  std::optional<Entry> enter(const Entry& entry) override {
    const bool back = ghosts.take(entry.key);
    std::optional<Entry> gone;
    while (size() == capacity && !gone) {
      if (lists[0].empty() || lists[1].size() > capacity - share_of(capacity, 0.1)) {
        while (lists[1].back().uses > 0) {
          --lists[1].back().uses;
          back_to_front(lists[1], lists[1]);
        }
        gone = take_back(lists[1]);
      } else {
        while (!lists[0].empty() && lists[0].back().uses >= 2) {
          lists[0].back().uses = 0;
          back_to_front(lists[1], lists[0]);
        }
        if (lists[0].empty()) continue;
        gone = take_back(lists[0]);
        ghosts.add(gone->key);
      }
    }
    lists[back ? 1 : 0].push_front(entry);
    return gone;
  }
};

/// Figure 4 of the paper.
struct NaiveArc : Naive {
  explicit NaiveArc(std::uint64_t n) : Naive(n), b1{n, {}}, b2{n, {}} {}
  Ghosts b1;
  Ghosts b2;
  double p = 0;
  void used(List& list, List::iterator it) override { to_front(lists[1], list, it); }
  Entry replace(bool in_b2) {
    const auto t1 = static_cast<double>(lists[0].size());
    if ((t1 >= 1 && ((in_b2 && t1 == p) || t1 > p)) || lists[1].empty()) {
      const Entry gone = take_back(lists[0]);
      b1.add(gone.key);
      return gone;
    }
    const Entry gone = take_back(lists[1]);
    b2.add(gone.key);
    return gone;
  }
  std::optional<Entry> enter(const Entry& entry) override {
    const auto c = static_cast<double>(capacity);
    const auto b1_size = static_cast<double>(b1.keys.size());
    const auto b2_size = static_cast<double>(b2.keys.size());
    std::optional<Entry> gone;
    if (b1.take(entry.key)) {
      p = std::min(c, p + std::max(b2_size / b1_size, 1.0));
      if (size() == capacity) gone = replace(false);
      lists[1].push_front(entry);
      return gone;
    }
    if (b2.take(entry.key)) {
      p = std::max(0.0, p - std::max(b1_size / b2_size, 1.0));
      if (size() == capacity) gone = replace(true);
      lists[1].push_front(entry);
      return gone;
    }
    if (size() == capacity) {
      if (lists[0].size() + b1.keys.size() >= capacity) {
        if (!b1.keys.empty()) {  // not |T1| < c, which is the same unless entries were erased
          b1.keys.pop_back();
          gone = replace(false);
        } else {
          gone = take_back(lists[0]);
        }
      } else {
        if (size() + b1.keys.size() + b2.keys.size() >= 2 * capacity) b2.keys.pop_back();
        gone = replace(false);
      }
    }
    lists[0].push_front(entry);
    return gone;
  }
};

template <class C, class N>
bool agree() {
  return rc::check([] {
    const auto capacity = *rc::gen::inRange<std::uint64_t>(1, 45);
    const auto range = *rc::gen::inRange<std::uint64_t>(1, 100);
    const auto mortal = *rc::gen::inRange<std::uint64_t>(0, 4);  // of four items
    SplitMix bits{*rc::gen::arbitrary<std::uint64_t>()};
    C cache(capacity);
    N naive(capacity);
    std::int64_t now = 0;
    for (int i = 0; i < 2000; ++i) {
      now += static_cast<std::int64_t>(bits.bits() % 3);
      // The product of two draws: small keys are popular, so that counts differ.
      const std::uint64_t key = (bits.bits() % range) * (bits.bits() % range) / range;
      const auto [list, it] = naive.find(key);
      const std::uint64_t choice = bits.bits() % 16;
      if (choice == 0) {
        RC_ASSERT(cache.erase(key) == (list != nullptr));
        if (list != nullptr) naive.take(*list, it);
      } else if (choice < 9) {
        const Lookup found = cache.lookup(key, now);
        if (list == nullptr) {
          RC_ASSERT(found.outcome == Outcome::miss);
        } else if (now >= it->expires) {
          RC_ASSERT(found.outcome == Outcome::expired);
          naive.take(*list, it);
        } else {
          RC_ASSERT(found.outcome == Outcome::hit);
          RC_ASSERT(found.version == it->version);
          naive.used(*list, it);
        }
      } else {
        const std::int64_t expires = bits.bits() % 4 < mortal
                                         ? now + static_cast<std::int64_t>(bits.bits() % 200)
                                         : kNeverExpires;
        const auto version = static_cast<std::uint32_t>(bits.bits());
        const auto evicted = cache.insert({key, expires, version}, now);
        std::optional<Entry> gone;
        if (list != nullptr) {
          it->expires = expires;
          it->version = version;
          naive.used(*list, it);
        } else {
          gone = naive.enter({key, expires, version});
        }
        RC_ASSERT(evicted.has_value() == gone.has_value());
        if (gone) {
          RC_ASSERT(evicted->key == gone->key);
          RC_ASSERT(evicted->expired == (now >= gone->expires));
        }
      }
      RC_ASSERT(cache.size() == naive.size());
      RC_ASSERT(cache.size() <= capacity);
    }
  });
}

TEST_CASE("fifo: agrees with a naive list", "[algorithms][caching][property]") {
  CHECK(agree<Fifo, NaiveFifo>());
}
TEST_CASE("worst: agrees with a naive list", "[algorithms][caching][property]") {
  CHECK(agree<Worst, NaiveWorst>());
}
TEST_CASE("clock: agrees with a naive list", "[algorithms][caching][property]") {
  CHECK(agree<Clock, NaiveClock>());
}
TEST_CASE("sieve: agrees with a naive list", "[algorithms][caching][property]") {
  CHECK(agree<Sieve, NaiveSieve>());
}
TEST_CASE("lfu: agrees with a naive list", "[algorithms][caching][property]") {
  CHECK(agree<Lfu, NaiveLfu>());
}
TEST_CASE("slru: agrees with naive lists", "[algorithms][caching][property]") {
  CHECK(agree<Slru, NaiveSlru>());
}
TEST_CASE("two_queue: agrees with naive lists", "[algorithms][caching][property]") {
  CHECK(agree<TwoQueue, NaiveTwoQueue>());
}
TEST_CASE("s3_fifo: agrees with naive lists", "[algorithms][caching][property]") {
  CHECK(agree<S3Fifo, NaiveS3Fifo>());
}
TEST_CASE("arc as in the paper: agrees with naive lists", "[algorithms][caching][property]") {
  CHECK(agree<Arc, NaiveArc>());
}

TEST_CASE("s3_fifo: each option changes what is kept", "[algorithms][caching][golden]") {
  const auto trace = golden_trace("zipf");
  const auto hits = [&](const S3FifoOptions& options) {
    S3Fifo cache(1000, options);
    return hits_of(cache, trace);
  };
  const std::uint64_t usual = hits({});
  CHECK(hits({.small_share = 0.5}) != usual);
  CHECK(hits({.ghost_share = 0}) < usual);
  CHECK(hits({.move_to_main_uses = 1}) != usual);
  CHECK(hits({.move_to_main_uses = 0}) == hits({.move_to_main_uses = 1}));
}

TEST_CASE("slru: the share changes what is kept, and none of it is LRU",
          "[algorithms][caching][golden]") {
  const auto trace = golden_trace("zipf");
  const auto hits = [&](double share) {
    Slru cache(1000, {.protected_share = share});
    return hits_of(cache, trace);
  };
  CHECK(hits(0.5) != hits(0.8));
  CHECK(hits(0) == 28'480);  // LRU of that size, cache_hits.json
}

TEST_CASE("worst: the best on a loop, the worst elsewhere", "[algorithms][caching][golden]") {
  Worst loop(1000);
  CHECK(hits_of(loop, golden_trace("loop")) == 24'000);  // of 1,200 keys, 25 rounds
  Worst zipf(1000);
  Fifo fifo(1000);
  CHECK(hits_of(zipf, golden_trace("zipf")) * 3 < hits_of(fifo, golden_trace("zipf")));
}

// What is promised of each of the four that must be small, contents, index and ghosts included.
TEMPLATE_TEST_CASE("lru, fifo, sieve, s3_fifo: at most 48 bytes an entry at any size",
                   "[algorithms][caching]", Lru, Fifo, Sieve, S3Fifo) {
  for (const std::uint64_t capacity : {10'000u, 70'000u, 100'000u, 110'000u, 131'073u}) {
    TestType cache(capacity);
    SplitMix bits{1};
    for (std::uint64_t i = 0; i < 4 * capacity; ++i) {
      const std::uint64_t key = bits.bits() % (2 * capacity);
      if (cache.lookup(key, 0).outcome == Outcome::miss) cache.insert({.key = key}, 0);
    }
    REQUIRE(cache.size() == capacity);
    CHECK(cache.bytes() <= 48 * capacity);
  }
}

}  // namespace
}  // namespace highwater::caching
