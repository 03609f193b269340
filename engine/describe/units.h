#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "engine/describe/problems.h"

namespace highwater {

/// How often something happens. JSON: "800/s", "5/minute", "1.2k/s".
struct Rate {
  double per_second = 0;
  friend constexpr auto operator<=>(const Rate&, const Rate&) = default;
};

/// An amount of data. JSON: "512B", "4KiB", "2GiB".
struct Bytes {
  std::uint64_t count = 0;
  friend constexpr auto operator<=>(const Bytes&, const Bytes&) = default;
};

/// How fast data moves. JSON: "1Gbit/s", "40MB/s".
struct Bandwidth {
  double bits_per_second = 0;
  friend constexpr auto operator<=>(const Bandwidth&, const Bandwidth&) = default;
};

/// A part of a whole, 0 to 1. JSON: "2.5%" or 0.025.
struct Fraction {
  double value = 0;
  friend constexpr auto operator<=>(const Fraction&, const Fraction&) = default;
};

/// How many times as much, 0 or more. JSON: "3x" or 3.
struct Factor {
  double value = 0;
  friend constexpr auto operator<=>(const Factor&, const Factor&) = default;
};

/// How one component uses another that it names.
enum class Relation : std::uint8_t {
  call,     ///< Sends a request and waits for the answer.
  route,    ///< Passes requests on and answers with what comes back, as a balancer does.
  publish,  ///< Leaves a message and does not wait.
  consume,  ///< Takes messages from it.
  share,    ///< Has something in common with it, which must be of the same kind; nothing flows.
  host,     ///< Runs on its machines; nothing flows.
};

/// Whether the one who uses waits for the one who is used.
constexpr bool is_synchronous(Relation relation) {
  return relation == Relation::call || relation == Relation::route;
}

/// The id of another component. Reading checks its form; whether the component exists and may be
/// called there is checked once the whole scenario is known, hence the position.
struct ComponentRef {
  std::string id;
  Position position;
  friend bool operator==(const ComponentRef& a, const ComponentRef& b) { return a.id == b.id; }
};

/// A file named by a scenario, relative to the scenario file that names it. Reading checks that it
/// exists.
struct FilePath {
  std::string written;   ///< As in the scenario.
  std::string resolved;  ///< What to open.
  friend bool operator==(const FilePath& a, const FilePath& b) { return a.resolved == b.resolved; }
};

/// Either the word "auto" (is_auto, value means nothing) or a given value.
template <class T>
struct Auto {
  T value{};
  bool is_auto = true;
  friend bool operator==(const Auto&, const Auto&) = default;
};

}  // namespace highwater
