#include "models/cache/change_log.h"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::cache {
namespace {

struct NoBits {
  std::uint64_t bits() { return 0; }
};

TEST_CASE("change log: what is due is applied in its order", "[caches]") {
  caching::Cache contents(caching::Policy::lru, 10);
  ChangeLog log;
  NoBits none;
  std::vector<std::uint64_t> changed;
  const auto apply = [&](std::int64_t now) {
    log.apply(now, contents, none, [&](std::uint64_t key) { changed.push_back(key); });
  };
  log.store({1, 1000, 5}, 10);
  log.store({2, caching::kNeverExpires, 0}, 30);
  log.erase(1, 20);  // not before what was logged first
  CHECK(log.size() == 3);
  apply(9);
  CHECK(changed.empty());
  apply(10);
  CHECK(contents.lookup(1, 10).version == 5);
  CHECK(contents.lookup(1, 10).expires == 1000);
  apply(29);
  CHECK(contents.lookup(1, 29).outcome == caching::Outcome::hit);
  apply(30);
  CHECK(changed == std::vector<std::uint64_t>{1, 2, 1});
  CHECK(contents.lookup(1, 30).outcome == caching::Outcome::miss);
  log.store({3}, 40);
  log.clear();
  apply(50);
  CHECK(contents.lookup(3, 50).outcome == caching::Outcome::miss);
}

}  // namespace
}  // namespace highwater::cache
