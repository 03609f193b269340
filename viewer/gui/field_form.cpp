#include "viewer/gui/field_form.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

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
  if (field.min_json && field.max_json)
    facts += fmt::format("\nfrom {} to {}", *field.min_json, *field.max_json);
  else if (field.min_json)
    facts += fmt::format("\nat least {}", *field.min_json);
  else if (field.max_json)
    facts += fmt::format("\nat most {}", *field.max_json);
  if (field.default_json) facts += "\nunless given: " + *field.default_json;
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

std::string example(const Context& context, const FieldInfo& field) {
  const auto value = example_of(field, root_of(context), {context.language});
  return value ? write_json_line(*value) : "{}";
}

}  // namespace

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
                                           const std::string& current, const std::string& path) {
  Written& written = texts_[path];
  if (written.base != current) written = {current, current};
  const std::string hint = field.default_json ? *field.default_json : "not said";
  const auto number = measured(current);
  const bool whole = field.type().numbers == Numbers::kWhole;
  const bool has_forms = field.type().alternatives.size() > 1;
  const float slider = number ? context.look.px(64) : 0;
  const float inner = ImGui::GetStyle().ItemInnerSpacing.x;
  ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x - (number ? slider + inner : 0) -
                          (has_forms ? ImGui::GetFrameHeight() + inner : 0));
  std::optional<std::string> changed;
  if (input_text("##text", hint.c_str(), written.text, ImGuiInputTextFlags_EnterReturnsTrue))
    changed = written.text;
  context.registry.mark("field:" + path);
  const auto with_forms = [&] {
    if (!has_forms) return changed;
    const auto form = forms(context, field, path);
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
std::optional<std::string> FieldForm::forms(Context& context, const FieldInfo& field,
                                            const std::string& path) {
  std::optional<std::string> changed;
  ImGui::SameLine(0, ImGui::GetStyle().ItemInnerSpacing.x);
  if (ImGui::ArrowButton("##forms", ImGuiDir_Down)) ImGui::OpenPopup("forms");
  context.registry.mark("forms:" + path);
  if (!ImGui::BeginPopup("forms")) return changed;
  for (const AlternativeInfo& form : field.type().alternatives) {
    if (ImGui::MenuItem(form.verb.c_str())) {
      changed = write_json_line(example_of(form, root_of(context), {context.language}));
    }
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", form.doc.c_str());
    context.registry.mark("form:" + path + ":" + form.verb);
  }
  ImGui::EndPopup();
  return changed;
}

std::optional<FieldForm::Change> FieldForm::one(Context& context, const FieldInfo& field,
                                                const Value* said, const std::string& path) {
  const TypeInfo& type = field.type();
  const std::string current = said != nullptr ? text_of_value(*said) : "";
  // What has a shorter form than an object is written so, until it is an object.
  if (type.shape == Shape::kStruct && (said == nullptr ? type.bare == nullptr : said->is_object()))
    return group(context, field, said, path);
  ImGui::AlignTextToFramePadding();
  ImGui::PushStyleColor(ImGuiCol_Text,
                        said != nullptr ? context.look.theme.text : context.look.theme.dim);
  ImGui::TextUnformatted(field.name.c_str());
  ImGui::PopStyleColor();
  if (ImGui::IsItemHovered()) explain(context, field);
  ImGui::SameLine(context.look.px(132));
  std::optional<std::string> changed;
  if (type.booleans && type.shape == Shape::kQuantity && type.pattern.empty()) {
    bool on = current.empty() ? field.default_json.value_or("false") == "true" : current == "true";
    if (ImGui::Checkbox("##on", &on)) changed = on ? "true" : "false";
    context.registry.mark("field:" + path);
  } else if (type.shape == Shape::kWords) {
    std::string shown = current;
    if (shown.empty() && field.default_json) shown = *field.default_json;
    std::erase(shown, '"');
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
    changed = text(context, field, current, path);
  }
  if (!changed || *changed == current) return std::nullopt;
  return Change{path, *changed};
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
