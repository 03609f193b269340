#include "models/algorithms/resilience/grpc_retry_throttle.h"

#include <limits>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::resilience {
namespace {

void compare(const GrpcThrottleOptions& options, const nlohmann::json& rows) {
  GrpcRetryThrottle throttle(options);
  for (const auto& row : rows) {
    CAPTURE(row.dump());
    throttle.ended(0, {}, row[0] == 1 ? TryResult::ok : TryResult::failed);
    CHECK(throttle.tokens() == row[1].get<double>());
    CHECK(throttle.may_retry(0, TryResult::failed) == (row[2] == 1));
  }
}

TEST_CASE("grpc throttle: tokens to the last bit as in grpc-js", "[resilience]") {
  compare({10, 0.1}, golden_json("grpc_retry_throttle.json")["rows"]);
  const auto runs = golden_json("retrying.json")["throttle"];
  REQUIRE(runs.size() == 4);
  for (const auto& run : runs) compare({run["max_tokens"], run["token_ratio"]}, run["rows"]);
}

TEST_CASE("grpc throttle: thousandths do not drift", "[resilience]") {
  // A6: tokenRatio counts to three decimals.
  GrpcMilliThrottle throttle({10, 0.1239});
  for (int i = 0; i < 4; ++i) throttle.ended(0, {}, TryResult::failed);
  CHECK(throttle.milli_tokens() == 6000);
  CHECK(throttle.is_above_half());
  throttle.ended(0, {}, TryResult::timed_out);
  CHECK_FALSE(throttle.may_retry(0, TryResult::failed));  // 5 is not more than 5
  throttle.ended(0, {}, TryResult::ok);
  CHECK(throttle.milli_tokens() == 5123);
  CHECK(throttle.may_retry(0, TryResult::failed));
  throttle.ended(0, {}, TryResult::refused);
  CHECK(throttle.milli_tokens() == 5123);
  for (int i = 0; i < 100; ++i) throttle.ended(0, {}, TryResult::ok);
  CHECK(throttle.milli_tokens() == 10'000);
  CHECK(GrpcMilliThrottle({0.3, 0.3}).milli_tokens() == 300);
}

TEST_CASE("grpc throttle: a new service config scales what is left", "[resilience]") {
  GrpcRetryThrottle doubles({10, 0.1});
  GrpcMilliThrottle millis({10, 0.1});
  for (int i = 0; i < 3; ++i) {
    doubles.ended(0, {}, TryResult::failed);
    millis.ended(0, {}, TryResult::failed);
  }
  CHECK(GrpcRetryThrottle({100, 1}, doubles).tokens() == Approx(70));
  CHECK(GrpcMilliThrottle({100, 1}, millis).milli_tokens() == 70'000);
}

TEST_CASE("grpc throttle: both kinds agree where thousandths are exact", "[resilience]") {
  CHECK(rc::check([](const std::vector<bool>& results) {
    const GrpcThrottleOptions options{8, 0.125};
    GrpcRetryThrottle doubles(options);
    GrpcMilliThrottle millis(options);
    for (const bool ok : results) {
      doubles.ended(0, {}, ok ? TryResult::ok : TryResult::failed);
      millis.ended(0, {}, ok ? TryResult::ok : TryResult::failed);
      RC_ASSERT(doubles.tokens() * 1000 == static_cast<double>(millis.milli_tokens()));
      RC_ASSERT(doubles.is_above_half() == millis.is_above_half());
    }
  }));
}

TEST_CASE("grpc throttle: options without sense allow nothing", "[resilience]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double odd : {0.0, -1.0, nan}) {
    GrpcRetryThrottle doubles({odd, odd});
    GrpcMilliThrottle millis({odd, odd});
    doubles.ended(0, {}, TryResult::ok);
    millis.ended(0, {}, TryResult::ok);
    CHECK_FALSE(doubles.may_retry(0, TryResult::failed));
    CHECK_FALSE(millis.may_retry(0, TryResult::failed));
  }
}

TEST_CASE("grpc throttle: pushback and attempts", "[resilience]") {
  CHECK(grpc_pushback("250").pause_ms == 250);
  CHECK_FALSE(grpc_pushback("0").stop);
  for (const char* text : {"-1", "", "soon", "1.5", "12x", "99999999999"}) {
    CAPTURE(text);
    CHECK(grpc_pushback(text).stop);
  }
  CHECK(grpc_max_attempts(3) == 3);
  CHECK(grpc_max_attempts(9) == 5);
}

}  // namespace
}  // namespace highwater::resilience
