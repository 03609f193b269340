#pragma once

#include <vector>

#include "models/algorithms/balancing/candidate.h"

namespace highwater::balancing {

/// balancing weighted: smooth weighted round robin, as nginx does it.
///
/// At each pick every usable candidate's credit grows by its weight; the one with most credit is
/// picked (the first of equals) and pays the sum of the weights. Shares are exact over a cycle of
/// that length and spread within it: weights 5, 1, 1 give a a b a c a a, not a a a a a b c. An
/// unusable candidate keeps its credit untouched. A candidate of weight 0 is never picked. When
/// candidates are added they begin without credit; removed ones must be the last.
///
/// Assumes  no failure accounting: nginx lowers the weight of a peer after errors; here health
///          checks decide who is usable.
/// Source   nginx 1.22.1 src/http/ngx_http_upstream_round_robin.c, ngx_http_upstream_get_peer.
/// Checked  tests/algorithms/balancing_test.cpp: the picks of a running nginx for four weight sets.
class Weighted {
 public:
  /// O(n): about two nanoseconds per candidate.
  Pick pick(std::span<const Candidate> candidates) {
    if (credit_.size() != candidates.size()) credit_.resize(candidates.size(), 0);
    std::int64_t total = 0;
    Pick best;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& candidate = candidates[i];
      if (!candidate.usable || candidate.weight == 0) continue;
      credit_[i] += candidate.weight;
      total += candidate.weight;
      if (!best || credit_[i] > credit_[*best]) best = i;
    }
    if (best) credit_[*best] -= total;
    return best;
  }

 private:
  std::vector<std::int64_t> credit_;
};

}  // namespace highwater::balancing
