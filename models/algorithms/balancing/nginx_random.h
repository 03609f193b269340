#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "models/algorithms/balancing/nginx.h"

namespace highwater::balancing {

/// balancing nginx_random, nginx_random_two: a peer drawn by weight; or two, of which the less
/// loaded one.
///
/// A draw that hits a peer which may not be picked is vain; after 20 vain draws in one request the
/// method gives up for round robin. Of two, the second is kept unless it has more requests per
/// weight. nginx' random() gives 31 bits.
///
/// Assumes  Question::vain_draws says how many draws the request wasted at earlier picks.
/// Source   nginx 1.22.1 src/http/modules/ngx_http_upstream_random_module.c.
/// Checked  tests/algorithms/nginx_test.cpp: recorded scripts with the recorded draws.
class NginxRandom final : public NginxUpstream {
 public:
  enum class Draws : std::uint8_t { one, two_least_conn };

  NginxRandom(std::vector<Target> targets, Draws draws)
      : NginxUpstream(std::move(targets)), draws_(draws) {
    weights_changed();
  }

 private:
  static constexpr std::uint32_t kVainDraws = 20;

  /// O(log n) while few draws are vain, O(n) otherwise.
  Pick choose(const Question& question, AnyBits& bits) override {
    std::uint32_t here = 0;
    std::uint32_t& vain = question.vain_draws == nullptr ? here : *question.vain_draws;
    // A request has as many tries as servers are not down; nginx asks for no more, and draws none.
    if (!question.tried.empty() && question.tried.size() >= tries()) return std::nullopt;
    if (single() || primaries().total_weight == 0 || vain > kVainDraws)
      return round_robin(question);
    const std::int64_t now = seconds(question.now);
    Pick first;
    for (; vain <= kVainDraws; ++vain) {
      const std::size_t i = draw(bits);
      if (i == first || !eligible(i, question, now)) continue;
      if (draws_ == Draws::one) return chosen(i, now);
      if (first) return chosen(busier(i, *first) ? *first : i, now);
      first = i;  // nginx counts this draw as vain, too
    }
    return round_robin(question);
  }

  std::size_t tries() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < size(); ++i) count += usable(i);
    return count;
  }

  std::size_t draw(AnyBits& bits) const {
    const std::uint64_t x = (bits.bits() >> 33) % primaries().total_weight;
    const auto after = std::upper_bound(starts_.begin(), starts_.end(), x);
    return primaries().members[static_cast<std::size_t>(after - starts_.begin()) - 1];
  }

  bool busier(std::size_t i, std::size_t other) const {
    return std::uint64_t{in_flight(i)} * weight(other) >
           std::uint64_t{in_flight(other)} * weight(i);
  }

  void weights_changed() override {
    starts_.clear();
    std::uint64_t sum = 0;
    for (const std::uint32_t i : primaries().members) {
      starts_.push_back(sum);
      sum += weight(i);
    }
  }

  Draws draws_;
  std::vector<std::uint64_t> starts_;  // sums of the weights before each primary
};

}  // namespace highwater::balancing
