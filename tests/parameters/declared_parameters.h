#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/scenario/language.h"

namespace highwater::testing {

/// Everything that a scenario may say, by name, found by walking the declarations:
///
///   kind service: replicas        a field of a kind of component
///   fault kill: count             one of a verb of a fault
///   retry: attempts               one of a type, wherever that is used
///   distribution.gamma: gamma     one of a form of a one-of
///   autoscaler: max_replicas      one that stands beside every form of a one-of
///   jitter = full                 a word
///
/// Of the engine's sections only `run` and `network` are in it, and all that models declare.
class DeclaredParameters {
 public:
  explicit DeclaredParameters(const Language& language);

  /// In the order in which they are met.
  const std::vector<std::string>& names() const { return names_; }
  bool has(std::string_view name) const;

  /// The parameter that the member `key` of `object` is, which stands at `place`; "" for none.
  std::string name_of(const Guide& guide, Place place, const Value& object,
                      std::string_view key) const;
  std::string name_of_word(const TypeInfo& type, std::string_view word) const;

 private:
  void add_type(const TypeInfo& type);
  void add_fields(const std::string& owner, const std::vector<FieldInfo>& fields);
  void add(std::string name);
  std::string label(const TypeInfo& type) const;

  std::vector<std::string> names_;
  std::map<std::string, int, std::less<>> known_;
  std::map<const TypeInfo*, std::string> labels_;
  std::map<std::string, int> labelled_;
};

}  // namespace highwater::testing
