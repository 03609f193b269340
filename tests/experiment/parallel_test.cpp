// Numbers that are shared out among threads.

#include "engine/experiment/parallel.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater {
namespace {

TEST_CASE("parallel: each number comes once", "[experiment]") {
  for (const unsigned jobs : {1U, 3U, 50U}) {
    std::vector<std::atomic<int>> times(20);
    for_each_in_parallel(20, jobs, nullptr, [&](std::uint64_t number) { ++times[number]; }, {});
    for (const auto& each : times) CHECK(each == 1);
  }
  for_each_in_parallel(0, 2, nullptr, [](std::uint64_t) { FAIL("nothing to do"); }, {});
}

TEST_CASE("parallel: no further number once it is to stop", "[experiment]") {
  std::atomic<bool> stop{false};
  std::atomic<int> done{0};
  for_each_in_parallel(1000, 2, &stop,
                       [&](std::uint64_t) {
                         if (++done == 5) stop = true;
                       },
                       {});
  CHECK(done < 10);
}

TEST_CASE("parallel: an exception comes through", "[experiment]") {
  std::atomic<int> done{0};
  const auto work = [&](std::uint64_t number) {
    ++done;
    if (number == 3) throw std::runtime_error("it");
    // Throwing takes its time, in which the other thread could do all of nothing.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  CHECK_THROWS_WITH(for_each_in_parallel(1000, 2, nullptr, work, {}), "it");
  CHECK(done < 1000);
}

}  // namespace
}  // namespace highwater
