// The editor: what is done and undone, what the loader says, and what the session runs.

#include "viewer/session/editor.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "tests/support/scratch_file.h"
#include "tests/viewer/viewer_support.h"
#include "viewer/session/save_file.h"

using namespace highwater;
using namespace highwater::viewer;
using namespace highwater::testing;

namespace {

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// An editor with a file open in it, and the session that runs what makes sense.
struct Rig {
  explicit Rig(const std::string& text = small_scenario())
      : file(text),
        session(viewer_catalog(), viewer_language()),
        editor(viewer_catalog(), viewer_language()) {
    CHECK(editor.open(file.path().string()).empty());
    editor.settle(&session);
  }
  std::string said() const {
    std::string all;
    for (const Problem& problem : editor.problems()) all += problem.text() + "\n";
    return all;
  }

  ScratchFile file;
  Session session;
  Editor editor;
};

}  // namespace

TEST_CASE("editor: each edit is one step back, and the same again", "[viewer][editor]") {
  Rig rig;
  const std::string before = rig.editor.text();
  std::string added;
  REQUIRE(rig.editor.add("database", added).done);
  CHECK(added == "database");
  REQUIRE(rig.editor.rename("database", "db").done);
  std::string why;
  const auto ways = rig.editor.ways("api", "db", why);
  REQUIRE(ways.size() == 1);
  REQUIRE(rig.editor.connect("api", "db", ways.front()).done);
  REQUIRE(rig.editor.set("db", "cores", "4").done);
  REQUIRE(rig.editor.disconnect("api", "db").done);
  REQUIRE(rig.editor.remove("others").done);
  CHECK(rig.editor.is_changed());
  const std::string after = rig.editor.text();
  CHECK(rig.editor.history().undoes() == "remove others");
  for (int i = 0; i < 6; ++i) {
    REQUIRE(rig.editor.history().can_undo());
    rig.editor.undo();
  }
  CHECK_FALSE(rig.editor.history().can_undo());
  CHECK(rig.editor.text() == before);
  CHECK_FALSE(rig.editor.is_changed());
  while (rig.editor.history().can_redo()) rig.editor.redo();
  CHECK(rig.editor.text() == after);
}

TEST_CASE("editor: what makes sense is run, nonsense keeps the last good run", "[viewer][editor]") {
  Rig rig;
  REQUIRE(rig.session.is_open());
  CHECK(rig.editor.problems().empty());
  REQUIRE(rig.editor.set("api", "replicas", "3").done);
  rig.editor.settle(&rig.session);
  CHECK(rig.session.document().root().find("components")->find("api")->find("replicas")->whole() ==
        3);
  wait_until([&] { return rig.session.run().status().state == RunState::paused; });
  rig.session.go_to(5s);
  wait_until([&] { return rig.session.run().status().now == 5s; });

  REQUIRE(rig.editor.set("api", "replicas", "-3").done);
  rig.editor.settle(&rig.session);
  CHECK(rig.editor.has_errors());
  CHECK(rig.said().find("/components/api/replicas") != std::string::npos);
  CHECK(rig.session.run().status().now == 5s);
  CHECK(rig.editor.picture().nodes.size() == 4);
  const auto place = rig.editor.place_of(rig.editor.problems().front());
  REQUIRE(place);
  CHECK(rig.editor.text().substr(*place, 2) == "-3");

  // No JSON any more: the picture is the last that could be drawn, and edits are refused in words.
  rig.editor.type(rig.editor.text() + "}");
  rig.editor.settle(&rig.session);
  CHECK(rig.editor.has_errors());
  CHECK(rig.editor.picture().nodes.size() == 4);
  const EditOutcome refused = rig.editor.set("api", "replicas", "2");
  CHECK_FALSE(refused.done);
  CHECK(refused.said.find("unexpected") != std::string::npos);
  CHECK(rig.session.run().status().now == 5s);
  rig.editor.undo();
  rig.editor.undo();
  rig.editor.settle(&rig.session);
  CHECK_FALSE(rig.editor.has_errors());
  // The same scenario as the one that runs.
  CHECK(rig.session.run().status().now == 5s);
}

TEST_CASE("editor: a comment more is the same scenario", "[viewer][editor]") {
  Rig rig;
  wait_until([&] { return rig.session.run().status().state == RunState::paused; });
  rig.session.go_to(5s);
  wait_until([&] { return rig.session.run().status().now == 5s; });
  rig.editor.type("// what it is about\n" + rig.editor.text());
  rig.editor.settle(&rig.session);
  CHECK(rig.session.run().status().now == 5s);
}

TEST_CASE("editor: a broken file opens into its problems", "[viewer][editor]") {
  for (const std::string text :
       {"", "{", "[]", "null", R"({"components": 5})",
        R"({"components": {"a": 1, "b": {"kind": "servise"}}})", "{\"highwater\": 1,,}", "\xff\xfe",
        R"({"extends": "gone.json"})"}) {
    INFO(text);
    Rig rig(text);
    CHECK(rig.editor.is_open());
    CHECK(rig.editor.has_errors());
    CHECK_FALSE(rig.session.is_open());
    CHECK(rig.editor.text() == text);
    std::string added, why;
    rig.editor.add("service", added);
    rig.editor.remove("a");
    rig.editor.rename("b", "c");
    rig.editor.set("b", "replicas", "2");
    rig.editor.ways("a", "b", why);
    rig.editor.disconnect("a", "b");
    rig.editor.settle(&rig.session);
    CHECK_FALSE(rig.session.is_open());
  }
  Rig rig(R"({"components": {"a": 1, "b": {"kind": "servise", "x": 1}, "c": {"kind": "client",
    "calls": "b"}}})");
  CHECK(rig.editor.picture().nodes.size() == 3);
  CHECK(rig.editor.picture().edges.size() == 1);
}

TEST_CASE("editor: what is no file is said, and nothing is opened", "[viewer][editor]") {
  Editor editor(viewer_catalog(), viewer_language());
  CHECK(editor.open("/nowhere/at-all.json") == "there is no such file");
  CHECK_FALSE(editor.is_open());
  const ScratchFile large(std::string(Editor::kLargestText + 1, ' '));
  CHECK(editor.open(large.path().string()).find("at most 4 MiB") != std::string::npos);
  CHECK_FALSE(editor.is_open());
}

TEST_CASE("editor: a new scenario makes sense, and is saved under a name", "[viewer][editor]") {
  Session session(viewer_catalog(), viewer_language());
  Editor editor(viewer_catalog(), viewer_language());
  editor.open_new();
  editor.settle(&session);
  CHECK(editor.problems().empty());
  CHECK(session.is_open());
  CHECK_FALSE(editor.is_changed());
  CHECK_FALSE(editor.save().done);
  const ScratchFile other("somebody else's");
  CHECK_FALSE(editor.save_as(other.path().string()).done);
  CHECK(read(other.path()) == "somebody else's");
  REQUIRE(editor.set("service", "workers", "4").done);
  // An edit between is no second click.
  CHECK_FALSE(editor.save_as(other.path().string()).done);
  CHECK(editor.save_as(other.path().string()).done);
  CHECK(read(other.path()) == editor.text());
  CHECK(editor.file() == other.path().string());
  CHECK_FALSE(editor.is_changed());
}

TEST_CASE("editor: it does not write over what somebody else wrote meanwhile", "[viewer][editor]") {
  Rig rig;
  REQUIRE(rig.editor.set("api", "replicas", "5").done);
  std::ofstream(rig.file.path()) << "other";
  CHECK_FALSE(rig.editor.save().done);
  CHECK(read(rig.file.path()) == "other");
  CHECK(rig.editor.is_changed());
  CHECK(rig.editor.save().done);
  CHECK(read(rig.file.path()) == rig.editor.text());
  CHECK_FALSE(rig.editor.is_changed());
}

TEST_CASE("editor: a file is written whole or not at all", "[viewer][editor]") {
  const ScratchFile file("old");
  namespace fs = std::filesystem;
  fs::permissions(file.path(), fs::perms::owner_read | fs::perms::owner_write);
  const fs::path link = file.path().string() + ".link";
  fs::create_symlink(file.path(), link);
  CHECK(save_file(link.string(), "new").empty());
  CHECK(fs::is_symlink(link));
  CHECK(read(file.path()) == "new");
  CHECK(fs::status(file.path()).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  fs::remove(link);
  CHECK_FALSE(save_file("", "x").empty());
  CHECK_FALSE(save_file(file.path().parent_path().string(), "x").empty());
  CHECK_FALSE(save_file("/nowhere/at-all.json", "x").empty());
}

TEST_CASE("editor: what was changed without the text comes into it in one step",
          "[viewer][editor]") {
  Rig rig;
  const std::string before = rig.editor.text();
  CHECK(rig.editor.take_settings({"api.replicas=3", "run.seed=9", "gone.x=1"}).said ==
        "This file cannot say: \"gone.x=1\"");
  CHECK(rig.editor.text().find("\"replicas\": 3") != std::string::npos);
  CHECK(rig.editor.text().find("\"seed\": 9") != std::string::npos);
  rig.editor.undo();
  CHECK(rig.editor.text() == before);
  CHECK_FALSE(rig.editor.history().can_undo());
}

TEST_CASE("editor: a file that extends another says only what is other in it", "[viewer][editor]") {
  const ScratchFile base(small_scenario());
  Rig rig("{ \"extends\": \"" + base.path().filename().string() + "\" }");
  REQUIRE(rig.session.is_open());
  CHECK(rig.editor.component("api") != nullptr);
  REQUIRE(rig.editor.take_settings({"api.replicas=3"}).done);
  CHECK(rig.editor.text() == "{ \"extends\": \"" + base.path().filename().string() +
                                 "\", \"components\": { \"api\": { \"replicas\": 3 } } }");
  rig.editor.settle(&rig.session);
  CHECK(rig.editor.problems().empty());
  CHECK_FALSE(rig.editor.remove("store").done);
  CHECK(read(base.path()) == small_scenario());
}

TEST_CASE("editor: of several texts the newest is checked", "[viewer][editor]") {
  Rig rig;
  std::string text = rig.editor.text();
  for (int i = 1; i <= 30; ++i) {
    rig.editor.set("api", "replicas", std::to_string(i + 1));
    rig.editor.poll(rig.session);
  }
  rig.editor.settle(&rig.session);
  CHECK(rig.editor.is_checked());
  CHECK(rig.session.document().root().find("components")->find("api")->find("replicas")->whole() ==
        31);
}
