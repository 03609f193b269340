#include "models/cache/freshness_params.h"

#include "engine/describe/problems.h"
#include "engine/describe/value.h"
#include "models/sharding.h"

namespace highwater::cache {

void FreshnessParams::check(const Value& where, const std::string& path, Problems& problems) const {
  for (const char* name :
       {"stale_while_revalidate", "stale_if_error", "early_expiration", "refresh_ahead"})
    if (const Value* given = where.find(name); given != nullptr && where.find("ttl") == nullptr)
      problems.error(given->position(), pointer_to(path, name),
                     "is about the end of an entry's ttl, and there is none");
  if (const Value* given = where.find("negative_ttl"); given != nullptr && !(absent.value > 0))
    problems.error(given->position(), pointer_to(path, "negative_ttl"),
                   "is about keys for which there is nothing; say their share with `absent`");
}

caching::FreshnessRules FreshnessParams::rules() const {
  caching::FreshnessRules rules;
  if (stale_while_revalidate) rules.stale_while_revalidate = stale_while_revalidate->count();
  if (stale_if_error) rules.stale_if_error = stale_if_error->count();
  if (early_expiration) rules.early_beta = early_expiration->value;
  if (refresh_ahead) rules.refresh_ahead = refresh_ahead->value;
  return rules;
}

bool FreshnessParams::lacks(std::uint64_t key) const {
  // Hashed once more, so that it is not the keys of some instances that are absent.
  constexpr std::uint64_t kOther = 0x9e3779b97f4a7c15;
  return absent.value > 0 &&
         static_cast<double>(key_hash(key ^ kOther) >> 11) * 0x1p-53 < absent.value;
}

}  // namespace highwater::cache
