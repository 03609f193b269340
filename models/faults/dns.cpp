/// dns: callers do not get the callee's address, or an old one.
///
/// A name is resolved for each connection that is opened: those that are open go on. Where neither
/// a transport nor a pool is modelled each call resolves. A caller that learns of no address fails
/// as if nobody were there. A process that keeps answers for a while uses the one it had when the
/// fault began until that has expired, which is at a time drawn evenly within the ttl, for it has
/// asked again and again before. A process that starts has none.
///
/// With `stale` answers callers go on to the instances that were listed when the fault began, in
/// turn, whether those are still there or not; others get no new connection.
///
/// Assumes  a server of names stands in the zone of each caller; what it knows is known at once;
///          load balancers keep the addresses they have, as nginx and Envoy do, and go on; failures
///          are not kept.
/// Source   resolv.conf(5) (timeout 5 s, attempts 2); glibc resolv/res_send.c (SERVFAIL: the next
///          attempt); RFC 1035, section 3.2.1 (ttl); Simian Army
///          FailDns; Chaos Mesh DNSChaos; Envoy, Service discovery: "Strict DNS"; ALGORITHMS 9.3
///          dns_fail.
/// Checked  tests/faults/dns_test.cpp.

#include <algorithm>
#include <map>

#include "engine/describe/said.h"
#include "engine/describe/words.h"
#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
enum class DnsAnswer : std::uint8_t { nxdomain, servfail, timeout, stale };
constexpr auto words_of(DnsAnswer) {
  return std::array{
      Word{DnsAnswer::nxdomain, "nxdomain", "There is no such name; known after a round trip."},
      Word{DnsAnswer::servfail, "servfail",
           "The server cannot tell; known when all attempts have been told so."},
      Word{DnsAnswer::timeout, "timeout",
           "No answer: known after all attempts of the resolver, 10 s as it is set up usually."},
      Word{DnsAnswer::stale, "stale", "The instances of the time when the fault began."}};
}

namespace {

class Unresolved final : public EdgeFault {
 public:
  struct Options {
    DnsAnswer answer;
    Duration ttl;
    Duration timeout;
    std::uint32_t attempts;
  };
  Unresolved(FaultScope scope, Draws draws, World& world, const Edge& edge, const Options& options)
      : EdgeFault(std::move(scope), draws), world_(world), options_(options), begun_(world.now()) {
    if (options.answer == DnsAnswer::stale) {
      for (const auto& instance : edge.to().instances())
        if (instance->listed()) old_.push_back(instance.get());
    } else if (options.ttl > Duration{0}) {
      for (const auto& instance : edge.from().instances())
        if (instance->up()) caches_[instance.get()] = instance->incarnation();
    }
  }

  std::optional<Duration> fails_to_resolve(const Instance& caller) override {
    if (options_.answer == DnsAnswer::stale || knows(caller)) return std::nullopt;
    const Duration way = world_.network.mean_delay(caller.zone(), caller.zone());
    switch (options_.answer) {
      case DnsAnswer::timeout:
        return options_.timeout * static_cast<Duration::rep>(options_.attempts);
      case DnsAnswer::servfail:
        return way * 2 * static_cast<Duration::rep>(options_.attempts);
      default:
        return way * 2;
    }
  }
  Instance& address(const Instance& caller, Instance& to) override {
    return old_.empty() ? to : *old_[turns_[&caller]++ % old_.size()];
  }

 private:
  /// Whether the answer it has is still good.
  bool knows(const Instance& caller) const {
    const auto found = caches_.find(&caller);
    if (found == caches_.end() || found->second != caller.incarnation()) return false;
    RequestRandom random(key(), 0, caller.index());
    const double left_ns = random.uniform() * static_cast<double>(options_.ttl.count());
    return world_.now() < begun_ + Duration{static_cast<Duration::rep>(left_ns)};
  }

  World& world_;
  Options options_;
  Time begun_;
  std::vector<Instance*> old_;
  std::map<const Instance*, std::uint32_t> caches_;  // the incarnation that has the answer
  std::map<const Instance*, std::size_t> turns_;
};

struct DnsFault {
  static constexpr std::string_view kTrials[] = {R"({"answer": "nxdomain"})"};

  std::string dns;
  FaultTiming timing;
  CallerExtent callers;
  DnsAnswer answer = DnsAnswer::nxdomain;
  Duration ttl{0};
  Duration timeout = 5s;
  std::uint32_t attempts = 2;

  static constexpr auto fields() {
    using F = DnsFault;
    return Fields{
        field<&F::dns>(kEdgeTarget).required(),
        inlined<&F::timing>(),
        inlined<&F::callers>(),
        field<&F::answer>("What callers that ask are told."),
        field<&F::ttl>("So long does a calling process keep an answer. \"0s\": it asks "
                       "each time, as glibc does; the JVM keeps one for 30 s.")
            .at_least(Duration{0}),
        field<&F::timeout>("Of an attempt of its resolver; with the answer timeout.")
            .at_least(Duration{1})
            .source("resolv.conf(5)"),
        field<&F::attempts>("That its resolver makes; with the answers timeout and servfail.")
            .at_least(1u)
            .at_most(100u)
            .source("resolv.conf(5)")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const auto idle = [&](const char* name, const std::string& why) {
      if (const Value* const given = said<DnsFault>(where, name))
        problems.error(given->position(), pointer_to(path, name), why);
    };
    if (answer == DnsAnswer::stale)
      idle("ttl", "an answer that is kept is as old as the stale one");
    if (answer == DnsAnswer::timeout) return;
    idle("timeout", "the resolver waits for nothing where it gets an answer");
    if (answer != DnsAnswer::servfail)
      idle("attempts", "the resolver makes one attempt where it gets such an answer");
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const std::vector<Edge*> all = choose_edges(directory, target);
    if (all.empty()) return;
    const std::vector<Edge*> edges = resolving(all);
    if (edges.empty())
      return report_at(examination, "dns",
                       "a load balancer keeps the addresses it has: nobody else resolves the name");
    if (answer != DnsAnswer::stale) return;
    for (const Edge* edge : edges)
      if (!has_equal_instances(edge->to()))
        report_at(examination, "answer",
                  "which instance of " + in_quotes(edge->to().id()) + ", of kind " +
                      std::string(edge->to().kind()) +
                      ", is asked depends on the request: an old list of them says nothing");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    ChooseEdges choose = edge_victims(world, directory, target, callers, strike);
    const Unresolved::Options options{answer, ttl, timeout, attempts};
    return disturb_edges(
        world, "dns",
        [choose = std::move(choose)] {
          EdgeVictims victims = choose();
          victims.edges = resolving(std::move(victims.edges));
          return victims;
        },
        strike,
        [&world, options](Edge& edge, const FaultScope& scope, EdgeFault::Draws draws) {
          return std::make_unique<Unresolved>(scope, draws, world, edge, options);
        });
  }

 private:
  /// Those whose callers ask the resolver.
  static std::vector<Edge*> resolving(std::vector<Edge*> edges) {
    std::erase_if(edges, [](const Edge* edge) {
      return edge->from().kind() == "load_balancer" || &edge->from() == &edge->to();
    });
    return edges;
  }
  static bool has_equal_instances(const Component& component) {
    return component.kind() == "service" || component.kind() == "load_balancer";
  }
};

}  // namespace

FaultKind dns() {
  return fault_kind<DnsFault>("dns", &DnsFault::dns, Aim::edges,
                              "Callers do not get the callee's address, or an old one.",
                              "Simian Army FailDns; Chaos Mesh DNSChaos; resolv.conf");
}

}  // namespace highwater::faults
