#include "models/faults/fault_kind.h"

#include "models/weak_points.h"

namespace highwater::faults {

std::optional<Target> read_target(const std::string& text, Aim aim, const std::string& verb,
                                  Preparation& preparation) {
  std::optional<Target> target = Target::parse(text);
  const bool whole =
      (aim == Aim::edges && target && !target->callee) || aim == Aim::whole || aim == Aim::zone;
  const bool fits =
      target && (aim == Aim::edges || !target->callee) && (!whole || !target->instance);
  if (fits) return target;
  const char* const forms =
      aim == Aim::edges     ? "an edge such as \"api -> users-db\", or a component for all edges "
                              "into it"
      : aim == Aim::zone    ? "a zone"
      : aim == Aim::whole   ? "a component as a whole, such as \"api\""
      : aim == Aim::members ? "a component such as \"api\", or an instance such as \"api[2]\""
                            : "a component such as \"api\", an instance such as \"api[2]\", or a "
                              "zone";
  const Value* found = preparation.where.find(verb);
  preparation.problems.error(found != nullptr ? found->position() : preparation.where.position(),
                             pointer_to(preparation.path, verb),
                             in_quotes(text) + " is no target of " + verb + "; it takes " + forms);
  return std::nullopt;
}

bool examine_kind(const Component& component, std::span<const std::string_view> kinds,
                  const std::string& verb, const Examination& examination) {
  std::string known;
  for (const std::string_view kind : kinds) {
    if (component.kind() == kind) return true;
    known += (known.empty() ? "" : ", ") + std::string(kind);
  }
  std::string what = in_quotes(component.id()) + " is a " + std::string(component.kind());
  if (const auto* const refuses = dynamic_cast<const Refuses*>(&component))
    if (const std::string why = refuses->refuses(verb); !why.empty()) what += " and " + why;
  const Value* found = examination.where.find(verb);
  examination.problems.error(found->position(), pointer_to(examination.path, verb),
                             what + "; " + verb + " is for these kinds: " + known);
  return false;
}

}  // namespace highwater::faults
