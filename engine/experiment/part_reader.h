#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/experiment/prepare.h"
#include "engine/model/kind.h"

namespace highwater {

/// A scenario's components, for faults that change them while they run: the engine's half of
/// Surroundings.
///
/// Checked  tests/faults/config_test.cpp
class ScenarioParts final : public Surroundings {
 public:
  /// @param document  Lives as long as this; its readers outlive both.
  ScenarioParts(const Document& document, const Catalog& catalog, Reservations& reserved)
      : document_(document), catalog_(catalog), reserved_(reserved) {}

  /// The component has been read without a problem.
  void add(const std::string& id, const ModelKind& kind,
           std::shared_ptr<const Blueprint> blueprint);
  std::shared_ptr<const PartReader> reader(const std::string& component) override;
  void reserve(const std::string& component, std::uint32_t instances) override;

 private:
  /// What readers share: made for the first of them, since most scenarios need none.
  struct Shared;
  struct Part {
    const ModelKind* kind;
    std::shared_ptr<const Blueprint> blueprint;
  };
  class Reader;

  const Document& document_;
  const Catalog& catalog_;
  Reservations& reserved_;
  std::map<std::string, Part> parts_;
  std::shared_ptr<const Shared> shared_;
};

}  // namespace highwater
