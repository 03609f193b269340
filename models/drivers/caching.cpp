/// Drivers of the caching family: keys in, hits and misses out.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "models/algorithms/caching/policy.h"
#include "models/drivers/catalog.h"
#include "models/drivers/event_session.h"

namespace highwater::drivers {
namespace {

struct CacheParams {
  std::uint64_t capacity = 0;
  bool summary = false;
  Duration interval = 1s;
  std::uint64_t seed = 1;

  static constexpr auto fields() {
    return std::tuple{
        field<&CacheParams::capacity>("Entries the cache may hold.").required(),
        field<&CacheParams::summary>("Only the counts, at the end."),
        field<&CacheParams::interval>("Time between two requests, for policies with a clock."),
        field<&CacheParams::seed>("Of the draws: SplitMix64.")};
  }
};

/// FNV-1a with a final mix: text keys as the 64-bit numbers that caches hold. Of n keys, two fall
/// together with probability n² / 2^65.
std::uint64_t number_of(std::string_view key) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  hash = (hash ^ (hash >> 32)) * 0xd6e8feb86659fd93;
  return hash ^ (hash >> 32);
}

class CacheSession final : public Session {
 public:
  CacheSession(caching::Policy policy, const CacheParams& params)
      : cache_(policy, params.capacity),
        bits_(params.seed),
        interval_(params.interval.count()),
        summary_(params.summary) {}

  std::string take(std::string_view line, std::string& out) override {
    const std::uint64_t key = number_of(line);
    now_ += interval_;
    const bool hit = cache_.lookup(key, now_).outcome == caching::Outcome::hit;
    ++(hit ? hits_ : misses_);
    if (!hit) cache_.insert({.key = key}, now_, bits_);
    if (!summary_) out += hit ? "hit\n" : "miss\n";
    return {};
  }
  void end(std::string& out) override {
    if (summary_)
      out += "hits " + std::to_string(hits_) + "\nmisses " + std::to_string(misses_) + "\n";
  }

 private:
  caching::Cache cache_;
  SeededBits bits_;
  std::int64_t now_ = 0;
  std::int64_t interval_;
  bool summary_;
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace

std::vector<Driver> caching() {
  std::vector<Driver> drivers;
  for (const caching::PolicyInfo& info : caching::kPolicies) {
    const std::string name(info.name);
    drivers.push_back(driver<CacheParams>(
        {name, "caching", std::string(info.summary), std::string(info.source),
         "a key: any bytes, the empty line is the empty key", "hit or miss; a miss stores the key",
         "printf '%s\\n' a b a c a | highwater algorithm " + name + " --capacity 2"},
        [policy = info.policy](const CacheParams& params) {
          return std::make_unique<CacheSession>(policy, params);
        }));
  }
  return drivers;
}

}  // namespace highwater::drivers
