// JSONPath against the examples of RFC 9535 (sections named with each) and against what the Chaos
// Toolkit's own tests expect of jsonpath2 (chaostoolkit-lib, tests/test_tolerance.py).

#include "engine/chaos/json_path.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::chaos {
namespace {

/// What the path leads to, on a line; "!" and the problem where it is none.
std::string found_in(const std::string& json, const std::string& text) {
  std::string problem;
  const auto path = JsonPath::parse(text, problem);
  if (!path) return "! " + problem;
  const auto document = parse_json_value(json);
  const auto found = path->matches(document.value());
  if (!found) return "! for ever";
  std::string out;
  for (const Value* value : *found) out += (out.empty() ? "" : " ") + write_json_line(*value);
  return out;
}

std::string found(const std::string& text) {
  return found_in(R"({"users": {"p99": 12, "p 50": 3}, "list": [10, 20, 30, {"p99": 40}],
                      "deep": [{"p99": 50}]})",
                  text);
}

TEST_CASE("json path: names, indices, slices, wildcards, descent") {
  CHECK(found("$.users.p99") == "12");
  CHECK(found("$['users']['p 50']") == "3");
  CHECK(found("$.users.*") == "12 3");
  CHECK(found("$.list[0]") == "10");
  CHECK(found("$.list[-2]") == "30");
  CHECK(found("$.list[0,2]") == "10 30");
  CHECK(found("$.list[1:3]") == "20 30");
  CHECK(found("$.list[:2]") == "10 20");
  CHECK(found("$.list[0:4:2]") == "10 30");
  CHECK(found("$..p99") == "12 40 50");
  CHECK(found("$.deep[*].p99") == "50");
  CHECK(found("$.users['p99', \"p 50\"]") == "12 3");
  CHECK(found(" $ .users [ 'p99' , 'p 50' ] ") == "12 3");
}

TEST_CASE("json path: what is not there is nothing") {
  CHECK(found("$.nobody.p99").empty());
  CHECK(found("$.list[99]").empty());
  CHECK(found("$.list[-99]").empty());
  CHECK(found("$.list.p99").empty());
  CHECK(found("$.users[0]").empty());
}

TEST_CASE("json path: the bookstore of RFC 9535, 1.5") {
  const auto in_store = [](const std::string& path) {
    return found_in(R"({"store": {
      "book": [
        {"category": "reference", "author": "Nigel Rees", "title": "Sayings of the Century",
         "price": 8.95},
        {"category": "fiction", "author": "Evelyn Waugh", "title": "Sword of Honour",
         "price": 12.99},
        {"category": "fiction", "author": "Herman Melville", "title": "Moby Dick",
         "isbn": "0-553-21311-3", "price": 8.99},
        {"category": "fiction", "author": "J. R. R. Tolkien", "title": "The Lord of the Rings",
         "isbn": "0-395-19395-8", "price": 22.99}],
      "bicycle": {"color": "red", "price": 399}}})",
                    path);
  };
  const std::string authors = R"("Nigel Rees" "Evelyn Waugh" "Herman Melville" "J. R. R. Tolkien")";
  CHECK(in_store("$.store.book[*].author") == authors);
  CHECK(in_store("$..author") == authors);
  CHECK(in_store("$.store..price") == "8.95 12.99 8.99 22.99 399");
  CHECK(in_store("$..book[2].author") == R"("Herman Melville")");
  CHECK(in_store("$..book[2].publisher").empty());
  CHECK(in_store("$..book[-1].title") == R"("The Lord of the Rings")");
  CHECK(in_store("$..book[0,1].title") == R"("Sayings of the Century" "Sword of Honour")");
  CHECK(in_store("$..book[:2].price") == "8.95 12.99");
  CHECK(in_store("$..book[?@.isbn].title") == R"("Moby Dick" "The Lord of the Rings")");
  CHECK(in_store("$..book[?@.price<10].title") == R"("Sayings of the Century" "Moby Dick")");
  CHECK(in_store("$.store.book[?@.price < $.store.bicycle.price].price") ==
        "8.95 12.99 8.99 22.99");
}

TEST_CASE("json path: selectors and segments of RFC 9535, 2.3, 2.5 and 2.6") {
  const std::string names = R"({"o": {"j j": {"k.k": 3}}, "'": {"@": 2}})";
  CHECK(found_in(names, "$.o['j j']") == R"({"k.k": 3})");
  CHECK(found_in(names, "$.o['j j']['k.k']") == "3");
  CHECK(found_in(names, R"($.o["j j"]["k.k"])") == "3");
  CHECK(found_in(names, R"($["'"]["@"])") == "2");
  CHECK(found_in(names, R"($['\'']["\u0040"])") == "2");
  const std::string letters = R"(["a", "b", "c", "d", "e", "f", "g"])";
  CHECK(found_in(letters, "$[1:3]") == R"("b" "c")");
  CHECK(found_in(letters, "$[5:]") == R"("f" "g")");
  CHECK(found_in(letters, "$[1:5:2]") == R"("b" "d")");
  CHECK(found_in(letters, "$[5:1:-2]") == R"("f" "d")");
  CHECK(found_in(letters, "$[::-1]") == R"("g" "f" "e" "d" "c" "b" "a")");
  CHECK(found_in(letters, "$[0:9007199254740991:9007199254740991]") == R"("a")");
  CHECK(found_in(letters, "$[0, 3]") == R"("a" "d")");
  CHECK(found_in(letters, "$[0:2, 5]") == R"("a" "b" "f")");
  CHECK(found_in(letters, "$[0, 0]") == R"("a" "a")");
  const std::string nested = R"({"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]})";
  CHECK(found_in(nested, "$..j") == "1 4");
  CHECK(found_in(nested, "$..[0]") == R"(5 {"j": 4})");
  CHECK(found_in(nested, "$..o") == R"({"j": 1, "k": 2})");
  CHECK(found_in(nested, "$.o..[*, *]") == "1 2 1 2");
  CHECK(found_in(nested, "$.a..[0, 1]") == R"(5 3 {"j": 4} {"k": 6})");
  const std::string nulls = R"({"a": null, "b": [null], "c": [{}], "null": 1})";
  CHECK(found_in(nulls, "$.a") == "null");
  CHECK(found_in(nulls, "$.a[0]").empty());
  CHECK(found_in(nulls, "$.b[*]") == "null");
  CHECK(found_in(nulls, "$.b[?@]") == "null");
  CHECK(found_in(nulls, "$.b[?@==null]") == "null");
  CHECK(found_in(nulls, "$.c[?@.d==null]").empty());
  CHECK(found_in(nulls, "$.null") == "1");
}

TEST_CASE("json path: filters of RFC 9535, 2.3.5.3") {
  const auto of = [](const std::string& path) {
    return found_in(R"({"a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
                        "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}}, "e": "f"})",
                    path);
  };
  CHECK(of("$.a[?@.b == 'kilo']") == R"({"b": "kilo"})");
  CHECK(of("$.a[?(@.b == 'kilo')]") == R"({"b": "kilo"})");
  CHECK(of("$.a[?@>3.5]") == "5 4 6");
  CHECK(of("$.a[?@.b]") == R"({"b": "j"} {"b": "k"} {"b": {}} {"b": "kilo"})");
  CHECK(of("$[?@.*]") == of("$['a', 'o']"));
  CHECK(of("$[?@[?@.b]]") == of("$.a"));
  CHECK(of("$.o[?@<3, ?@<3]") == "1 2 1 2");
  CHECK(of("$.a[?@<2 || @.b == \"k\"]") == R"(1 {"b": "k"})");
  CHECK(of("$.a[?match(@.b, \"[jk]\")]") == R"({"b": "j"} {"b": "k"})");
  CHECK(of("$.a[?search(@.b, \"[jk]\")]") == R"({"b": "j"} {"b": "k"} {"b": "kilo"})");
  CHECK(of("$.o[?@>1 && @<4]") == "2 3");
  CHECK(of("$.o[?@.u || @.x]") == R"({"u": 6})");
  CHECK(of("$.a[?@.b == $.x]") == "3 5 1 2 4 6");
  CHECK(of("$.a[?@ == @]") == of("$.a[*]"));
  CHECK(of("$.o[?!(@>1)]") == R"(1 {"u": 6})");
  CHECK(of("$.o[?!@.u && (@>3 || @<2)]") == "1 5");
  CHECK(of("$.o[?@<2 || @>2 && @<4]") == "1 3");  // "&&" binds more
}

TEST_CASE("json path: comparisons of RFC 9535, 2.3.5.3") {
  // A list of one, so that the comparison decides whether it is found.
  const auto holds = [](const std::string& comparison) {
    const std::string found = found_in(
        R"({"one": [1], "obj": {"x": "y"}, "arr": [2, 3], "ab": {"a": 1, "b": 2},
            "ba": {"b": 2, "a": 1}})",
        "$.one[?" + comparison + "]");
    INFO(comparison << ": " << found);
    CHECK((found.empty() || found == "1"));
    return found == "1";
  };
  for (const char* comparison :
       {"$.absent1 == $.absent2", "$.absent1 <= $.absent2", "$.absent != 'g'", "1 <= 2",
        "'a' <= 'b'", "$.obj != $.arr", "$.obj == $.obj", "$.arr == $.arr", "$.obj != 17",
        "$.obj <= $.obj", "$.arr <= $.arr", "true <= true", "$.ab == $.ba", "1 == 1.0",
        "'\\u00e9' == 'é'", "-1e1 == -10", "2 >= 2"})
    CHECK(holds(comparison));
  for (const char* comparison :
       {"$.absent == 'g'", "$.absent1 != $.absent2", "1 > 2", "13 == '13'", "'a' > 'b'",
        "$.obj == $.arr", "$.obj != $.obj", "$.arr != $.arr", "$.obj == 17", "$.obj <= $.arr",
        "$.obj < $.arr", "1 <= $.arr", "1 >= $.arr", "1 > $.arr", "1 < $.arr", "true > true",
        "true == 1", "null == $.absent"})
    CHECK_FALSE(holds(comparison));
}

TEST_CASE("json path: functions of RFC 9535, 2.4") {
  const auto of = [](const std::string& path) {
    return found_in(
        R"([{"authors": ["a", "b", "c", "d", "e"], "date": "1974-05-11", "color": "red"},
            {"authors": {"x": 1}, "date": "1974-05-112", "more": [{"color": "red"}]},
            {"authors": "äöü", "date": 1974, "color": "red", "more": {"color": "blue"}}])",
        path + ".date");
  };
  const std::string first = R"("1974-05-11")", second = R"("1974-05-112")";
  CHECK(of("$[?length(@.authors) >= 5]") == first);
  CHECK(of("$[?length(@.authors) == 1]") == second);
  CHECK(of("$[?length(@.authors) == 3]") == "1974");  // characters, not bytes
  CHECK(of("$[?length(@.date) == length('1234567890')]") == first);
  CHECK(of("$[?count(@.*.color) >= 1]") == "1974");
  CHECK(of("$[?count(@..color) == 2]") == "1974");
  CHECK(of("$[?match(@.date, \"1974-05-..\")]") == first);
  CHECK(of("$[?search(@.date, '05-..2?$')]") == first + " " + second);
  CHECK(of("$[?!match(@.date, $[0].date)]") == second + " 1974");  // a pattern that is looked up
  CHECK(of("$[?value(@..color) == \"red\"]") == first + " " + second);
  CHECK(of("$[?length(value(@..color)) == 3]") == first + " " + second);
  CHECK(of("$[?match(@.date, @.color)]").empty());
  CHECK(of("$[?match(@.authors, '.ö[ü-ÿ]')]") == "1974");
}

TEST_CASE("json path: the toolkit's filters keep the value itself") {
  CHECK(found_in(R"({"foo": {"baz": "hello"}})", R"($.foo[?(@.baz="hello")])") ==
        R"({"baz": "hello"})");
  CHECK(found_in(R"({"foo": {"baz": "hello"}})", R"($.foo[?(@.baz="bonjour")])").empty());
  CHECK(found_in(R"({"foo": {"baz": "hello"}})", "$.foo[?(@.baz)].baz") == R"("hello")");
  const std::string list = R"({"foo": [{"baz": 1, "up": true}, {"baz": 2}, {"bar": [5, 7]}]})";
  CHECK(found_in(list, "$.foo.*[?(@.baz)].baz") == "1 2");
  CHECK(found_in(list, "$.foo[*][?(@.baz>1)].baz") == "2");
  CHECK(found_in(list, "$.foo[?(@.baz>1)]").empty());  // a list has no baz
  CHECK(found_in(list, "$.foo[*][?(not @.baz = 1 and @.baz)].baz") == "2");
  CHECK(found_in(list, "$.foo[*][?(@.up = 1)].baz") == "1");                   // as True == 1
  CHECK(found_in(list, "$.foo[*][?(@.bar[*] > 6)]") == R"({"bar": [5, 7]})");  // any of them
  CHECK(found_in(list, "$.foo[*][?(@.bar[*] != 5)]") == R"({"bar": [5, 7]})");
  CHECK(found_in(list, "$.foo[*][?(@.none != 5)]").empty());  // nothing differs from nothing
  // "or" binds more than "and" there: (1 or 2) and up.
  CHECK(found_in(list, "$.foo[*][?(@.baz = 2 or @.baz = 1 and @.up)].baz") == "1");
  CHECK(found_in(list, "$..[?(@ = 7)]") == "7");
}

TEST_CASE("json path: what is no path says why") {
  const auto says = [](const std::string& path, const std::string& text) {
    CAPTURE(path);
    CHECK_THAT(found(path), Catch::Contains("! ") && Catch::Contains(text));
  };
  says("", "begins with");
  says("users", "begins with");
  says("$x", "expected \".\" or \"[\" before \"x\"");
  says("$.", "name is missing before the end");
  says("$.a b", "before \"b\"");
  says("$.1", "stands in quotes");
  says("$.a.length()", "functions behind a point");
  says("$.list[1", "bracket is not closed before the end");
  says("$['users", "quote is not closed");
  says("$['us\\", "quote is not closed");
  says("$['\\x']", "is no escape");
  says("$['\\\"']", "is no escape");
  says("$['a\tb']", "\\u0009");
  says("$.list[-0]", "begins with a 0");
  says("$['\\ud800']", "is no escape");
  says("$['\\ud800\\u0041']", "is no escape");
  says("$['\\u12']", "is no escape");
  says("$.list[0:2:0]", "step is 0");
  says("$.list[]", "expected an index");
  says("$.list[a]", "expected an index");
  says("$.list[01]", "begins with a 0");
  says("$.list[9007199254740992]", "too large");
  says("$.list[0:99999999999999999999]", "too large");
  says("$.list[(@.length-1)]", "scripts are not read");
  says("$[?]", "expected a path");
  says("$[?", "the filter ends where");
  says("$[?@.a ==]", "expected a path");
  says("$[?@.a ==", "the filter ends where");
  says("$[?@.a @.b]", "expected \"&&\"");
  says("$[?(@.a]", "parenthesis is not closed");
  says("$[?@.a", "expected \"&&\", \"||\" or the end of the filter before the end");
  says("$[?'a']", "alone is no condition");
  says("$[?true]", "alone is no condition");
  says("$[?@.a == b]", "\"b\" stands for nothing");
  says("$[?@.a == [1]]", "lists and objects are not compared");
  says("$[?@.a == 1.]", "is no number");
  says("$[?!@.a == 1]", "put the comparison in parentheses");
  says("$[?@.* == 1]", "leads to one value");
  says("$[?@..a == 1]", "leads to one value");
  says("$[?lenght(@) == 1]", "did you mean \"length\"?");
  says("$[?foo(@) == 1]", "known: length, count, value, match, search");
  says("$[?length(@)]", "is compared with something");
  says("$[?length(@.*) < 3]", "may lead to several");
  says("$[?length(@, @) < 3]", "takes one argument, not 2");
  says("$[?length(@ @) < 3]", "parenthesis is not closed");
  says("$[?length(@", "parenthesis is not closed before the end");
  says("$[?length(match(@.a, 'b')) == 1]", "not a yes or no");
  says("$[?count(1) == 1]", "takes a path");
  says("$[?match(@.a)]", "takes two arguments, not 1");
  says("$[?match(@.a, 'b') == true]", "is not compared");
  says("$[?match(@.a, '(')]", "no regular expression");
  says("$[?match(@.a, 1)]", "a pattern is a text");
  says("$[?@.a = 1]", "stand in parentheses");
  says("$[?@.a and @.b]", "stand in parentheses");
  says("$[?(@.a = 1 && @.b)]", "mean different things");
  says("$[?(@.a = 'x')]", "double quotes");
  const std::string deep(JsonPath::kDeepest + 1, '(');
  says("$[?" + deep + "@.a", "inside each other");
  says("$[?" + std::string(100'000, '!') + "@.a]", "inside each other");
}

TEST_CASE("json path: hostile input ends") {
  const auto began = std::chrono::steady_clock::now();
  const auto repeated = [](const std::string& text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
  };
  std::string filters;
  for (int i = 0; i < 100'000; ++i) filters += "[?@";
  CHECK_THAT(found("$" + filters), Catch::Contains("inside each other"));
  CHECK(found("$" + repeated(".users", 100'000)).empty());
  CHECK(found("$.list[?" + repeated("@>5 && ", 50'000) + "@<15]") == "10");
  CHECK(found("$.list[" + repeated("0,", 100'000) + "1]").size() > 100'000);
  const std::string chain = repeated("[", 60) + repeated("]", 60);
  CHECK(found_in(chain, "$" + repeated("..*", 10)) == "! for ever");
  const std::string wide = "[" + repeated("1,", 2'000) + "1]";
  CHECK(found_in(wide, "$[?@ == 1 && count($[?@ == 1]) > 0]") == "! for ever");
  CHECK(found_in(wide, "$" + repeated("[?count($[*]) > 0]", 20)) == "! for ever");
  CHECK(found_in(wide, "$[?@ == 1]" + repeated("[?count($[*]) > 0]", 20)).empty());
  CHECK(found_in("[\"" + repeated("a", 40) + "\"]", "$[?match(@, '(a|aa)+b')]").empty());
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
}

TEST_CASE("json path: any mutilation of a path is read or refused", "[property]") {
  const std::vector<std::string> paths = {
      "$.a[?@.b == 'kilo' || !(@>1 && @<4)]['x', 0:5:-2, *]..c",
      R"($[*][?(not @.a = "b" and (@.c or @.d >= 1e3))].e[-1])",
      "$[?match(@.b, \"[jk]\") && length(value($..c)) < count(@.*)]"};
  const std::string letters = "$@.*[]?()'\",:&|!=<>0-eandornt\\ ";
  for (const std::string& path : paths) {
    CHECK(found(path).substr(0, 1) != "!");
    for (std::size_t at = 0; at < path.size(); ++at)
      for (const char letter : letters) {
        std::string changed = path;
        changed[at] = letter;
        const std::string without = path.substr(0, at) + path.substr(at + 1);
        for (const std::string& text : {changed, path.substr(0, at) + letter, without})
          CHECK(found(text) != "! ");
      }
  }
}

}  // namespace
}  // namespace highwater::chaos
