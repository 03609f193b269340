#include "models/drivers/target_list.h"

#include <catch2/catch.hpp>

namespace highwater::drivers {
namespace {

struct Params {
  TargetList targets;
  NameList down;
  static constexpr auto fields() {
    return Fields{field<&Params::targets>("Targets."), field<&Params::down>("Down.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    check_names(down, targets, where, path, "down", problems);
  }
};

Params read(const char* targets, const char* down, Problems& problems) {
  Value object = Value::object();
  object.set("targets", Value::string(targets));
  if (down != nullptr) object.set("down", Value::string(down));
  return read_params<Params>(object, "", problems);
}

TEST_CASE("TargetList: names with weights, in order", "[drivers]") {
  Problems problems;
  const Params params = read("a=5,10.0.0.2:80,c=d=0", nullptr, problems);
  CHECK(problems.empty());
  const std::vector<NamedTarget> expected{
      {"a", 5, true}, {"10.0.0.2:80", 1, false}, {"c=d", 0, true}};
  CHECK(params.targets.targets == expected);
  CHECK(write_params(params).find("targets")->text() == "a=5,10.0.0.2:80,c=d=0");
}

TEST_CASE("TargetList: an empty text is no target", "[drivers]") {
  Problems problems;
  CHECK(read("", nullptr, problems).targets.targets.empty());
  CHECK(problems.empty());
}

TEST_CASE("TargetList: everything wrong is reported at once", "[drivers]") {
  Problems problems;
  read("a=x,b=-1,b,,=3,c=4294967296", nullptr, problems);
  CHECK(problems.error_count() == 6);
  CHECK_THAT(problems.text(), Catch::Contains("the weight of \"a\" must be a whole number") &&
                                  Catch::Contains("\"b\" is named twice") &&
                                  Catch::Contains("has no name"));
}

TEST_CASE("TargetList: other names must be those of targets", "[drivers]") {
  Problems problems;
  const Params params = read("web-1,web-2", "web-2,wbe-1", problems);
  CHECK_THAT(problems.text(),
             Catch::Contains("\"wbe-1\" is none of the targets; did you mean \"web-1\"?"));
}

}  // namespace
}  // namespace highwater::drivers
