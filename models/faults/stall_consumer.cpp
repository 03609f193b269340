/// stall_consumer: consumers of a group, or workers, ask for no messages any more and live on.
///
/// Each finishes the message that it is at and takes up no other. What it has got and not begun
/// lies there: with SQS until its visibility timeouts are over, with RabbitMQ until its
/// consumer_timeout. A consumer with an assignor heartbeats, until max_poll_interval is over and it
/// leaves the group; what it did and had not committed is done again by whoever gets its
/// partitions. Without an assignor nobody notices, and its partitions wait for it.
///
/// Assumes  the instance stays stalled although its process be started anew, until the fault ends.
/// Source   KIP-62 (max.poll.interval.ms); SQS visibility timeout; RabbitMQ consumer_timeout;
///          ALGORITHMS 9.3 consumer_stall.
/// Checked  tests/faults/stall_consumer_test.cpp

#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"
#include "models/messaging/pollers.h"

namespace highwater::faults {
namespace {

class Stall final : public FaultAction {
 public:
  explicit Stall(Victims choose) : choose_(std::move(choose)) {}
  std::string begin() override {
    victims_ = choose_();
    for (Instance* victim : victims_) dynamic_cast<messaging::Poller&>(*victim).stall();
    return "stall " + list_of(victims_);
  }
  void end() override {
    for (Instance* victim : victims_) dynamic_cast<messaging::Poller&>(*victim).go_on();
  }

 private:
  Victims choose_;
  std::vector<Instance*> victims_;  // once it has begun
};

struct StallConsumerFault {
  static constexpr std::string_view kKinds[] = {"consumer_group", "worker"};
  static constexpr std::string_view kTrials[] = {R"({"count": 1})"};

  std::string stall_consumer;
  FaultTiming timing;
  FaultExtent extent;

  static constexpr auto fields() {
    using F = StallConsumerFault;
    return Fields{
        field<&F::stall_consumer>("The consumer group or worker, or one instance: \"mailer[2]\".")
            .required(),
        inlined<&F::timing>(), inlined<&F::extent>()};
  }
  std::unique_ptr<FaultAction> arm(World& world, Directory& directory, const Target& target,
                                   const Strike& strike) const {
    return std::make_unique<Stall>(choose_instances(world, directory, target, extent, strike));
  }
};

}  // namespace

FaultKind stall_consumer() {
  return fault_kind<StallConsumerFault>(
      "stall_consumer", &StallConsumerFault::stall_consumer, Aim::members,
      "Consumers and workers live on and take no messages.",
      "KIP-62; SQS visibility timeout; RabbitMQ consumer_timeout");
}

}  // namespace highwater::faults
