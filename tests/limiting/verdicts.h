#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "models/algorithms/limiting/limiter.h"
#include "tests/support/golden.h"

namespace highwater::limiting {

inline std::ostream& operator<<(std::ostream& out, const Verdict& verdict) {
  switch (verdict.kind) {
    case Verdict::Kind::allow:
      return out << "allow";
    case Verdict::Kind::delay:
      return out << "delay " << verdict.delay;
    case Verdict::Kind::deny:
      break;
  }
  return out << "deny " << verdict.retry_after;
}

/// One rule with its state, for tests that look at single decisions.
template <Rule R>
struct Bench {
  R rule;
  typename R::State state{};

  explicit Bench(R r, std::int64_t start = 0) : rule(std::move(r)) { rule.begin(state, start); }
  Verdict at(std::int64_t now, std::uint32_t cost = 1) { return rule.admit(state, now, cost); }
  /// One letter for each time: a, d or w (for a delay).
  std::string letters(const std::vector<std::int64_t>& times) {
    std::string text;
    for (const std::int64_t now : times) {
      const Verdict verdict = at(now);
      text += verdict.kind == Verdict::Kind::allow  ? 'a'
              : verdict.kind == Verdict::Kind::deny ? 'd'
                                                    : 'w';
    }
    return text;
  }
};
template <Rule R>
Bench(R) -> Bench<R>;
template <Rule R>
Bench(R, std::int64_t) -> Bench<R>;

}  // namespace highwater::limiting
