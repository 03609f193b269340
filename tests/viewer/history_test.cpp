#include "viewer/session/history.h"

#include <cmath>
#include <thread>

#include <catch2/catch.hpp>

using namespace highwater;
using namespace highwater::viewer;

TEST_CASE("intervals cover the run and end with it") {
  const History history(Duration{1'001}, 100, 1, 0);
  CHECK(history.interval() == Duration{11});
  CHECK(history.planned() == 91);
  CHECK(history.end_of(0) == Duration{11});
  CHECK(history.end_of(90) == Duration{1'001});
  CHECK(history.interval_at(0) == 0);
  CHECK(history.interval_at(11.5e-9) == 1);
  CHECK(history.interval_at(99) == 90);
}

TEST_CASE("a run of a few nanoseconds has as many intervals") {
  CHECK(History::intervals_for(Duration{7}, 10) == 7);
  CHECK(History::intervals_for(std::chrono::hours(24), 10) == 600);
}

TEST_CASE("the history of a large system has room within a hundred megabytes or so") {
  const std::size_t columns = 100'000;
  const std::size_t intervals = History::intervals_for(std::chrono::hours(1), columns);
  CHECK(intervals * columns * sizeof(float) <= 100'000'000);
  CHECK(intervals >= 60);
  CHECK(History::intervals_for(std::chrono::hours(1), 1'000'000) == 60);
}

TEST_CASE("rows of a heat map are of equal width on a logarithmic scale") {
  using Heat = History::Heat;
  CHECK(Heat::row_of(0) == 0);
  CHECK(Heat::row_of(0.0101) == 0);
  CHECK(Heat::row_of(0.1001) == 12);
  CHECK(Heat::row_of(1.001) == 24);
  CHECK(Heat::row_of(1e9) == Heat::kRows - 1);
  CHECK(Heat::begin_ms(24) == Approx(1));
  for (std::size_t row = 1; row < Heat::kRows; ++row) {
    CHECK(Heat::row_of(Heat::begin_ms(row) * 1.001) == row);
    CHECK(Heat::row_of(Heat::begin_ms(row) * 0.999) == row - 1);
  }
}

TEST_CASE("what was published is seen whole by another thread, at any time") {
  History history(Duration{100'000}, 500, 8, 1);
  std::thread writer([&] {
    for (std::size_t i = 0; i < history.planned(); ++i) {
      for (float& value : history.open_values()) value = static_cast<float>(i);
      history.open_heat(0)[3] = static_cast<std::uint32_t>(i);
      history.publish();
    }
  });
  std::size_t seen = 0, wrong = 0;
  while (seen < history.planned()) {
    seen = history.intervals();
    for (std::size_t i = 0; i < seen; ++i) {
      for (std::size_t column = 0; column < 8; ++column)
        if (history.value(column, i) != static_cast<float>(i)) ++wrong;
      if (history.heat(0, i)[3] != i) ++wrong;
    }
  }
  writer.join();
  CHECK(wrong == 0);
  CHECK(history.full());
}
