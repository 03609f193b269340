/// tls_expiry: the callee's certificate has expired.
///
/// From then on all TLS handshakes over the edge fail when the certificate has been seen, after the
/// first round trip and the callee's work for it; sessions are not resumed either. Connections that
/// are open go on: what fails is what opens new ones, and more of it the shorter they live.
///
/// Source   Go crypto/tls/handshake_client.go (loadSession: no resumption with an expired
///          certificate); RFC 5280, section 6.1.3; Gremlin certificate expiry; ALGORITHMS 9.3
///          tls_expiry.
/// Checked  tests/faults/tls_expiry_test.cpp.

#include <algorithm>

#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

class Expired final : public EdgeFault {
 public:
  using EdgeFault::EdgeFault;
  bool has_expired() const override { return true; }
};

struct TlsExpiryFault {
  static constexpr std::string_view kTrials[] = {R"({})"};

  std::string tls_expiry;
  FaultTiming timing;
  CallerExtent callers;

  static constexpr auto fields() {
    return Fields{field<&TlsExpiryFault::tls_expiry>(kEdgeTarget).required(),
                  inlined<&TlsExpiryFault::timing>(), inlined<&TlsExpiryFault::callers>()};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const std::vector<Edge*> edges = choose_edges(directory, target);
    const bool any =
        std::any_of(edges.begin(), edges.end(), [](const Edge* edge) { return edge->knows_tls(); });
    if (!edges.empty() && !any)
      report_at(examination, "tls_expiry",
                "no call over " + in_quotes(target.text()) +
                    " makes connections with TLS: give its \"transport\" a \"tls\"");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return disturb_edges(world, "tls_expiry",
                         edge_victims(world, directory, target, callers, strike), strike,
                         [](Edge&, const FaultScope& scope, EdgeFault::Draws draws) {
                           return std::make_unique<Expired>(scope, draws);
                         });
  }
};

}  // namespace

FaultKind tls_expiry() {
  return fault_kind<TlsExpiryFault>("tls_expiry", &TlsExpiryFault::tls_expiry, Aim::edges,
                                    "The callee's certificate has expired: TLS handshakes fail.",
                                    "Go crypto/tls; Gremlin certificate expiry");
}

}  // namespace highwater::faults
