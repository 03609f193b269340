#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/balancer.h"

namespace highwater::balancing {

enum class EnvoyFallback : std::uint8_t {
  not_defined,     ///< Of a selector: as the options say for all.
  no_fallback,     ///< Nobody is picked.
  any_endpoint,    ///< All targets.
  default_subset,  ///< Those with the labels of default_subset.
  keys_subset,     ///< Of a selector: asks again with fewer keys.
};

struct EnvoySubsetOptions {
  struct Selector {
    std::vector<std::string> keys;
    EnvoyFallback fallback = EnvoyFallback::not_defined;
    std::vector<std::string> fallback_keys = {};  ///< For keys_subset: some of the keys.
  };

  std::vector<Selector> selectors = {};  ///< None: no subsets, all targets are one.
  EnvoyFallback fallback = EnvoyFallback::no_fallback;
  std::vector<Label> default_subset = {};
  bool panic_mode_any = false;  ///< All targets, if the fallback has nobody either.
  /// Labels beyond those of the longest selector that fits are left out of account.
  bool allow_redundant_keys = false;
  bool locality_weight_aware = false;
};

/// balancing EnvoySubsets: which subset of the targets a request's labels ask for.
///
/// A selector names keys; the targets that have all of them form one subset per combination of
/// values. A request gets a subset if its labels are those of the subset, neither fewer nor more.
/// If there is none, the selector with just these keys says what else will do, or else the options
/// for all.
///
/// A look-up takes O(labels log subsets); memory O(targets times selectors).
///
/// Assumes  of several labels with the same key a target's first counts (no list_as_any); no
///          fallback_list in requests; no single_host_per_subset; no scale_locality_weight.
/// Source   Envoy source/extensions/load_balancing_policies/subset/subset_lb.cc,
///          SubsetLoadBalancer::chooseHostIteration, findSubset, tryFindSelectorFallbackParams,
///          extractSubsetMetadata, filterCriteriaBySelectors.
/// Checked  tests/algorithms/envoy_subset_test.cpp: the cases of Envoy's subset_lb_test.cc on
///          fallback policies, selectors of several keys and redundant keys.
class EnvoySubsets {
 public:
  /// Subsets are numbered: 0 is all targets, 1 the default subset, then those of the selectors.
  static constexpr std::size_t kAny = 0;
  static constexpr std::size_t kDefault = 1;

  struct Choice {
    std::optional<std::size_t> subset;   ///< Where to pick; nothing: nobody is to be picked.
    std::optional<std::size_t> instead;  ///< Where to pick if that has nobody.
  };

  EnvoySubsets(std::span<const Target> targets, const EnvoySubsetOptions& options)
      : options_(options), members_(2) {
    for (EnvoySubsetOptions::Selector& selector : options_.selectors)
      selector.keys = sorted_keys(selector.keys);
    if (options_.allow_redundant_keys)  // the longest first, as Envoy sorts them
      std::stable_sort(options_.selectors.begin(), options_.selectors.end(),
                       [](const auto& a, const auto& b) { return a.keys.size() > b.keys.size(); });
    for (std::uint32_t i = 0; i < targets.size(); ++i) {
      members_[kAny].push_back(i);
      if (has_all(targets[i], options_.default_subset)) members_[kDefault].push_back(i);
      for (std::size_t s = 0; s < options_.selectors.size(); ++s) {
        const auto& keys = options_.selectors[s].keys;
        Labels labels;
        for (const std::string& key : keys)
          if (const Label* label = find(targets[i].labels, key))
            labels.emplace_back(label->key, label->value);
        if (keys.empty() || labels.size() != keys.size()) continue;
        const auto [entry, is_new] = subsets_.try_emplace(std::move(labels), members_.size());
        if (is_new) members_.emplace_back();
        // Two selectors may have the same keys: nobody is in a subset twice.
        std::vector<std::uint32_t>& members = members_[entry->second];
        if (members.empty() || members.back() != i) members.push_back(i);
      }
    }
  }

  std::size_t size() const { return members_.size(); }
  const std::vector<std::uint32_t>& members(std::size_t subset) const { return members_[subset]; }

  Choice choose(std::span<const Label> asked) const {
    Views labels;
    for (const Label& label : asked) labels.emplace_back(label.key, label.value);
    // A key asked for twice counts once, as in a map.
    std::stable_sort(labels.begin(), labels.end(),
                     [](const View& a, const View& b) { return a.first < b.first; });
    labels.erase(std::unique(labels.begin(), labels.end(),
                             [](const View& a, const View& b) { return a.first == b.first; }),
                 labels.end());
    return choose(std::move(labels));
  }

 private:
  using Labels = std::vector<std::pair<std::string, std::string>>;
  using View = std::pair<std::string_view, std::string_view>;
  using Views = std::vector<View>;

  struct Order {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return std::lexicographical_compare(
          a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
            return View(x.first, x.second) < View(y.first, y.second);
          });
    }
  };

  static std::vector<std::string> sorted_keys(std::vector<std::string> keys) {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
  }

  static const Label* find(const std::vector<Label>& labels, std::string_view key) {
    const auto found = std::find_if(labels.begin(), labels.end(),
                                    [&](const Label& label) { return label.key == key; });
    return found == labels.end() ? nullptr : &*found;
  }

  static bool has_all(const Target& target, const std::vector<Label>& labels) {
    return std::all_of(labels.begin(), labels.end(), [&](const Label& label) {
      const Label* own = find(target.labels, label.key);
      return own != nullptr && own->value == label.value;
    });
  }

  Choice choose(Views labels) const {
    for (;;) {
      if (options_.allow_redundant_keys) leave_out_redundant(labels);
      if (!labels.empty())
        if (const auto found = subsets_.find(labels); found != subsets_.end())
          return {found->second, std::nullopt};
      const EnvoySubsetOptions::Selector* selector = selector_of(labels);
      const EnvoyFallback fallback =
          selector == nullptr ? EnvoyFallback::not_defined : selector->fallback;
      if (fallback == EnvoyFallback::not_defined) return fall_back();
      if (fallback == EnvoyFallback::any_endpoint) return {kAny, std::nullopt};
      if (fallback == EnvoyFallback::default_subset) return {kDefault, std::nullopt};
      if (fallback == EnvoyFallback::no_fallback) return {};
      const std::size_t before = labels.size();
      keep_keys(labels, sorted_keys(selector->fallback_keys));
      if (labels.size() == before) return {};  // would ask the same again, for ever
    }
  }

  Choice fall_back() const {
    switch (options_.fallback) {
      case EnvoyFallback::any_endpoint:
        return {kAny, std::nullopt};
      case EnvoyFallback::default_subset:
        return {kDefault, options_.panic_mode_any ? std::optional(kAny) : std::nullopt};
      default:
        return {};
    }
  }

  /// The selector whose keys are those of the labels. One that is the beginning of an earlier one
  /// has no fallback of its own in Envoy, whose map of selectors has its place already by then.
  const EnvoySubsetOptions::Selector* selector_of(const Views& labels) const {
    if (labels.empty()) return nullptr;
    for (const auto& selector : options_.selectors) {
      if (selector.keys.size() < labels.size()) continue;
      const bool begins =
          std::equal(labels.begin(), labels.end(), selector.keys.begin(),
                     [](const View& label, const std::string& key) { return label.first == key; });
      if (begins) return selector.keys.size() == labels.size() ? &selector : nullptr;
    }
    return nullptr;
  }

  void leave_out_redundant(Views& labels) const {
    for (const auto& selector : options_.selectors) {
      Views kept = labels;
      keep_keys(kept, selector.keys);
      if (!kept.empty() && kept.size() == selector.keys.size()) {
        labels = std::move(kept);
        return;
      }
    }
  }

  static void keep_keys(Views& labels, const std::vector<std::string>& keys) {
    labels.erase(std::remove_if(labels.begin(), labels.end(),
                                [&](const View& label) {
                                  return !std::binary_search(keys.begin(), keys.end(), label.first);
                                }),
                 labels.end());
  }

  EnvoySubsetOptions options_;
  std::vector<std::vector<std::uint32_t>> members_;
  std::map<Labels, std::size_t, Order> subsets_;
};

}  // namespace highwater::balancing
