#include "engine/chaos/tolerance.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <boost/regex.hpp>

#include "engine/describe/nearest.h"

namespace highwater::chaos {
namespace {

/// The member that a tolerance looks at, or all of it.
const Value& targeted(const Value& output, const std::string& target) {
  const Value* found = target.empty() ? nullptr : output.find(target);
  return found != nullptr ? *found : output;
}

/// How Python would show it to a regular expression: texts as they are.
std::string shown(const Value& value) {
  return value.is_string() ? value.text() : write_json_line(value);
}

}  // namespace

struct Tolerance::Regex {
  boost::regex pattern;
  std::string target;
};

std::optional<double> python_number(const Value& value) {
  if (value.is_number()) return value.number();
  if (value.is_boolean()) return value.boolean() ? 1.0 : 0.0;
  return std::nullopt;
}

bool equal_values(const Value& a, const Value& b) {
  const auto x = python_number(a), y = python_number(b);
  if (x && y) return *x == *y;
  return a == b;
}

bool is_true(const Value& value) {
  if (value.is_null()) return false;
  if (const auto number = python_number(value)) return *number != 0;
  if (value.is_string()) return !value.text().empty();
  return value.is_array() ? !value.elements().empty() : !value.members().empty();
}

/// Reads a tolerance and reports everything wrong with it.
class ToleranceReader {
 public:
  ToleranceReader(const Value& value, std::string path, Problems& problems)
      : value_(value), path_(std::move(path)), problems_(problems) {}

  std::optional<Tolerance> read() {
    const std::size_t before = problems_.error_count();
    Tolerance tolerance;
    tolerance.written_ = value_;
    if (value_.is_object()) {
      read_object(tolerance);
    } else if (value_.is_array()) {
      read_list(tolerance);
    } else if (value_.is_null()) {
      fail(value_, path_, "a tolerance is a value, a range, a list or an object");
    } else {
      tolerance.form_ = value_;
    }
    if (problems_.error_count() != before) return std::nullopt;
    return tolerance;
  }

 private:
  void fail(const Value& where, const std::string& path, const std::string& message,
            const std::string& suggestion = "") {
    problems_.error(where.position(), path, message, suggestion);
  }

  void read_list(Tolerance& tolerance) {
    const auto& elements = value_.elements();
    if (elements.empty()) return fail(value_, path_, "a list of nothing holds no value");
    if (elements.size() != 2) {
      tolerance.form_ = elements;
      return;
    }
    Tolerance::Range range;
    range.bare = true;
    if (read_ends(elements, path_, range)) tolerance.form_ = range;
  }

  bool read_ends(const Value::Elements& ends, const std::string& path, Tolerance::Range& range) {
    if (ends.size() != 2 || !ends[0].is_number() || !ends[1].is_number()) {
      fail(value_, path, "a range has two numbers, the lowest and the highest");
      return false;
    }
    range.low = ends[0].number();
    range.high = ends[1].number();
    if (range.low > range.high) {
      fail(value_, path, "no number is in this range: its lowest is above its highest");
      return false;
    }
    return true;
  }

  void read_object(Tolerance& tolerance) {
    const Value* type = value_.find("type");
    if (type == nullptr || !type->is_string())
      return fail(value_, path_, "a tolerance has a \"type\": probe, regex, jsonpath or range");
    const std::string& name = type->text();
    if (name == "probe") return read_probe(tolerance);
    if (name == "regex") return read_regex(tolerance);
    if (name == "jsonpath") return read_path(tolerance);
    if (name == "range") return read_range(tolerance);
    const std::vector<std::string> known = {"probe", "regex", "jsonpath", "range"};
    fail(*type, pointer_to(path_, "type"),
         "unknown type of tolerance " + in_quotes(name) + "; known: probe, regex, jsonpath, range",
         nearest_word(name, known));
  }

  /// Reports keys that the type does not have.
  void allow(std::initializer_list<std::string_view> keys) {
    std::vector<std::string> known(keys.begin(), keys.end());
    known.push_back("type");
    for (const Value::Member& member : value_.members())
      if (std::find(known.begin(), known.end(), member.key) == known.end())
        problems_.error(member.key_position, pointer_to(path_, member.key),
                        "unknown key " + in_quotes(member.key), nearest_word(member.key, known));
  }

  std::string text_of(const char* key, bool required) {
    const Value* found = value_.find(key);
    if (found != nullptr && found->is_string() && !found->text().empty()) return found->text();
    if (found != nullptr || required)
      fail(found != nullptr ? *found : value_, pointer_to(path_, key),
           std::string("expected a text in \"") + key + "\"");
    return "";
  }

  void read_probe(Tolerance& tolerance) {
    const Value* provider = value_.find("provider");
    if (provider == nullptr || !provider->is_object())
      return fail(value_, path_, "a tolerance that is a probe has a \"provider\"");
    tolerance.form_ = Tolerance::Probe{*provider};
    tolerance.probe_path_ = pointer_to(path_, "provider");
  }

  void read_regex(Tolerance& tolerance) {
    allow({"pattern", "target"});
    const std::string pattern = text_of("pattern", true);
    auto regex = std::make_shared<Tolerance::Regex>();
    regex->target = text_of("target", false);
    if (pattern.empty()) return;
    try {
      regex->pattern = boost::regex(pattern, boost::regex::perl);
    } catch (const std::runtime_error& error) {
      return fail(*value_.find("pattern"), pointer_to(path_, "pattern"),
                  std::string("is no regular expression: ") + error.what());
    }
    tolerance.form_ = std::shared_ptr<const Tolerance::Regex>(std::move(regex));
  }

  void read_path(Tolerance& tolerance) {
    allow({"path", "expect", "count", "target"});
    const std::string text = text_of("path", true);
    Tolerance::Path form;
    form.target = text_of("target", false);
    if (const Value* expected = value_.find("expect")) form.expected = *expected;
    if (const Value* count = value_.find("count")) {
      if (!count->is_number() || !count->whole())
        fail(*count, pointer_to(path_, "count"), "expected a number of matches");
      else
        form.count = *count->whole();
    }
    if (text.empty()) return;
    std::string problem;
    auto path = JsonPath::parse(text, problem);
    if (!path)
      return fail(*value_.find("path"), pointer_to(path_, "path"), "is no JSONPath: " + problem);
    form.path = std::move(*path);
    tolerance.form_ = std::move(form);
  }

  void read_range(Tolerance& tolerance) {
    allow({"range", "target"});
    const Value* ends = value_.find("range");
    if (ends == nullptr || !ends->is_array())
      return fail(value_, path_, "a range is [lowest, highest] in \"range\"");
    Tolerance::Range range;
    range.target = text_of("target", false);
    if (read_ends(ends->elements(), pointer_to(path_, "range"), range)) tolerance.form_ = range;
  }

  const Value& value_;
  std::string path_;
  Problems& problems_;
};

std::optional<Tolerance> Tolerance::read(const Value& value, const std::string& path,
                                         Problems& problems) {
  return ToleranceReader(value, path, problems).read();
}

const Value* Tolerance::probe_provider() const {
  const Probe* probe = std::get_if<Probe>(&form_);
  return probe != nullptr ? &probe->provider : nullptr;
}

bool Tolerance::met(const Value& output, const std::function<bool()>& probe) const {
  if (const Value* wanted = std::get_if<Value>(&form_)) {
    const Value* status = wanted->is_number() ? output.find("status") : nullptr;
    return equal_values(status != nullptr ? *status : output, *wanted);
  }
  if (const auto* list = std::get_if<std::vector<Value>>(&form_)) {
    const Value* status = output.find("status");
    const Value& found = status != nullptr ? *status : output;
    return std::any_of(list->begin(), list->end(),
                       [&](const Value& one) { return equal_values(one, found); });
  }
  if (const Range* range = std::get_if<Range>(&form_)) {
    if (range->bare) {
      // Of what has a status, the two are values that it may have.
      if (const Value* status = output.find("status"); status != nullptr) {
        const auto code = python_number(*status);
        return code && (*code == range->low || *code == range->high);
      }
    }
    const auto number = python_number(targeted(output, range->target));
    return number && range->low <= *number && *number <= range->high;
  }
  if (const auto* regex = std::get_if<std::shared_ptr<const Regex>>(&form_)) {
    try {
      return boost::regex_search(shown(targeted(output, (*regex)->target)), (*regex)->pattern);
    } catch (const std::runtime_error&) {
      return false;  // it would take for ever to find out
    }
  }
  if (const Path* path = std::get_if<Path>(&form_)) {
    const auto found = path->path.matches(targeted(output, path->target));
    if (!found) return false;  // it would take for ever to find out
    if (!path->expected) return path->count ? found->size() == *path->count : !found->empty();
    const Value::Elements expected =
        path->expected->is_array() ? path->expected->elements() : Value::Elements{*path->expected};
    return std::equal(found->begin(), found->end(), expected.begin(), expected.end(),
                      [](const Value* a, const Value& b) { return equal_values(*a, b); });
  }
  return probe();
}

bool Tolerance::admits_all_between(double low, double high) const {
  const auto within = range();
  return within && within->low <= low && within->high >= high;
}

std::optional<Interval> Tolerance::range() const {
  const Range* range = std::get_if<Range>(&form_);
  if (range == nullptr || !range->target.empty()) return std::nullopt;
  return Interval{range->low, range->high};
}

}  // namespace highwater::chaos
