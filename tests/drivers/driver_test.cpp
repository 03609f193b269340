#include "models/drivers/driver.h"

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

struct Inner {
  std::uint32_t count = 1;
  static constexpr std::string_view type_name = "driver_test.inner";
  static constexpr auto shorthand = &Inner::count;
  static constexpr auto fields() { return std::tuple{field<&Inner::count>("A count.")}; }
};
struct Outer {
  Inner inner;
  std::vector<std::string> list;
  OrderedMap<std::uint32_t> map;
  std::string text;
  static constexpr std::string_view type_name = "driver_test.outer";
  static constexpr auto fields() {
    return std::tuple{field<&Outer::inner>("A struct."), field<&Outer::list>("A list."),
                      field<&Outer::map>("A map."), field<&Outer::text>("A text.")};
  }
};

TEST_CASE("with_json_read: lists and objects may be given as texts", "[drivers]") {
  const Value options = testing::options_of({{"inner", R"({"count": 3})"},
                                             {"list", R"(["a", "b"])"},
                                             {"map", R"({"x": 1})"},
                                             {"text", "{}"}});
  Problems problems;
  const auto read = read_params<Outer>(with_json_read(options, type_of<Outer>()), "", problems);
  CHECK(problems.text().empty());
  CHECK(read.inner.count == 3);
  CHECK(read.list == std::vector<std::string>{"a", "b"});
  CHECK(read.map.size() == 1);
  CHECK(read.text == "{}");
}

TEST_CASE("with_json_read: a shorthand stays one, and what is no JSON is reported", "[drivers]") {
  Problems problems;
  const Value options = testing::options_of({{"inner", "4"}, {"list", "[a"}});
  const auto read = read_params<Outer>(with_json_read(options, type_of<Outer>()), "", problems);
  CHECK(read.inner.count == 4);
  CHECK_THAT(problems.text(), Catch::Contains("/list"));
}

}  // namespace
}  // namespace highwater::drivers
