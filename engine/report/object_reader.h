#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/describe/problems.h"
#include "engine/describe/value.h"
#include "engine/statistics/estimate.h"

namespace highwater {

/// Reads one object of a document that this program has written, and collects everything that is
/// wrong with it. Members that nobody asks for are left alone: a later version may say more.
///
/// What is asked for must be there and of its type; after a problem `out` stays as it was.
class ObjectReader {
 public:
  /// @param value  Must outlive it. One that is no object is a problem, said once.
  /// @param path   Its JSON pointer.
  ObjectReader(const Value& value, std::string path, Problems& problems);

  const Value& value() const { return value_; }
  const std::string& path() const { return path_; }
  Problems& problems() const { return problems_; }
  bool has(std::string_view key) const { return value_.find(key) != nullptr; }

  void text(std::string_view key, std::string& out) const;
  void boolean(std::string_view key, bool& out) const;
  void count(std::string_view key, std::uint64_t& out) const;
  void number(std::string_view key, double& out) const;
  /// The same where null stands for what is not finite: NaN then.
  void number_or_null(std::string_view key, double& out) const;
  /// The same where no number beyond `most` on either side makes sense.
  void within(std::string_view key, double most, double& out) const;
  /// In seconds: what simulated time can hold, or null.
  void time_s(std::string_view key, double& out) const;
  /// {"value": 1, "ci95": [0.9, 1.1], "note": "…"}, where value and ci95 may be null, and note may
  /// be left out.
  void estimate(std::string_view key, Estimate& out) const;

  using Each = std::function<void(const ObjectReader&)>;
  using EachMember = std::function<void(const std::string& key, const ObjectReader&)>;
  using EachElement = std::function<void(const Value& element, const std::string& path)>;
  /// A list of objects.
  void objects(std::string_view key, const Each& each) const;
  /// A list of anything.
  void elements(std::string_view key, const EachElement& each) const;
  /// An object whose members are objects.
  void members(std::string_view key, const EachMember& each) const;
  void object(std::string_view key, const Each& each) const;

  /// "expected <what>, found …" about the member `key`.
  void wrong(std::string_view key, std::string_view what) const;

 private:
  /// Null where it is missing, which is reported.
  const Value* required(std::string_view key) const;

  const Value& value_;
  std::string path_;
  Problems& problems_;
};

/// An estimate as ObjectReader::estimate() describes it.
void read_estimate(const Value& value, const std::string& path, Estimate& out, Problems& problems);

}  // namespace highwater
