#include "models/algorithms/storage/hint_store.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::storage::hint_store_test {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
using Store = HintStore<std::string>;

TEST_CASE("hint_store: hints are kept for a window", "[models][database]") {
  const HintOptions usual;
  CHECK(Store::should_hint(usual, std::nullopt));
  CHECK(Store::should_hint(usual, 3 * 3600 * kSecond));
  CHECK_FALSE(Store::should_hint(usual, 3 * 3600 * kSecond + 1));
  CHECK_FALSE(Store::should_hint({.enabled = false}, std::nullopt));
  CHECK(Store::should_hint({.max_window = 0}, std::nullopt));
  CHECK_FALSE(Store::should_hint({.max_window = 0}, 1));
}

TEST_CASE("hint_store: hints go out in order, those that fail once more", "[models][database]") {
  Store store({}, 2);
  store.keep(1, "a");
  store.keep(2, "b");
  CHECK(store.size() == 2);
  Store::Hint first = store.take();
  CHECK(first.write == "a");
  CHECK(first.created == 1);
  store.put_back(std::move(first));
  CHECK(store.take().write == "a");
  CHECK(store.take().write == "b");
  CHECK(store.empty());
}

TEST_CASE("hint_store: old ones are dropped", "[models][database]") {
  Store store({.gc_grace = 10 * kSecond}, 2);
  store.keep(0, "a");
  store.keep(5 * kSecond, "b");
  std::vector<std::string> dropped;
  const auto note = [&](const std::string& write) { dropped.push_back(write); };
  store.expire(10 * kSecond, note);
  CHECK(dropped.empty());
  store.expire(10 * kSecond + 1, note);
  CHECK(dropped == std::vector<std::string>{"a"});
  CHECK(store.size() == 1);
}

TEST_CASE("hint_store: the throttle is shared by the others", "[models][database]") {
  // 1 MiB a second for one of two others: 512 hints of 1 KiB.
  CHECK(Store({}, 2).pause(1'024) == kSecond / 512);
  CHECK(Store({}, 1).pause(1'024) == kSecond / 1'024);
  CHECK(Store({}, 0).pause(1'024) == kSecond / 1'024);
  CHECK(Store({.throttle = 0}, 2).pause(1'024) == 0);
  CHECK(Store({.throttle = 1}, 5).pause(1) == kSecond);  // no less than a byte a second
}

}  // namespace
}  // namespace highwater::storage::hint_store_test
