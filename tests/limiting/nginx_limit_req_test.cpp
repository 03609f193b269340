#include "models/algorithms/limiting/nginx_limit_req.h"

#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

TEST_CASE("nginx_limit_req: decides as nginx 1.22.1 did", "[limiting][golden]") {
  const std::map<std::string, NginxLimitReqOptions> zones = {
      {"lr_r5_b0", {5000, 0, 0, false}},
      {"lr_r5_b3", {5000, 3, 0, true}},
      {"lr_r30m_b2", {500, 2, 0, true}},
      {"lr_r100_b20", {100'000, 20, 0, true}},
  };
  const auto golden = golden_json("nginx_limit_req.json");
  for (const auto& [name, options] : zones) {
    CAPTURE(name);
    Bench limiter{NginxLimitReq(options)};
    for (const auto& row : golden["rows"][name]) {
      const std::int64_t now = row[0].get<std::int64_t>();
      const std::int64_t kept = limiter.state.excess;
      const std::int64_t since = limiter.state.last;
      const Verdict verdict = limiter.at(now * kMillisecond);
      REQUIRE(verdict.is_admitted() == (row[1] == 200));
      if (row.size() < 3) continue;
      // The excess that nginx has logged: not stored.
      const std::int64_t excess = kept - options.milli_rate * (now - since) / 1000 + 1000;
      const auto logged =
          static_cast<std::int64_t>(std::stod(row[2].get<std::string>()) * 1000 + .5);
      REQUIRE(excess == logged);
      REQUIRE(limiter.state.excess == kept);
    }
  }
}

TEST_CASE("nginx_limit_req: delays what is beyond delay", "[limiting]") {
  Bench all{NginxLimitReq({5000, 3, 0, false})};
  CHECK(all.at(0) == Verdict::allowed());
  CHECK(all.at(0) == Verdict::after(kSecond / 5));
  CHECK(all.at(0) == Verdict::after(kSecond * 2 / 5));
  CHECK(all.at(0) == Verdict::after(kSecond * 3 / 5));
  CHECK(all.at(0) == Verdict::denied(kSecond / 5));
  Bench some{NginxLimitReq({5000, 3, 2, false})};
  CHECK(some.letters({0, 0, 0}) == "aaa");
  CHECK(some.at(0) == Verdict::after(kSecond / 5));
}

TEST_CASE("nginx_limit_req: time that goes back counts as none or as a millisecond", "[limiting]") {
  Bench limiter{NginxLimitReq({1'000'000, 1, 0, true})};  // one a millisecond
  constexpr std::int64_t kHour = 3'600 * kSecond;
  CHECK(limiter.letters({kHour, kHour}) == "aa");
  CHECK_FALSE(limiter.at(kHour - 60 * kSecond).is_admitted());
  CHECK(limiter.state.last == kHour / kMillisecond);
  CHECK(limiter.at(kHour - 60'001 * kMillisecond).is_admitted());
  CHECK(limiter.state.last == kHour / kMillisecond - 60'001);
}

TEST_CASE("nginx_limit_req: a key may go when it was idle for a minute", "[limiting]") {
  Bench limiter{NginxLimitReq({16, 5, 0, true})};  // 1r/m
  CHECK(limiter.rule.is_idle(limiter.state, 0));
  CHECK(limiter.letters({0, 0, 0}) == "aaa");
  CHECK_FALSE(limiter.rule.is_idle(limiter.state, 60 * kSecond));
  CHECK_FALSE(limiter.rule.is_idle(limiter.state, 124 * kSecond));
  CHECK(limiter.rule.is_idle(limiter.state, 125 * kSecond));
}

TEST_CASE("nginx_limit_req: edges", "[limiting]") {
  Bench limiter{NginxLimitReq({1000, 2, 0, true})};
  CHECK(limiter.at(0, 4) == Verdict::denied(kNever));
  CHECK(limiter.at(0, 0) == Verdict::allowed());
  CHECK(limiter.at(0, 3) == Verdict::allowed());
  CHECK(limiter.at(0) == Verdict::denied(kSecond));
  CHECK(limiter.at(100 * kSecond, 4) == Verdict::denied(kNever));
  Bench still{NginxLimitReq({0, 1, 0, true})};
  CHECK(still.letters({0, 0, 99 * kSecond}) == "aad");
  CHECK(still.at(99 * kSecond).retry_after == kNever);
  CHECK(Bench{NginxLimitReq({0, 1, 0, false})}.at(0, 2) == Verdict::after(kNever));
}

}  // namespace
}  // namespace highwater::limiting
