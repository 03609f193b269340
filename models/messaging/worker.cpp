/// worker: processes that compete for the messages of a queue and run steps for each.
///
/// A process asks its queue for messages, works on as many at the same time as its concurrency
/// says, in the order in which they came, and acknowledges each when its steps are done. What it
/// had when it dies is delivered again, to whoever asks: by SQS when the visibility timeout is
/// over, by RabbitMQ when the connection breaks; and so is what it takes too long for. So a message
/// may be done several times.
///
/// Assumes  with SQS a message is deleted by a request of its own, which the thread waits for and
///          sends again until it is answered; nobody extends a visibility timeout. With RabbitMQ an
///          acknowledgement is a message that nobody waits for. What a process has when its queue
///          dies it works on, and is not heard when it acknowledges it. The connection breaks the
///          moment a process dies; where it dies silently, after the queue's heartbeat.
/// Source   Amazon SQS Developer Guide, 2024; RabbitMQ 3.10 documentation: Consumer
///          Acknowledgements and Publisher Confirms, Consumer Prefetch.
/// Checked  tests/models/worker_test.cpp, tests/models/queue_sqs_test.cpp,
///          tests/models/queue_rabbitmq_test.cpp.

#include "models/messaging/worker.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/kernel/task.h"
#include "models/calls/pools_to.h"
#include "models/messaging/pollers.h"
#include "models/messaging/processes.h"
#include "models/messaging/queue_component.h"
#include "models/messaging/worker_params.h"
#include "models/placement.h"
#include "models/steps/program.h"
#include "models/weak_points.h"

namespace highwater::messaging {
namespace {

using steps::Block;
using steps::Processor;
using steps::Program;
using steps::Work;

class Worker;
class Workers;

/// A request for messages, again and again, and what the last one brought.
class Poll final : private AttemptWaiter {
 public:
  Poll(Worker& worker, std::uint32_t number, std::uint32_t most);

  void ask();
  /// A message that it brought needs nothing more.
  /// @param told  What the queue is told with the next request.
  void finished(const Handed& message, Settlement told);
  /// The process is gone.
  void stop();
  /// It asks for no more; what it has is still worked on. As if it had just begun: ask_if_idle().
  void withdraw();
  void ask_if_idle() {
    if (attempt_ == nullptr && !pause_.pending() && inbox_.got.empty()) ask();
  }

 private:
  void answered(Reply reply) override;
  void lost() override;
  void ask_after(Duration pause);

  Worker& worker_;
  Inbox inbox_;
  Attempt* attempt_ = nullptr;
  Timer<&Poll::ask> pause_;
  std::uint64_t asked_ = 0;
  std::uint64_t receipt_ = 0;                 // what the queue has not been told yet
  Settlement settlement_ = Settlement::none;  // likewise
};

class Worker final : public Instance, public Poller {
 public:
  Worker(Workers& workers, std::uint32_t index, Zone zone);

  Workers& workers() const { return workers_; }
  void begin();
  void stall() override { ++stalls_; }
  void go_on() override;
  /// It goes when it has done what it has; reopen() takes that back.
  void close();
  void reopen();
  bool is_closing() const { return closing_; }
  /// It does not ask for messages now: it is to go, or its threads stand still. RabbitMQ pushes to
  /// those all the same.
  bool holds_back() const;
  /// `messages` have come, through `poll`.
  void has(Poll& poll, const std::vector<Handed>& messages);

  std::uint64_t processed() const { return processed_; }
  double busy_integral(Time now) const { return busy_.total(now); }
  const Processor& processor() const { return processor_; }
  std::uint32_t number() const { return number_; }
  Duration start_time() const override;

 private:
  friend class Workers;
  void receive(Served served) override { served.reply(Status::error); }  // takes no requests
  void killed() override;
  void started() override {
    if (crasher_ != nullptr) crasher_->started();
    begin();
  }
  void left() override { closing_ = false; }
  void slowdown_changed() override { processor_.set_slowdown(slowdown()); }
  void pause_changed() override { processor_.freeze(paused()); }
  void competitors_changed() override { processor_.set_competitors(competitors()); }
  void cpu_quotas_changed() override { processor_.set_quotas(cpu_quotas()); }
  bool reads_clock() const override;

  struct InHand {
    Poll* poll;
    Handed message;
  };
  void connect();
  Task<> work();
  void begin_work(std::int64_t messages);
  void depart();
  bool is_idle() const { return busy_.value() == 0 && line_.empty(); }
  Task<> handle(InHand one);
  Task<Settlement> settle(const Handed& message, bool failed);

  Workers& workers_;
  Processor processor_;
  std::uint32_t number_ = 0;  // of the queue's workers
  std::deque<Poll> polls_;
  std::deque<InHand> line_;  // nobody is at them
  int stalls_ = 0;
  bool closing_ = false;
  std::unique_ptr<Crasher> crasher_;  // since it crashed first
  Timer<&Worker::depart> depart_;
  std::uint64_t processed_ = 0;
  TimeIntegral busy_;
};

class Workers final : public Component, public HasPools {
 public:
  using Params = WorkerParams;
  Workers(World& world, std::string id, const WorkerParams& params);

  void connect(Directory& directory) override;
  void start() override;
  void examine(const Examination& examination) const override;
  std::vector<std::string> changeable() const override;
  void reconfigure(const Blueprint& changed) override;

  const WorkerParams& params() const { return *params_; }
  Queue& queue() const { return *queue_; }
  Edge& edge() const { return *edge_; }
  CallSite& deletes() const { return *deletes_; }
  Program& program() { return *program_; }
  std::vector<ConnectionPools*> pools_to(const Component& callee) override {
    return highwater::pools_to(program_->sites(), callee);
  }
  const Block& block() const { return block_; }

  /// The steps for a message are done. @return whether that was needed.
  bool count_done(std::uint32_t message);
  void count_failure(bool dropped) {
    ++failed_;
    dropped_ += dropped;
  }
  Tally& processing() { return *processing_; }

 private:
  void declare_metrics();
  void scale(std::uint32_t replicas);
  Worker& worker(std::size_t index) const { return static_cast<Worker&>(*instances()[index]); }

  const WorkerParams* params_;
  Queue* queue_ = nullptr;
  Edge* edge_ = nullptr;
  CallSite* deletes_ = nullptr;
  const Directory* directory_ = nullptr;
  std::optional<Program> program_;
  Block block_;
  Recorder::Owner* owner_ = nullptr;
  Tally* end_to_end_ = nullptr;
  Tally* processing_ = nullptr;
  std::uint64_t processed_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t dropped_ = 0;
};

Poll::Poll(Worker& worker, std::uint32_t number, std::uint32_t most)
    : worker_(worker), pause_(*this) {
  inbox_.worker = number;
  inbox_.most = most;
  worker.workers().queue().add(inbox_);
}

void Poll::ask() {
  Workers& workers = worker_.workers();
  QueueServer& server = workers.queue().server();
  if (worker_.holds_back()) [[unlikely]] {
    // What the queue has not been told yet goes over the connection before that is closed.
    if (settlement_ != Settlement::none && server.up())
      workers.queue().keeper().settle(receipt_, settlement_);
    settlement_ = Settlement::none;
    return;
  }
  if (!server.up() && !server.swallows()) return ask_after(workers.params().poll_interval);
  const Request request = workers.queue().ask_of(inbox_, receipt_, settlement_);
  attempt_ = &Attempt::make(workers.edge(), worker_, server, request, ++asked_, *this);
  attempt_->depart();
}

void Poll::ask_after(Duration pause) {
  worker_.component().world().simulation.schedule_after(pause_, pause);
}

void Poll::answered(Reply reply) {
  attempt_ = nullptr;
  const Workers& workers = worker_.workers();
  if (!reply.ok()) return ask_after(workers.params().poll_interval);
  settlement_ = Settlement::none;
  if (inbox_.got.empty())
    return workers.queue().waits() ? ask() : ask_after(workers.params().poll_interval);
  worker_.has(*this, inbox_.got);
}

void Poll::lost() {
  attempt_ = nullptr;
  ask_after(worker_.workers().queue().patience());
}

void Poll::finished(const Handed& message, Settlement told) {
  const auto is_it = [&](const Handed& one) { return one.receipt == message.receipt; };
  inbox_.got.erase(std::find_if(inbox_.got.begin(), inbox_.got.end(), is_it));
  worker_.workers().queue().let_go(message.message);
  if (told != Settlement::none) {
    receipt_ = message.receipt;
    settlement_ = told;
  }
  if (inbox_.got.empty()) ask();
}

void Poll::withdraw() {
  if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->forget();
  worker_.component().world().simulation.cancel(pause_);
}

void Poll::stop() {
  if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->forget();
  worker_.component().world().simulation.cancel(pause_);
  settlement_ = Settlement::none;
  for (const Handed& message : inbox_.got) worker_.workers().queue().let_go(message.message);
  inbox_.got.clear();
}

Worker::Worker(Workers& workers, std::uint32_t index, Zone zone)
    : Instance(workers, index, zone),
      workers_(workers),
      processor_(workers.world().simulation, workers.params().cores, workers.params().concurrency),
      depart_(*this) {}

Duration Worker::start_time() const {
  return workers_.params().start_time;
}

void Worker::connect() {
  const WorkerParams& params = workers_.params();
  number_ = workers_.queue().add_worker();
  const bool sqs = workers_.queue().is_sqs();
  const std::uint32_t prefetch = params.prefetch.value_or(params.concurrency);
  const std::uint32_t polls = sqs ? params.concurrency : prefetch;
  for (std::uint32_t i = 0; i < polls; ++i)
    polls_.emplace_back(*this, number_, sqs ? params.batch_size.value_or(1) : prefetch);
}

void Worker::begin() {
  for (Poll& poll : polls_) poll.ask();
}

void Worker::has(Poll& poll, const std::vector<Handed>& messages) {
  for (const Handed& message : messages) line_.push_back({&poll, message});
  if (stalls_ == 0) begin_work(static_cast<std::int64_t>(messages.size()));
}

void Worker::begin_work(std::int64_t messages) {
  const std::int64_t hands = workers_.params().concurrency;
  for (std::int64_t i = std::min(messages, hands - busy_.value()); i > 0; --i)
    tasks().spawn(work());
}

bool Worker::holds_back() const {
  return closing_ || (stalls_ > 0 && workers_.queue().is_sqs());
}

void Worker::go_on() {
  if (--stalls_ > 0 || !up()) return;
  begin_work(static_cast<std::int64_t>(line_.size()));
  for (Poll& poll : polls_) poll.ask_if_idle();
}

void Worker::close() {
  closing_ = true;
  for (Poll& poll : polls_) poll.withdraw();
  if (is_idle()) workers_.world().simulation.reschedule_after(depart_, Duration{0});
}

void Worker::reopen() {
  workers_.world().simulation.cancel(depart_);
  closing_ = false;
  if (leaving()) appear();
  if (up())
    for (Poll& poll : polls_) poll.ask_if_idle();
}

void Worker::depart() {
  if (closing_ && !absent()) leave({});
}

Task<> Worker::work() {
  const Simulation& simulation = workers_.world().simulation;
  busy_.add(simulation.now(), 1);
  while (!line_.empty() && stalls_ == 0) {
    const InHand one = line_.front();
    line_.pop_front();
    co_await handle(one);
  }
  busy_.add(simulation.now(), -1);
  if (closing_ && is_idle()) workers_.world().simulation.reschedule_after(depart_, Duration{0});
}

Task<> Worker::handle(InHand one) {
  const Simulation& simulation = workers_.world().simulation;
  const Time begun = simulation.now();
  const Message& message = workers_.queue().message(one.message.message).message;
  Work work{message.work(one.message.attempt), *this, processor_};
  Status status = co_await workers_.program().run(workers_.block(), work);
  if (const Spoilt spoilt = workers_.queue().message(one.message.message).message.spoilt;
      spoilt != Spoilt::no) [[unlikely]] {
    status = Status::error;
    if (spoilt == Spoilt::crashes) {
      if (crasher_ == nullptr) crasher_ = std::make_unique<Crasher>(*this);
      crasher_->crash();
      co_await std::suspend_always{};
    }
  }
  workers_.processing().record(simulation.now(), simulation.now() - begun);
  const bool failed = status != Status::ok;
  if (failed)
    workers_.count_failure(workers_.params().on_failure == AfterFailure::drop);
  else if (workers_.count_done(one.message.message))
    ++processed_;
  const Settlement told = co_await settle(one.message, failed);
  one.poll->finished(one.message, told);
}

/// @return what the queue is to be told with the next request.
Task<Settlement> Worker::settle(const Handed& message, bool failed) {
  const AfterFailure after = workers_.params().on_failure;
  const bool redeliver = failed && after == AfterFailure::redeliver;
  if (!workers_.queue().is_sqs()) {
    const bool reject = failed && after == AfterFailure::dead_letter;
    co_return redeliver ? Settlement::requeue : reject ? Settlement::reject : Settlement::done;
  }
  if (redeliver) co_return Settlement::none;
  Request request;
  request.operation = Operation::remove;
  request.id = workers_.queue().message(message.message).message.request;
  request.key = message.receipt;
  request.path = message.receipt;
  for (std::uint32_t attempt = 1;; ++attempt) {
    const Reply reply = co_await Call(workers_.deletes(), *this, request, attempt);
    if (reply.ok()) co_return Settlement::none;
    co_await workers_.world().simulation.delay(workers_.params().poll_interval);
  }
}

void Worker::killed() {
  busy_.set(workers_.world().now(), 0);
  line_.clear();
  for (Poll& poll : polls_) poll.stop();
  workers_.queue().keeper().worker_lost(number_, swallows());
  if (closing_ && !absent()) workers_.world().simulation.reschedule_after(depart_, Duration{0});
}

Workers::Workers(World& world, std::string id, const WorkerParams& params)
    : Component(world, std::move(id), "worker"), params_(&params) {
  const std::uint32_t most = std::max(params.replicas, world.reserved(this->id()).value_or(0));
  for (std::uint32_t i = 0; i < most; ++i)
    add(std::make_unique<Worker>(*this, i, place(world, params.zones, i)));
  declare_metrics();
}

void Workers::connect(Directory& directory) {
  directory_ = &directory;
  queue_ = dynamic_cast<Queue*>(&directory.component(params().queue.id));
  program_.emplace(*this, directory);
  block_ = program_->compile(params().steps);
  measure_calls(*owner_, program_->sites(), instances().size());
  if (queue_ == nullptr) return;  // examine() says so
  edge_ = &directory.edge(*this, *queue_, true);
  CallPolicy patient;
  patient.timeout = queue_->patience();
  deletes_ = &program_->site(params().queue.id, patient, true);
  for (const auto& instance : instances()) static_cast<Worker&>(*instance).connect();
  for (std::size_t i = params().replicas; i < instances().size(); ++i) worker(i).be_absent();
}

void Workers::start() {
  if (queue_ == nullptr) return;
  for (std::size_t i = 0; i < instances().size(); ++i)
    if (!worker(i).absent()) worker(i).begin();
}

bool Worker::reads_clock() const {
  return any_reads_clock(workers_.program().sites());
}

std::vector<std::string> Workers::changeable() const {
  std::vector<std::string> names = steps::changeable_steps("steps");
  for (const char* name : {"on_failure", "poll_interval"}) names.push_back(name);
  if (world().reserved(id())) names.push_back("replicas");
  return names;
}

void Workers::reconfigure(const Blueprint& changed) {
  params_ = &params_in<WorkerParams>(changed);
  Program::reconfigure(block_, params().steps);
  scale(params().replicas);
}

/// The last ones go first, and come last.
void Workers::scale(std::uint32_t replicas) {
  std::uint32_t there = 0;
  for (std::size_t i = 0; i < instances().size(); ++i)
    there += !worker(i).absent() && !worker(i).is_closing();
  for (std::size_t i = 0; i < instances().size() && there < replicas; ++i) {
    if (worker(i).is_closing())
      worker(i).reopen();
    else if (worker(i).absent())
      worker(i).appear();
    else
      continue;
    ++there;
  }
  for (std::size_t i = instances().size(); i-- > 0 && there > replicas;) {
    if (worker(i).absent() || worker(i).is_closing()) continue;
    worker(i).close();
    --there;
  }
}

void Workers::examine(const Examination& examination) const {
  const Value& where = examination.where;
  if (const Value* const steps = where.find("steps")) {
    steps::SeenShared shared;
    const std::string path = pointer_to(examination.path, "steps");
    steps::examine_calls(*steps, path, *directory_, examination.problems);
    steps::examine_shared(*steps, path, shared, examination.problems);
  }
  const auto wrong = [&](const char* name, const std::string& why) {
    const Value* const given = where.find(name);
    examination.problems.error((given != nullptr ? *given : where).position(),
                               pointer_to(examination.path, name), why);
  };
  if (queue_ == nullptr) return wrong("queue", in_quotes(params().queue.id) + " is no queue");
  const std::string product = in_quotes(queue_->id()) + " is a queue of ";
  if (queue_->is_sqs()) {
    if (params().prefetch) wrong("prefetch", product + "sqs, which pushes nothing");
    if (params().on_failure == AfterFailure::dead_letter)
      wrong("on_failure", product + "sqs, where only max_receive_count makes dead letters");
    return;
  }
  if (params().batch_size) wrong("batch_size", product + "rabbitmq, which is not polled");
  if (params().on_failure == AfterFailure::dead_letter && !queue_->has_dead_letters())
    wrong("on_failure", in_quotes(queue_->id()) + " has no dead_letter queue");
}

bool Workers::count_done(std::uint32_t message) {
  if (!queue_->processed(message)) {
    ++duplicates_;
    return false;
  }
  ++processed_;
  const Time now = world().now();
  end_to_end_->record(now, now - queue_->message(message).message.intended);
  return true;
}

void Workers::declare_metrics() {
  Recorder::Owner& owner = world().recorder.owner(id());
  owner_ = &owner;
  owner.rate("throughput_rps", processed_);
  end_to_end_ = &owner.tally("end_to_end_ms");
  processing_ = &owner.tally("processing_ms");
  measure_processes<Worker>(*this, owner, params().concurrency, world().reserved(id()).has_value());
  owner.count("processed", processed_);
  owner.count("duplicates", duplicates_);
  owner.count("failed", failed_);
  owner.count("dropped", dropped_);
}

}  // namespace

ModelKind worker() {
  std::vector<MetricInfo> metrics = {
      {"throughput_rps", "/s", "Messages processed, each counted once."},
      {"end_to_end_ms", "ms",
       "From when a client meant to send the request that a message stems from until the message "
       "was processed first.",
       MetricShape::kTimes},
      {"processing_ms", "ms", "The steps for a message, each attempt by itself.",
       MetricShape::kTimes},
      {"utilization", "1", "Messages worked on / concurrency, over all processes."},
      {"cpu_utilization", "1", "Busy cores / cores, over all processes."},
      {"processed", "messages", "Messages processed, each counted once.", MetricShape::kCount},
      {"duplicates", "messages",
       "Times that a message was processed that had been before: it was delivered again because "
       "its acknowledgement came too late, or not at all.",
       MetricShape::kCount},
      {"failed", "messages", "Attempts at a message that failed.", MetricShape::kCount},
      {"dropped", "messages", "Those that were acknowledged all the same.", MetricShape::kCount}};
  for (MetricInfo& metric : call_metrics()) metrics.push_back(std::move(metric));
  ModelKind kind = model_kind<Workers>(
      "worker", "Processes that take messages from a queue and run steps for each.",
      "Amazon SQS Developer Guide; RabbitMQ 3.10", std::move(metrics));
  kind.info.callable = false;
  return kind;
}

}  // namespace highwater::messaging
