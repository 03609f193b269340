// Edits of a scenario's text: what it says afterwards, and what of it is as it was.

#include "viewer/session/scenario_text.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

using namespace highwater;
using namespace highwater::viewer;

namespace {

ScenarioText read(const std::string& text) {
  Problems problems;
  auto result = ScenarioText::read(text, problems.add_source("test"), problems);
  INFO(text);
  INFO(problems.text());
  REQUIRE(result);
  return std::move(*result);
}

Value json(const std::string& text) {
  return parse_json_value(text).value();
}

std::string after_set(const std::string& text, const JsonPath& path, const std::string& value) {
  ScenarioText edited = read(text);
  REQUIRE(edited.set(path, json(value)));
  return edited.text();
}

std::string after_remove(const std::string& text, const JsonPath& path) {
  ScenarioText edited = read(text);
  REQUIRE(edited.remove(path));
  return edited.text();
}

const std::string kShop =
    "// A shop.\n"
    "{\n"
    "  \"highwater\": 1, // the version\n"
    "  \"components\": {\n"
    "    // Who buys.\n"
    "    \"users\": { \"kind\": \"client\", \"calls\": \"api\" },\n"
    "\n"
    "    // What sells.\n"
    "    /* In three replicas. */\n"
    "    \"api\": {\n"
    "      \"kind\": \"service\",  // not a function\n"
    "      \"replicas\": 3, // one a zone\n"
    "      \"workers\": 8 // as many as cores\n"
    "      // and nothing else\n"
    "    }\n"
    "  }\n"
    "}\n";

}  // namespace

TEST_CASE("scenario text: a value is replaced, and nothing else", "[viewer][text]") {
  std::string wanted = kShop;
  wanted.replace(wanted.find("\"replicas\": 3"), 13, "\"replicas\": 12");
  CHECK(after_set(kShop, {"components", "api", "replicas"}, "12") == wanted);
  CHECK(after_set("[1, /* two */ 2,3]", {"1"}, "[4]") == "[1, /* two */ [4],3]");
  CHECK(after_set("1", {}, "{}") == "{}");
}

TEST_CASE("scenario text: a new member stands below the others, as they are indented",
          "[viewer][text]") {
  CHECK(after_set(kShop, {"components", "api", "zones"}, R"(["a", "b"])")
            .find("      \"workers\": 8, // as many as cores\n"
                  "      \"zones\": [\"a\", \"b\"]\n"
                  "      // and nothing else\n") != std::string::npos);
  CHECK(after_set(kShop, {"components", "db"}, R"({"kind": "database"})")
            .find("    },\n    \"db\": { \"kind\": \"database\" }\n  }\n}\n") != std::string::npos);
  CHECK(after_set(kShop, {"components", "users", "priority"}, "1")
            .find("\"users\": { \"kind\": \"client\", \"calls\": \"api\", \"priority\": 1 },\n") !=
        std::string::npos);
  CHECK(after_set("{\r\n\t\"a\": 1\r\n}\r\n", {"b", "c"}, "2") ==
        "{\r\n\t\"a\": 1,\r\n\t\"b\": { \"c\": 2 }\r\n}\r\n");
}

TEST_CASE("scenario text: empty objects and lists are filled", "[viewer][text]") {
  CHECK(after_set("{}", {"a"}, "1") == "{ \"a\": 1 }");
  CHECK(after_set("{\n}", {"a"}, "1") == "{\n  \"a\": 1\n}");
  CHECK(after_set("{ /* none */ }", {"a"}, "1") == "{ /* none */\n  \"a\": 1\n}");
  CHECK(after_set("{ // none\n}", {"a"}, "1") == "{ // none\n  \"a\": 1\n}");
  ScenarioText list = read("{\"a\": []}");
  CHECK(list.append({"a"}, json("1")));
  CHECK(list.append({"a"}, json(R"({"b": 2})")));
  CHECK(list.text() == "{\"a\": [1, {\"b\": 2}]}");
}

TEST_CASE("scenario text: a line that becomes too long is set one member a line",
          "[viewer][text]") {
  const std::string line =
      "  \"api\": { \"kind\": \"service\", \"service_time\": { \"exponential\": \"5ms\" }, "
      "\"replicas\": 3 }";
  CHECK(after_set("{\n" + line + "\n}\n", {"api", "zones"}, R"(["a", "b", "c"])") ==
        "{\n"
        "  \"api\": {\n"
        "    \"kind\": \"service\",\n"
        "    \"service_time\": { \"exponential\": \"5ms\" },\n"
        "    \"replicas\": 3,\n"
        "    \"zones\": [\"a\", \"b\", \"c\"]\n"
        "  }\n"
        "}\n");
  // From the outside, as far as is needed.
  CHECK(after_set(
            "{\n  \"api\": { \"kind\": \"service\", \"endpoints\": { \"GET /\": [], \"PUT /\": [] "
            "}, \"replicas\": 3 }, // it answers\n  \"b\": 1\n}",
            {"api", "endpoints", "PUT /"}, R"([{"call": "database"}, {"wait": "2ms"}])") ==
        "{\n"
        "  \"api\": {\n"
        "    \"kind\": \"service\",\n"
        "    \"endpoints\": { \"GET /\": [], \"PUT /\": [ { \"call\": \"database\" }, { \"wait\": "
        "\"2ms\" "
        "} ] },\n"
        "    \"replicas\": 3\n"
        "  }, // it answers\n"
        "  \"b\": 1\n"
        "}");
  // Where a comment stands in it, it stays as it is.
  const std::string commented = "{ /* " + std::string(90, 'x') + " */ \"a\": 1 }";
  CHECK(after_set(commented, {"b"}, "2") ==
        "{ /* " + std::string(90, 'x') + " */ \"a\": 1, \"b\": 2 }");
}

TEST_CASE("scenario text: what goes takes its own comments with it", "[viewer][text]") {
  CHECK(after_remove(kShop, {"components", "api"}) ==
        "// A shop.\n"
        "{\n"
        "  \"highwater\": 1, // the version\n"
        "  \"components\": {\n"
        "    // Who buys.\n"
        "    \"users\": { \"kind\": \"client\", \"calls\": \"api\" }\n"
        "  }\n"
        "}\n");
  CHECK(after_remove(kShop, {"components", "users"}).find("buys") == std::string::npos);
  CHECK(after_remove(kShop, {"components", "users"}).find("// What sells.") != std::string::npos);
  std::string wanted = kShop;
  const std::string line = "      \"replicas\": 3, // one a zone\n";
  wanted.erase(wanted.find(line), line.size());
  CHECK(after_remove(kShop, {"components", "api", "replicas"}) == wanted);
  CHECK(after_remove(kShop, {"components", "api", "workers"})
            .find("      \"replicas\": 3 // one a zone\n      // and nothing else\n") !=
        std::string::npos);
}

TEST_CASE("scenario text: members of one line go one by one", "[viewer][text]") {
  CHECK(after_remove(R"({ "a": 1, "b": 2, "c": 3 })", {"a"}) == R"({ "b": 2, "c": 3 })");
  CHECK(after_remove(R"({ "a": 1, "b": 2, "c": 3 })", {"b"}) == R"({ "a": 1, "c": 3 })");
  CHECK(after_remove(R"({ "a": 1, "b": 2, "c": 3 })", {"c"}) == R"({ "a": 1, "b": 2 })");
  CHECK(after_remove(R"({ "a": 1 })", {"a"}) == "{}");
  CHECK(after_remove("[\n  1\n]", {"0"}) == "[]");
  CHECK(after_remove("[1, /* two */ 2]", {"1"}) == "[1]");
  CHECK(after_remove("{ \"a\": 1,\n  \"b\": 2 }", {"b"}) == "{ \"a\": 1 }");
  CHECK(after_remove("{ \"a\": 1, // one\n  \"b\": 2 }", {"b"}) == "{ \"a\": 1 // one\n   }");
  CHECK(after_remove("{ \"a\": 1, \"b\": 2,\n  \"c\": 3 }", {"b"}) == "{ \"a\": 1,\n  \"c\": 3 }");
  CHECK(after_remove("{\n  \"a\": 1\n  , \"b\": 2\n}", {"b"}) == "{\n  \"a\": 1\n  \n}");
}

TEST_CASE("scenario text: a key is renamed, unless there is one of that name", "[viewer][text]") {
  ScenarioText text = read(kShop);
  CHECK(text.rename({"components", "users"}, "people \"of all ages\""));
  CHECK(text.text().find(R"(    "people \"of all ages\"": { "kind")") != std::string::npos);
  const std::string before = text.text();
  CHECK_FALSE(text.rename({"components", "api"}, "people \"of all ages\""));
  CHECK_FALSE(text.rename({"components", "nobody"}, "x"));
  CHECK_FALSE(text.rename({}, "x"));
  CHECK(text.text() == before);
}

TEST_CASE("scenario text: a list takes the place of what it is part of", "[viewer][text]") {
  ScenarioText text = read(
      "{ \"steps\": [\n"
      "  1,\n"
      "  { \"cache\": \"redis\",\n"
      "    \"miss\": [\n"
      "      // from the database\n"
      "      { \"call\": \"db\" },\n"
      "      2\n"
      "    ] },\n"
      "  3\n"
      "] }");
  CHECK(text.lift({"steps", "1"}, {"steps", "1", "miss"}));
  CHECK(text.text() ==
        "{ \"steps\": [\n"
        "  1,\n"
        "  // from the database\n"
        "  { \"call\": \"db\" },\n"
        "  2,\n"
        "  3\n"
        "] }");
  CHECK_FALSE(text.lift({"steps", "1"}, {"steps"}));
}

TEST_CASE("scenario text: where nothing is, nothing is done", "[viewer][text]") {
  ScenarioText text = read(kShop);
  CHECK_FALSE(text.set({"highwater", "a"}, json("1")));
  CHECK_FALSE(text.remove({"components", "nobody"}));
  CHECK_FALSE(text.remove({}));
  CHECK_FALSE(text.append({"components"}, json("1")));
  CHECK(text.text() == kShop);
  Problems problems;
  CHECK_FALSE(ScenarioText::read("{\"a\": }", 0, problems));
  CHECK(problems.has_errors());
}

TEST_CASE("scenario text: of keys that stand twice the first counts, and all go",
          "[viewer][text]") {
  const std::string twice = R"({"a": 1, "b": 2, "a": 3})";
  CHECK(after_set(twice, {"a"}, "4") == R"({"a": 4, "b": 2, "a": 3})");
  CHECK(after_remove(twice, {"a"}) == R"({"b": 2})");
}

TEST_CASE("scenario text: pointers are ways", "[viewer][text]") {
  CHECK(path_of("/a~1b/~0c/0") == JsonPath{"a/b", "~c", "0"});
  CHECK(path_of("").empty());
  const Value value = json(R"({"a/b": [{"~c": 5}]})");
  CHECK(*find_value(value, path_of("/a~1b/0/~0c")) == json("5"));
  CHECK(find_value(value, path_of("/a~1b/1")) == nullptr);
}

namespace {

using Random = std::vector<std::uint8_t>;

/// Draws from bytes that the test is given, so that it can be made smaller.
class Draws {
 public:
  explicit Draws(const Random& bytes) : bytes_(bytes) {}
  std::size_t below(std::size_t count) { return at_ < bytes_.size() ? bytes_[at_++] % count : 0; }

 private:
  const Random& bytes_;
  std::size_t at_ = 0;
};

/// White space and comments; those with letters are counted afterwards.
std::string trivia(Draws& draws, bool line) {
  switch (draws.below(8)) {
    case 0:
      return "\n  ";
    case 1:
      return " ";
    case 2:
      return " /* , } */ ";
    case 3:
      return " // \"x\": [\n";
    case 4:
      return "\r\n\t";
    case 5:
      return line ? "\n\n" : "";
    case 6:
      return "/* two\nlines */\n    ";
    default:
      return "";
  }
}

std::string any_text(Draws& draws, int depth) {
  const std::size_t form = draws.below(depth > 3 ? 4 : 8);
  if (form < 2) return std::to_string(draws.below(100));
  if (form == 2) return "\"s\\\"//\"";
  if (form == 3) return "null";
  const bool object = form < 6;
  std::string text = object ? "{" : "[";
  const std::size_t count = draws.below(4);
  for (std::size_t i = 0; i < count; ++i) {
    text += trivia(draws, true);
    if (object)
      text += "\"k" + std::to_string(i) + "\"" + trivia(draws, false) + ":" + trivia(draws, false);
    text += any_text(draws, depth + 1) + trivia(draws, false);
    if (i + 1 < count) text += "," + trivia(draws, false);
  }
  return text + trivia(draws, true) + (object ? "}" : "]");
}

/// The ways to everything in a value.
void all_paths(const Value& value, const JsonPath& path, std::vector<JsonPath>& paths) {
  paths.push_back(path);
  const auto below = [&](const std::string& step, const Value& inner) {
    JsonPath way = path;
    way.push_back(step);
    all_paths(inner, way, paths);
  };
  if (value.is_object())
    for (const Value::Member& member : value.members()) below(member.key, member.value);
  if (value.is_array())
    for (std::size_t i = 0; i < value.elements().size(); ++i)
      below(std::to_string(i), value.elements()[i]);
}

Value* at(Value& root, const JsonPath& path) {
  return const_cast<Value*>(find_value(root, path));
}

Value any_value(Draws& draws) {
  switch (draws.below(5)) {
    case 0:
      return json(R"({"kind": "service", "zones": ["a", "b"]})");
    case 1:
      return json(R"([{"compute": "1ms"}, {"call": "a database with a name that is long enough"},
                      {"publish": "a topic with a name that is long enough to need a line"}])");
    case 2:
      return Value::object();
    case 3:
      return Value::array();
    default:
      return Value::whole(draws.below(50));
  }
}

/// One and the same edit of the text and of the value.
void edit(ScenarioText& text, Value& value, Draws& draws) {
  std::vector<JsonPath> paths;
  all_paths(value, {}, paths);
  const JsonPath path = paths[draws.below(paths.size())];
  JsonPath around = path;
  if (!path.empty()) around.pop_back();
  Value& here = *at(value, path);
  switch (draws.below(7)) {
    case 0: {
      const Value by = any_value(draws);
      REQUIRE(text.set(path, by));
      here = by;
      return;
    }
    case 1: {
      if (!here.is_object()) return;
      JsonPath added = path;
      added.push_back("new" + std::to_string(draws.below(3)));
      const Value by = any_value(draws);
      REQUIRE(text.set(added, by));
      here.set(added.back(), by);
      return;
    }
    case 2: {
      if (!here.is_array()) return;
      const Value by = any_value(draws);
      REQUIRE(text.append(path, by));
      here.push(by);
      return;
    }
    case 3: {
      if (path.empty()) return;
      REQUIRE(text.remove(path));
      Value& parent = *at(value, around);
      if (parent.is_object())
        parent.erase(path.back());
      else
        parent.elements().erase(parent.elements().begin() + std::stol(path.back()));
      return;
    }
    case 4: {
      if (path.empty() || !at(value, around)->is_object()) return;
      const std::string key = "r" + std::to_string(draws.below(4));
      if (at(value, around)->find(key) != nullptr) return;
      REQUIRE(text.rename(path, key));
      for (Value::Member& member : at(value, around)->members())
        if (member.key == path.back()) member.key = key;
      return;
    }
    case 5: {
      if (!here.is_array() || here.elements().size() < 2) return;
      const std::size_t index = draws.below(here.elements().size() - 1);
      REQUIRE(text.move_down(path, index));
      std::swap(here.elements()[index], here.elements()[index + 1]);
      return;
    }
    default: {
      if (path.empty() || !at(value, around)->is_array()) return;
      JsonPath list;
      for (const JsonPath& other : paths)
        if (other.size() > path.size() && std::equal(path.begin(), path.end(), other.begin()) &&
            at(value, other)->is_array())
          list = other;
      if (list.empty()) return;
      const Value::Elements inner = at(value, list)->elements();
      REQUIRE(text.lift(path, list));
      Value::Elements& outer = at(value, around)->elements();
      const auto place = outer.begin() + std::stol(path.back());
      outer.insert(outer.erase(place), inner.begin(), inner.end());
    }
  }
}

}  // namespace

TEST_CASE("scenario text: whatever is edited, the text says what the value is", "[viewer][text]") {
  CHECK(rc::check([](const Random& of_text, const Random& of_edits) {
    Draws draws(of_text);
    const std::string before = trivia(draws, true) + any_text(draws, 0) + trivia(draws, true);
    ScenarioText text = read(before);
    Value value = text.value();
    Draws edits(of_edits);
    for (std::size_t i = 0; i <= of_edits.size() / 4; ++i) {
      edit(text, value, edits);
      INFO(before);
      INFO(text.text());
      Problems problems;
      const auto again = parse_json(text.text(), problems.add_source(""), problems);
      REQUIRE(again);
      CHECK(problems.empty());
      REQUIRE(*again == value);
      REQUIRE(text.value() == value);
    }
  }));
}

TEST_CASE("scenario text: whatever is wanted, it becomes that", "[viewer][text]") {
  CHECK(rc::check([](const Random& of_text, const Random& of_wanted) {
    Draws draws(of_text), others(of_wanted);
    ScenarioText text = read(any_text(draws, 0));
    const Value wanted = read(any_text(others, 0)).value();
    text.become(wanted);
    // Members of both may be in another order.
    ScenarioText back = text;
    back.become(wanted);
    REQUIRE(back.text() == text.text());
    std::vector<JsonPath> paths;
    all_paths(wanted, {}, paths);
    for (const JsonPath& path : paths) {
      const Value* const said = text.find(path);
      REQUIRE(said != nullptr);
      if (!said->is_object() && !said->is_array()) REQUIRE(*said == *find_value(wanted, path));
      if (said->is_array())
        REQUIRE(said->elements().size() == find_value(wanted, path)->elements().size());
      if (said->is_object())
        REQUIRE(said->members().size() == find_value(wanted, path)->members().size());
    }
  }));
}

TEST_CASE("scenario text: a list that changes keeps what stays in it", "[viewer][text]") {
  const std::string steps =
      "{\n"
      "  \"steps\": [\n"
      "    { \"wait\": \"1ms\" }, // first\n"
      "    // Asks.\n"
      "    { \"call\": \"db\" },\n"
      "    { \"compute\": \"2ms\" } // last\n"
      "  ]\n"
      "}\n";
  const auto said = [&](const std::string& value) {
    ScenarioText text = read(steps);
    REQUIRE(text.say({"steps"}, json(value)));
    CHECK(*text.find({"steps"}) == json(value));
    return text.text();
  };
  CHECK(said(R"([{"wait": "1ms"}, {"compute": "2ms"}])") ==
        "{\n"
        "  \"steps\": [\n"
        "    { \"wait\": \"1ms\" }, // first\n"
        "    { \"compute\": \"2ms\" } // last\n"
        "  ]\n"
        "}\n");
  CHECK(said(R"([{"wait": "1ms"}, {"call": "db"}, {"compute": "2ms"}, {"wait": "3ms"}])") ==
        "{\n"
        "  \"steps\": [\n"
        "    { \"wait\": \"1ms\" }, // first\n"
        "    // Asks.\n"
        "    { \"call\": \"db\" },\n"
        "    { \"compute\": \"2ms\" }, // last\n"
        "    { \"wait\": \"3ms\" }\n"
        "  ]\n"
        "}\n");
  CHECK(said(R"([{"wait": "1ms"}, {"call": "store"}, {"compute": "2ms"}])") ==
        "{\n"
        "  \"steps\": [\n"
        "    { \"wait\": \"1ms\" }, // first\n"
        "    // Asks.\n"
        "    { \"call\": \"store\" },\n"
        "    { \"compute\": \"2ms\" } // last\n"
        "  ]\n"
        "}\n");
  // Neighbours that change places take their comments along.
  CHECK(said(R"([{"wait": "1ms"}, {"compute": "2ms"}, {"call": "db"}])") ==
        "{\n"
        "  \"steps\": [\n"
        "    { \"wait\": \"1ms\" }, // first\n"
        "    { \"compute\": \"2ms\" }, // last\n"
        "    // Asks.\n"
        "    { \"call\": \"db\" }\n"
        "  ]\n"
        "}\n");
  CHECK(said(R"([{"call": "db"}, {"wait": "1ms"}, {"compute": "2ms"}])") ==
        "{\n"
        "  \"steps\": [\n"
        "    // Asks.\n"
        "    { \"call\": \"db\" },\n"
        "    { \"wait\": \"1ms\" }, // first\n"
        "    { \"compute\": \"2ms\" } // last\n"
        "  ]\n"
        "}\n");
  CHECK(read(said("[]")).find({"steps"})->elements().empty());
  CHECK(said(R"([{"compute": "2ms"}, {"wait": "1ms"}])").find("compute") != std::string::npos);
}

TEST_CASE("scenario text: elements change places on one line, too", "[viewer][text]") {
  const auto moved = [](const std::string& text, std::size_t index) {
    ScenarioText edited = read(text);
    REQUIRE(edited.move_down({}, index));
    return edited.text();
  };
  CHECK(moved("[1, 2, 3] // all", 0) == "[2, 1, 3] // all");
  CHECK(moved("[1, /* two */ 2,\n 3 // three\n]", 1) == "[1, /* two */ 3,\n 2 // three\n]");
  CHECK(moved("[\n  1, // one\n  2]", 0) == "[\n  2, // one\n  1]");
  CHECK(moved("[\n  // one\n  1,\n\n  // two\n  2 // 2\n]", 0) ==
        "[\n  // two\n  2, // 2\n\n  // one\n  1\n]");
  CHECK_FALSE(read("[1, 2]").move_down({}, 1));
  CHECK_FALSE(read("[]").move_down({}, 0));
  CHECK_FALSE(read("{\"a\": 1}").move_down({}, 0));
  CHECK_FALSE(read("[1, 2]").move_down({"7"}, 0));
}

TEST_CASE("scenario text: lines that an edit is not about stay", "[viewer][text]") {
  // One member a line, each with a comment of its own: an edit of one leaves the others' lines.
  CHECK(rc::check([](std::uint8_t drawn, const std::vector<bool>& above) {
    std::vector<std::string> members;
    for (std::size_t i = 0; i <= above.size(); ++i) {
      const std::string number = std::to_string(i);
      std::string lines = i < above.size() && above[i] ? "  // above " + number + "\n" : "";
      lines += "  \"k" + number + "\": " + number + (i < above.size() ? ", // at " : " // at ");
      members.push_back(lines + number + "\n");
    }
    std::string text = "// head\n{\n";
    for (const std::string& member : members) text += member;
    text += "}\n// end\n";
    const std::size_t one = drawn % members.size();
    const std::string key = "k" + std::to_string(one);
    ScenarioText edited = read(text);
    REQUIRE(edited.set({key}, Value::string("other")));
    std::string wanted = text;
    const std::string number = std::to_string(one);
    const std::string was = "\"" + key + "\": " + number;
    wanted.replace(wanted.find(was), was.size(), "\"" + key + "\": \"other\"");
    REQUIRE(edited.text() == wanted);
    REQUIRE(edited.set({key}, json(number)));
    REQUIRE(edited.text() == text);
    REQUIRE(edited.remove({key}));
    for (std::size_t i = 0; i < members.size(); ++i) {
      std::string lines = members[i];
      // The last one's comma is gone where it is the last now.
      if (one + 1 == members.size() && i + 2 == members.size())
        lines.erase(lines.find(", // at"), 1);
      REQUIRE((edited.text().find(lines) != std::string::npos) == (i != one));
    }
  }));
}

TEST_CASE("scenario text: broken texts are refused, whatever they hold", "[viewer][text]") {
  CHECK(rc::check([](const Random& of_text, const Random& breaks) {
    Draws draws(of_text);
    std::string text = any_text(draws, 0);
    Draws where(breaks);
    using namespace std::string_view_literals;
    constexpr std::string_view kSigns = "{}[]\",:/*\\\n\r\t x1-\0\xff"sv;
    for (std::size_t i = 0; i < breaks.size() / 2 && !text.empty(); ++i) {
      const std::size_t place = where.below(text.size());
      switch (where.below(3)) {
        case 0:
          text.erase(place, 1 + where.below(4));
          break;
        case 1:
          text.insert(place, 1, kSigns[where.below(kSigns.size())]);
          break;
        default:
          text.resize(place);
          break;
      }
    }
    const auto nodes = tree_of(text);
    Problems problems;
    const auto read = ScenarioText::read(text, problems.add_source(""), problems);
    REQUIRE((read.has_value() || problems.has_errors()));
    if (read) REQUIRE(nodes);  // whatever parses has a tree
    if (!nodes) return;
    for (const TextNode& node : *nodes) {
      REQUIRE(node.start <= node.begin);
      REQUIRE(node.begin < node.end);
      REQUIRE(node.end <= text.size());
    }
  }));
}
