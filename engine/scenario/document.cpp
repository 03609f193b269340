#include "engine/scenario/document.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "engine/describe/listed.h"
#include "engine/describe/nearest.h"
#include "engine/scenario/fault_trace.h"
#include "engine/scenario/references.h"
#include "engine/scenario/source_file.h"

namespace highwater {
namespace {

std::vector<std::string> keys_of(const Value* object) {
  std::vector<std::string> keys;
  if (object != nullptr && object->is_object())
    for (const Value::Member& member : object->members()) keys.push_back(member.key);
  return keys;
}

}  // namespace

std::vector<Measured> Document::measured(const Language& language) const {
  std::vector<Measured> measured;
  for (const DeclaredPart& part : components_) measured.push_back({part.id, part.kind});
  const std::vector<std::string> ids = keys_of(root().find("components"));
  for (const KindInfo& total : language.totals)
    if (std::find(ids.begin(), ids.end(), total.name) == ids.end())
      measured.push_back({total.name, &total});
  return measured;
}

/// Checks a merged document and takes it apart.
class DocumentChecker {
 public:
  DocumentChecker(Value root, std::string file, const Language& language, Problems& problems)
      : language_(language), guide_(language), problems_(problems) {
    document_.root_ = std::make_unique<Value>(std::move(root));
    document_.file_ = std::move(file);
  }

  /// What sections of the models give as defaults is checked where it then stands, like the rest.
  void check_sections() {
    const std::vector<std::string> ids = keys_of(root().find("components"));
    for (const SectionInfo& section : language_.sections) {
      const Value* const given = root().find(section.info.name);
      if (given == nullptr) continue;
      const std::size_t before = problems_.error_count();
      const std::string path = "/" + section.info.name;
      section.info.check(*given, path, problems_, {});
      for (const NamedComponent& named :
           components_named(guide_, {Place::Role::kTyped, &section.info.type()}, *given, path))
        if (is_component_id(named.value->text())) report_nobody(*named.value, named.path, ids);
      // A mistake in a default is to be reported once.
      if (problems_.error_count() != before || section.fill == nullptr) continue;
      if (!document_.unfilled_) document_.unfilled_ = std::make_unique<Value>(root());
      const Value copy = *given;
      section.fill(copy, *document_.root_);
    }
  }

  /// Outage logs become the faults that are in them.
  void replay_outages() {
    if (!has_fault_traces(root())) return;
    document_.unfilled_ = std::make_unique<Value>(root());
    expand_fault_traces(*document_.root_, language_.faults, problems_);
  }

  std::optional<Document> check() {
    const std::size_t before = problems_.error_count();
    replay_outages();
    check_version();
    report_unknown_keys(root(), language_.top, {}, "", problems_);
    read_texts();
    check_sections();
    if (const Value* run = root().find("run"))
      document_.run_ = read_params<RunParams>(*run, "/run", problems_);
    if (const Value* network = root().find("network"))
      document_.network_ = read_params<NetworkParams>(*network, "/network", problems_);
    check_components();
    check_zones();
    check_faults();
    read_triggers();
    read_objectives();
    if (problems_.error_count() != before) return std::nullopt;
    document_.sources_ = problems_.fresh();
    return std::move(document_);
  }

 private:
  const Value& root() const { return *document_.root_; }

  void check_version() {
    const Value* version = root().find("highwater");
    if (version == nullptr) {
      problems_.error(root().position(), "",
                      "\"highwater\": 1, the version of the format, is missing");
    } else if (!version->is_number() || version->whole() != kFormatVersion) {
      problems_.error(version->position(), "/highwater",
                      fmt::format("unknown format version {}; this program reads version {}",
                                  version->found(), kFormatVersion));
    }
  }

  void read_texts() {
    document_.name_ = std::filesystem::path(document_.file_).stem().string();
    if (const Value* name = root().find("name"))
      Quantity<std::string>::read(*name, "/name", problems_, document_.name_);
    if (const Value* description = root().find("description"))
      Quantity<std::string>::read(*description, "/description", problems_, document_.description_);
    if (const Value* currency = root().find("currency")) read_currency(*currency);
  }

  void read_currency(const Value& currency) {
    std::string text;
    if (!Quantity<std::string>::read(currency, "/currency", problems_, text)) return;
    constexpr std::size_t kLongest = 16;  // bytes: it stands beside numbers in tables
    if (text.empty() || text.size() > kLongest)
      problems_.error(currency.position(), "/currency",
                      "expected a currency, such as \"USD\" or \"€\"");
    document_.currency_ = std::move(text);
  }

  void check_components() {
    const Value* components = root().find("components");
    if (components == nullptr) {
      problems_.error(root().position(), "", "\"components\", the parts of the system, is missing");
      return;
    }
    if (!components->is_object()) {
      problems_.error(components->position(), "/components",
                      fmt::format("expected an object with the components by name, found {}",
                                  components->found()));
      return;
    }
    bool loaded = false;
    bool all_known = true;
    for (const Value::Member& member : components->members()) {
      const KindInfo* kind = check_component(member);
      all_known &= kind != nullptr;
      loaded |= kind != nullptr && kind->sends_load;
    }
    const auto sends = [](const KindInfo& kind) { return kind.sends_load; };
    const auto source = std::find_if(language_.kinds.begin(), language_.kinds.end(), sends);
    // A component of unknown kind may have been meant to be the client.
    if (!loaded && all_known && source != language_.kinds.end())
      problems_.error(components->position(), "/components",
                      fmt::format("nothing sends requests: a scenario needs a component of kind {}",
                                  in_quotes(source->name)));
    check_references();
  }

  const KindInfo* check_component(const Value::Member& member) {
    const std::string path = pointer_to("/components", member.key);
    if (!is_component_id(member.key)) {
      problems_.error(member.key_position, path,
                      fmt::format("{} cannot be the name of a component: a letter, then letters, "
                                  "digits, \"_\" and \"-\"",
                                  in_quotes(member.key)));
    } else if (find_field(language_.top, member.key) != nullptr) {
      problems_.error(
          member.key_position, path,
          fmt::format("a component may not be called {}, like a section", in_quotes(member.key)));
    }
    const Value& value = member.value;
    if (!value.is_object()) {
      problems_.error(value.position(), path,
                      fmt::format("expected an object with a kind, found {}", value.found()));
      return nullptr;
    }
    const std::vector<std::string> names = names_of(language_.kinds);
    const Value* kind_name = value.find("kind");
    if (kind_name == nullptr) {
      problems_.error(value.position(), path,
                      fmt::format("\"kind\" is missing; known kinds: {}", listed(names)));
      return nullptr;
    }
    const KindInfo* kind =
        kind_name->is_string() ? find_kind(language_.kinds, kind_name->text()) : nullptr;
    if (kind == nullptr) {
      const std::string nearest =
          kind_name->is_string() ? nearest_word(kind_name->text(), names) : "";
      problems_.error(kind_name->position(), pointer_to(path, "kind"),
                      fmt::format("unknown kind {}{}", kind_name->found(),
                                  nearest.empty() ? "; known kinds: " + listed(names) : ""),
                      nearest);
    } else {
      kind->check(value, path, problems_, {"kind"});
    }
    document_.components_.push_back({member.key, kind, &value, path});
    return kind;
  }

  void check_references() {
    const std::vector<std::string> ids = keys_of(root().find("components"));
    const Place place{Place::Role::kComponent, nullptr};
    for (const DeclaredPart& part : document_.components_) {
      for (const NamedComponent& named : components_named(guide_, place, *part.value, part.path)) {
        document_.references_.push_back(
            {part.id, named.value->text(), named.relation, named.value->position(), named.path});
        if (!is_component_id(named.value->text())) continue;  // reported already
        report_nobody(*named.value, named.path, ids);
      }
    }
  }

  void report_nobody(const Value& value, const std::string& path,
                     const std::vector<std::string>& ids) {
    if (std::find(ids.begin(), ids.end(), value.text()) != ids.end()) return;
    problems_.error(value.position(), path,
                    fmt::format("there is no component {}", in_quotes(value.text())),
                    nearest_word(value.text(), ids));
  }

  /// Every component that says where it, or a part of it, stands names zones of the network.
  void check_zones() {
    for (const DeclaredPart& part : document_.components_)
      check_zones_in(*part.value, {Place::Role::kComponent, nullptr}, part.path);
  }

  void check_zones_in(const Value& value, Place place, const std::string& path) {
    if (place.role == Place::Role::kUnknown) return;
    if (value.is_array()) {
      for (std::size_t i = 0; i < value.elements().size(); ++i)
        check_zones_in(value.elements()[i], guide_.element(place), pointer_to(path, i));
    } else if (value.is_object()) {
      for (const Value::Member& member : value.members()) {
        const std::string inner = pointer_to(path, member.key);
        if (member.key == "zones" && guide_.field(place, value, member.key) != nullptr) {
          check_zone_names(member.value, inner);
        } else {
          check_zones_in(member.value, guide_.member(place, value, member.key), inner);
        }
      }
    }
  }

  void check_zone_names(const Value& zones, const std::string& path) {
    if (!zones.is_array()) return;  // reported already
    const std::vector<std::string>& known = document_.network_.zones;
    for (std::size_t i = 0; i < zones.elements().size(); ++i) {
      const Value& zone = zones.elements()[i];
      if (!zone.is_string()) continue;
      if (std::find(known.begin(), known.end(), zone.text()) != known.end()) continue;
      const std::string why = known.empty() ? "; the network has no zones" : "";
      problems_.error(zone.position(), pointer_to(path, i),
                      fmt::format("unknown zone {}{}", in_quotes(zone.text()), why),
                      nearest_word(zone.text(), known));
    }
  }

  void check_faults() {
    const Value* faults = root().find("faults");
    if (faults == nullptr) return;
    if (!faults->is_array()) {
      problems_.error(faults->position(), "/faults",
                      fmt::format("expected a list of faults, found {}", faults->found()));
      return;
    }
    for (std::size_t i = 0; i < faults->elements().size(); ++i)
      check_fault(faults->elements()[i], i);
  }

  void check_fault(const Value& value, std::size_t index) {
    const std::string path = pointer_to("/faults", index);
    if (!value.is_object()) {
      problems_.error(
          value.position(), path,
          fmt::format("expected an object with a verb such as \"kill\", found {}", value.found()));
      return;
    }
    const std::vector<std::string> verbs = names_of(language_.faults);
    std::vector<std::string> present;
    for (const std::string& key : keys_of(&value))
      if (std::find(verbs.begin(), verbs.end(), key) != verbs.end()) present.push_back(key);
    if (present.size() != 1) return report_verbs(value, path, verbs, present);
    const KindInfo* verb = find_kind(language_.faults, present.front());
    verb->check(value, path, problems_, {});
    check_target(*value.find(verb->name), pointer_to(path, verb->name));
    document_.faults_.push_back({fmt::format("faults[{}]", index), verb, &value, path});
    const Value* at = value.find("at");
    Problems unread;
    Duration time{};
    if (at != nullptr && Quantity<Duration>::read(*at, "", unread, time) &&
        time >= document_.run_.duration)
      problems_.warning(at->position(), pointer_to(path, "at"),
                        "the fault lies after the end of the run and never strikes");
  }

  void report_verbs(const Value& value, const std::string& path,
                    const std::vector<std::string>& verbs,
                    const std::vector<std::string>& present) {
    if (present.size() > 1) {
      problems_.error(value.position(), path,
                      fmt::format("a fault has one verb, found {}", listed(present)));
      return;
    }
    for (const Value::Member& member : value.members()) {
      const bool beside = std::any_of(
          language_.faults.begin(), language_.faults.end(),
          [&](const KindInfo& verb) { return find_field(verb.fields(), member.key) != nullptr; });
      if (beside) continue;
      const std::string nearest = nearest_word(member.key, verbs);
      problems_.error(member.key_position, pointer_to(path, member.key),
                      fmt::format("unknown verb {}{}", in_quotes(member.key),
                                  nearest.empty() ? "; known: " + listed(verbs) : ""),
                      nearest);
      return;
    }
    problems_.error(value.position(), path,
                    fmt::format("the verb is missing; known: {}", listed(verbs)));
  }

  /// A fault's target is a component, an instance "api[2]", a zone, or an edge "api -> users-db",
  /// whose ends may be instances or zones.
  void check_target(const Value& target, const std::string& path) {
    if (!target.is_string()) return;
    std::vector<std::string> ids = keys_of(root().find("components"));
    const std::string& text = target.text();
    const std::size_t arrow = text.find("->");
    std::vector<std::string> named = {text.substr(0, arrow)};
    if (arrow != std::string::npos) named.push_back(text.substr(arrow + 2));
    const std::vector<std::string>& zones = document_.network_.zones;
    ids.insert(ids.end(), zones.begin(), zones.end());
    for (std::string& name : named) {
      name.erase(std::min(name.find('['), name.size()));
      name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
      name.erase(std::min(name.find_last_not_of(' ') + 1, name.size()));
      if (name.empty() || std::find(ids.begin(), ids.end(), name) != ids.end()) continue;
      problems_.error(target.position(), path,
                      fmt::format("there is no component {}", in_quotes(name)),
                      nearest_word(name, ids));
    }
  }

  std::size_t faults_given() const {
    const Value* faults = root().find("faults");
    return faults != nullptr && faults->is_array() ? faults->elements().size() : 0;
  }

  bool strikes_at_a_time(std::size_t fault) const {
    return root().find("faults")->elements()[fault].find("at") != nullptr;
  }

  /// What faults wait for. Only of components: what all cost together is known afterwards.
  void read_triggers() {
    std::vector<Measured> measured;
    for (const DeclaredPart& part : document_.components_) measured.push_back({part.id, part.kind});
    for (const DeclaredPart& fault : document_.faults_) {
      std::optional<Trigger>& condition = document_.triggers_.emplace_back();
      const Value* when = fault.value->find("when");
      if (when == nullptr || !when->is_string()) continue;
      const std::string path = pointer_to(fault.path, "when");
      condition = read_trigger(*when, path, measured, faults_given(), problems_);
      if (condition && !condition->metric &&
          "faults[" + std::to_string(condition->fault) + "]" == fault.id)
        problems_.error(when->position(), path, "a fault cannot wait for itself");
    }
  }

  void read_objectives() {
    const Value* objectives = root().find("objectives");
    if (objectives == nullptr) return;
    if (!objectives->is_array()) {
      problems_.error(objectives->position(), "/objectives",
                      fmt::format("expected a list of objectives, found {}", objectives->found()));
      return;
    }
    const std::vector<Measured> measured = document_.measured(language_);
    const std::size_t fault_count = faults_given();
    for (std::size_t i = 0; i < objectives->elements().size(); ++i) {
      const std::string path = pointer_to("/objectives", i);
      std::optional<Objective> objective =
          read_objective(objectives->elements()[i], path, measured, fault_count, problems_);
      if (!objective) continue;
      if (objective->within && !strikes_at_a_time(objective->within->fault))
        problems_.error(objective->position, path,
                        fmt::format("faults[{}] has no \"at\": nobody knows when \"within\" begins",
                                    objective->within->fault));
      if (objective->during && objective->during->end > document_.run_.duration)
        problems_.warning(objective->position, path,
                          "the window does not lie inside the run, so that this cannot be judged");
      document_.objectives_.push_back(std::move(*objective));
    }
  }

  const Language& language_;
  Guide guide_;
  Problems& problems_;
  Document document_;
};

namespace {

std::optional<Document> finish(std::optional<Value> root, const std::string& file,
                               const Language& language, const std::vector<std::string>& settings,
                               Problems& problems) {
  if (!root) return std::nullopt;
  const std::size_t before = problems.error_count();
  const Guide guide(language);
  for (const std::string& setting : settings) apply_setting(*root, setting, guide, problems);
  std::optional<Document> document =
      DocumentChecker(std::move(*root), file, language, problems).check();
  if (problems.error_count() != before) return std::nullopt;
  return document;
}

}  // namespace

std::optional<Document> load_document(const std::string& file, const Language& language,
                                      const LoadOptions& options, Problems& problems) {
  const std::size_t before = problems.error_count();
  std::optional<Value> root = load_merged(file, Guide(language), options.environment, problems);
  std::optional<Document> document =
      finish(std::move(root), file, language, options.settings, problems);
  if (problems.error_count() != before) return std::nullopt;
  return document;
}

std::optional<Document> read_document(std::string_view text, const std::string& name,
                                      const std::string& directory, const Language& language,
                                      const LoadOptions& options, Problems& problems) {
  const std::size_t before = problems.error_count();
  std::optional<Value> root =
      read_merged(text, name, directory, Guide(language), options.environment, problems);
  std::optional<Document> document =
      finish(std::move(root), name, language, options.settings, problems);
  if (problems.error_count() != before) return std::nullopt;
  return document;
}

std::optional<Document> change_document(const Document& document, const Language& language,
                                        const std::vector<std::string>& settings,
                                        Problems& problems) {
  return finish(document.written(), document.file(), language, settings, problems);
}

}  // namespace highwater
