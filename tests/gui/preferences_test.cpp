// What the viewer remembers, and what it makes of files that are broken.

#include "viewer/gui/preferences.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>

#include "tests/support/scratch_folder.h"
#include "viewer/gui/open_dialog.h"

using namespace highwater;
using namespace highwater::viewer;

namespace fs = std::filesystem;

namespace {

std::string content(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Preferences load(const std::string& text, std::string& why) {
  const ScratchFile file(text);
  return Preferences::load(file.path().string(), why);
}

}  // namespace

TEST_CASE("preferences: what was saved is loaded, and folders are made") {
  const ScratchFolder place;
  const fs::path folder = place.path() / "deep";
  const std::string file = (folder / "viewer.json").string();
  Preferences saved;
  saved.width = 1280;
  saved.height = 800;
  saved.light = true;
  saved.reduced_motion = true;
  saved.charts = "Inside";
  saved.recent = {"/a/b.json", "/c \"d\".json"};
  CHECK(saved.save(file).empty());
  std::string why;
  CHECK(Preferences::load(file, why) == saved);
  CHECK(why.empty());
  // Nothing but the file stays behind.
  CHECK(std::distance(fs::directory_iterator(folder), fs::directory_iterator()) == 1);
  fs::remove_all(folder);
  CHECK(Preferences::load(file, why) == Preferences{});
  CHECK(why.empty());
}

TEST_CASE("preferences: where nothing can be written it says so") {
  const ScratchFile file("");
  CHECK_FALSE(Preferences{}.save((file.path() / "viewer.json").string()).empty());
  CHECK(content(file.path().string()).empty());
}

TEST_CASE("preferences: a broken file is as good as none, with a word about it") {
  std::string why;
  for (const char* broken : {"", "{", "[]", "7", "{\"schema\": \"highwater/run/1\"}", "\xff\xfe"}) {
    CHECK(load(broken, why) == Preferences{});
    CHECK_FALSE(why.empty());
  }
  // What makes no sense in it is left out, the rest holds.
  const Preferences some = load(
      R"({"schema": "highwater/viewer/1", "width": -5, "height": 1e9, "theme": 4, "more": {},
          "reduced_motion": "yes", "charts": "Users", "recent": [1, "/x.json", null]})",
      why);
  CHECK(why.empty());
  Preferences expected;
  expected.charts = "Users";
  expected.recent = {"/x.json"};
  CHECK(some == expected);
}

TEST_CASE("preferences: the latest comes first, each once, twenty of them, those that are there") {
  Preferences preferences;
  for (int i = 0; i < 30; ++i) preferences.opened("/nowhere/" + std::to_string(i));
  CHECK(preferences.recent.size() == 20);
  CHECK(preferences.recent.front() == "/nowhere/29");
  preferences.opened("/nowhere/../nowhere/15");
  CHECK(preferences.recent.front() == "/nowhere/15");
  CHECK(preferences.recent.size() == 20);
  CHECK(std::count(preferences.recent.begin(), preferences.recent.end(), "/nowhere/15") == 1);
  const ScratchFile there("");
  preferences.opened(there.path().string());
  CHECK(preferences.existing() == std::vector<std::string>{there.path().string()});
}

TEST_CASE("preferences: the usual place follows the XDG base directories") {
  const char* const state = std::getenv("XDG_STATE_HOME");
  const std::string kept = state == nullptr ? "" : state;
  setenv("XDG_STATE_HOME", "/somewhere", 1);
  CHECK(usual_state_file() == "/somewhere/highwater/viewer.json");
  setenv("XDG_STATE_HOME", "relative", 1);
  CHECK_THAT(usual_state_file(), !Catch::StartsWith("relative"));
  if (state == nullptr)
    unsetenv("XDG_STATE_HOME");
  else
    setenv("XDG_STATE_HOME", kept.c_str(), 1);
}

TEST_CASE("open dialog: the first sentence of a description says what it is about") {
  CHECK(first_sentence("A shop. It has a cache.") == "A shop.");
  CHECK(first_sentence("p99 of 2.5 ms") == "p99 of 2.5 ms");
  CHECK(first_sentence("").empty());
}
