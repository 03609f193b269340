/// What SQS does with the messages of a queue: workers' receives wait for messages and are answered
/// with a batch of them, the one that came first before the others.
///
/// Source   Amazon SQS Developer Guide: visibility timeout, short and long polling, FIFO queues.
/// Checked  tests/models/queue_sqs_test.cpp.

#include <algorithm>
#include <deque>
#include <utility>

#include "models/messaging/queue_component.h"

namespace highwater::messaging {
namespace {

class SqsKeeper final : public Keeper {
 public:
  SqsKeeper(Queue& queue, const SqsQueueParams& params)
      : Keeper(queue), wait_(params.queue.receive_wait), sqs_(params.queue.options()) {}

  Stored store(std::uint32_t message, const Request& publish) override {
    expire();
    const bool is_new = sqs_.send(now(), {.body = message,
                                          .delay = {},
                                          .group = publish.key,
                                          .deduplication = publish.id ^ publish.call()});
    if (!is_new) return Stored::known;
    serve();
    return Stored::yes;
  }

  void ask(Served request) override {
    queue_.count_receive();
    held_.push_back({std::move(request), world().simulation.after(wait_)});
    pass();
  }

  void settle(std::uint64_t receipt, Settlement how) override {
    expire();
    const auto message = sqs_.body(receipt);
    if (!message || how != Settlement::done) return;
    sqs_.remove(now(), receipt);
    queue_.acknowledge(static_cast<std::uint32_t>(*message));
    serve();
    queue_.changed();
  }

  void reconfigure(const QueueParams& params) override {
    wait_ = params.sqs->queue.receive_wait;
    sqs_.change(params.sqs->queue.options());
  }

  /// Messages on their way to it stay hidden until their visibility timeout.
  void worker_lost(std::uint32_t, bool) override {}
  /// The messages do not depend on any one server.
  void killed() override { held_.clear(); }

  std::size_t ready() const override { return sqs_.size() - sqs_.in_flight(); }
  std::size_t in_flight() const override { return sqs_.in_flight(); }

 private:
  struct Receive {
    Served served;
    Time until;
  };

  void pass() override {
    expire();
    serve();
    queue_.changed();
  }

  void expire() {
    sqs_.pass(now(), [this](std::uint64_t message) {
      queue_.drop(static_cast<std::uint32_t>(message), Death::expired);
    });
  }

  /// Answers the receives that there is something for, and those that have waited long enough.
  void serve() {
    while (!held_.empty() && sqs_.next_visible(now()) <= now()) {
      // Whoever closed its connection gets no message.
      if (held_.front().served.abandoned() || fill(queue_.inbox(held_.front().served.request())))
        answer();
    }
    while (!held_.empty() && held_.front().until <= world().now()) {
      if (!held_.front().served.abandoned()) queue_.count_empty_receive();
      answer();
    }
    wake_by(sqs_.next());
    if (!held_.empty()) wake_by(nanoseconds(held_.front().until));
  }

  /// @return false where all that could be received were dead letters.
  bool fill(Inbox& inbox) {
    const auto deliver = [&](const SqsQueue::Delivery& delivery) {
      const auto message = static_cast<std::uint32_t>(delivery.body);
      queue_.hand_out(message);
      queue_.give(inbox, message, delivery.receipt);
    };
    const auto dead = [&](std::uint64_t message) {
      queue_.bury(static_cast<std::uint32_t>(message), Death::receive_count);
    };
    return sqs_.receive(now(), inbox.most, deliver, dead) > 0;
  }

  void answer() {
    held_.front().served.reply(Status::ok);
    held_.pop_front();
  }

  Duration wait_;
  SqsQueue sqs_;
  std::deque<Receive> held_;  // the one that came first in front
};

}  // namespace

std::unique_ptr<Keeper> sqs_keeper(Queue& queue, const SqsQueueParams& params) {
  return std::make_unique<SqsKeeper>(queue, params);
}

}  // namespace highwater::messaging
