#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/kind.h"
#include "engine/describe/value.h"

namespace highwater {

/// A section of the top level that models declare, beside those of the engine.
struct SectionInfo {
  KindInfo info;
  /// Writes the defaults that the section gives into the rest of the scenario; may be null. The
  /// section is right by itself, the rest may be wrong in any way.
  void (*fill)(const Value& section, Value& root) = nullptr;
};

/// The keys that a scenario may have at its top whatever the models are.
std::vector<FieldInfo> engine_sections();

/// What scenarios may be made of. The programs fill it from the catalog of models; the engine
/// itself names none of them.
struct Language {
  std::vector<KindInfo> kinds;  ///< Of components.
  std::vector<KindInfo>
      faults;  ///< Verbs; each table holds the verb's own field and all beside it.
  /// What is measured of all components together, under the name that objectives give it.
  std::vector<KindInfo> totals;
  std::vector<SectionInfo> sections;  ///< Of the models; see add().
  /// The keys that a scenario may have at its top, in the order that `show` prints them.
  std::vector<FieldInfo> top = engine_sections();

  void add(SectionInfo section);
};

/// The entry called `name`; nullptr when there is none.
const KindInfo* find_kind(const std::vector<KindInfo>& kinds, std::string_view name);
std::vector<std::string> names_of(const std::vector<KindInfo>& kinds);

/// The only version of the scenario format.
inline constexpr std::uint64_t kFormatVersion = 1;

inline constexpr std::string_view kDefaultCurrency = "USD";

/// A place in a scenario, as far as the language knows it: what a key there means.
struct Place {
  enum class Role { kRoot, kComponents, kComponent, kFaults, kFault, kTyped, kUnknown };
  Role role = Role::kUnknown;
  const TypeInfo* type = nullptr;  ///< kTyped
};

/// Finds out what stands where in a scenario. Merging, --set, `show` and the search for references
/// all walk a document by it.
class Guide {
 public:
  explicit Guide(const Language& language) : language_(&language) {}

  const Language& language() const { return *language_; }
  Place root() const { return {Place::Role::kRoot, nullptr}; }

  /// The place of the member `key` of `object`, which stands at `place`. Where the object's other
  /// members decide what a key means (a component's kind, a step's verb) they are looked at.
  Place member(Place place, const Value& object, std::string_view key) const;
  /// The place of the elements of a list at `place`.
  Place element(Place place) const;
  /// The declaration of that member; nullptr when it has none or the key is unknown.
  const FieldInfo* field(Place place, const Value& object, std::string_view key) const;
  /// The fields that `object` may have at `place`, in declared order; of a one-of, those of the
  /// alternative that it chooses, or the verbs when it chooses none.
  std::vector<FieldInfo> fields(Place place, const Value& object) const;
  /// Every key that may stand there; empty where keys are free.
  std::vector<std::string> keys(Place place, const Value& object) const;

  bool is_one_of(Place place) const;
  bool has_free_keys(Place place) const;
  /// The verbs among the keys of an object at a one-of.
  std::vector<std::string> verbs(Place place) const;

 private:
  const std::vector<FieldInfo>* alternative_fields(Place place, const Value& object,
                                                   std::string_view key) const;
  const Language* language_;
};

}  // namespace highwater
