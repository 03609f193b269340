#include "models/faults/change_params.h"

#include <algorithm>
#include <utility>

#include "engine/model/live_changes.h"

namespace highwater {

const TypeInfo& Quantity<faults::AnyValue>::type() {
  static const TypeInfo info = [] {
    TypeInfo made;
    made.name = "value";
    made.expects = "any value";
    made.pattern = "";
    made.numbers = Numbers::kAny;
    made.booleans = true;
    return made;
  }();
  return info;
}

bool Quantity<faults::AnyValue>::read(const Value& value, const std::string&, Problems&,
                                      faults::AnyValue& out) {
  out.value = value;
  return true;
}

}  // namespace highwater

namespace highwater::faults {
namespace {

class ChangeAction final : public FaultAction {
 public:
  ChangeAction(LiveChanges& changes, const Value& set, std::string text)
      : changes_(changes), set_(set), text_(std::move(text)) {}
  std::string begin() override {
    changes_.begin(set_);
    return text_;
  }
  void end() override { changes_.end(set_); }

 private:
  LiveChanges& changes_;
  const Value& set_;  // of the plan, which outlives the run
  std::string text_;
};

/// "a, b and c"
std::string sentence_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

}  // namespace

std::shared_ptr<const Change> Change::read(const std::string& component, Value set,
                                           const std::string& path, Preparation& preparation) {
  std::shared_ptr<const PartReader> reader;
  if (preparation.surroundings != nullptr) reader = preparation.surroundings->reader(component);
  std::shared_ptr<const Change> change(new Change(std::move(set), path, reader));
  if (reader == nullptr) return change;  // examine() says so, unless all is wrong by then
  // What the change makes wrong is reported; whatever is wrong without it has been.
  const auto changed = reader->read({&change->set_}, {change->set_, path, preparation.problems});
  if (changed == nullptr) return nullptr;
  const std::uint32_t most = changed->most_instances();
  if (most != reader->original()->most_instances())
    preparation.surroundings->reserve(component,
                                      std::max(most, reader->original()->most_instances()));
  return change;
}

void Change::examine(Component& component, const Examination& examination) const {
  if (reader_ == nullptr) return;
  const std::vector<std::string> patterns = component.changeable();
  const auto reject = [&](const std::string& what, const std::string& why = "") {
    std::vector<std::string> names = patterns;
    for (std::string& name : names)
      if (name.front() == '=') name.erase(0, 1);
    examination.problems.error(
        set_.position(), path_,
        names.empty()
            ? "a " + std::string(component.kind()) + " cannot be changed while it runs"
            : what + " cannot be changed while " + in_quotes(component.id()) + " runs" +
                  (why.empty() ? "" : ": " + why) + "; that can be: " + sentence_of(names));
  };
  if (patterns.empty()) return reject("");
  Value changed;
  const Examination mine{set_, path_, examination.problems};
  const auto blueprint = reader_->read({&set_}, mine, &changed);
  if (blueprint == nullptr) return;
  const Value before = reader_->original()->written();
  const Value after = blueprint->written();
  bool fits = true;
  for (const ParameterPath& path : differences(before, after)) {
    const bool covered = std::any_of(
        patterns.begin(), patterns.end(),
        [&](const std::string& pattern) { return covers(pattern, path, before, after); });
    if (covered) continue;
    fits = false;
    // Its value could be another, had it one before and after.
    const bool known =
        std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
          return pattern.front() == '=' && covers(pattern.substr(1), path, before, after);
        });
    if (known)
      examination.problems.error(set_.position(), path_,
                                 in_quotes(text_of(path)) + " cannot come or go while " +
                                     in_quotes(component.id()) + " runs");
    else
      reject(in_quotes(text_of(path)), component.why_fixed(text_of(path)));
  }
  if (!fits) return;
  // What only shows when components are joined, of the component as it would be.
  Problems joined = examination.problems.fresh();
  component.examine({changed, path_, joined});
  for (const Problem& problem : joined.sorted())
    if (problem.severity == Severity::kError)
      examination.problems.error(set_.position(), path_, problem.message, problem.suggestion);
}

std::unique_ptr<FaultAction> Change::arm(Directory& directory, Component& component,
                                         std::string text) const {
  std::shared_ptr<LiveChanges>& changes = directory.changes_of(component);
  if (changes == nullptr) changes = std::make_shared<LiveChanges>(component, reader_);
  return std::make_unique<ChangeAction>(*changes, set_, std::move(text));
}

}  // namespace highwater::faults
