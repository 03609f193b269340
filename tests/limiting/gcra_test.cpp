#include "models/algorithms/limiting/gcra.h"

#include <limits>

#include <catch2/catch.hpp>

#include "tests/limiting/verdicts.h"

namespace highwater::limiting {
namespace {

// The table of redis-cell's test `it_rate_limits`: a limit of 5 at one a second, times in seconds,
// then remaining, reset after and retry after.
TEST_CASE("gcra: answers as redis-cell's own test demands", "[limiting]") {
  struct Row {
    double now;
    std::uint32_t volume;
    std::int64_t remaining;
    double reset, retry;
    bool limited;
  };
  constexpr Row kRows[] = {
      {0, 6, 5, 0, -1, true},    {0, 1, 4, 1, -1, false},   {0, 1, 3, 2, -1, false},
      {0, 1, 2, 3, -1, false},   {0, 1, 1, 4, -1, false},   {0, 1, 0, 5, -1, false},
      {0, 1, 0, 5, 1, true},     {3, 1, 2, 3, -1, false},   {3.1, 1, 1, 3.9, -1, false},
      {4, 1, 1, 4, -1, false},   {8, 1, 4, 1, -1, false},   {9.5, 1, 4, 1, -1, false},
      {9.5, 0, 4, 1, -1, false}, {9.5, 2, 2, 3, -1, false}, {9.5, 5, 2, 3, 3, true},
  };
  Gcra gcra({1, kSecond, 5});
  Gcra::State state;
  gcra.begin(state, 0);
  for (const Row& row : kRows) {
    CAPTURE(row.now, row.volume);
    const auto ns = [](double s) { return static_cast<std::int64_t>(s * 1e9 + 0.5); };
    const Gcra::Answer answer = gcra.throttle(state, ns(row.now), row.volume);
    CHECK(answer.verdict.is_admitted() == !row.limited);
    CHECK(answer.limit == 5);
    CHECK(answer.remaining == row.remaining);
    CHECK(answer.reset_after == ns(row.reset));
    if (row.limited) CHECK(answer.verdict.retry_after == (row.retry < 0 ? kNever : ns(row.retry)));
  }
}

TEST_CASE("gcra: edges", "[limiting]") {
  const double infinity = std::numeric_limits<double>::infinity();
  for (const double count : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()})
    CHECK(Bench{Gcra({count, kSecond, 3})}.at(0) == Verdict::denied(kNever));
  CHECK(Bench{Gcra({infinity, kSecond, 1})}.letters({0, 0, 0}) == "aaa");
  CHECK(Bench{Gcra({5, 0, 1})}.letters({0, 0, 0}) == "aaa");
  Bench none{Gcra({5, kSecond, 0})};
  CHECK(none.at(9 * kSecond) == Verdict::denied(kNever));
  CHECK(none.at(9 * kSecond, 0) == Verdict::allowed());
  Bench gcra{Gcra({1, kSecond, 1})};
  CHECK(gcra.at(10 * kSecond) == Verdict::allowed());
  CHECK(gcra.at(0) == Verdict::denied(11 * kSecond));  // as early as it looks
  CHECK(gcra.at(kNever) == Verdict::allowed());
}

}  // namespace
}  // namespace highwater::limiting
