#pragma once

#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "engine/describe/field.h"
#include "engine/kernel/time.h"
#include "engine/kernel/time_integral.h"
#include "models/algorithms/caching/space_saving.h"
#include "models/sharding.h"

namespace highwater::cache {

struct HotKeysParams {
  Fraction share{0.01};
  Duration window{10s};
  std::uint32_t copies = 2;

  static constexpr auto fields() {
    return Fields{
        field<&HotKeysParams::share>("A key is hot for a window when it had at least this share of "
                                     "the requests of the window before, ten at least.")
            .at_least(Fraction{0.0001})
            .source("chosen; the counting is Metwally et al. 2005"),
        field<&HotKeysParams::window>("How long requests are counted together.")
            .at_least(Duration{1ms})
            .source("chosen"),
        field<&HotKeysParams::copies>("Instances that hold a hot key: its own and those after it. "
                                      "A read goes to one of them, by chance; writes and deletes "
                                      "go to all.")
            .at_least(2u)
            .at_most(10'000u)
            .source("chosen; copies of hot shards: Bronson et al. 2013, section 5.2"),
    };
  }
};

/// Which keys are hot, and which of its copies a request is about.
///
/// Requests are counted over windows by Space-Saving. A key that had its share of a window is hot
/// in the next: it lives on several instances then. Once it is no longer hot its copies are
/// dropped.
///
/// Assumes  all callers know at once which keys are hot, as from a shared configuration; counting
///          costs nobody anything; copies are dropped at once.
/// Source   N. Bronson et al., TAO: Facebook's Distributed Data Store for the Social Graph, USENIX
///          ATC 2013, 5.2 (hot spots: shards cloned, items cached by clients); A. Metwally et al.,
///          ICDT 2005.
/// Checked  tests/caches/hot_keys_test.cpp
class HotKeys {
 public:
  explicit HotKeys(const HotKeysParams& params)
      : params_(params), counter_(static_cast<std::size_t>(10 / params.share.value) + 1) {}

  std::uint32_t copies() const { return params_.copies; }
  bool is_hot(std::uint64_t key) const { return hot_.contains(key); }
  /// One of the copies, by the request of the client's that a call works for: all that this request
  /// does with the key is about the same.
  std::uint32_t copy_for(std::uint64_t client_request) const {
    return static_cast<std::uint32_t>(key_hash(client_request ^ kOwn) % params_.copies);
  }

  /// A request for the key. no_longer_hot(key) is called where a window ended.
  template <class NoLongerHot>
  void count(std::uint64_t key, Time now, NoLongerHot no_longer_hot) {
    if (now >= window_end_) end_window(now, no_longer_hot);
    counter_.add(key);
  }

  /// Hot keys, integrated over time, in seconds.
  double integral(Time now) const { return level_.total(now); }

 private:
  template <class NoLongerHot>
  void end_window(Time now, NoLongerHot no_longer_hot) {
    std::set<std::uint64_t> hot;
    // Of a window in which nobody asked for anything nothing is known: what ended longer ago than
    // one counts no more.
    if (now < window_end_ + params_.window) {
      const double share = params_.share.value * static_cast<double>(counter_.total());
      for (const caching::SpaceSaving::Counted& each : counter_.counted()) {
        const std::uint64_t surely = each.count - each.error;
        if (surely >= kLeast && static_cast<double>(surely) >= share) hot.insert(each.key);
      }
    }
    for (const std::uint64_t key : hot_)
      if (!hot.contains(key)) no_longer_hot(key);
    hot_ = std::move(hot);
    level_.set(now, static_cast<std::int64_t>(hot_.size()));
    counter_.clear();
    const auto windows = now.time_since_epoch() / params_.window + 1;
    window_end_ = Time{} + params_.window * windows;
  }

  static constexpr std::uint64_t kLeast = 10;
  static constexpr std::uint64_t kOwn = 0x51ed2701a3c7b9ad;  // apart from other uses of the id

  const HotKeysParams& params_;
  caching::SpaceSaving counter_;
  std::set<std::uint64_t> hot_;
  Time window_end_{};
  TimeIntegral level_;
};

}  // namespace highwater::cache
