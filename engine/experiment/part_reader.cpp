#include "engine/experiment/part_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/scenario/overlay.h"

namespace highwater {

struct ScenarioParts::Shared {
  Language language;
  Value root;
  Problems sources;
};

class ScenarioParts::Reader final : public PartReader {
 public:
  Reader(std::shared_ptr<const Shared> shared, std::string id, Part part)
      : shared_(std::move(shared)), id_(std::move(id)), part_(std::move(part)) {}

  const std::shared_ptr<const Blueprint>& original() const override { return part_.blueprint; }

  std::shared_ptr<const Blueprint> read(const std::vector<const Value*>& changes,
                                        const Examination& where, Value* value) const override {
    Value root = shared_->root;
    const Guide guide(shared_->language);
    bool good = true;
    for (const Value* change : changes)
      for (const Value::Member& member : change->members()) {
        Problems problems = shared_->sources.fresh();
        apply_setting(root, id_ + "." + member.key + "=" + write_json_line(member.value), guide,
                      problems);
        // A change that a verb makes up has no place of its own.
        const bool stands = member.key_position.line > 0;
        good &= hand_on(problems, where, stands ? member.key_position : where.where.position(),
                        stands ? pointer_to(where.path, member.key) : where.path);
      }
    if (!good) return nullptr;
    Value& changed = *root.find("components")->find(id_);
    drop_nulls(changed);
    Problems problems = shared_->sources.fresh();
    std::vector<std::string> notes;
    std::vector<BarChart> charts;
    Preparation preparation{changed, pointer_to("/components", id_), problems, notes, charts};
    std::shared_ptr<const Blueprint> blueprint = part_.kind->read(preparation);
    if (!hand_on(problems, where, where.where.position(), where.path)) return nullptr;
    if (value != nullptr) *value = changed;
    return blueprint;
  }

 private:
  /// A parameter that is set to null is left out.
  static void drop_nulls(Value& value) {
    if (value.is_array())
      for (Value& element : value.elements()) drop_nulls(element);
    if (!value.is_object()) return;
    std::erase_if(value.members(),
                  [](const Value::Member& member) { return member.value.is_null(); });
    for (Value::Member& member : value.members()) drop_nulls(member.value);
  }

  /// Reports what is wrong where the change stands. @return whether nothing is.
  static bool hand_on(const Problems& found, const Examination& where, Position position,
                      const std::string& path) {
    if (!found.has_errors()) return true;
    for (const Problem& problem : found.sorted())
      if (problem.severity == Severity::kError)
        where.problems.error(
            position, path,
            (problem.pointer.empty() ? "" : problem.pointer + ": ") + problem.message,
            problem.suggestion);
    return false;
  }

  std::shared_ptr<const Shared> shared_;
  std::string id_;
  Part part_;
};

void ScenarioParts::add(const std::string& id, const ModelKind& kind,
                        std::shared_ptr<const Blueprint> blueprint) {
  parts_.insert_or_assign(id, Part{&kind, std::move(blueprint)});
}

std::shared_ptr<const PartReader> ScenarioParts::reader(const std::string& component) {
  const auto found = parts_.find(component);
  if (found == parts_.end() || found->second.blueprint == nullptr) return nullptr;
  if (shared_ == nullptr)
    shared_ = std::make_shared<const Shared>(
        Shared{language_of(catalog_), document_.root(), document_.problems()});
  return std::make_shared<const Reader>(shared_, component, found->second);
}

void ScenarioParts::reserve(const std::string& component, std::uint32_t instances) {
  std::uint32_t& most = reserved_[component];
  most = std::max(most, instances);
}

}  // namespace highwater
