/// bandwidth: what goes over an edge passes a token bucket at its sender's interface.
///
/// Each process that sends over the edge has a bucket of its own, callers for their requests and
/// callees for their answers. A message waits until there is a token for each of its bytes. Tokens
/// come at the rate, and at most a burst of them is kept. What finds no place in the line of those
/// that wait is dropped, and sent again by TCP as with `loss`. Messages have the sizes that calls
/// state in their `transport`: others, and datagrams, take none.
///
/// Assumes  the window of TCP keeps a message that is larger than the line from overrunning it:
///          dropped is what finds no place for its first segment; all segments of a message, and
///          those of other connections, wait in order.
/// Source   tc-tbf(8) and net/sched/sch_tbf.c; Chaos Mesh bandwidth (whose `buffer` is the burst);
///          Toxiproxy bandwidth; ALGORITHMS 9.3 net_bandwidth.
/// Checked  tests/faults/bandwidth_test.cpp.

#include <algorithm>
#include <map>

#include "models/calls/size_params.h"
#include "models/faults/edge_fault.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

constexpr double kSegment = 1500;  // bytes of an Ethernet frame's payload

class Throttled final : public EdgeFault {
 public:
  struct Options {
    double rate = 0;  // bytes per second
    double burst = 0;
    double limit = 0;
  };
  Throttled(FaultScope scope, Draws draws, World& world, const Options& options)
      : EdgeFault(std::move(scope), draws), world_(world), options_(options) {}

  std::optional<Duration> stands_in_line(const Message& message, std::uint64_t bytes) override {
    if (bytes == 0) return Duration{0};
    const double rate = options_.rate / strength();
    const auto size = static_cast<double>(bytes);
    const auto [found, is_new] = buckets_.try_emplace(sender(message));
    Bucket& bucket = found->second;
    if (is_new) bucket.tokens = options_.burst;
    const Time now = world_.now();
    bucket.tokens = std::min(options_.burst, bucket.tokens + rate * seconds(now - bucket.at));
    bucket.at = now;
    // What waits has taken its tokens already.
    if (std::max(0.0, -bucket.tokens) + std::min(size, kSegment) > options_.limit)
      return std::nullopt;
    bucket.tokens -= size;
    const double wait_s = std::max(0.0, -bucket.tokens) / rate;
    return Duration{static_cast<Duration::rep>(std::min(wait_s, seconds(kLongestRun)) * 1e9 + 0.5)};
  }

 private:
  struct Bucket {
    double tokens = 0;  // less than 0: so many bytes wait
    Time at{};
  };
  World& world_;
  Options options_;
  std::map<const Instance*, Bucket> buckets_;  // by sender; only ever looked up
};

struct BandwidthFault {
  static constexpr std::string_view kTrials[] = {R"({"rate": "1Mbit/s"})"};

  std::string bandwidth;
  FaultTiming timing;
  CallerExtent callers;
  FaultRamp gradual;
  Bandwidth rate{};
  Bytes burst{4000};
  std::optional<Bytes> limit;

  static constexpr auto fields() {
    using F = BandwidthFault;
    return Fields{field<&F::bandwidth>(kEdgeTarget).required(),
                  inlined<&F::timing>(),
                  inlined<&F::callers>(),
                  inlined<&F::gradual>(),
                  field<&F::rate>("Of each sending process, in either direction.")
                      .required()
                      .at_least(Bandwidth{1})
                      .source("tc-tbf rate"),
                  field<&F::burst>("Size of the bucket: so much goes at once after a pause.")
                      .at_most(kLargestMessage)
                      .source("tc-tbf burst, 32 kbit in its manual"),
                  field<&F::limit>("So many bytes may wait for tokens; as many as go in 400 ms, "
                                   "and a burst, unless given.")
                      .at_least(Bytes{1500})
                      .at_most(kLargestMessage)
                      .source("tc-tbf limit; latency 400ms in its manual")};
  }
  void examine(Directory& directory, const Target& target, const Examination& examination) const {
    const std::vector<Edge*> edges = choose_edges(directory, target);
    const bool any = std::any_of(edges.begin(), edges.end(),
                                 [](const Edge* edge) { return edge->states_sizes(); });
    if (!edges.empty() && !any)
      report_at(examination, "bandwidth",
                "no call over " + in_quotes(target.text()) +
                    " says how large its messages are: give its \"transport\" a \"request_size\" "
                    "or a \"response_size\"");
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    Throttled::Options options;
    options.rate = rate.bits_per_second / 8;
    options.burst = static_cast<double>(burst.count);
    options.limit =
        limit ? static_cast<double>(limit->count) : options.rate * 0.4 + options.burst + kSegment;
    return disturb_edges(world, "bandwidth",
                         edge_victims(world, directory, target, callers, strike), strike,
                         [&world, options](Edge&, const FaultScope& scope, EdgeFault::Draws draws) {
                           return std::make_unique<Throttled>(scope, draws, world, options);
                         });
  }
};

}  // namespace

FaultKind bandwidth() {
  return fault_kind<BandwidthFault>("bandwidth", &BandwidthFault::bandwidth, Aim::edges,
                                    "What goes over an edge takes its size over a rate.",
                                    "tc-tbf; Chaos Mesh; Toxiproxy bandwidth");
}

}  // namespace highwater::faults
