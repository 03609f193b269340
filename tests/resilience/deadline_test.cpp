#include "models/algorithms/resilience/deadline.h"

#include <string>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include "tests/support/golden.h"

namespace highwater::resilience::deadline_test {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kS = 1000 * kMs;

std::string encoded(std::int64_t timeout, GrpcLibrary library) {
  return std::string(encode_grpc_timeout(timeout, library).view());
}

TEST_CASE("deadline: a child has the smaller of its own and of what is left", "[resilience]") {
  const Deadline parent = Deadline::in(100, 50);
  CHECK(parent.at() == 150);
  CHECK(parent.remaining(120) == 30);
  CHECK(parent.child(120, 20).at() == 140);
  CHECK(parent.child(120, 40).at() == 150);
  CHECK(parent.child(120, 40, 10).at() == 140);
  CHECK(parent.child(120, 40, 100).at() == 120);
  CHECK(parent.child(120, 40, 100).expired(120));
  CHECK(parent.child(200, 40).at() == 200);
  CHECK_FALSE(parent.expired(149));
  CHECK(parent.expired(150));
}

TEST_CASE("deadline: none leaves all the time there is", "[resilience]") {
  const Deadline none;
  CHECK(none.remaining(1000) == kNever);
  CHECK_FALSE(none.expired(kNever));
  CHECK(none.child(10, 5, 3).at() == 15);
  CHECK(none.child(10, kNever).at() == kNever);
  CHECK(Deadline::in(10, kNever).at() == kNever);
  CHECK(Deadline::in(10, -5).at() == 10);
  CHECK(none.allows(0, kNever, kNever));
}

TEST_CASE("deadline: a try must fit before it", "[resilience]") {
  const Deadline deadline = Deadline::in(0, 100);
  CHECK(deadline.allows(50, 49));
  CHECK_FALSE(deadline.allows(50, 50));
  CHECK_FALSE(deadline.allows(50, 20, 30));
  CHECK_FALSE(deadline.allows(50, kNever, kNever));
}

TEST_CASE("deadline: chains only ever shorten", "[resilience]") {
  CHECK(rc::check([](const std::vector<std::pair<std::uint16_t, std::uint8_t>>& hops) {
    Deadline deadline = Deadline::in(0, 40'000);
    std::int64_t now = 0;
    for (const auto& [own, took] : hops) {
      now += took;
      const Deadline child = deadline.child(now, own, 3);
      RC_ASSERT(child.remaining(now) <= own);
      RC_ASSERT(child.remaining(now) <= std::max<std::int64_t>(0, deadline.remaining(now) - 3));
      deadline = child;
    }
  }));
}

TEST_CASE("grpc timeout: Go rounds up", "[resilience]") {
  // grpc-go internal/grpcutil/encode_duration_test.go.
  constexpr std::int64_t kM = 60 * kS;
  const std::pair<std::int64_t, const char*> cases[] = {{0, "0S"},
                                                        {1, "1n"},
                                                        {99'999'999, "99999999n"},
                                                        {1000, "1u"},
                                                        {99'999'999'000, "99999999u"},
                                                        {kMs, "1m"},
                                                        {99'999'999 * kMs, "99999999m"},
                                                        {kS, "1S"},
                                                        {99'999'999 * kS, "99999999S"},
                                                        {kM, "1M"},
                                                        {99'999'999 * kM, "99999999M"},
                                                        {60 * kM, "1H"},
                                                        {100'000'001, "100001u"},
                                                        {100'000'001'000, "100001m"},
                                                        {100'000'001 * kMs, "100001S"},
                                                        {100'000'000 * kS, "1666667M"},
                                                        {100'000'000 * kM, "1666667H"},
                                                        {-1, "0S"},
                                                        {kNever, "2562048H"}};
  for (const auto& [timeout, text] : cases) {
    CAPTURE(timeout);
    CHECK(encoded(timeout, GrpcLibrary::go) == text);
  }
}

TEST_CASE("grpc timeout: Java cuts", "[resilience]") {
  // grpc-java GrpcUtilTest.timeoutTest.
  const std::pair<std::int64_t, const char*> cases[] = {{0, "0n"},
                                                        {99'999'999, "99999999n"},
                                                        {100'000'000, "100000u"},
                                                        {99'999'999'999, "99999999u"},
                                                        {100'000'000'000, "100000m"},
                                                        {99'999'999'999'999, "99999999m"},
                                                        {100'000'000'000'000, "100000S"},
                                                        {99'999'999'999'999'999, "99999999S"},
                                                        {100'000'000'000'000'000, "1666666M"},
                                                        {5'999'999'999'999'999'999, "99999999M"},
                                                        {6'000'000'000'000'000'000, "1666666H"},
                                                        {kNever, "2562047H"}};
  for (const auto& [timeout, text] : cases) {
    CAPTURE(timeout);
    CHECK(encoded(timeout, GrpcLibrary::java) == text);
  }
}

TEST_CASE("grpc timeout: JavaScript as recorded", "[resilience]") {
  const auto rows = golden_json("retrying.json")["timeouts"];
  CHECK(rows.size() > 10);
  for (const auto& row : rows) {
    CAPTURE(row.dump());
    const auto ns = static_cast<std::int64_t>(row[0].get<double>() * 1e6);
    CHECK(encoded(ns, GrpcLibrary::js) == row[1]);
  }
  CHECK(encoded(kNever, GrpcLibrary::js) == "2562048H");
}

TEST_CASE("grpc timeout: reads what it may and nothing else", "[resilience]") {
  CHECK(decode_grpc_timeout("1S") == kS);
  CHECK(decode_grpc_timeout("00000001n") == 1);
  CHECK(decode_grpc_timeout("3u") == 3000);
  CHECK(decode_grpc_timeout("99999999m") == 99'999'999 * kMs);
  CHECK(decode_grpc_timeout("2M") == 120 * kS);
  CHECK(decode_grpc_timeout("2562047H") == std::int64_t{2'562'047} * 3600 * kS);
  CHECK(decode_grpc_timeout("99999999H") == kNever);
  for (const char* text : {"", "1", "S", "123456789S", "-1S", "+1S", " 1S", "1s", "1.5S", "1x2S"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_grpc_timeout(text));
  }
}

TEST_CASE("grpc timeout: Go's is never shorter and Java's never longer", "[resilience]") {
  CHECK(rc::check([](std::uint64_t any) {
    const auto timeout = static_cast<std::int64_t>(any >> (1 + any % 40));
    const auto go = decode_grpc_timeout(encoded(timeout, GrpcLibrary::go)).value();
    const auto java = decode_grpc_timeout(encoded(timeout, GrpcLibrary::java)).value();
    RC_ASSERT(go >= timeout);
    RC_ASSERT(java <= timeout);
    RC_ASSERT(static_cast<double>(go - timeout) <= 1e-5 * static_cast<double>(timeout) + 1);
  }));
}

}  // namespace
}  // namespace highwater::resilience::deadline_test
