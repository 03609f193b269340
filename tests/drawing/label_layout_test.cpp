#include "viewer/draw/label_layout.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

namespace highwater::viewer {
namespace {

TEST_CASE("labels: stand where they wish to, or one lane lower", "[drawing][labels]") {
  const std::vector<LabelWish> wishes = {{10, 50}, {40, 50}, {70, 20}, {100, 30}};
  const std::vector<LabelPlace> places = place_labels(wishes, 0, 200, 3, 4);
  REQUIRE(places.size() == 4);
  CHECK(places[0].lane == 0);
  CHECK(places[1].lane == 1);
  CHECK(places[2].lane == 0);
  CHECK(places[2].x == 70);
  CHECK(places[3].lane == 0);
}

TEST_CASE("labels: stay inside", "[drawing][labels]") {
  const std::vector<LabelPlace> places = place_labels({{180, 50}, {-20, 30}}, 0, 200, 1, 4);
  REQUIRE(places.size() == 2);
  CHECK(places[0].label == 1);
  CHECK(places[0].x == 0);
  CHECK(places[1].x == 150);
  CHECK(place_labels({{210, 10}}, 0, 200, 1, 4).empty());
  CHECK(place_labels({{10, 300}}, 0, 200, 1, 4).empty());
  CHECK(place_labels({{10, 30}}, 0, 200, 0, 4).empty());
}

TEST_CASE("labels: those that find no room are left out", "[drawing][labels]") {
  const std::vector<LabelPlace> places = place_labels({{10, 50}, {11, 50}, {12, 50}}, 0, 200, 2, 4);
  CHECK(places.size() == 2);
}

TEST_CASE("labels: no two overlap, whatever is wished", "[drawing][labels]") {
  CHECK(rc::check([](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& drawn) {
    std::vector<LabelWish> wishes;
    for (const auto& [x, width] : drawn)
      wishes.push_back({static_cast<float>(x) * 2, 5 + static_cast<float>(width) / 2});
    const std::vector<LabelPlace> places = place_labels(wishes, 20, 480, 3, 4);
    for (std::size_t i = 0; i < places.size(); ++i) {
      const float begin = places[i].x;
      const float end = begin + wishes[places[i].label].width;
      RC_ASSERT(begin >= 20 && end <= 480.01F);
      for (std::size_t j = 0; j < i; ++j) {
        if (places[j].lane != places[i].lane) continue;
        const float other = places[j].x + wishes[places[j].label].width;
        RC_ASSERT(begin >= other + 3.99F || places[j].x >= end + 3.99F);
      }
    }
  }));
}

}  // namespace
}  // namespace highwater::viewer
