#include "models/algorithms/resilience/hedge.h"

#include <limits>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "models/algorithms/resilience/latency_quantile.h"

namespace highwater::resilience::hedge_test {
namespace {

using Kind = SpeculativeRetry::Kind;
constexpr std::int64_t kMs = 1'000'000;

TEST_CASE("hedge: reads what Cassandra reads", "[resilience]") {
  // SpeculativeRetryParseTest.java.
  const auto is = [](const char* text, Kind kind, double percentile, std::int64_t fixed) {
    CAPTURE(text);
    const auto read = parse_speculative_retry(text);
    REQUIRE(read.has_value());
    CHECK(read->kind == kind);
    if (read->tracks_latency()) CHECK(read->percentile == percentile);
    CHECK(read->fixed == fixed);
  };
  for (const char* never : {"NONE", "None", "Never", "NEVER"}) is(never, Kind::none, 0, 0);
  is("ALWAYS", Kind::always, 0, 0);
  is("Always", Kind::always, 0, 0);
  is("95PERCENTILE", Kind::percentile, 95, 0);
  is("99.5PERCENTILE", Kind::percentile, 99.5, 0);
  is("99.95PERCENTILE", Kind::percentile, 99.95, 0);
  is("21.1percentile", Kind::percentile, 21.1, 0);
  is("78.11p", Kind::percentile, 78.11, 0);
  is("1ms", Kind::fixed, 0, kMs);
  is("1000ms", Kind::fixed, 0, 1000 * kMs);
  is("121.1ms", Kind::fixed, 0, 121 * kMs);
  is("21.7MS", Kind::fixed, 0, 21 * kMs);
  is("max(99p,53ms)", Kind::max, 99, 53 * kMs);
  is("max(53ms,99p)", Kind::max, 99, 53 * kMs);
  is("MIN(70MS,90PERCENTILE)", Kind::min, 90, 70 * kMs);
  is("MIN(70MS,  90PERCENTILE)", Kind::min, 90, 70 * kMs);
  is("MIN(70ms , 90p)", Kind::min, 90, 70 * kMs);
  for (const char* text : {"",
                           "-0.1PERCENTILE",
                           "100.1PERCENTILE",
                           "xPERCENTILE",
                           "xyzms",
                           "X",
                           "99",
                           "p",
                           "0p",
                           "100p",
                           "101percentile",
                           "-1ms",
                           "10 ms",
                           "MIN(99p)",
                           "MIN(99p,98p)",
                           "MAX(1ms,2ms)",
                           "MIN99p,1ms",
                           "MEAN(99p,1ms)",
                           "MIN(99p,1ms",
                           "1.2.3ms",
                           "sometimes"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_speculative_retry(text));
  }
}

TEST_CASE("hedge: delays of every kind", "[resilience]") {
  const auto delay = [](const char* text) {
    HedgeDelay hedge(*parse_speculative_retry(text), 7 * kMs);
    for (int i = 1; i <= 100; ++i) hedge.observe(i, i * kMs);
    return hedge.delay(100);
  };
  CHECK(delay("ALWAYS") == 0);
  CHECK_FALSE(delay("NONE"));
  CHECK(delay("30ms") == 30 * kMs);
  const std::int64_t p50 = delay("50p").value();
  CHECK(p50 >= 32 * kMs);  // calculated after the 64th latency, of 64
  CHECK(p50 <= 33 * kMs);
  CHECK(delay("MIN(50p,10ms)") == 10 * kMs);
  CHECK(delay("MAX(50p,10ms)") == p50);
  HedgeDelay fresh(*parse_speculative_retry("99p"), 7 * kMs, 10 * kMs);
  CHECK(fresh.delay(0) == 7 * kMs);
  fresh.observe(0, 3 * kMs);
  const std::int64_t known = fresh.delay(0).value();
  CHECK(known < 4 * kMs);
  CHECK(fresh.delay(1000 * kMs) == known);  // forgotten, but the delay stays
}

TEST_CASE("hedge: the budget never gives more than its share", "[resilience]") {
  CHECK(rc::check([](const std::vector<bool>& steps) {
    const auto percent = *rc::gen::inRange(0, 101);
    const auto burst = *rc::gen::inRange(0u, 4u);
    HedgeBudget budget(percent / 100.0, burst);
    std::uint64_t requests = 0;
    std::uint64_t hedges = 0;
    for (const bool is_request : steps) {
      if (is_request) {
        ++requests;
        budget.request();
      } else {
        hedges += budget.may_hedge();
      }
      RC_ASSERT(100 * hedges <= static_cast<std::uint64_t>(percent) * requests + 100 * burst);
    }
  }));
  HedgeBudget twentieth(0.05, 0);
  int hedges = 0;
  for (int i = 0; i < 1000; ++i) {
    twentieth.request();
    hedges += twentieth.may_hedge();
  }
  CHECK(hedges == 50);
  HedgeBudget nan(std::numeric_limits<double>::quiet_NaN(), 1);
  nan.request();
  CHECK(nan.may_hedge());
  for (int i = 0; i < 100; ++i) nan.request();
  CHECK_FALSE(nan.may_hedge());
}

TEST_CASE("hedge: gRPC sends attempts one delay apart", "[resilience]") {
  GrpcHedging call({3, 10}, 100);
  CHECK(call.next_at() == 110);
  CHECK_FALSE(call.send(109, false));
  CHECK(call.send(110, false));
  CHECK(call.next_at() == 120);
  CHECK(call.send(125, false));
  CHECK_FALSE(call.next_at());
  CHECK(call.sent() == 3);
  CHECK(call.ended(130, TryResult::failed) == GrpcHedging::Verdict::go_on);
  CHECK(call.ended(131, TryResult::ok) == GrpcHedging::Verdict::commit);
  CHECK(call.ended(132, TryResult::ok) == GrpcHedging::Verdict::go_on);  // cancelled already
}

TEST_CASE("hedge: gRPC goes on at once after a failure and ends with a fatal one", "[resilience]") {
  GrpcHedging call({4, 1000}, 0);
  CHECK(call.ended(5, TryResult::failed) == GrpcHedging::Verdict::go_on);
  CHECK(call.next_at() == 5);
  CHECK(call.send(5, false));
  CHECK(call.ended(6, TryResult::failed, 3) == GrpcHedging::Verdict::go_on);
  CHECK(call.next_at() == 6 + 3 * kMs);
  CHECK(call.send(6 + 3 * kMs, false));
  CHECK(call.ended(7, TryResult::refused) == GrpcHedging::Verdict::commit);
  CHECK_FALSE(call.next_at());

  GrpcHedging stopped({4, 1000}, 0);
  CHECK(stopped.ended(5, TryResult::failed, -1) == GrpcHedging::Verdict::commit);
  GrpcHedging throttled({4, 10}, 0);
  CHECK_FALSE(throttled.send(10, true));
  CHECK_FALSE(throttled.next_at());
  CHECK(throttled.ended(50, TryResult::timed_out) == GrpcHedging::Verdict::commit);
  GrpcHedging single({0, 0}, 0);
  CHECK_FALSE(single.next_at());
  GrpcHedging many({50, 0}, 0);
  while (many.next_at()) many.send(*many.next_at(), false);
  CHECK(many.sent() == 5);
  GrpcHedging late({2, kNever}, 5);
  CHECK(late.next_at() == kNever);
}

}  // namespace
}  // namespace highwater::resilience::hedge_test
