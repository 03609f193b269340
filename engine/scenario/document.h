#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/describe/value.h"
#include "engine/scenario/language.h"
#include "engine/scenario/network_params.h"
#include "engine/scenario/objective.h"
#include "engine/scenario/overlay.h"
#include "engine/scenario/run_params.h"

namespace highwater {

/// One component or fault of a document, checked against its declared parameters but not yet read
/// into them: that is the business of the model, which alone knows the C++ type.
struct DeclaredPart {
  std::string id;                  ///< Of a component; "faults[0]" of a fault.
  const KindInfo* kind = nullptr;  ///< Of the language that the document was read with.
  const Value* value = nullptr;    ///< Its object, owned by the document.
  std::string path;                ///< Its JSON pointer.
};

/// One component naming another.
struct Reference {
  std::string from, to;
  Relation relation = Relation::call;  ///< As the field that names it declares.
  Position position;
  std::string path;
};

/// A scenario that was read without a problem: merged, filled in, overridden and checked.
/// Immutable; moves keep what its parts point to.
class Document {
 public:
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;
  Document(Document&&) = default;
  Document& operator=(Document&&) = default;

  /// With the defaults that sections of the models give.
  const Value& root() const { return *root_; }
  /// The same as it was written, without them.
  const Value& written() const { return unfilled_ ? *unfilled_ : *root_; }
  const std::string& file() const { return file_; }
  const std::string& name() const { return name_; }
  const std::string& description() const { return description_; }
  /// What prices are in.
  const std::string& currency() const { return currency_; }
  const RunParams& run() const { return run_; }
  const NetworkParams& network() const { return network_; }
  /// In the order of the file.
  const std::vector<DeclaredPart>& components() const { return components_; }
  const std::vector<DeclaredPart>& faults() const { return faults_; }
  /// What each of the faults waits for, if it does.
  const std::vector<std::optional<Trigger>>& triggers() const { return triggers_; }
  const std::vector<Objective>& objectives() const { return objectives_; }
  /// What objectives may name.
  std::vector<Measured> measured(const Language& language) const;
  /// Every component named by another, in the order of the file. Each exists.
  const std::vector<Reference>& references() const { return references_; }
  /// An empty list of problems that knows this document's files, for reading its values again.
  Problems problems() const { return sources_.fresh(); }

 private:
  friend class DocumentChecker;
  Document() = default;
  std::unique_ptr<Value> root_;
  std::unique_ptr<Value> unfilled_;  // before sections filled in their defaults; null: the same
  std::string file_, name_, description_;
  std::string currency_{kDefaultCurrency};
  RunParams run_;
  NetworkParams network_;
  std::vector<DeclaredPart> components_, faults_;
  std::vector<std::optional<Trigger>> triggers_;
  std::vector<Objective> objectives_;
  std::vector<Reference> references_;
  Problems sources_;
};

struct LoadOptions {
  std::vector<std::string> settings;  ///< "path=value", applied in order after merging.
  Environment environment;            ///< For ${NAME}; every variable is unset when empty.
};

/// Reads a scenario file with all that it extends, and checks it against the language.
/// @param language  Must outlive the document.
/// @return nullopt when `problems` has errors; all of them are there, not the first only.
std::optional<Document> load_document(const std::string& file, const Language& language,
                                      const LoadOptions& options, Problems& problems);

/// The same for a text that is not in a file.
/// @param directory  What file names in the text are relative to.
std::optional<Document> read_document(std::string_view text, const std::string& name,
                                      const std::string& directory, const Language& language,
                                      const LoadOptions& options, Problems& problems);

/// The same document with further settings: a point of a sweep.
/// @param problems  Of Document::problems().
std::optional<Document> change_document(const Document& document, const Language& language,
                                        const std::vector<std::string>& settings,
                                        Problems& problems);

}  // namespace highwater
