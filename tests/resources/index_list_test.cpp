#include "models/algorithms/resources/index_list.h"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::resources {
namespace {

std::vector<std::uint32_t> numbers_in(const IndexLists& lists, const IndexLists::List& list) {
  std::vector<std::uint32_t> numbers;
  for (std::uint32_t i = list.first; i != IndexLists::kNone; i = lists.next(i))
    numbers.push_back(i);
  return numbers;
}

TEST_CASE("index_list: two lists of the same numbers are as two deques", "[resources]") {
  CHECK(rc::check([](const std::vector<std::uint8_t>& steps) {
    IndexLists lists;
    IndexLists::List list[2];
    std::deque<std::uint32_t> same[2];
    for (const std::uint8_t step : steps) {
      const bool which = step % 2 == 1;
      if (step < 100) {
        const std::uint32_t i = lists.grow();
        (step % 4 < 2) ? lists.push_back(list[which], i) : lists.push_front(list[which], i);
        (step % 4 < 2) ? same[which].push_back(i) : same[which].push_front(i);
      } else if (!same[which].empty()) {
        // One moves over to the other list.
        const std::uint32_t i = same[which][step % same[which].size()];
        same[which].erase(std::find(same[which].begin(), same[which].end(), i));
        lists.remove(list[which], i);
        same[!which].push_front(i);
        lists.push_front(list[!which], i);
      }
      for (const int each : {0, 1}) {
        RC_ASSERT(list[each].size == same[each].size());
        RC_ASSERT(list[each].empty() == same[each].empty());
        RC_ASSERT(numbers_in(lists, list[each]) ==
                  std::vector<std::uint32_t>(same[each].begin(), same[each].end()));
      }
    }
    if (!list[0].empty()) RC_ASSERT(lists.pop_front(list[0]) == same[0].front());
  }));
}

}  // namespace
}  // namespace highwater::resources
