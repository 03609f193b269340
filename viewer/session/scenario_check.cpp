#include "viewer/session/scenario_check.h"

#include <chrono>
#include <exception>
#include <utility>

#include "engine/kernel/check.h"
#include "engine/scenario/references.h"
#include "engine/scenario/source_file.h"
#include "engine/topology/layout.h"

namespace highwater::viewer {
namespace {

/// The picture of what may make no sense: of whatever has a name, and whoever it names that is
/// there.
TopologyPicture picture_of_any(const Value& root, const Language& language) {
  const Value* const all = root.find("components");
  if (all == nullptr || !all->is_object()) return {};
  std::vector<TopologyComponent> components;
  std::vector<TopologyReference> references;
  const Guide guide(language);
  for (const Value::Member& member : all->members()) {
    TopologyComponent component;
    component.id = member.key;
    const Value* const kind_name = member.value.find("kind");
    if (kind_name != nullptr && kind_name->is_string()) component.kind = kind_name->text();
    if (const KindInfo* const kind = find_kind(language.kinds, component.kind)) {
      component.sends_load = kind->sends_load;
      component.callable = kind->callable;
      component.publishable = kind->publishable;
      component.consumable = kind->consumable;
      component.hosting = kind->hosting;
    }
    components.push_back(std::move(component));
    for (const NamedComponent& named : components_named(guide, {Place::Role::kComponent, nullptr},
                                                        member.value, "/" + member.key))
      references.push_back({member.key, named.value->text(), named.relation, {}, named.path});
  }
  Problems unread;
  return picture_of(join_topology(std::move(components), references, {}, "", unread));
}

}  // namespace

CheckedScenario check_scenario(ScenarioSource source, const Catalog& catalog,
                               const Language& language) {
  CheckedScenario checked;
  Problems problems;
  try {
    std::optional<Document> document =
        read_document(source.text, source.name, source.directory, language,
                      {{}, process_environment()}, problems);
    std::optional<System> system = document ? prepare(*document, catalog, problems) : std::nullopt;
    if (document) {
      checked.merged = document->written();
    } else {
      Problems reported;
      checked.merged = read_merged(source.text, source.name, source.directory, Guide(language),
                                   process_environment(), reported);
    }
    if (system) {
      checked.picture = system->topology;
      checked.document = std::move(document);
      checked.system = std::make_shared<const System>(std::move(*system));
    } else if (checked.merged) {
      checked.picture = picture_of_any(*checked.merged, language);
    }
  } catch (const std::exception& error) {
    // The outside world: a file that is gone while it is read.
    problems.error({problems.add_source(source.name), 0, 0}, "", error.what());
  }
  checked.problems = problems.sorted();
  checked.source = std::move(source);
  return checked;
}

void ScenarioChecker::ask(ScenarioSource source) {
  if (is_busy())
    next_ = std::move(source);
  else
    start(std::move(source));
}

void ScenarioChecker::start(ScenarioSource source) {
  running_ = std::async(std::launch::async, [this, asked = std::move(source)]() mutable {
    return check_scenario(std::move(asked), catalog_, language_);
  });
}

std::optional<CheckedScenario> ScenarioChecker::take() {
  if (!is_busy() || running_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    return std::nullopt;
  CheckedScenario checked = running_.get();
  if (!next_) return checked;
  start(*std::exchange(next_, std::nullopt));
  return std::nullopt;
}

CheckedScenario ScenarioChecker::wait() {
  HIGHWATER_CHECK(is_busy());
  for (;;) {
    running_.wait();
    if (auto checked = take()) return std::move(*checked);
  }
}

}  // namespace highwater::viewer
