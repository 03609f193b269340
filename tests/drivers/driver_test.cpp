#include "models/drivers/driver.h"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

struct Inner {
  std::uint32_t count = 1;
  static constexpr std::string_view type_name = "driver_test.inner";
  static constexpr auto shorthand = &Inner::count;
  static constexpr auto fields() { return Fields{field<&Inner::count>("A count.")}; }
};
struct Outer {
  Inner inner;
  std::vector<std::string> list;
  OrderedMap<std::uint32_t> map;
  std::string text;
  static constexpr std::string_view type_name = "driver_test.outer";
  static constexpr auto fields() {
    return Fields{field<&Outer::inner>("A struct."), field<&Outer::list>("A list."),
                  field<&Outer::map>("A map."), field<&Outer::text>("A text.")};
  }
};

/// Which a product takes in milliseconds and percent.
enum class Kind { count_based, time_based };
constexpr auto words_of(Kind) {
  return std::array{Word{Kind::count_based, "count_based", "Calls."},
                    Word{Kind::time_based, "time_based", "Seconds."}};
}
struct ProductParams {
  Duration pause = 5s;
  std::optional<Duration> timeout;
  Fraction share{0.5};
  std::vector<Duration> pauses{1s};
  Kind kind = Kind::count_based;
  Duration ours = 1s;
  static constexpr std::string_view type_name = "driver_test.product";
  static constexpr auto fields() {
    using P = ProductParams;
    return Fields{
        field<&P::pause>("Between.").at_least(1ms).known_as("pause_in_milliseconds").bare("ms"),
        field<&P::timeout>("Of a call.").bare("s").zero("false"),
        field<&P::share>("Of it.").bare("%"),
        field<&P::pauses>("One after the other.").at_least(1u).bare("ms"),
        field<&P::kind>("What counts."),
        field<&P::ours>("No product has it.")};
  }
};

template <class P>
P read_as_declared(const Value& options, Problems& problems) {
  return read_params<P>(as_declared(options, type_of<P>(), problems), "", problems);
}
ProductParams product(testing::Options options) {
  Problems problems;
  const auto read = read_as_declared<ProductParams>(testing::options_of(options), problems);
  INFO(problems.text());
  CHECK(problems.empty());
  return read;
}
std::string product_problems(testing::Options options) {
  Problems problems;
  read_as_declared<ProductParams>(testing::options_of(options), problems);
  return problems.text();
}

TEST_CASE("as_declared: lists and objects may be given as texts", "[drivers]") {
  const Value options = testing::options_of({{"inner", R"({"count": 3})"},
                                             {"list", R"(["a", "b"])"},
                                             {"map", R"({"x": 1})"},
                                             {"text", "{}"}});
  Problems problems;
  const auto read = read_as_declared<Outer>(options, problems);
  CHECK(problems.text().empty());
  CHECK(read.inner.count == 3);
  CHECK(read.list == std::vector<std::string>{"a", "b"});
  CHECK(read.map.size() == 1);
  CHECK(read.text == "{}");
}

TEST_CASE("as_declared: a shorthand stays one, and what is no JSON is reported", "[drivers]") {
  Problems problems;
  const Value options = testing::options_of({{"inner", "4"}, {"list", "[a"}});
  const auto read = read_as_declared<Outer>(options, problems);
  CHECK(read.inner.count == 4);
  CHECK_THAT(problems.text(), Catch::Contains("/list"));
}

TEST_CASE("as_declared: a number without a unit has the product's", "[drivers]") {
  CHECK(product({{"pause", "1500"}}).pause == 1500ms);
  CHECK(product({{"pause", "2.5"}}).pause == 2500us);
  CHECK(product({{"pause", "1e3"}}).pause == 1s);
  CHECK(product({{"timeout", "60"}}).timeout == 60s);
  CHECK(product({{"share", "12.5"}}).share.value == 0.125);
  // One with a unit has its own.
  CHECK(product({{"pause", "2s"}}).pause == 2s);
  CHECK(product({{"timeout", "60ms"}}).timeout == 60ms);
  CHECK(product({{"share", "12.5%"}}).share.value == 0.125);
  // Numbers may be numbers too.
  Value options = Value::object();
  options.set("pause", Value::number_text("2.5"));
  options.set("pauses", Value::whole(7));
  Problems problems;
  const auto read = read_as_declared<ProductParams>(options, problems);
  CHECK(problems.text().empty());
  CHECK(read.pause == 2500us);
  CHECK(read.pauses == std::vector<Duration>{7ms});
  for (const char* text : {"", "s", "-1", "1 second", "true", "false", "0"}) {
    CAPTURE(text);
    CHECK_THAT(product_problems({{"pause", text}}), Catch::Contains("/pause: "));
  }
  for (const char* text : {"", "%", "half", "50 %", "50%%", "101"}) {
    CAPTURE(text);
    CHECK_THAT(product_problems({{"share", text}}), Catch::Contains("/share: "));
  }
  CHECK_THAT(product_problems({{"ours", "1000"}}), Catch::Contains("no unit"));
}

TEST_CASE("as_declared: lists of such numbers", "[drivers]") {
  const std::vector<Duration> three = {500ms, 1s, 4s};
  CHECK(product({{"pauses", "500,1s,4000ms"}}).pauses == three);
  CHECK(product({{"pauses", R"([500, "1s", "4000"])"}}).pauses == three);
  CHECK(product({{"pauses", "10s"}}).pauses == std::vector<Duration>{10s});
  CHECK(product({{"pauses", "7"}}).pauses == std::vector<Duration>{7ms});
  for (const char* text : {"", "1s,", ",1s", "1s,soon", "[1", "[]", "[true]"}) {
    CAPTURE(text);
    CHECK_THAT(product_problems({{"pauses", text}}), Catch::Contains("/pauses"));
  }
}

TEST_CASE("as_declared: the product's word for 0", "[drivers]") {
  CHECK(product({{"timeout", "false"}}).timeout == Duration{0});
  CHECK_THAT(product_problems({{"timeout", "true"}}), Catch::Contains("/timeout: expected"));
  for (const bool given : {false, true}) {
    Value options = Value::object();
    options.set("timeout", Value::boolean(given));
    Problems problems;
    const auto read = read_as_declared<ProductParams>(options, problems);
    CHECK(problems.has_errors() == given);
    CHECK(read.timeout == (given ? std::nullopt : std::optional(Duration{0})));
  }
}

TEST_CASE("as_declared: the product's name, or ours, but not both", "[drivers]") {
  CHECK(product({{"pause_in_milliseconds", "1500"}}).pause == 1500ms);
  CHECK(product({{"pause_in_milliseconds", "2s"}}).pause == 2s);
  CHECK(product_problems({{"pause_in_milliseconds", "1"}, {"pause", "1"}}) ==
        "/pause_in_milliseconds: is the product's name of \"pause\", which is given too\n");
  CHECK(product_problems({{"puase", "1"}}) ==
        "/puase: unknown key \"puase\"; did you mean \"pause\"?\n");
}

TEST_CASE("as_declared: words in capitals", "[drivers]") {
  CHECK(product({{"kind", "TIME_BASED"}}).kind == Kind::time_based);
  CHECK(product({{"kind", "time_based"}}).kind == Kind::time_based);
  CHECK_THAT(product_problems({{"kind", "Time_Based"}}), Catch::Contains("did you mean"));
  CHECK_THAT(product_problems({{"kind", "NEITHER"}}), Catch::Contains("\"NEITHER\""));
}

TEST_CASE("as_declared: a problem is where the option is", "[drivers]") {
  Problems problems;
  Value options = Value::object();
  Value pauses = Value::string("1,soon");
  pauses.set_position({problems.add_source("--pauses 1,soon"), 0, 0});
  options.set("pauses", std::move(pauses));
  Value pause = Value::string("0");
  pause.set_position({problems.add_source("--pause-in-milliseconds 0"), 0, 0});
  options.set("pause_in_milliseconds", std::move(pause));
  read_as_declared<ProductParams>(options, problems);
  CHECK_THAT(problems.text(), Catch::Contains("--pauses 1,soon: /pauses/1: "));
  CHECK_THAT(problems.text(), Catch::Contains("--pause-in-milliseconds 0: /pause: must be"));
}

}  // namespace
}  // namespace highwater::drivers
