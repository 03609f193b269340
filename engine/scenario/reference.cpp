#include "engine/scenario/reference.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/facts.h"

namespace highwater {
namespace {

/// What kind of value a field takes, in a few words: `duration`, `list of step`, `fifo | lifo`.
std::string type_words(const TypeInfo& type) {
  std::string out;
  switch (type.shape) {
    case Shape::kList:
      return "list of " + type_words(type.element());
    case Shape::kMap:
      return "map of " + type_words(type.element());
    case Shape::kWords:
      for (const WordInfo& word : type.words) out += (out.empty() ? "" : " | ") + word.word;
      if (type.bare != nullptr) out += " | " + type_words(type.bare());
      return out;
    case Shape::kQuantity:
    case Shape::kStruct:
    case Shape::kOneOf:
      return type.name;
  }
  return type.name;
}

std::string field_line(const FieldInfo& field) {
  std::string facts = type_words(field.type());
  if (field.required) {
    facts += ", required";
  } else if (field.default_json) {
    facts += ", default " + without_quotes(*field.default_json);
  }
  const std::string range = limits_in_words(field);
  if (!range.empty()) facts += ", " + range;
  std::string line = fmt::format("- `{}` ({}): {}", field.name, facts, field.doc);
  if (!field.known_as.empty()) line += fmt::format(" The product's `{}`.", field.known_as);
  if (!field.source.empty()) line += fmt::format(" [{}]", field.source);
  return line + "\n";
}

/// Writes the types that fields hold, each once, in the order they are met.
class TypePages {
 public:
  void add(const std::vector<FieldInfo>& fields) {
    for (const FieldInfo& field : fields) add(field.type());
  }

  void add(const TypeInfo& type) {
    if (type.bare != nullptr) add(type.bare());
    if (type.element != nullptr) return add(type.element());
    const bool has_page = type.shape == Shape::kStruct || type.shape == Shape::kOneOf ||
                          (type.shape == Shape::kWords && type.words.size() > 1);
    if (has_page && met_.insert(type.name).second) pages_.push_back(&type);
  }

  std::string text() {
    std::string out;
    for (std::size_t i = 0; i < pages_.size(); ++i) {  // grows while it is walked
      const TypeInfo& type = *pages_[i];
      out += fmt::format("\n### {}\n\n", type.name);
      if (type.bare != nullptr)
        out += fmt::format("A {} alone may stand for it.\n\n", type_words(type.bare()));
      for (const WordInfo& word : type.words)
        if (type.shape == Shape::kWords) out += fmt::format("- `{}`: {}\n", word.word, word.doc);
      for (const FieldInfo& field : type.fields) out += field_line(field);
      if (type.shape == Shape::kOneOf) out += "Exactly one of:\n\n";
      for (const AlternativeInfo& alternative : type.alternatives) {
        out += fmt::format("- `{}`: {}", alternative.verb, alternative.doc);
        if (!alternative.source.empty()) out += fmt::format(" [{}]", alternative.source);
        out += "\n";
        for (const FieldInfo& field : alternative.fields) out += "  " + field_line(field);
        add(alternative.fields);
      }
      add(type.fields);
    }
    return out;
  }

 private:
  std::vector<const TypeInfo*> pages_;
  std::set<std::string> met_;
};

std::string heading_and_fields(const KindInfo& kind) {
  std::string out = fmt::format("## {}\n\n{}\n", kind.name, kind.summary);
  if (!kind.source.empty()) out += fmt::format("\nSource: {}\n", kind.source);
  out += "\nParameters\n\n";
  for (const FieldInfo& field : kind.fields()) out += field_line(field);
  if (!kind.metrics.empty()) {
    out += "\nMetrics\n\n";
    for (const MetricInfo& metric : kind.metrics)
      out += fmt::format("- `{}` ({}): {}\n", metric.name, metric.unit, metric.doc);
  }
  return out;
}

Value field_json(const FieldInfo& field) {
  Value out = Value::object();
  out.set("name", Value::string(field.name));
  out.set("type", Value::string(type_words(field.type())));
  out.set("required", Value::boolean(field.required));
  const auto add = [&](const char* key, const std::optional<std::string>& json) {
    if (json) out.set(key, *parse_json_value(*json));
  };
  add("default", field.default_json);
  add("min", field.min_json);
  add("max", field.max_json);
  out.set("doc", Value::string(field.doc));
  if (!field.known_as.empty()) out.set("known_as", Value::string(field.known_as));
  if (!field.source.empty()) out.set("source", Value::string(field.source));
  return out;
}

std::string_view shape_word(MetricShape shape) {
  switch (shape) {
    case MetricShape::kEstimate:
      return "estimate";
    case MetricShape::kTimes:
      return "times";
    case MetricShape::kCount:
      return "count";
    case MetricShape::kCauses:
      return "causes";
  }
  return "";
}

}  // namespace

std::string kind_reference(const KindInfo& kind) {
  TypePages pages;
  pages.add(kind.fields());
  return heading_and_fields(kind) + pages.text();
}

std::string kind_list(const Language& language) {
  std::size_t width = 0;
  for (const auto* list : {&language.kinds, &language.faults})
    for (const KindInfo& kind : *list) width = std::max(width, kind.name.size());
  std::string out = "Kinds of components\n\n";
  for (const KindInfo& kind : language.kinds)
    out += fmt::format("  {:<{}}  {}\n", kind.name, width, kind.summary);
  for (const KindInfo& total : language.totals) {
    out += fmt::format("\n{}\n\n", total.summary);
    for (const MetricInfo& metric : total.metrics)
      out += fmt::format("  {}.{}  {}\n", total.name, metric.name, metric.doc);
  }
  if (!language.faults.empty()) out += "\nVerbs of faults\n\n";
  for (const KindInfo& verb : language.faults)
    out += fmt::format("  {:<{}}  {}\n", verb.name, width, verb.summary);
  if (!language.sections.empty()) out += "\nSections beside the components\n\n";
  for (const SectionInfo& section : language.sections)
    out += fmt::format("  {:<{}}  {}\n", section.info.name, width, section.info.summary);
  return out;
}

std::string full_reference(const Language& language) {
  TypePages pages;
  std::string out = "# Kinds of components\n";
  for (const KindInfo& kind : language.kinds) {
    out += "\n" + heading_and_fields(kind);
    pages.add(kind.fields());
  }
  for (const KindInfo& total : language.totals) {
    out += fmt::format("\n# {}\n\n", total.summary);
    for (const MetricInfo& metric : total.metrics)
      out += fmt::format("- `{}.{}`: {}\n", total.name, metric.name, metric.doc);
  }
  out += "\n# Faults\n";
  for (const KindInfo& verb : language.faults) {
    out += "\n" + heading_and_fields(verb);
    pages.add(verb.fields());
  }
  if (!language.sections.empty()) out += "\n# Sections\n";
  for (const SectionInfo& section : language.sections) {
    out += "\n" + heading_and_fields(section.info);
    pages.add(section.info.fields());
  }
  return out + "\n# Types\n" + pages.text();
}

Value kind_json(const KindInfo& kind) {
  Value fields = Value::array();
  for (const FieldInfo& field : kind.fields()) fields.push(field_json(field));
  Value metrics = Value::array();
  for (const MetricInfo& metric : kind.metrics) {
    Value one = Value::object();
    one.set("name", Value::string(metric.name));
    one.set("unit", Value::string(metric.unit));
    one.set("shape", Value::string(std::string(shape_word(metric.shape))));
    one.set("doc", Value::string(metric.doc));
    metrics.push(std::move(one));
  }
  Value out = Value::object();
  out.set("name", Value::string(kind.name));
  out.set("summary", Value::string(kind.summary));
  out.set("source", Value::string(kind.source));
  out.set("fields", std::move(fields));
  out.set("metrics", std::move(metrics));
  return out;
}

Value language_json(const Language& language) {
  Value kinds = Value::array();
  for (const KindInfo& kind : language.kinds) kinds.push(kind_json(kind));
  Value faults = Value::array();
  for (const KindInfo& verb : language.faults) faults.push(kind_json(verb));
  Value out = Value::object();
  out.set("kinds", std::move(kinds));
  out.set("faults", std::move(faults));
  Value sections = Value::array();
  for (const SectionInfo& section : language.sections) sections.push(kind_json(section.info));
  out.set("sections", std::move(sections));
  return out;
}

}  // namespace highwater
