#include "models/algorithms/storage/vacuum_cost.h"

#include <catch2/catch.hpp>

namespace highwater::storage {
namespace {

TEST_CASE("vacuum cost: due above a threshold and a share of the rows", "[algorithms][storage]") {
  const VacuumCost cost(VacuumOptions{});
  CHECK_FALSE(cost.due(50 + 200, 1000));
  CHECK(cost.due(50 + 201, 1000));
  CHECK_FALSE(cost.due(50, 0));
  CHECK(cost.due(51, 0));
}

TEST_CASE("vacuum cost: naps when the limit is spent", "[algorithms][storage]") {
  VacuumCost cost({.cost_limit = 200, .cost_delay = 2'000'000});
  for (int i = 0; i < 9; ++i) {
    cost.page(true, true);  // 21
    CHECK(cost.nap() == 0);
  }
  cost.page(true, true);
  CHECK(cost.nap() == 2'100'000);  // 210 of 200
  CHECK(cost.nap() == 0);
  for (int i = 0; i < 199; ++i) cost.page(true, false);
  CHECK(cost.nap() == 0);
  cost.page(false, false);
  CHECK(cost.nap() == 2'010'000);
  for (int i = 0; i < 100; ++i) cost.page(false, true);
  CHECK(cost.nap() == 8'000'000);  // 2200 of 200, and four delays are the most
}

TEST_CASE("vacuum cost: without a delay it never naps", "[algorithms][storage]") {
  VacuumCost cost({.cost_delay = 0});
  for (int i = 0; i < 1000; ++i) cost.page(false, true);
  CHECK(cost.nap() == 0);
}

}  // namespace
}  // namespace highwater::storage
