#pragma once

#include <cstdint>

#include "engine/kernel/time.h"
#include "engine/model/request.h"

namespace highwater {

/// What a fault does to the requests that come to an instance and to its answers; see
/// Instance::interfere(). A message is named by its request and the try of the call.
class Interference {
 public:
  /// What becomes of a request that has come.
  enum class Fate : std::uint8_t {
    served,
    refused,  ///< Answered at once, unserved.
    stuck,    ///< Not answered as long as this interferes and the process lives.
  };

  /// @param reply  Of a request that is refused.
  virtual Fate meets(const Request&, std::uint64_t /*message*/, Reply& /*reply*/) {
    return Fate::served;
  }
  /// How long the handler sleeps before it answers.
  virtual Duration sleeps(const Request&, std::uint64_t /*message*/) { return Duration{0}; }
  /// Makes something else of an answer that was good.
  virtual void spoils(const Request&, std::uint64_t /*message*/, Reply&) {}

 protected:
  ~Interference() = default;
};

}  // namespace highwater
