#include "engine/report/object_reader.h"

#include <cmath>
#include <limits>
#include <utility>

#include "engine/report/number_format.h"

namespace highwater {
namespace {

/// Whole nanoseconds in 64 bits reach 292 years.
constexpr double kLongest_s = 9.2e9;
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

void report(const Value& value, const std::string& path, std::string_view what,
            Problems& problems) {
  problems.error(value.position(), path,
                 "expected " + std::string(what) + ", found " + value.found());
}

}  // namespace

ObjectReader::ObjectReader(const Value& value, std::string path, Problems& problems)
    : value_(value), path_(std::move(path)), problems_(problems) {
  if (!value_.is_object()) report(value_, path_, "an object", problems_);
}

const Value* ObjectReader::required(std::string_view key) const {
  const Value* const found = value_.find(key);
  if (found == nullptr && value_.is_object())
    problems_.error(value_.position(), path_, "\"" + std::string(key) + "\" is missing");
  return found;
}

void ObjectReader::wrong(std::string_view key, std::string_view what) const {
  report(*value_.find(key), pointer_to(path_, key), what, problems_);
}

void ObjectReader::text(std::string_view key, std::string& out) const {
  const Value* const found = required(key);
  if (found == nullptr) return;
  if (!found->is_string()) return wrong(key, "a text");
  out = found->text();
}

void ObjectReader::boolean(std::string_view key, bool& out) const {
  const Value* const found = required(key);
  if (found == nullptr) return;
  if (!found->is_boolean()) return wrong(key, "true or false");
  out = found->boolean();
}

void ObjectReader::count(std::string_view key, std::uint64_t& out) const {
  const Value* const found = required(key);
  if (found == nullptr) return;
  if (!found->is_number() || !found->whole()) return wrong(key, "a whole number");
  out = *found->whole();
}

void ObjectReader::number(std::string_view key, double& out) const {
  const Value* const found = required(key);
  if (found == nullptr) return;
  if (!found->is_number()) return wrong(key, "a number");
  out = found->number();
}

void ObjectReader::number_or_null(std::string_view key, double& out) const {
  const Value* const found = required(key);
  if (found == nullptr) return;
  if (!found->is_number() && !found->is_null()) return wrong(key, "a number or null");
  out = found->is_number() ? found->number() : kNoNumber;
}

void ObjectReader::within(std::string_view key, double most, double& out) const {
  double read = 0;
  const std::size_t before = problems_.error_count();
  number(key, read);
  if (problems_.error_count() != before) return;
  if (std::abs(read) > most) return wrong(key, "a number of at most " + shortest(most));
  out = read;
}

void ObjectReader::time_s(std::string_view key, double& out) const {
  const Value* const found = value_.find(key);
  if (found != nullptr && found->is_null())
    out = kNoNumber;
  else
    within(key, kLongest_s, out);
}

void ObjectReader::estimate(std::string_view key, Estimate& out) const {
  const Value* const found = required(key);
  if (found != nullptr) read_estimate(*found, pointer_to(path_, key), out, problems_);
}

void ObjectReader::elements(std::string_view key, const EachElement& each) const {
  const Value* const found = required(key);
  if (found == nullptr) return;
  if (!found->is_array()) return wrong(key, "a list");
  const std::string list = pointer_to(path_, key);
  for (std::size_t i = 0; i < found->elements().size(); ++i)
    each(found->elements()[i], pointer_to(list, i));
}

void ObjectReader::objects(std::string_view key, const Each& each) const {
  elements(key, [&](const Value& element, const std::string& path) {
    const ObjectReader reader(element, path, problems_);
    if (element.is_object()) each(reader);
  });
}

void ObjectReader::members(std::string_view key, const EachMember& each) const {
  object(key, [&](const ObjectReader& all) {
    for (const Value::Member& member : all.value().members()) {
      const ObjectReader reader(member.value, pointer_to(all.path(), member.key), problems_);
      if (member.value.is_object()) each(member.key, reader);
    }
  });
}

void ObjectReader::object(std::string_view key, const Each& each) const {
  const Value* const found = required(key);
  if (found == nullptr) return;
  const ObjectReader reader(*found, pointer_to(path_, key), problems_);
  if (found->is_object()) each(reader);
}

void read_estimate(const Value& value, const std::string& path, Estimate& out, Problems& problems) {
  const ObjectReader reader(value, path, problems);
  if (!value.is_object()) return;
  Estimate read;
  if (const Value* const number = value.find("value"); number != nullptr && number->is_null())
    read.value = std::nullopt;
  else
    reader.number("value", read.value.emplace());
  if (const Value* const range = value.find("ci95"); range == nullptr || !range->is_null()) {
    std::size_t ends = 0;
    Interval& interval = read.ci95.emplace();
    reader.elements("ci95", [&](const Value& end, const std::string& place) {
      double& into = ends++ == 0 ? interval.low : interval.high;
      if (!end.is_number() && !end.is_null())
        report(end, place, "a number or null", problems);
      else
        into = end.is_number() ? end.number() : kNoNumber;
    });
    if (range != nullptr && range->is_array() && ends != 2)
      problems.error(range->position(), pointer_to(path, "ci95"),
                     "expected both ends of an interval, found a list of " + std::to_string(ends));
  }
  if (reader.has("note")) reader.text("note", read.note);
  out = std::move(read);
}

}  // namespace highwater
