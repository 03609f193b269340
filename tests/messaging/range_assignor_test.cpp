#include "models/algorithms/messaging/range_assignor.h"

#include <cstdint>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::messaging {
namespace {

std::vector<std::uint32_t> members_of(std::uint32_t partitions, std::uint32_t members) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t p = 0; p < partitions; ++p)
    all.push_back(range_member(p, partitions, members));
  return all;
}

TEST_CASE("range_assignor: neighbours together, the first members one more",
          "[models][messaging]") {
  using Members = std::vector<std::uint32_t>;
  CHECK(members_of(6, 3) == Members{0, 0, 1, 1, 2, 2});
  CHECK(members_of(7, 3) == Members{0, 0, 0, 1, 1, 2, 2});
  CHECK(members_of(8, 3) == Members{0, 0, 0, 1, 1, 1, 2, 2});
  CHECK(members_of(2, 5) == Members{0, 1});
  CHECK(members_of(4, 1) == Members{0, 0, 0, 0});
}

TEST_CASE("range_assignor: shares differ by one at most, whatever the numbers",
          "[models][messaging]") {
  for (std::uint32_t partitions = 1; partitions <= 40; ++partitions) {
    for (std::uint32_t members = 1; members <= 45; ++members) {
      std::vector<std::uint32_t> shares(members);
      std::uint32_t before = 0;
      for (const std::uint32_t member : members_of(partitions, members)) {
        REQUIRE(member >= before);
        REQUIRE(member < members);
        before = member;
        ++shares[member];
      }
      for (std::uint32_t m = 0; m < members; ++m)
        REQUIRE(shares[m] == partitions / members + (m < partitions % members));
    }
  }
}

}  // namespace
}  // namespace highwater::messaging
