#include "models/algorithms/storage/consistency_level.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::storage {
namespace {

using Counts = std::vector<std::uint32_t>;

Counts shuffled(Counts list) {
  for (std::size_t i = list.size(); i > 1; --i)
    std::swap(list[i - 1], list[*rc::gen::inRange<std::size_t>(0, i)]);
  return list;
}

TEST_CASE("consistency_level: how many must answer", "[models][database]") {
  const Counts replicas{3, 5};
  const ReplicasByCenter here(replicas, 0), there(replicas, 1);
  CHECK(here.block_for(Consistency::any) == 1);
  CHECK(here.block_for(Consistency::one) == 1);
  CHECK(here.block_for(Consistency::local_one) == 1);
  CHECK(here.block_for(Consistency::two) == 2);
  CHECK(here.block_for(Consistency::three) == 3);
  CHECK(here.block_for(Consistency::quorum) == 5);  // of eight
  CHECK(here.block_for(Consistency::all) == 8);
  CHECK(here.block_for(Consistency::local_quorum) == 2);
  CHECK(there.block_for(Consistency::local_quorum) == 3);
  CHECK(here.block_for(Consistency::each_quorum) == 5);  // 2 + 3
  CHECK(quorum_of(1) == 1);
  CHECK(quorum_of(2) == 2);
  CHECK(quorum_of(3) == 2);
  CHECK(quorum_of(4) == 3);
}

TEST_CASE("consistency_level: who is alive decides what can be met", "[models][database]") {
  const Counts replicas{3, 3};
  const ReplicasByCenter levels(replicas, 0);
  const auto can = [&](Consistency level, Counts alive) { return levels.can_be_met(level, alive); };
  CHECK(can(Consistency::any, {0, 0}));  // a hint will do
  CHECK_FALSE(can(Consistency::one, {0, 0}));
  CHECK(can(Consistency::one, {0, 1}));
  CHECK_FALSE(can(Consistency::local_one, {0, 3}));
  CHECK(can(Consistency::quorum, {1, 3}));
  CHECK_FALSE(can(Consistency::quorum, {0, 3}));
  CHECK(can(Consistency::local_quorum, {2, 0}));
  CHECK_FALSE(can(Consistency::local_quorum, {1, 3}));
  CHECK(can(Consistency::each_quorum, {2, 2}));
  CHECK_FALSE(can(Consistency::each_quorum, {3, 1}));
  CHECK(can(Consistency::all, {3, 3}));
  CHECK_FALSE(can(Consistency::all, {3, 2}));
  CHECK_FALSE(levels.is_met(Consistency::any, Counts{0, 0}));
  CHECK(levels.is_met(Consistency::any, Counts{0, 1}));
  CHECK_FALSE(levels.is_met(Consistency::local_quorum, Counts{1, 3}));
  CHECK(levels.is_met(Consistency::each_quorum, Counts{2, 2}));
}

TEST_CASE("consistency_level: a read asks those preferred, as many as are needed",
          "[models][database]") {
  const Counts replicas{3, 3};
  const ReplicasByCenter levels(replicas, 0);
  const auto center_of = [](std::uint32_t node) { return node / 10; };  // 1, 2, 3 and 11, 12, 13
  const auto chosen = [&](Consistency level, Counts candidates, bool one_more = false) {
    candidates.resize(levels.choose_contacts(level, candidates, center_of, one_more));
    return candidates;
  };
  const Counts all{12, 1, 11, 2, 3, 13};
  CHECK(chosen(Consistency::one, all) == Counts{12});
  CHECK(chosen(Consistency::one, all, true) == Counts{12, 1});
  CHECK(chosen(Consistency::local_one, all) == Counts{1});
  CHECK(chosen(Consistency::local_quorum, all, true) == Counts{1, 2, 3});
  CHECK(chosen(Consistency::quorum, all) == Counts{12, 1, 11, 2});
  CHECK(chosen(Consistency::each_quorum, all) == Counts{12, 1, 11, 2});
  CHECK(chosen(Consistency::each_quorum, {1, 2, 3, 11, 12, 13}) == Counts{1, 2, 11, 12});
  CHECK(chosen(Consistency::all, all, true) == all);
  CHECK(chosen(Consistency::quorum, {1}) == Counts{1});
}

TEST_CASE(
    "consistency_level: those that are asked meet the level if they answer, any R and W "
    "above the replicas overlap",
    "[models][database]") {
  CHECK(rc::check([] {
    Counts replicas;
    const auto centers = *rc::gen::inRange<std::size_t>(1, 4);
    for (std::size_t i = 0; i < centers; ++i) replicas.push_back(*rc::gen::inRange(1u, 6u));
    const auto local = *rc::gen::inRange<std::uint32_t>(0, static_cast<std::uint32_t>(centers));
    const ReplicasByCenter levels(replicas, local);
    const auto level = static_cast<Consistency>(*rc::gen::inRange(1, 9));
    Counts candidates, alive(centers);
    for (std::uint32_t c = 0; c < centers; ++c)
      for (std::uint32_t i = 0; i < replicas[c]; ++i)
        if (*rc::gen::inRange(0, 4) > 0) {
          candidates.push_back(c * 10 + i);
          ++alive[c];
        }
    candidates = shuffled(candidates);
    const auto center_of = [](std::uint32_t node) { return node / 10; };
    Counts asked = candidates;
    asked.resize(levels.choose_contacts(level, asked, center_of, false));
    Counts answered(centers);
    for (const std::uint32_t node : asked) ++answered[center_of(node)];
    RC_ASSERT(levels.is_met(level, answered) == levels.can_be_met(level, alive));
    RC_ASSERT(2 * levels.block_for(Consistency::quorum) > levels.all());
  }));
}

}  // namespace
}  // namespace highwater::storage
