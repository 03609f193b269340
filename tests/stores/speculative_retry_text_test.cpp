#include "models/speculative_retry_text.h"

#include <catch2/catch.hpp>

namespace highwater {
namespace {

using Kind = storage::SpeculativeRetryKind;

TEST_CASE("speculative_retry_text: what Cassandra's tables say", "[models][database]") {
  const auto parse = [](const char* text) { return SpeculativeRetryText::parse(text).value(); };
  CHECK(parse("never").kind == Kind::never);
  CHECK(parse("always").kind == Kind::always);
  CHECK(parse("99p").kind == Kind::percentile);
  CHECK(parse("99.9percentile").percentile == 99.9);
  CHECK(parse("50ms").kind == Kind::fixed);
  CHECK(parse("50ms").delay == 50ms);
  const SpeculativeRetryText both = parse("min(99p, 50ms)");
  CHECK(both.kind == Kind::min);
  CHECK(both.percentile == 99);
  CHECK(both.delay == 50ms);
  CHECK(parse("max(50ms,95p)").kind == Kind::max);
  CHECK(parse("max(50ms,95p)").percentile == 95);
  for (const char* wrong : {"", "99", "p", "0p", "100p", "-5ms", "50 mss", "sometimes", "min(99p)",
                            "min(99p,50ms", "min(99p,98p)", "max(1ms,2ms)", "min(99p;1ms)"}) {
    CAPTURE(wrong);
    CHECK_FALSE(SpeculativeRetryText::parse(wrong));
  }
}

TEST_CASE("speculative_retry_text: it is written as it is read", "[models][database]") {
  for (const char* text :
       {"never", "always", "99p", "99.9p", "50ms", "min(99p,50ms)", "max(95p,1s)"}) {
    CAPTURE(text);
    CHECK(SpeculativeRetryText::parse(text)->text() == text);
  }
}

}  // namespace
}  // namespace highwater
