// Scripts: what they say, and what input comes of it.

#include "viewer/gui/script.h"

#include <catch2/catch.hpp>

using namespace highwater::viewer;

namespace {

/// The inputs of so many frames.
std::vector<Script::Input> inputs(const std::string& text, std::size_t frames,
                                  const Registry& registry) {
  Script script;
  REQUIRE(script.load(text).empty());
  std::vector<Script::Input> all;
  for (std::size_t i = 0; i < frames; ++i) all.push_back(script.advance(registry));
  return all;
}

}  // namespace

TEST_CASE("script: everything wrong with it is said, with its line") {
  Script script;
  CHECK(script.load("# fine\nclik play\nwait x\ndrag a 1 2\nexpect one\n") ==
        "line 2: no command \"clik\"\n"
        "line 3: expected a number, found \"x\"\n"
        "line 4: \"drag\" takes 5 words, found 3\n"
        "line 5: \"expect\" takes 2 words, found 1\n");
}

TEST_CASE("script: a click goes there, down and up again") {
  Registry registry;
  registry.mark("play", {{10, 20}, {30, 40}});
  const auto all = inputs("click play 0.25 0.5\n", 6, registry);
  CHECK(all[0].mouse.x == 15);
  CHECK(all[0].mouse.y == 30);
  std::vector<bool> down;
  for (const auto& input : all) down.push_back(input.buttons[0]);
  CHECK(down == std::vector<bool>{false, false, true, false, false, false});
}

TEST_CASE("script: a drag moves with the button down from one end to the other") {
  Registry registry;
  registry.mark("bar", {{0, 0}, {100, 10}});
  const auto all = inputs("drag bar 0 0.5 1 0.5\n", 14, registry);
  CHECK_FALSE(all.front().buttons[0]);
  CHECK(all[1].buttons[0]);
  CHECK(all[1].mouse.x == 0);
  CHECK(all[9].mouse.x == 100);
  CHECK(all[9].buttons[0]);
  CHECK_FALSE(all[10].buttons[0]);
}

TEST_CASE("script: until waits for a value, and not for ever") {
  Registry registry;
  Script script;
  REQUIRE(script.load("until state paused\n").empty());
  for (int i = 0; i < 10; ++i) script.advance(registry);
  CHECK_FALSE(script.over());
  registry.publish("state", "paused");
  script.advance(registry);
  script.advance(registry);
  CHECK(script.over());
  CHECK(script.failures().empty());

  Script vain;
  REQUIRE(vain.load("until state gone\n").empty());
  for (int i = 0; i < 4'000; ++i) vain.advance(registry);
  CHECK(vain.over());
  CHECK(vain.failures().size() == 1);
}

TEST_CASE("script: expectations are compared with what is shown") {
  Registry registry;
  registry.publish("clock", "0:10.250");
  Script script;
  REQUIRE(script
              .load("expect clock 0:10.250\nexpect clock 0:10*\nexpect clock 0:11\n"
                    "expect other *\n")
              .empty());
  while (!script.over()) script.advance(registry);
  CHECK(script.expectations() == 4);
  REQUIRE(script.failures().size() == 2);
  CHECK(script.failures()[0] == "line 3: expected clock to be \"0:11\", found \"0:10.250\"");
  CHECK(script.failures()[1] == "line 4: expected other to be \"*\", found nothing");
}
