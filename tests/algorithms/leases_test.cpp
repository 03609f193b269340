#include "models/algorithms/caching/leases.h"

#include <catch2/catch.hpp>

#include "tests/support/golden.h"

namespace highwater::caching {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("leases: one token per key and lease time", "[algorithms][caching]") {
  Leases leases;
  const auto token = leases.miss(7, 0);
  CHECK(token != 0);
  CHECK(leases.miss(7, 1) == 0);
  CHECK(leases.miss(7, 10 * kSecond - 1) == 0);
  CHECK(leases.miss(8, 1) != 0);
  const auto second = leases.miss(7, 10 * kSecond);
  CHECK(second != 0);
  CHECK(second != token);
  CHECK_FALSE(leases.may_store(7, token, 10 * kSecond));  // too late: another has it
  CHECK(leases.may_store(7, second, 10 * kSecond));
}

TEST_CASE("leases: what was read before a write is not stored after it", "[algorithms][caching]") {
  Leases leases;
  const auto reader = leases.miss(7, 0);  // reads the old value
  leases.invalidate(7);                   // somebody writes the new one
  CHECK_FALSE(leases.may_store(7, reader, 1));
  const auto next = leases.miss(7, 2);  // reads the new one
  CHECK(next != 0);
  CHECK(leases.may_store(7, next, 3));
  CHECK_FALSE(leases.may_store(7, next, 4));  // a token is used once
  CHECK_FALSE(leases.may_store(7, 0, 5));
}

TEST_CASE("leases: a token that nobody else got is good even after its time",
          "[algorithms][caching]") {
  Leases leases(kSecond);
  const auto token = leases.miss(7, 0);
  CHECK(leases.may_store(7, token, 5 * kSecond));
}

TEST_CASE("leases: a thundering herd gets one token in each lease time",
          "[algorithms][caching][property]") {
  Leases leases(kSecond);
  int tokens = 0;
  for (std::int64_t now = 0; now < 20 * kSecond; now += kSecond / 500)
    tokens += leases.miss(7, now) != 0;
  CHECK(tokens == 20);
}

TEST_CASE("leases: memory follows the tokens that are out", "[algorithms][caching]") {
  Leases leases(kSecond);
  for (std::uint64_t key = 0; key < 100'000; ++key)
    leases.miss(key, static_cast<std::int64_t>(key) * kSecond / 100);
  CHECK(leases.size() == 100);
}

}  // namespace
}  // namespace highwater::caching
