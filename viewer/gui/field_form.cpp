#include "viewer/gui/field_form.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "engine/describe/facts.h"
#include "viewer/gui/input_text.h"
#include "viewer/session/scenario_edits.h"

namespace highwater::viewer {
namespace {

/// A number with its unit, as far as there is one at the beginning.
struct Measured {
  double number = 0;
  std::string unit;
};

std::optional<Measured> measured(const std::string& text) {
  Measured result;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), result.number);
  if (error != std::errc() || !(result.number > 0)) return std::nullopt;
  result.unit.assign(end, text.data() + text.size());
  const bool plain = std::all_of(result.unit.begin(), result.unit.end(), [](char c) {
    return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '%' || c == '/';
  });
  return plain ? std::optional(result) : std::nullopt;
}

std::string with_unit(double number, const Measured& like, bool whole) {
  if (whole) return fmt::format("{}{}", std::max(std::llround(number), 0LL), like.unit);
  const double digits = std::floor(std::log10(number));
  const double step = std::pow(10.0, digits - 2);
  return fmt::format("{:g}{}", std::round(number / step) * step, like.unit);
}

void explain(const Context& context, const FieldInfo& field) {
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(context.look.px(380));
  ImGui::PushFont(context.look.font(TextRole::strong));
  ImGui::TextUnformatted(field.name.c_str());
  ImGui::PopFont();
  ImGui::TextUnformatted(field.doc.c_str());
  ImGui::PushStyleColor(ImGuiCol_Text, context.look.theme.dim);
  std::string facts = field.type().expects.empty() ? field.type().name : field.type().expects;
  const std::string limits = limits_in_words(field);
  if (!limits.empty()) facts += "\n" + limits;
  if (field.default_json) facts += "\nunless given: " + without_quotes(*field.default_json);
  if (!field.source.empty()) facts += "\nsource: " + field.source;
  ImGui::TextUnformatted(facts.c_str());
  ImGui::PopStyleColor();
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

/// What is open, for examples that name what is in it.
const Value& root_of(const Context& context) {
  static const Value nothing = Value::object();
  return context.session.is_open() ? context.session.document().root() : nothing;
}

/// The form that an object has; null where it has none of them.
const AlternativeInfo* form_of(const TypeInfo& type, const Value& object) {
  for (const Value::Member& member : object.members())
    if (const AlternativeInfo* const form = find_alternative(type, member.key)) return form;
  return nullptr;
}

/// Whether it is shown as a tree of its parts. What has a shorter form is written so until it has
/// parts.
bool has_parts(const TypeInfo& type, const Value* said) {
  switch (type.shape) {
    case Shape::kList:
      return said != nullptr ? said->is_array() : type.bare == nullptr;
    case Shape::kMap:
      return said != nullptr ? said->is_object() : type.bare == nullptr;
    case Shape::kOneOf:
      return said != nullptr && said->is_object() && form_of(type, *said) != nullptr;
    case Shape::kStruct:
      return said != nullptr && said->is_object();
    default:
      return false;
  }
}

/// What a value is read as: the shorter form of the type where it is that.
const TypeInfo& type_said(const TypeInfo& type, const Value* said) {
  if (type.bare == nullptr || said == nullptr) return type;
  const bool whole = type.shape == Shape::kList ? said->is_array() : said->is_object();
  return whole ? type : type.bare();
}

/// What is added to a list or a map of the type where it is not chosen; what may be a list begins
/// empty.
Value begun(const Context& context, const TypeInfo& type, FieldInfo field) {
  if (type.bare != nullptr && type.bare().shape == Shape::kList) return Value::array();
  field.default_json.reset();  // of the list
  return example_of(type, field, root_of(context), {context.language}).value_or(Value::string(""));
}

/// As after `--set path=`.
Value value_of_text(const std::string& text) {
  const auto value = parse_json_value(text);
  return value ? *value : Value::string(text);
}

/// What an object says, as far as there is room: `call: db, timeout: 20ms`.
std::string in_short(const Value& value, float width) {
  std::string text;
  if (value.is_object()) {
    for (const Value::Member& member : value.members())
      text +=
          (text.empty() ? "" : ", ") + member.key + ": " +
          (member.value.is_object() || member.value.is_array() ? "…" : text_of_value(member.value));
  } else {
    text = text_of_value(value);
  }
  const float wide = ImGui::CalcTextSize("…").x;
  if (ImGui::CalcTextSize(text.c_str()).x <= width) return text;
  while (!text.empty() && ImGui::CalcTextSize(text.c_str()).x + wide > width) {
    while (text.size() > 1 && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80)
      text.pop_back();
    text.pop_back();
  }
  return text + "…";
}

/// What stands in the field of a parameter that nothing is said of.
std::string hint_of(const FieldInfo& field, float width) {
  if (!field.default_json) return "not said";
  if (field.default_json->front() == '{')
    if (const auto usual = parse_json_value(*field.default_json)) return in_short(*usual, width);
  return without_quotes(*field.default_json);
}

const FieldForm::Maker kExamples;

std::string example(const Context& context, const FieldInfo& field) {
  const auto value = example_of(field, root_of(context), {context.language});
  return value ? write_json_line(*value) : "{}";
}

}  // namespace

Value with_change(Value value, std::string_view path, const std::string& text) {
  const std::size_t dot = path.find('.');
  const std::string key(path.substr(0, dot));
  if (dot == std::string_view::npos) {
    if (text.empty())
      value.erase(key);
    else
      value.set(key, value_of_text(text));
    return value;
  }
  const Value* const inner = value.find(key);
  value.set(key, with_change(inner != nullptr && inner->is_object() ? *inner : Value::object(),
                             path.substr(dot + 1), text));
  return value;
}

std::string text_of_value(const Value& value) {
  if (value.is_string()) return value.text();
  if (value.is_null()) return "";
  // On one line: texts hold no line breaks of their own in JSON.
  std::string text;
  for (const char c : write_json(value))
    if (c != '\n' && !(c == ' ' && text.ends_with(' '))) text += c;
  return text;
}

std::optional<std::string> FieldForm::text(Context& context, const FieldInfo& field,
                                           const TypeInfo& type, const std::string& current,
                                           const std::string& path) {
  Written& written = texts_[path];
  if (written.base != current) written = {current, current};
  const auto number = measured(current);
  const bool whole = type.numbers == Numbers::kWhole;
  const bool has_forms = type.alternatives.size() > 1;
  const float inner = ImGui::GetStyle().ItemInnerSpacing.x;
  const float room =
      ImGui::GetContentRegionAvail().x - (has_forms ? ImGui::GetFrameHeight() + inner : 0) - taken_;
  const float slider = number ? std::min(context.look.px(64), 0.42F * room) : 0;
  const float width = number ? room - slider - inner : room;
  ImGui::SetNextItemWidth(width);
  const std::string hint = hint_of(field, width - 2 * ImGui::GetStyle().FramePadding.x);
  std::optional<std::string> changed;
  if (input_text("##text", hint.c_str(), written.text, ImGuiInputTextFlags_EnterReturnsTrue))
    changed = written.text;
  context.registry.mark("field:" + path);
  const auto with_forms = [&] {
    if (!has_forms) return changed;
    const auto form = forms(context, type, path);
    return form ? form : changed;
  };
  if (!number) return with_forms();
  // From a tenth to ten times as much, by a handle that jumps back to the middle.
  ImGui::SameLine(0, ImGui::GetStyle().ItemInnerSpacing.x);
  ImGui::SetNextItemWidth(slider);
  const auto now = measured(written.text);
  auto place = static_cast<float>(now ? std::log10(now->number / number->number) : 0);
  if (ImGui::SliderFloat("##slider", &place, -1, 1, ""))
    written.text =
        with_unit(number->number * std::pow(10.0, static_cast<double>(place)), *number, whole);
  if (ImGui::IsItemDeactivatedAfterEdit() && written.text != current) changed = written.text;
  context.registry.mark("slider:" + path);
  return with_forms();
}

/// A parameter that is an object: its fields below it, and whether it is there at all.
std::optional<FieldForm::Change> FieldForm::group(Context& context, const FieldInfo& field,
                                                  const Value* said, const std::string& path) {
  std::optional<Change> change;
  ImGui::PushStyleColor(ImGuiCol_Text,
                        said != nullptr ? context.look.theme.text : context.look.theme.dim);
  const bool open = ImGui::TreeNodeEx(
      field.name.c_str(), ImGuiTreeNodeFlags_AllowItemOverlap | ImGuiTreeNodeFlags_FramePadding);
  ImGui::PopStyleColor();
  context.registry.mark("tree:" + path);
  if (ImGui::IsItemHovered()) explain(context, field);
  const bool may_be_off = !field.required && !field.default_json;
  if (said != nullptr || may_be_off) {
    ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - context.look.px(28));
    if (ImGui::SmallButton(said != nullptr ? "-" : "+"))
      change = Change{path, said != nullptr ? "" : example(context, field)};
    context.registry.mark("switch:" + path);
    if (ImGui::IsItemHovered())
      ImGui::SetTooltip("%s", said != nullptr ? "Leave it out" : "With all that it is unless said");
  }
  if (open) {
    if (const auto inner = draw(context, field.type().fields, said, path + ".")) change = inner;
    ImGui::TreePop();
  }
  return change;
}

/// The forms that a parameter may have, to choose another one, with an example.
std::optional<std::string> FieldForm::forms(Context& context, const TypeInfo& type,
                                            const std::string& path) {
  std::optional<std::string> changed;
  ImGui::SameLine(0, ImGui::GetStyle().ItemInnerSpacing.x);
  if (ImGui::ArrowButton("##forms", ImGuiDir_Down)) ImGui::OpenPopup("forms");
  context.registry.mark("forms:" + path);
  if (!ImGui::BeginPopup("forms")) return changed;
  for (const AlternativeInfo& form : type.alternatives) {
    if (ImGui::MenuItem(form.verb.c_str())) {
      changed = write_json_line(example_of(form, root_of(context), {context.language}));
    }
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", form.doc.c_str());
    context.registry.mark("form:" + path + ":" + form.verb);
  }
  ImGui::EndPopup();
  return changed;
}

FieldForm::Deed FieldForm::deeds(Context& context, const Part& part) {
  Deed deed = Deed::none;
  const float gap = ImGui::GetStyle().ItemInnerSpacing.x;
  if (part.movable) {
    ImGui::SameLine(0, gap);
    if (ImGui::ArrowButton("##up", ImGuiDir_Up)) deed = Deed::up;
    context.registry.mark("up:" + part.path);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("Before the one above");
    ImGui::SameLine(0, gap);
    if (ImGui::ArrowButton("##down", ImGuiDir_Down)) deed = Deed::down;
    context.registry.mark("down:" + part.path);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("Behind the one below");
  }
  if (part.removable) {
    ImGui::SameLine(0, gap);
    if (ImGui::Button("-", {ImGui::GetFrameHeight(), 0})) deed = Deed::remove;
    context.registry.mark("remove:" + part.path);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("Take it out");
  }
  return deed;
}

/// What is added to a list or a map, once it has been chosen.
std::optional<Value> FieldForm::more(Context& context, const Part& part) {
  std::optional<Value> added;
  std::string key;
  const bool map = part.type.shape == Shape::kMap;
  const bool choice = part.element().alternatives.size() > 1;
  ImGui::SameLine(0, ImGui::GetStyle().ItemInnerSpacing.x);
  bool add = ImGui::Button("+", {ImGui::GetFrameHeight(), 0});
  context.registry.mark("add:" + part.path);
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("Add one");
  if (add && (map || choice)) {
    key_.clear();
    ImGui::OpenPopup("add");
    add = false;
  }
  if (ImGui::BeginPopup("add")) {
    if (map) {
      ImGui::SetNextItemWidth(context.look.px(180));
      if (ImGui::IsWindowAppearing()) ImGui::SetKeyboardFocusHere();
      if (input_text("##key", "name", key_, ImGuiInputTextFlags_EnterReturnsTrue) &&
          !key_.empty()) {
        add = true;
        ImGui::CloseCurrentPopup();
      }
      context.registry.mark("key:" + part.path);
    } else {
      for (const AlternativeInfo& form : part.element().alternatives) {
        if (ImGui::MenuItem(form.verb.c_str()))
          added = part.maker ? part.maker(&form)
                             : example_of(form, root_of(context), {context.language});
        if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", form.doc.c_str());
        context.registry.mark("form:" + part.path + ":" + form.verb);
      }
    }
    ImGui::EndPopup();
  }
  if (add) added = part.maker ? part.maker(nullptr) : begun(context, part.element(), part.field);
  if (!added) return std::nullopt;
  Value whole = part.value != nullptr ? *part.value : map ? Value::object() : Value::array();
  if (map)
    whole.set(key_, std::move(*added));
  else
    whole.push(std::move(*added));
  return whole;
}

std::optional<Value> FieldForm::another_form(Context& context, const Part& part) {
  if (part.type.alternatives.size() < 2) return std::nullopt;
  const auto form = forms(context, part.type, part.path);
  return form ? parse_json_value(*form) : std::nullopt;
}

std::optional<Value> FieldForm::elements(Context& context, const Part& list) {
  std::optional<Value> result;
  const Value::Elements& all = list.value->elements();
  for (std::size_t i = 0; i < all.size(); ++i) {
    ImGui::PushID(static_cast<int>(i));
    const Outcome outcome = part(
        context, {list.field, type_said(list.element(), &all[i]), &all[i], std::to_string(i + 1),
                  fmt::format("{}.{}", list.path, i), true, true, kExamples});
    ImGui::PopID();
    if (outcome.value) {
      result = *list.value;
      result->elements()[i] = *outcome.value;
    } else if (outcome.deed == Deed::remove) {
      result = *list.value;
      result->elements().erase(result->elements().begin() + static_cast<std::ptrdiff_t>(i));
    } else if (outcome.deed != Deed::none) {
      const std::size_t other = outcome.deed == Deed::up ? i - 1 : i + 1;
      if (other >= all.size()) continue;  // the first has none above it, either
      result = *list.value;
      std::swap(result->elements()[i], result->elements()[other]);
    }
  }
  return result;
}

std::optional<Value> FieldForm::members(Context& context, const Part& map) {
  std::optional<Value> result;
  for (const Value::Member& member : map.value->members()) {
    ImGui::PushID(member.key.c_str());
    const Outcome outcome =
        part(context, {map.field, type_said(map.element(), &member.value), &member.value,
                       member.key, map.path + "." + member.key, false, true, kExamples});
    ImGui::PopID();
    if (!outcome.value && outcome.deed == Deed::none) continue;
    result = *map.value;
    if (outcome.value)
      result->set(member.key, *outcome.value);
    else
      result->erase(member.key);
  }
  return result;
}

std::optional<Value> FieldForm::inside(Context& context, const Part& whole) {
  if (whole.value == nullptr) return std::nullopt;
  if (whole.type.shape == Shape::kList) return elements(context, whole);
  if (whole.type.shape == Shape::kMap) return members(context, whole);
  const AlternativeInfo* const form =
      whole.type.shape == Shape::kOneOf ? form_of(whole.type, *whole.value) : nullptr;
  const std::string prefix = whole.path + ".";
  const auto change =
      draw(context, form != nullptr ? form->fields : whole.type.fields, whole.value, prefix);
  if (!change) return std::nullopt;
  return with_change(*whole.value, std::string_view(change->path).substr(prefix.size()),
                     change->text);
}

/// What has parts: itself with what can be done to it, and the parts below it when it is open.
FieldForm::Outcome FieldForm::branch(Context& context, const Part& whole) {
  Outcome outcome;
  const bool many = whole.type.shape == Shape::kList || whole.type.shape == Shape::kMap;
  // An element takes another form by another one in its place.
  const bool choice = !many && !whole.movable && whole.type.alternatives.size() > 1;
  const int buttons =
      (many ? 1 : 0) + (choice ? 1 : 0) + (whole.movable ? 2 : 0) + (whole.removable ? 1 : 0);
  const float gap = ImGui::GetStyle().ItemInnerSpacing.x;
  const float right = ImGui::GetWindowContentRegionMax().x -
                      static_cast<float>(buttons) * (ImGui::GetFrameHeight() + gap);
  std::string label = whole.label;
  if (many) {
    const std::size_t size = whole.value == nullptr             ? 0
                             : whole.type.shape == Shape::kList ? whole.value->elements().size()
                                                                : whole.value->members().size();
    label += fmt::format(" ({})", size);
  } else if (whole.value != nullptr) {
    const float left = ImGui::GetCursorPosX() + ImGui::GetTreeNodeToLabelSpacing();
    label += "  ";
    label += in_short(*whole.value, right - left - ImGui::CalcTextSize(label.c_str()).x);
  }
  ImGui::PushStyleColor(ImGuiCol_Text,
                        whole.value != nullptr ? context.look.theme.text : context.look.theme.dim);
  const bool open = ImGui::TreeNodeEx(
      "##part", ImGuiTreeNodeFlags_AllowItemOverlap | ImGuiTreeNodeFlags_FramePadding, "%s",
      label.c_str());
  ImGui::PopStyleColor();
  context.registry.mark("tree:" + whole.path);
  if (ImGui::IsItemHovered()) explain(context, whole.field);
  ImGui::SameLine(right - gap);
  ImGui::Dummy({0, 0});
  if (choice) outcome.value = another_form(context, whole);
  if (many) outcome.value = more(context, whole);
  outcome.deed = deeds(context, whole);
  if (open) {
    if (auto changed_part = inside(context, whole)) outcome.value = changed_part;
    ImGui::TreePop();
  }
  return outcome;
}

/// What is written as a text.
FieldForm::Outcome FieldForm::leaf(Context& context, const Part& part) {
  Outcome outcome;
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(part.label.c_str());
  if (ImGui::IsItemHovered()) explain(context, part.field);
  ImGui::SameLine(0, context.look.px(10));
  const float gap = ImGui::GetStyle().ItemInnerSpacing.x;
  const int buttons = (part.movable ? 2 : 0) + (part.removable ? 1 : 0);
  FieldInfo field = part.field;
  field.default_json.reset();
  const float before =
      std::exchange(taken_, static_cast<float>(buttons) * (ImGui::GetFrameHeight() + gap));
  const std::string current = text_of_value(*part.value);
  const auto written = text(context, field, part.type, current, part.path);
  taken_ = before;
  if (written && *written != current)
    outcome.value = part.value->is_string() && part.type.numbers == Numbers::kNone
                        ? Value::string(*written)
                        : value_of_text(*written);
  outcome.deed = deeds(context, part);
  return outcome;
}

FieldForm::Outcome FieldForm::part(Context& context, const Part& part) {
  return has_parts(part.type, part.value) ? branch(context, part) : leaf(context, part);
}

const TypeInfo& FieldForm::Part::element() const {
  return elements != nullptr ? *elements : type.element();
}

std::optional<FieldForm::Change> FieldForm::draw_list(Context& context, const FieldInfo& field,
                                                      const TypeInfo& element, const Value* said,
                                                      const Maker& maker) {
  if (said != nullptr && !said->is_array()) return std::nullopt;  // the text says it otherwise
  ImGui::PushID(field.name.c_str());
  const Outcome outcome = branch(
      context, {field, field.type(), said, field.name, field.name, false, false, maker, &element});
  ImGui::PopID();
  if (!outcome.value) return std::nullopt;
  return Change{field.name, write_json_line(*outcome.value)};
}

std::optional<FieldForm::Change> FieldForm::one(Context& context, const FieldInfo& field,
                                                const Value* said, const std::string& path) {
  const TypeInfo& type = field.type();
  const std::string current = said != nullptr ? text_of_value(*said) : "";
  // What has a shorter form than an object is written so, until it is an object.
  if (type.shape == Shape::kStruct && (said == nullptr ? type.bare == nullptr : said->is_object()))
    return group(context, field, said, path);
  if (const TypeInfo& shown = type_said(type, said); has_parts(shown, said)) {
    const Part whole{field, shown, said, field.name, path, false, false, kExamples};
    const Outcome outcome = branch(context, whole);
    if (!outcome.value) return std::nullopt;
    return Change{path, write_json_line(*outcome.value)};
  }
  ImGui::AlignTextToFramePadding();
  ImGui::PushStyleColor(ImGuiCol_Text,
                        said != nullptr ? context.look.theme.text : context.look.theme.dim);
  ImGui::TextUnformatted(field.name.c_str());
  ImGui::PopStyleColor();
  if (ImGui::IsItemHovered()) explain(context, field);
  ImGui::SameLine();
  ImGui::SetCursorPosX(std::max(context.look.px(132), ImGui::GetCursorPosX()));
  std::optional<std::string> changed;
  if (type.booleans && type.shape == Shape::kQuantity && type.pattern.empty()) {
    bool on = current.empty() ? field.default_json.value_or("false") == "true" : current == "true";
    if (ImGui::Checkbox("##on", &on)) changed = on ? "true" : "false";
    context.registry.mark("field:" + path);
  } else if (type.shape == Shape::kWords) {
    std::string shown = current;
    if (shown.empty() && field.default_json) shown = without_quotes(*field.default_json);
    ImGui::SetNextItemWidth(-1);
    if (ImGui::BeginCombo("##words", shown.c_str())) {
      for (const WordInfo& word : type.words) {
        if (ImGui::Selectable(word.word.c_str(), word.word == shown)) changed = word.word;
        if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", word.doc.c_str());
        context.registry.mark("word:" + path + ":" + word.word);
      }
      ImGui::EndCombo();
    }
    context.registry.mark("field:" + path);
  } else {
    changed = text(context, field, type, current, path);
  }
  if (!changed || *changed == current) return std::nullopt;
  return Change{path, *changed};
}

const std::vector<FieldInfo>& FieldForm::found(Context& context,
                                               const std::vector<FieldInfo>& all) {
  ImGui::SetNextItemWidth(-1);
  input_text("##search", "search parameters", search_);
  context.registry.mark("search parameters");
  if (search_.empty()) return all;
  found_.clear();
  for (const FieldInfo& field : all)
    if (holds(field.name, search_) || holds(field.doc, search_)) found_.push_back(field);
  if (found_.empty()) ImGui::TextDisabled("No parameter speaks of that");
  return found_;
}

std::optional<FieldForm::Change> FieldForm::draw(Context& context,
                                                 const std::vector<FieldInfo>& fields,
                                                 const Value* said, const std::string& prefix) {
  std::optional<Change> change;
  for (const FieldInfo& field : fields) {
    ImGui::PushID(field.name.c_str());
    const Value* const value = said != nullptr ? said->find(field.name) : nullptr;
    if (auto one_change = one(context, field, value, prefix + field.name)) change = one_change;
    ImGui::PopID();
  }
  return change;
}

}  // namespace highwater::viewer
