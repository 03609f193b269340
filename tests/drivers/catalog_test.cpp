#include "models/drivers/catalog.h"

#include <set>

#include <catch2/catch.hpp>

#include "tests/drivers/drive.h"

namespace highwater::drivers {
namespace {

TEST_CASE("drivers: each is listed once and says what it takes and gives", "[drivers]") {
  std::set<std::string> names;
  for (const Driver& driver : all()) {
    CAPTURE(driver.name);
    CHECK(names.insert(driver.name).second);
    CHECK(find(driver.name) == &driver);
    for (const std::string* text :
         {&driver.family, &driver.summary, &driver.source, &driver.input, &driver.output})
      CHECK_FALSE(text->empty());
    CHECK_THAT(driver.example, Catch::Contains("highwater algorithm " + driver.name + " "));
    for (const FieldInfo& field : driver.type().fields) CHECK_FALSE(field.doc.empty());
  }
  CHECK(find("no such algorithm") == nullptr);
}

TEST_CASE("drivers: an unknown option is a problem with every one of them", "[drivers]") {
  for (const Driver& driver : all()) {
    CAPTURE(driver.name);
    Value options = Value::object();
    options.set("nonsense", Value::string("1"));
    Problems problems;
    CHECK(driver.start(options, problems) == nullptr);
    CHECK_THAT(problems.text(), Catch::Contains("nonsense"));
  }
}

}  // namespace
}  // namespace highwater::drivers
