/// bad_response: the work is done, and the answer is not what it should be.
///
/// The callee counts it as answered well, so nothing is wrong by its own metrics. A truncated
/// answer ends with its connection: whoever is next to the callee sees a reset. A wrong or an
/// oversize one is an error to the caller that reads it; load balancers hand it on unread.
///
/// Assumes  a caller refuses what is oversize when all of it has come (gRPC's
///          max_receive_message_length); it takes that many times the bytes where calls have sizes.
/// Source   Chaos Mesh HTTPChaos replace and patch; Litmus pod-http-modify-body; ALGORITHMS 9.3
///          bad_response.
/// Checked  tests/faults/bad_response_test.cpp

#include "engine/describe/one_of.h"
#include "engine/describe/said.h"
#include "models/faults/faults.h"
#include "models/faults/interfering.h"

namespace highwater::faults {
namespace {

enum class BadMode : std::uint8_t { truncated, oversize, wrong };
constexpr auto words_of(BadMode) {
  return std::array{
      Word{BadMode::truncated, "truncated", "It ends too early, and its connection with it."},
      Word{BadMode::oversize, "oversize", "It is larger than the caller takes."},
      Word{BadMode::wrong, "wrong", "It is no answer to what was asked."}};
}

class BadResponse final : public InterferingAction {
 public:
  BadResponse(World& world, Victims choose, const Strike& strike, double share, BadMode mode,
              std::uint32_t factor)
      : InterferingAction(world, std::move(choose), "bad_response", strike, share),
        mode_(mode),
        factor_(static_cast<std::uint8_t>(factor)) {}

 private:
  void spoils(const Request& request, std::uint64_t message, Reply& reply) override {
    RequestRandom random = draws(request, message);
    if (!reply.ok() || !hits(random, share() * strength())) return;
    if (mode_ == BadMode::truncated) {
      reply.body = AnswerBody::truncated;
      return;
    }
    reply.body = AnswerBody::garbled;
    if (mode_ == BadMode::oversize) reply.swollen = factor_;
  }

  BadMode mode_;
  std::uint8_t factor_;
};

struct BadResponseFault {
  static constexpr std::string_view kTrials[] = {R"({"count": 1, "mode": "truncated"})",
                                                 R"({"rate": "10%", "mode": "truncated"})"};

  std::string bad_response;
  FaultTiming timing;
  FaultExtent extent;
  FaultRamp gradual;
  BadMode mode = BadMode::wrong;
  Fraction rate{1};
  std::uint32_t factor = 10;

  static constexpr auto fields() {
    using F = BadResponseFault;
    return Fields{field<&F::bad_response>("The component, or one instance: \"api[2]\".").required(),
                  inlined<&F::timing>(),
                  inlined<&F::extent>(),
                  inlined<&F::gradual>(),
                  field<&F::mode>("What is wrong with it."),
                  field<&F::rate>("Share of the good answers that become bad ones."),
                  field<&F::factor>("Of an oversize answer: so many times as large.")
                      .at_least(2u)
                      .at_most(255u)
                      .source("chosen")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (said<BadResponseFault>(where, "factor") != nullptr && mode != BadMode::oversize)
      problems.error(where.position(), pointer_to(path, "factor"),
                     "is for the mode \"oversize\" alone");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<BadResponse>(world,
                                         choose_instances(world, directory, target, extent, strike),
                                         strike, rate.value, mode, factor);
  }
};

}  // namespace

FaultKind bad_response() {
  return fault_kind<BadResponseFault>("bad_response", &BadResponseFault::bad_response,
                                      Aim::instances,
                                      "Answers are truncated, oversize or wrong: work done in "
                                      "vain.",
                                      "Chaos Mesh HTTPChaos replace, patch");
}

}  // namespace highwater::faults
