#include "models/drivers/catalog.h"

#include <regex>
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include "models/drivers/details.h"
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
    CHECK_THAT(driver.example, Catch::Contains("highwater algorithm " + driver.name));
    CHECK_FALSE(details_of(driver.name).empty());
    for (const FieldInfo& field : driver.type().fields) CHECK_FALSE(field.doc.empty());
  }
  CHECK(find("no such algorithm") == nullptr);
}

TEST_CASE("drivers: what products say without a unit has one of its type's", "[drivers]") {
  std::size_t found = 0;
  for (const Driver& driver : all()) {
    for (const FieldInfo& field : driver.type().fields) {
      if (field.bare_unit.empty()) continue;
      ++found;
      CAPTURE(driver.name, field.name, field.bare_unit);
      const TypeInfo& type =
          field.type().shape == Shape::kList ? field.type().element() : field.type();
      CHECK(std::regex_search("1" + field.bare_unit, std::regex(type.pattern)));
    }
  }
  CHECK(found > 20);
}

TEST_CASE("drivers: no option has the name that a product has for another", "[drivers]") {
  for (const Driver& driver : all())
    for (const FieldInfo& field : driver.type().fields)
      if (!field.known_as.empty())
        CHECK(find_field(driver.type().fields, field.known_as) == nullptr);
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
