/// Drivers of the caching family that need times and events: what keeps contents fresh and origins
/// alive.

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "models/algorithms/caching/caching.h"
#include "models/cache/cache_params.h"
#include "models/drivers/catalog.h"
#include "models/drivers/seconds.h"
#include "models/drivers/seeded_bits.h"
#include "models/drivers/timed_line.h"

namespace highwater::drivers {
namespace {

std::int64_t sum(std::int64_t now, std::int64_t after) {
  return now > caching::kNeverExpires - after ? caching::kNeverExpires : now + after;
}

// ---- A cache whose entries end

struct TtlCacheParams {
  std::uint64_t capacity = 0;
  caching::Policy policy = caching::Policy::lru;
  std::optional<Duration> ttl;
  cache::Expiry expiry = cache::Expiry::fixed;
  Fraction ttl_jitter{0};
  cache::RedisLfuParams redis;
  std::uint64_t seed = 1;

  static constexpr std::string_view type_name = "ttl_cache_driver";
  static constexpr auto fields() {
    using P = TtlCacheParams;
    return Fields{field<&P::capacity>("Entries the cache may hold.").required(),
                  field<&P::policy>("Which entry leaves when there is no room for another."),
                  field<&P::ttl>("How long an entry may be used; for ever unless given.")
                      .at_least(Duration{1}),
                  field<&P::expiry>("Whether a use makes an entry live longer."),
                  field<&P::ttl_jitter>("Every ttl is shorter by up to this share, by chance."),
                  inlined<&P::redis>(),
                  field<&P::seed>("Of the draws: SplitMix64.")};
  }
};

class TtlCacheSession final : public Session {
 public:
  explicit TtlCacheSession(const TtlCacheParams& params)
      : params_(params),
        cache_(params.policy, params.capacity, options(params)),
        bits_(params.seed) {}

  std::string take(std::string_view text, std::string& out) override {
    TimedLine line;
    std::string wrong = lines_.read(text, line);
    if (wrong.empty()) wrong = act(text, line, out);
    if (wrong.empty()) lines_.taken(line);
    return wrong;
  }

 private:
  static caching::Options options(const TtlCacheParams& params) {
    caching::Options options;
    params.redis.apply(options);
    return options;
  }

  std::string act(std::string_view text, const TimedLine& line, std::string& out) {
    if (line.verb == "get" && line.has_rest) return get(line, out);
    if (line.verb == "set" && line.has_rest) return set(line.rest, params_.ttl, line.now, out);
    if (line.verb == "setex" && line.has_rest) {
      std::string_view key = line.rest;
      const std::string_view seconds = cut_word(key);
      const auto ttl = nanoseconds_of(seconds);
      if (!ttl) return no_seconds(seconds);
      if (*ttl == 0) return "a ttl is more than 0";
      return set(key, Duration{*ttl}, line.now, out);
    }
    if (line.verb == "delete" && line.has_rest) {
      const std::uint64_t key = key_number(line.rest);
      names_.forget(key);
      out += cache_.erase(key) ? "deleted\n" : "absent\n";
      return {};
    }
    return expected_forms(
        {"SECONDS get KEY", "SECONDS set KEY", "SECONDS setex TTL KEY", "SECONDS delete KEY"},
        line.verb, text);
  }

  std::string get(const TimedLine& line, std::string& out) {
    const std::uint64_t key = key_number(line.rest);
    const caching::Lookup found = cache_.lookup(key, line.now);
    switch (found.outcome) {
      case caching::Outcome::miss:
        out += "miss\n";
        break;
      case caching::Outcome::expired:
        out += "expired\n";
        break;
      case caching::Outcome::hit:
        out += "hit\n";
        if (params_.expiry == cache::Expiry::sliding && params_.ttl)
          cache_.insert({key, sum(line.now, lifetime(*params_.ttl)), 0}, line.now, bits_);
        break;
    }
    return {};
  }

  std::string set(std::string_view text, std::optional<Duration> ttl, std::int64_t now,
                  std::string& out) {
    // Entries whose time was over leave without a word.
    if (names_.size() > 2 * cache_.size() + kFewNames)
      names_.keep_if([this](std::uint64_t key) { return cache_.version(key) != nullptr; });
    const auto key = names_.number(text);
    if (!key) return KeyNames::too_many();
    caching::Item item;
    item.key = *key;
    if (ttl) item.expires = sum(now, lifetime(*ttl));
    const std::uint64_t refused = cache_.refusals();
    const auto evicted = cache_.insert(item, now, bits_);
    if (cache_.refusals() != refused || cache_.capacity() == 0) {
      names_.forget(*key);
      out += "refused\n";
    } else if (evicted) {
      out += fmt::format("evicts {}\n", names_.text(evicted->key));
      names_.forget(evicted->key);
    } else {
      out += "stored\n";
    }
    return {};
  }

  static constexpr std::size_t kFewNames = 1000;

  std::int64_t lifetime(Duration ttl) {
    return caching::jittered(ttl.count(), params_.ttl_jitter.value, bits_);
  }

  TtlCacheParams params_;
  TimedLines lines_;
  caching::Cache cache_;
  SeededBits bits_;
  KeyNames names_;
};

// ---- Whether a stored answer may be used

struct FreshnessDriverParams {
  Duration ttl{60'000'000'000};
  Fraction ttl_jitter{0};
  Duration stale_while_revalidate{0};
  Duration stale_if_error{0};
  std::optional<Factor> early_expiration;
  std::optional<Fraction> refresh_ahead;
  std::optional<Duration> negative_ttl;
  std::uint64_t seed = 1;

  static constexpr std::string_view type_name = "freshness_driver";
  static constexpr auto fields() {
    using P = FreshnessDriverParams;
    return Fields{
        field<&P::ttl>("How long an answer is fresh.").at_least(Duration{1}),
        field<&P::ttl_jitter>("Every ttl is shorter by up to this share, by chance."),
        field<&P::stale_while_revalidate>("For so long after its end an answer is used while it is "
                                          "fetched anew.")
            .source("RFC 5861"),
        field<&P::stale_if_error>("For so long after its end an answer is used where fetching it "
                                  "anew fails.")
            .source("RFC 5861"),
        field<&P::early_expiration>("XFetch's beta; 1 is the paper's. Off unless given.")
            .source("Vattani et al. 2015"),
        field<&P::refresh_ahead>("A use after this share of the ttl fetches anew meanwhile; off "
                                 "unless given.")
            .source("Oracle Coherence refresh-ahead factor"),
        field<&P::negative_ttl>("How long it is known that there is nothing for a key; not at all "
                                "unless given.")
            .at_least(Duration{1})
            .source("RFC 2308; nginx proxy_cache_valid 404"),
        field<&P::seed>("Of the draws: SplitMix64.")};
  }
  caching::FreshnessRules rules() const {
    caching::FreshnessRules rules;
    rules.stale_while_revalidate = stale_while_revalidate.count();
    rules.stale_if_error = stale_if_error.count();
    if (early_expiration) rules.early_beta = early_expiration->value;
    if (refresh_ahead) rules.refresh_ahead = refresh_ahead->value;
    return rules;
  }
};

class FreshnessSession final : public Session {
 public:
  explicit FreshnessSession(const FreshnessDriverParams& params)
      : params_(params), rules_(params.rules()), bits_(params.seed) {}

  std::string take(std::string_view text, std::string& out) override {
    TimedLine line;
    std::string wrong = lines_.read(text, line);
    if (wrong.empty()) wrong = act(text, line, out);
    if (wrong.empty()) lines_.taken(line);
    return wrong;
  }

 private:
  struct Stored {
    caching::StoredAnswer answer;
    bool absent = false;
  };

  std::string act(std::string_view text, const TimedLine& line, std::string& out) {
    if (line.verb == "get" && line.has_rest) {
      get(key_number(line.rest), line.now, out);
      return {};
    }
    if ((line.verb == "store" || line.verb == "absent") && line.has_rest) {
      std::string_view key = line.rest;
      const std::string_view seconds = cut_word(key);
      const auto took = nanoseconds_of(seconds);
      if (!took) return no_seconds(seconds);
      return store(key_number(key), line.verb == "absent", *took, line.now, out);
    }
    if (line.verb == "delete" && line.has_rest) {
      out += stored_.erase(key_number(line.rest)) != 0 ? "deleted\n" : "unknown\n";
      return {};
    }
    return expected_forms({"SECONDS get KEY", "SECONDS store TOOK KEY", "SECONDS absent TOOK KEY",
                           "SECONDS delete KEY"},
                          line.verb, text);
  }

  std::string store(std::uint64_t key, bool absent, std::int64_t took, std::int64_t now,
                    std::string& out) {
    if (absent && !params_.negative_ttl) {
      stored_.erase(key);
      out += "forgotten\n";
      return {};
    }
    if (stored_.size() == KeyNames::kMost && stored_.count(key) == 0) return KeyNames::too_many();
    Stored& stored = stored_[key];
    stored.absent = absent;
    stored.answer.lifetime =
        absent ? params_.negative_ttl->count()
               : caching::jittered(params_.ttl.count(), params_.ttl_jitter.value, bits_);
    stored.answer.fresh_until = sum(now, stored.answer.lifetime);
    stored.answer.fetch_time = took;
    out += fmt::format("until {}\n", seconds_text(stored.answer.fresh_until));
    return {};
  }

  void get(std::uint64_t key, std::int64_t now, std::string& out) {
    const auto found = stored_.find(key);
    if (found == stored_.end()) {
      out += "miss\n";
      return;
    }
    // That there is nothing is never used beyond its time: RFC 5861 speaks of answers.
    const caching::FreshnessRules& rules = found->second.absent ? none_ : rules_;
    const caching::Freshness state = caching::freshness(found->second.answer, rules, now, bits_);
    constexpr std::string_view kWords[] = {"fresh", "refresh", "revalidate", "fallback", "miss"};
    out += kWords[static_cast<std::size_t>(state)];
    if (state == caching::Freshness::dead)
      stored_.erase(found);
    else if (found->second.absent)
      out += " absent";
    out += '\n';
  }

  FreshnessDriverParams params_;
  caching::FreshnessRules rules_;
  caching::FreshnessRules none_;
  TimedLines lines_;
  SeededBits bits_;
  std::map<std::uint64_t, Stored> stored_;
};

// ---- One fetch for all who want the same

struct NoParams {
  static constexpr auto fields() { return Fields{}; }
};

class SingleFlightSession final : public Session {
 public:
  std::string take(std::string_view text, std::string& out) override {
    std::string_view rest = text;
    const std::string_view verb = cut_word(rest);
    const bool has_rest = text.size() > verb.size();
    if (verb == "want" && has_rest) {
      if (waiting_ == KeyNames::kMost) return fmt::format("more than {} wait", KeyNames::kMost);
      const std::uint64_t key = key_number(rest);
      const auto begun = flights_.join(key, ++wants_);
      waiting_ += begun == 0;
      if (begun != 0) under_way_.insert(begun);
      out += begun != 0 ? fmt::format("fetch {}\n", begun)
                        : fmt::format("wait {}\n", flights_.under_way(key));
      return {};
    }
    if (verb == "done" && has_rest) {
      const auto flight = whole(rest);
      if (!flight || under_way_.erase(*flight) == 0)
        return in_quotes(rest) + " is no fetch under way; the answers to want number them";
      const auto waiters = flights_.land(*flight);
      waiting_ -= waiters.size();
      out += fmt::format("shared {}\n", waiters.size());
      return {};
    }
    if (verb == "forget" && has_rest) {
      const std::uint64_t key = key_number(rest);
      out += flights_.under_way(key) != 0 ? "forgotten\n" : "unknown\n";
      flights_.forget(key);
      return {};
    }
    return expected_forms({"want KEY", "done FETCH", "forget KEY"}, verb, text);
  }

 private:
  caching::SingleFlight<std::uint64_t> flights_;
  std::set<std::uint64_t> under_way_;
  std::uint64_t wants_ = 0;
  std::size_t waiting_ = 0;
};

// ---- Leases

struct LeasesParams {
  Duration lease_time{caching::Leases::kDefaultTime};
  static constexpr auto fields() {
    return Fields{field<&LeasesParams::lease_time>("A key's second lease is given after so long.")
                      .at_least(Duration{1})
                      .source("Nishtala et al. 2013")};
  }
};

class LeasesSession final : public Session {
 public:
  explicit LeasesSession(const LeasesParams& params) : leases_(params.lease_time.count()) {}

  std::string take(std::string_view text, std::string& out) override {
    TimedLine line;
    std::string wrong = lines_.read(text, line);
    if (wrong.empty()) wrong = act(text, line, out);
    if (wrong.empty()) lines_.taken(line);
    return wrong;
  }

 private:
  std::string act(std::string_view text, const TimedLine& line, std::string& out) {
    if (line.verb == "get" && line.has_rest) {
      const std::uint64_t key = key_number(line.rest);
      if (stored_.count(key) != 0) {
        out += "hit\n";
        return {};
      }
      if (leases_.size() >= KeyNames::kMost) return KeyNames::too_many();
      const caching::Leases::Token token = leases_.miss(key, line.now);
      out += token != 0 ? fmt::format("lease {}\n", token) : "wait\n";
      return {};
    }
    if (line.verb == "set" && line.has_rest) {
      std::string_view key = line.rest;
      const std::string_view number = cut_word(key);
      const auto token = whole(number);
      if (!token) return "expected the number of a lease, found " + in_quotes(number);
      if (stored_.size() >= KeyNames::kMost) return KeyNames::too_many();
      const bool may = leases_.may_store(key_number(key), *token, line.now);
      if (may) stored_.insert(key_number(key));
      out += may ? "stored\n" : "void\n";
      return {};
    }
    if (line.verb == "delete" && line.has_rest) {
      const std::uint64_t key = key_number(line.rest);
      leases_.invalidate(key);
      out += stored_.erase(key) != 0 ? "deleted\n" : "absent\n";
      return {};
    }
    return expected_forms({"SECONDS get KEY", "SECONDS set LEASE KEY", "SECONDS delete KEY"},
                          line.verb, text);
  }

  TimedLines lines_;
  caching::Leases leases_;
  std::set<std::uint64_t> stored_;
};

// ---- Writes that go to the origin later

struct WriteBehindDriverParams {
  cache::WriteBehindParams queue;
  static constexpr std::string_view type_name = "write_behind_driver";
  static constexpr auto fields() { return Fields{inlined<&WriteBehindDriverParams::queue>()}; }
};

/// What is due before an event is written before it, at the time at which it was due.
class WriteBehindSession final : public Session {
 public:
  explicit WriteBehindSession(const WriteBehindDriverParams& params)
      : queue_(params.queue.options()) {}

  std::string take(std::string_view text, std::string& out) override {
    TimedLine line;
    std::string wrong = lines_.read(text, line);
    if (!wrong.empty()) return wrong;
    if (!known(line))
      return expected_forms(
          {"SECONDS write KEY", "SECONDS read KEY", "SECONDS delete KEY", "SECONDS crash"},
          line.verb, text);
    lines_.taken(line);
    flush(line.now, out);
    if (line.verb == "crash") {
      out += fmt::format("lost {}\n", queue_.lose_all());
      names_ = {};
      return {};
    }
    const std::uint64_t key = key_number(line.rest);
    const bool waits = queue_.pending(key) != nullptr;
    if (line.verb == "read") {
      out += waits ? "pending\n" : "written\n";
    } else if (line.verb == "delete") {
      queue_.drop(key);
      names_.forget(key);
      out += waits ? "dropped\n" : "written\n";
    } else if (!names_.number(line.rest)) {
      return KeyNames::too_many();
    } else if (queue_.write(key, line.now, line.now)) {
      out += waits ? "replaces\n" : "waits\n";
      full_since_ = line.now;
      flush(line.now, out);
    } else {
      names_.forget(key);
      out += "full\n";
    }
    return {};
  }

  void end(std::string& out) override { flush(caching::WriteBehind<int>::kNever - 1, out); }

 private:
  static bool known(const TimedLine& line) {
    if (line.verb == "crash") return !line.has_rest;
    return line.has_rest && (line.verb == "write" || line.verb == "read" || line.verb == "delete");
  }

  void flush(std::int64_t now, std::string& out) {
    while (queue_.due() <= now) {
      // A batch that is full is due from its oldest write on, but only full since its last.
      const std::int64_t at = std::max(queue_.due(), full_since_);
      for (const auto& write : queue_.flush(now)) {
        out += fmt::format("origin {} {}\n", seconds_text(at), names_.text(write.key));
        names_.forget(write.key);
      }
    }
  }

  TimedLines lines_;
  caching::WriteBehind<std::int64_t> queue_;
  KeyNames names_;
  std::int64_t full_since_ = 0;  // time of the last write
};

// ---- The counter of Redis' LFU

class LfuCounterSession final : public Session {
 public:
  LfuCounterSession(const caching::RedisLfu& lfu, std::uint64_t seed) : lfu_(lfu), bits_(seed) {}

  std::string take(std::string_view text, std::string& out) override {
    TimedLine line;
    std::string wrong = lines_.read(text, line);
    if (!wrong.empty()) return wrong;
    if ((line.verb != "use" && line.verb != "freq") || !line.has_rest)
      return expected_forms({"SECONDS use KEY", "SECONDS freq KEY"}, line.verb, text);
    const std::uint64_t key = key_number(line.rest);
    const auto known = used_.find(key);
    if (line.verb == "freq") {
      out +=
          known == used_.end() ? "absent" : std::to_string(lfu_.counter(known->second, line.now));
    } else if (known == used_.end()) {
      if (used_.size() == KeyNames::kMost) return KeyNames::too_many();
      used_.emplace(key, caching::RedisLfu::fresh(line.now));
      out += std::to_string(caching::RedisLfu::kInitial);
    } else {
      known->second = lfu_.touched(known->second, line.now, bits_);
      out += std::to_string(known->second & 255);
    }
    out += '\n';
    lines_.taken(line);
    return {};
  }

 private:
  TimedLines lines_;
  caching::RedisLfu lfu_;
  SeededBits bits_;
  std::map<std::uint64_t, std::uint32_t> used_;  // 24 bits each
};

struct LfuCounterParams {
  std::uint32_t log_factor = caching::RedisLfu{}.log_factor;
  std::uint32_t decay_time = caching::RedisLfu{}.decay_minutes;
  std::uint64_t seed = 1;

  static constexpr auto fields() {
    using P = LfuCounterParams;
    return Fields{field<&P::log_factor>("How much more rarely a counter grows the larger it is.")
                      .at_most(10'000u)
                      .source("redis.conf lfu-log-factor"),
                  field<&P::decay_time>("Minutes after which an idle counter loses one; 0: never.")
                      .at_most(1'000'000u)
                      .source("redis.conf lfu-decay-time"),
                  field<&P::seed>("Of the draws: SplitMix64.")};
  }
};

}  // namespace

std::vector<Driver> caching_events() {
  std::vector<Driver> drivers;
  drivers.push_back(driver<TtlCacheParams>(
      {"ttl_cache", "caching",
       "A cache of any policy with times to live: fixed, sliding, jittered, one's own.",
       "as the policies", "SECONDS get KEY, set KEY, setex TTL KEY or delete KEY",
       "get: hit, miss or expired; set: stored, evicts KEY or refused; delete: deleted or absent",
       "printf '%s\\n' '0 set a' '5 get a' '12 get a' | highwater algorithm ttl_cache "
       "--capacity 10 --ttl 10s --expiry sliding"},
      [](const TtlCacheParams& params) { return std::make_unique<TtlCacheSession>(params); }));
  drivers.push_back(driver<FreshnessDriverParams>(
      {"freshness", "caching",
       "XFetch, refresh-ahead, stale-while-revalidate, stale-if-error and negative caching.",
       "RFC 9111, RFC 5861, RFC 2308; Vattani et al. 2015",
       "SECONDS store TOOK KEY, absent TOOK KEY, get KEY or delete KEY",
       "store: until SECONDS; get: fresh, refresh, revalidate, fallback or miss, and absent behind "
       "it where there is nothing",
       "printf '%s\\n' '0 store 0.2 a' '9.9 get a' '12 get a' '50 get a' | highwater algorithm "
       "freshness --ttl 10s --stale-while-revalidate 5s --stale-if-error 1m --early-expiration 1x"},
      [](const FreshnessDriverParams& params) {
        return std::make_unique<FreshnessSession>(params);
      }));
  drivers.push_back(driver<NoParams>(
      {"single_flight", "caching", "Of those who want the same at the same time, one fetches it.",
       "golang.org/x/sync 0.1.0 singleflight", "want KEY, done FETCH or forget KEY",
       "want: fetch NUMBER, or wait NUMBER for somebody else's; done: shared N, those who waited; "
       "forget: forgotten or unknown",
       "printf '%s\\n' 'want a' 'want a' 'done 1' 'want a' | highwater algorithm single_flight"},
      [](const NoParams&) { return std::make_unique<SingleFlightSession>(); }));
  drivers.push_back(driver<LeasesParams>(
      {"leases", "caching", "memcache's leases against stale sets and stampedes.",
       "Nishtala et al., NSDI 2013", "SECONDS get KEY, set LEASE KEY or delete KEY",
       "get: hit, lease NUMBER or wait; set: stored or void; delete: deleted or absent",
       "printf '%s\\n' '0 get a' '0.1 get a' '0.2 delete a' '0.3 set 1 a' | highwater algorithm "
       "leases"},
      [](const LeasesParams& params) { return std::make_unique<LeasesSession>(params); }));
  drivers.push_back(driver<WriteBehindDriverParams>(
      {"write_behind", "caching", "Writes answered at once that go to the origin later, together.",
       "Oracle Coherence 12.2 documentation, write-behind caching",
       "SECONDS write KEY, read KEY, delete KEY or crash",
       "write: waits, replaces or full; read: pending or written; delete: dropped or written; "
       "crash: lost N; before them, for each write that was due, origin SECONDS KEY",
       "printf '%s\\n' '0 write a' '0.5 write a' '2 read a' | highwater algorithm write_behind"},
      [](const WriteBehindDriverParams& params) {
        return std::make_unique<WriteBehindSession>(params);
      }));
  drivers.push_back(driver<LfuCounterParams>(
      {"redis_lfu_counter", "caching",
       "The counter of Redis' LFU: by chance up, by the minute down.", "Redis 7.0 evict.c",
       "SECONDS use KEY or freq KEY", "the counter, 0 to 255; absent for a key that was never used",
       "printf '%s\\n' '0 use a' '1 use a' '130 freq a' | highwater algorithm redis_lfu_counter"},
      [](const LfuCounterParams& params) {
        return std::make_unique<LfuCounterSession>(
            caching::RedisLfu{params.log_factor, params.decay_time}, params.seed);
      }));
  return drivers;
}

}  // namespace highwater::drivers
