#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "engine/math/math.h"
#include "models/algorithms/random_bits.h"

namespace highwater::caching {

/// For how long, and how, stored answers are used. Times are nanoseconds; 0 switches a rule off.
struct FreshnessRules {
  std::int64_t stale_while_revalidate = 0;  ///< After the end of freshness: used while one fetches.
  std::int64_t stale_if_error = 0;  ///< After the end of freshness: used if the fetch fails.
  double early_beta = 0;            ///< XFetch: eagerness to fetch before the end; 1 in the paper.
  double refresh_ahead = 0;  ///< Share of the lifetime after which a use fetches anew; 0 to 1.
};

/// What is known of a stored answer.
struct StoredAnswer {
  std::int64_t fresh_until = 0;
  std::int64_t lifetime = 0;    ///< Between its storing and fresh_until.
  std::int64_t fetch_time = 0;  ///< How long it took to get.
};

/// What may be done with it now.
enum class Freshness : std::uint8_t {
  fresh,       ///< Use it.
  refresh,     ///< Use it, and fetch anew meanwhile: it is still fresh.
  revalidate,  ///< Use it although it is stale, and fetch anew meanwhile.
  fallback,    ///< Fetch anew; use it only if that fails.
  dead,        ///< Fetch anew.
};

/// caching freshness: whether a stored answer may be used, and whether to fetch it anew.
///
/// An answer is fresh while its age is below its lifetime (RFC 9111), stale after that. A stale one
/// may be used for stale_while_revalidate at once, for stale_if_error where the fetch fails; each
/// counts from the end of freshness (RFC 5861).
///
/// XFetch fetches a little before the end, by chance, so that many who ask do not all find the
/// answer gone at the same time: where now - fetch_time * beta * ln(u) has reached the end, u being
/// uniform in (0, 1]. Answers that take longer to get are fetched earlier. refresh_ahead does so
/// for every use after a share of the lifetime.
///
/// @param bits  Drawn from only where early_beta > 0 and the answer is fresh.
///
/// Source   RFC 9111 section 4.2; RFC 5861 sections 3 and 4; A. Vattani, F. Chierichetti,
///          K. Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 8(8), 2015;
///          Oracle Coherence 12.2 documentation, refresh-ahead factor.
/// Checked  tests/algorithms/freshness_test.cpp: every boundary to the nanosecond, and XFetch's
///          distribution.
template <BitSource G>
Freshness freshness(const StoredAnswer& stored, const FreshnessRules& rules, std::int64_t now,
                    G& bits) {
  const std::int64_t left = stored.fresh_until - now;
  if (left <= 0) {
    if (-left < rules.stale_while_revalidate) return Freshness::revalidate;
    if (-left < rules.stale_if_error) return Freshness::fallback;
    return Freshness::dead;
  }
  if (rules.refresh_ahead > 0 && static_cast<double>(stored.lifetime - left) >=
                                     rules.refresh_ahead * static_cast<double>(stored.lifetime))
    return Freshness::refresh;
  if (rules.early_beta > 0) {
    // The upper 53 bits, counted from 1: never 0, whose logarithm is none.
    const double u = static_cast<double>((bits.bits() >> 11) + 1) * 0x1p-53;
    const double early = static_cast<double>(stored.fetch_time) * rules.early_beta * -math::log(u);
    if (early >= static_cast<double>(left)) return Freshness::refresh;
  }
  return Freshness::fresh;
}

/// When a cache may drop an answer for good: its freshness and the longest rule for stale ones.
constexpr std::int64_t useless_from(std::int64_t fresh_until, const FreshnessRules& rules) {
  const std::int64_t grace = std::max(rules.stale_while_revalidate, rules.stale_if_error);
  constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
  return fresh_until > kEnd - grace ? kEnd : fresh_until + grace;
}

/// A lifetime made shorter by up to the share `jitter` of it, uniformly, so that answers stored
/// together do not all end together; never longer, since a lifetime is a promise.
/// @param jitter  0 to 1; 0 draws nothing.
/// Source: chosen; the advice is in M. Brooker, Timeouts, retries, and backoff with jitter, Amazon
/// Builders' Library, 2019.
template <BitSource G>
std::int64_t jittered(std::int64_t lifetime, double jitter, G& bits) {
  if (!(jitter > 0)) return lifetime;
  const double u = static_cast<double>(bits.bits() >> 11) * 0x1p-53;
  return lifetime - static_cast<std::int64_t>(static_cast<double>(lifetime) * jitter * u);
}

}  // namespace highwater::caching
