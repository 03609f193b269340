#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/kernel/time.h"
#include "engine/model/network.h"

namespace highwater {

class Edge;
class Instance;

/// Which way a message goes over an edge: to the callee, or back to the caller.
enum class Direction : std::uint8_t { request, reply };

/// The two ends of what goes over an edge. The processes are null where only their zones are known.
struct Ends {
  Ends(const Instance& calling, const Instance& called);
  Ends(Zone calling, Zone called) : caller_zone(calling), callee_zone(called) {}

  const Instance* caller = nullptr;
  const Instance* callee = nullptr;
  Zone caller_zone;
  Zone callee_zone;
};

/// Which messages of its edges a fault concerns.
struct FaultScope {
  /// Those between these processes; absent: all of them.
  std::optional<std::vector<const Instance*>> callers;
  std::optional<std::vector<const Instance*>> callees;
  /// Those between the first zone and the second.
  std::optional<std::pair<Zone, Zone>> zones;
  bool requests = true;  ///< With zones: what goes from the first to the second.
  bool replies = true;   ///< And back.

  bool concerns(const Ends& ends, Direction direction) const;
  friend bool operator==(const FaultScope&, const FaultScope&) = default;
};

/// What one strike of a fault does to messages beside keeping them back or adding to their delay.
/// Does nothing unless it overrides something. An edge asks it about the messages of its scope
/// only.
class Disturbance {
 public:
  explicit Disturbance(FaultScope scope) : scope_(std::move(scope)) {}
  Disturbance(const Disturbance&) = delete;
  Disturbance& operator=(const Disturbance&) = delete;
  /// Takes it off all edges.
  virtual ~Disturbance();

  const FaultScope& scope() const { return scope_; }

  /// Something that goes over the edge, this time.
  struct Message {
    Ends ends;
    Direction direction;
    /// Name the draws that belong to it; 0 of what no request has sent.
    std::uint64_t request = 0;
    std::uint64_t name = 0;
    int tries = 0;  ///< How often it has been lost before.
  };

  enum class Loss : std::uint8_t { none, lost, corrupted };
  /// Whether this is lost on its way, or arrives with an error that the checksum shows.
  virtual Loss loses(const Message&) { return Loss::none; }
  /// Whether nothing gets through, so that nobody need try.
  virtual bool loses_all() const { return false; }
  /// Whether it arrives twice.
  virtual bool doubles(const Message&) { return false; }
  /// How long so many bytes stand in a line before they go; nothing where they find it full.
  virtual std::optional<Duration> stands_in_line(const Message&, std::uint64_t) {
    return Duration{0};
  }
  /// How much longer it takes.
  virtual Duration delays(const Message&) { return Duration{0}; }
  /// The message is swallowed, and the connection that it goes over reset so long afterwards.
  virtual std::optional<Duration> resets(const Message&) { return std::nullopt; }
  enum class Cut : std::uint8_t {
    none,
    after,   ///< It arrives, and is the last.
    within,  ///< It does not arrive as a whole.
  };
  /// Whether the connection is closed for what went over it. `message` names the connection.
  virtual Cut cuts_off(const Message&, std::uint64_t /*bytes*/) { return Cut::none; }
  /// How much later than the caller closes the connection the callee hears of it.
  virtual Duration closes_late(const Message&) { return Duration{0}; }
  /// The connection is no more.
  virtual void closed(const Message&) {}
  /// The caller does not get the callee's address; it knows after so long.
  virtual std::optional<Duration> fails_to_resolve(const Instance&) { return std::nullopt; }
  /// The instance that the caller reaches when it means `to`.
  virtual Instance& address(const Instance&, Instance& to) { return to; }
  /// Whether callers take the callee for somebody else.
  virtual bool has_expired() const { return false; }

 private:
  friend class Edge;
  FaultScope scope_;
  std::vector<Edge*> edges_;
};

}  // namespace highwater
