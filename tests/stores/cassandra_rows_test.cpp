#include "models/database/cassandra_rows.h"

#include <catch2/catch.hpp>

namespace highwater::database {
namespace {

TEST_CASE("cassandra_rows: a row is kept while it matters", "[models][database]") {
  const Replicas replicas{{4, 2, 7}, {3}};
  CHECK(replicas.slot_of(2) == 1);
  Rows rows;
  {
    const RowPin pin = rows.pin(1, replicas);
    const RowPin copy = pin;
    CHECK(rows.size() == 1);
    CHECK(pin->pins == 2);
    RowPin moved = rows.pin(1, replicas);
    CHECK(&*moved == &*pin);
    moved = RowPin();
    CHECK(pin->pins == 2);
  }
  CHECK(rows.size() == 0);
  {
    const RowPin pin = rows.pin(1, replicas);
    pin->apply(0, 5);
  }
  CHECK(rows.size() == 1);  // two replicas lack it
  {
    const RowPin pin = rows.pin(1, replicas);
    CHECK(pin->differs());
    CHECK(pin->newest() == 5);
    pin->apply(0, 3);  // older: changes nothing
    CHECK(pin->versions[0] == 5);
    pin->apply(1, 5);
    pin->apply(2, 5);
    CHECK_FALSE(pin->differs());
  }
  CHECK(rows.size() == 0);
  {
    const RowPin pin = rows.pin(1, replicas);
    pin->acknowledged = 6;
  }
  CHECK(rows.size() == 1);  // a write that is lost is not forgotten
}

TEST_CASE("cassandra_rows: who has lost a row is asked when somebody begins to work on it",
          "[models][database]") {
  const Replicas replicas{{4, 2, 7}, {3}};
  Rows rows;
  std::size_t begun = 0;
  rows.watch([&](Row& row) {
    ++begun;
    if (row.key == 1) row.versions[1] = Row::kNone;
  });
  {
    const RowPin pin = rows.pin(1, replicas);
    const RowPin whole = rows.pin(2, replicas);
    CHECK(pin->differs());
    CHECK(pin->newest() == Row::kOld);
    CHECK_FALSE(whole->differs());
  }
  CHECK(rows.size() == 1);
  rows.pin(1, replicas)->apply(1, Row::kOld);
  CHECK(begun == 2);
  CHECK(rows.size() == 0);
  rows.pin(1, replicas);
  CHECK(begun == 3);
  std::size_t seen = 0;
  rows.for_each([&](Row& row) { seen += row.key; });
  CHECK(seen == 1);
}

}  // namespace
}  // namespace highwater::database
