#include "models/faults/fault_kind.h"

namespace highwater::faults {

std::optional<Target> read_target(const std::string& text, Aim aim, const std::string& verb,
                                  Preparation& preparation) {
  std::optional<Target> target = Target::parse(text);
  const bool whole = aim == Aim::edges || aim == Aim::clusters;
  const bool fits =
      target && (aim == Aim::edges || !target->callee) && (!whole || !target->instance);
  if (fits) return target;
  const char* const forms =
      aim == Aim::edges      ? "an edge such as \"api -> users-db\", or a component for all edges "
                               "into it"
      : aim == Aim::clusters ? "a cluster such as \"k8s\""
                             : "a component such as \"api\", or an instance such as \"api[2]\"";
  const Value* found = preparation.where.find(verb);
  preparation.problems.error(found != nullptr ? found->position() : preparation.where.position(),
                             pointer_to(preparation.path, verb),
                             in_quotes(text) + " is no target of " + verb + "; it takes " + forms);
  return std::nullopt;
}

void examine_nodes(Directory& directory, const Target& target, const std::string& verb,
                   const Examination& examination) {
  const Component& component = directory.component(target.component);
  if (component.kind() == "cluster") return;
  const Value* found = examination.where.find(verb);
  examination.problems.error(found->position(), pointer_to(examination.path, verb),
                             in_quotes(component.id()) +
                                 " is no cluster and has no nodes; its kind is " +
                                 std::string(component.kind()));
}

}  // namespace highwater::faults
