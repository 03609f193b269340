/// consumer_group: consumers that share the partitions of a topic and run steps for each message.
///
/// Every partition is read by one consumer, in order, one message at a time. A consumer has one
/// fetch on its way for each partition that it has no messages of; the broker keeps it until there
/// are some. So a message that finds its partition drained takes one way over the network, others
/// come along with the next fetch. What is processed is committed every commit_interval, at the end
/// of a poll; a consumer that dies leaves the rest to be done again by whoever has the partition
/// next (at least once).
///
/// Partitions are shared out as Kafka's range assignor does for one topic: in order, the first P
/// mod C consumers get one more. They are shared out anew when a dead consumer's session times out
/// and when one comes back. A partition moves once the messages in hand are done, and committed.
/// With an `assignor` the group goes through Kafka's protocol instead (GroupProtocol): consumers
/// learn of a rebalance by their heartbeats and join it when they next poll; those of the eager
/// assignors read nothing meanwhile.
///
/// Assumes  requests to the coordinator and commits take no time and never fail. Without an
///          assignor: a consumer is lost by its death alone; the partitions that stay where they
///          are go on meanwhile (cooperative rebalancing); a consumer that comes back before its
///          session is over takes its old place, as a static member does. A silent broker is given
///          up after 30 s; an answer to a fetch is of any size; a consumer with several threads
///          polls as long as one of them is free.
/// Source   Apache Kafka 3.7: RangeAssignor, ConsumerCoordinator (auto-commit), Fetcher, default
///          settings of ConsumerConfig; KIP-345 (static membership).
/// Checked  tests/models/consumer_group_test.cpp: M/M/1 times, order, commits and duplicates,
///          reassignment, conservation.

#include "models/messaging/consumer_group.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "engine/kernel/task.h"
#include "models/algorithms/messaging/range_assignor.h"
#include "models/calls/pools_to.h"
#include "models/messaging/consumer_group_params.h"
#include "models/messaging/group_protocol.h"
#include "models/messaging/pollers.h"
#include "models/messaging/processes.h"
#include "models/messaging/topic_component.h"
#include "models/placement.h"
#include "models/steps/program.h"
#include "models/weak_points.h"

namespace highwater::messaging {
namespace {

using steps::Block;
using steps::Processor;
using steps::Program;
using steps::Work;

constexpr Duration kRequestTimeout = 30s;  // Kafka request.timeout.ms

class Consumer;
class ConsumerGroup;

/// Where the group stands in one partition, and who reads it.
///
/// Offsets: committed_ <= position_ <= fetched_. What is before committed_ is never seen again;
/// what is between position_ and fetched_ lies with the owner, or with the worker that is still at
/// it after the partition was given to another owner.
class Cursor final : private AttemptWaiter {
 public:
  Cursor(ConsumerGroup& group, std::uint32_t partition)
      : group_(group), partition_(partition), retry_(*this) {}

  const Consumer* owner() const { return owner_; }
  std::uint32_t partition() const { return partition_; }
  std::uint64_t position() const { return position_; }
  const Message& next() const;

  /// Gives the partition to `owner`, or to nobody; at once, unless a worker has messages in hand.
  void assign(Consumer* owner);
  /// Reads on for an owner that is back, if it is the owner's to read.
  void resume();
  /// The process of `consumer` is gone, with what it had fetched and not committed.
  void forget(const Consumer& consumer);

  /// `worker` takes up to `most` messages in hand. @return the offset after the last.
  std::uint64_t begin_batch(Consumer& worker, std::uint64_t most);
  /// The next message is done with.
  void advance();
  /// @return whether the worker has more messages of this partition.
  bool end_batch();

  /// Precondition: nobody has messages of it in hand, or the one who has asks.
  void commit();

  /// There is nothing from `end` on any more: it goes on from there.
  void cut(std::uint64_t end);
  /// So the message in hand is none that is there.
  bool is_cut() const { return is_cut_; }

 private:
  void answered(Reply reply) override;
  void lost() override;
  void fetch();
  void fetch_again_after(Duration pause);
  void stop_fetching();
  void begin_reading();

  ConsumerGroup& group_;
  std::uint32_t partition_;
  Consumer* owner_ = nullptr;
  Consumer* worker_ = nullptr;
  std::uint64_t committed_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t fetched_ = 0;
  std::uint64_t fetches_ = 0;
  bool is_cut_ = false;
  Attempt* attempt_ = nullptr;
  Timer<&Cursor::fetch> retry_;
};

class Consumer final : public Instance, public Poller {
 public:
  Consumer(ConsumerGroup& group, std::uint32_t index, Zone zone);

  /// Takes part in the sharing out: alive, or dead since less than session_timeout.
  bool is_member() const { return member_; }

  void stall() override;
  void go_on() override;
  bool is_stalled() const { return stalls_ > 0; }
  /// It is none of those that there are at first.
  void begin_absent() {
    be_absent();
    member_ = false;
  }
  /// It leaves the group, and goes when it has done what it has in hand; reopen() takes that back.
  void close();
  void reopen();
  bool is_closing() const { return closing_; }
  void is_no_member() { member_ = false; }

  /// It is dead, or stands still; the group waits for session_timeout for it to come back.
  void wait_for_session();
  /// It is back in time; or it was given up, and is a member anew.
  void is_heard_again();
  /// What it has in hand, and has not committed, another does.
  void drop_all();

  /// Messages of `cursor` have come, or are left of it.
  void has_messages(Cursor& cursor);
  /// `cursor` goes to another consumer.
  void give_up(Cursor& cursor);
  /// `cursor` has come to a position that is to be committed.
  void has_progress(Cursor& cursor);

  std::uint64_t processed() const { return processed_; }
  double busy_integral(Time now) const { return busy_.total(now); }
  const Processor& processor() const { return processor_; }

 private:
  void receive(Served served) override { served.reply(Status::error); }  // takes no requests
  void killed() override;
  void started() override;
  void slowdown_changed() override { processor_.set_slowdown(slowdown()); }
  void left() override { closing_ = member_ = false; }
  void pause_changed() override;
  void competitors_changed() override { processor_.set_competitors(competitors()); }
  void cpu_quotas_changed() override { processor_.set_quotas(cpu_quotas()); }
  bool reads_clock() const override;
  Duration start_time() const override;

  Task<> work();
  Task<bool> handle(Cursor& cursor);
  void crash();
  void depart_soon();
  void depart();
  void commit();
  void commit_time();
  void session_over();

  ConsumerGroup& group_;
  Processor processor_;
  std::deque<Cursor*> ready_;         // with messages, and no thread at them
  std::vector<Cursor*> uncommitted_;  // with progress since the last commit
  bool member_ = true;
  bool closing_ = false;
  int stalls_ = 0;
  std::unique_ptr<Crasher> crasher_;  // since it crashed first
  bool commit_due_ = false;
  Time last_commit_{};
  Timer<&Consumer::commit_time> commit_timer_;
  Timer<&Consumer::session_over> session_;
  Timer<&Consumer::depart> depart_;
  std::uint64_t processed_ = 0;
  TimeIntegral busy_;  // threads
};

class ConsumerGroup final : public Component,
                            public HasPools,
                            public Members,
                            private Reader,
                            private GroupListener {
 public:
  using Params = ConsumerGroupParams;
  ConsumerGroup(World& world, std::string id, const ConsumerGroupParams& params);

  void connect(Directory& directory) override;
  void start() override;
  void examine(const Examination& examination) const override;
  std::vector<std::string> changeable() const override;
  void reconfigure(const Blueprint& changed) override;
  bool has_protocol() const override { return params().assignor.has_value(); }
  void rejoin(Instance& member) override;

  /// A consumer leaves in good order.
  void leaves(Consumer& consumer);
  /// A consumer's process is gone, or back.
  void lost(Consumer& consumer);
  void is_back(Consumer& consumer);
  /// It stands still, or goes on.
  void stalls(Consumer& consumer, bool stalls);
  /// Shares the partitions out among the members anew, at once.
  void rebalance();
  /// Whether a consumer asks for messages, or is busy with what it has.
  void polls(const Consumer& consumer, bool polls) {
    if (protocol_) protocol_->polls(consumer.index(), polls);
  }

  const ConsumerGroupParams& params() const { return *params_; }
  Topic& topic() { return *topic_; }
  Edge& edge() { return *edge_; }
  std::uint32_t reader() const { return reader_; }
  Program& program() { return *program_; }
  std::vector<ConnectionPools*> pools_to(const Component& callee) override {
    return highwater::pools_to(program_->sites(), callee);
  }
  const Block& block() const { return block_; }
  std::deque<Cursor>& cursors() { return cursors_; }

  /// The next message of `cursor` is done: processed, or given up.
  /// @return whether it was processed for the first time.
  bool count_done(const Cursor& cursor, bool processed);
  void count_failure() { ++failed_; }
  Tally& processing() { return *processing_; }

 private:
  void appended(std::uint64_t messages) override {
    lag_.add(world().now(), static_cast<std::int64_t>(messages));
  }
  void cut(std::uint32_t partition, std::uint64_t end, std::uint64_t readable) override;
  void revoked(std::uint32_t consumer, std::span<const TopicPartition> partitions) override;
  void assigned(std::uint32_t consumer, std::span<const TopicPartition> partitions) override;
  void gone(std::uint32_t consumer) override;
  void at_rest(std::int32_t generation) override;
  Consumer& consumer(std::uint32_t index) const {
    return static_cast<Consumer&>(*instances()[index]);
  }
  void share_out();
  void scale(std::uint32_t consumers);
  void declare_metrics();

  const ConsumerGroupParams* params_;
  Topic* topic_ = nullptr;
  Edge* edge_ = nullptr;
  const Directory* directory_ = nullptr;
  std::uint32_t reader_ = 0;
  std::optional<Program> program_;
  Recorder::Owner* owner_ = nullptr;
  Block block_;
  std::deque<Cursor> cursors_;  // by partition
  std::optional<GroupProtocol> protocol_;
  std::vector<std::uint64_t> done_;  // by partition: every offset before this was done once
  TimeIntegral lag_;
  std::uint64_t processed_ = 0;
  std::uint64_t skipped_ = 0;
  std::uint64_t duplicates_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t rebalances_ = 0;
  Tally* end_to_end_ = nullptr;
  Tally* processing_ = nullptr;
};

const Message& Cursor::next() const {
  return group_.topic().partition(partition_).log.at(position_);
}

void Cursor::assign(Consumer* owner) {
  Consumer* const before = std::exchange(owner_, owner);
  if (owner == before) return;
  stop_fetching();
  // end_batch() or forget() hands it over.
  if (worker_ != nullptr) return worker_->paused() ? worker_->drop_all() : void();
  if (before != nullptr && before->up()) {
    before->give_up(*this);
    // Who does not poll commits nothing: what it did is done again.
    if (!before->is_stalled() && !before->paused()) commit();
  }
  begin_reading();
}

void Cursor::resume() {
  const bool reads = attempt_ != nullptr || retry_.pending() || position_ < fetched_;
  if (worker_ == nullptr && !reads) begin_reading();
}

void Cursor::forget(const Consumer& consumer) {
  if (worker_ != nullptr ? worker_ != &consumer : owner_ != &consumer) return;
  worker_ = nullptr;
  stop_fetching();
  position_ = fetched_ = committed_;
  if (owner_ != &consumer) begin_reading();
}

std::uint64_t Cursor::begin_batch(Consumer& worker, std::uint64_t most) {
  worker_ = &worker;
  is_cut_ = false;
  const std::uint64_t end = std::min(fetched_, position_ + most);
  // The next messages come over the network while these are worked on.
  if (end == fetched_) fetch();
  return end;
}

void Cursor::cut(std::uint64_t end) {
  for (std::uint64_t* offset : {&committed_, &position_, &fetched_})
    *offset = std::min(*offset, end);
  is_cut_ = worker_ != nullptr;
}

void Cursor::advance() {
  if (position_ == committed_) worker_->has_progress(*this);
  ++position_;
}

bool Cursor::end_batch() {
  Consumer& worker = *std::exchange(worker_, nullptr);
  if (owner_ != &worker) {
    worker.give_up(*this);
    commit();
    begin_reading();
    return false;
  }
  if (position_ < fetched_) return true;
  // It was given to another and back meanwhile.
  if (attempt_ == nullptr && !retry_.pending()) fetch();
  return false;
}

void Cursor::commit() {
  committed_ = position_;
  PartitionLog& log = group_.topic().partition(partition_).log;
  const std::size_t kept = log.kept();
  log.release(group_.reader(), committed_);
  group_.world().in_flight.let_go(kept - log.kept());
}

void Cursor::begin_reading() {
  if (owner_ == nullptr || !owner_->up()) return;
  position_ = fetched_ = committed_;
  fetch();
}

void Cursor::fetch() {
  HIGHWATER_CHECK(attempt_ == nullptr);
  Topic& topic = group_.topic();
  Broker& broker = topic.broker_of(partition_);
  if (!broker.up()) return fetch_again_after(group_.params().retry_backoff);
  topic.partition(partition_).fetches[group_.reader()].from = fetched_;
  const std::uint64_t number = ++fetches_;
  const Request request = topic.fetch(group_.reader(), partition_, number);
  attempt_ = &Attempt::make(group_.edge(), *owner_, broker, request, number, *this);
  attempt_->depart();
}

void Cursor::answered(Reply reply) {
  attempt_ = nullptr;
  if (!reply.ok()) return fetch_again_after(group_.params().retry_backoff);
  fetched_ = group_.topic().partition(partition_).fetches[group_.reader()].until;
  if (worker_ == nullptr) owner_->has_messages(*this);
}

void Cursor::lost() {
  attempt_ = nullptr;
  fetch_again_after(kRequestTimeout);
}

void Cursor::fetch_again_after(Duration pause) {
  group_.world().simulation.schedule_after(retry_, pause);
}

void Cursor::stop_fetching() {
  if (attempt_ != nullptr) std::exchange(attempt_, nullptr)->forget();
  group_.world().simulation.cancel(retry_);
}

Consumer::Consumer(ConsumerGroup& group, std::uint32_t index, Zone zone)
    : Instance(group, index, zone),
      group_(group),
      processor_(group.world().simulation, group.params().cores, group.params().concurrency),
      commit_timer_(*this),
      session_(*this),
      depart_(*this) {}

Duration Consumer::start_time() const {
  return group_.params().start_time;
}

void Consumer::has_messages(Cursor& cursor) {
  ready_.push_back(&cursor);
  if (stalls_ == 0 && busy_.value() < group_.params().concurrency) tasks().spawn(work());
}

void Consumer::give_up(Cursor& cursor) {
  std::erase(ready_, &cursor);
  std::erase(uncommitted_, &cursor);
}

Task<> Consumer::work() {
  const Simulation& simulation = group_.world().simulation;
  busy_.add(simulation.now(), 1);
  while (!ready_.empty() && stalls_ == 0) {
    Cursor& cursor = *ready_.front();
    ready_.pop_front();
    const std::uint64_t end = cursor.begin_batch(*this, group_.params().max_poll_records);
    if (busy_.value() == group_.params().concurrency) group_.polls(*this, false);
    bool goes_on = true;
    while (goes_on && stalls_ == 0 && cursor.position() < end) goes_on = co_await handle(cursor);
    // As Kafka's consumer does: first what is left of this fetch, then the other partitions.
    if (cursor.end_batch()) ready_.push_front(&cursor);
    if (stalls_ > 0) break;
    if (commit_due_) commit();
    group_.polls(*this, true);
  }
  busy_.add(simulation.now(), -1);
  if (closing_ && busy_.value() == 0) depart_soon();
}

void Consumer::stall() {
  if (++stalls_ == 1 && up()) group_.polls(*this, false);
}

void Consumer::go_on() {
  if (--stalls_ > 0 || !up()) return;
  if (commit_due_ && busy_.value() == 0) commit();
  const std::int64_t threads = group_.params().concurrency;
  if (busy_.value() < threads) group_.polls(*this, true);
  const auto more = static_cast<std::int64_t>(ready_.size());
  for (std::int64_t i = std::min(more, threads - busy_.value()); i > 0; --i) tasks().spawn(work());
}

void Consumer::crash() {
  if (crasher_ == nullptr) crasher_ = std::make_unique<Crasher>(*this);
  crasher_->crash();
}

void Consumer::close() {
  closing_ = true;
  group_.world().simulation.cancel(session_);
  group_.leaves(*this);
  if (busy_.value() == 0) depart_soon();
}

void Consumer::reopen() {
  group_.world().simulation.cancel(depart_);
  closing_ = false;
  if (leaving()) appear();
  if (up()) started();
}

void Consumer::depart_soon() {
  group_.world().simulation.reschedule_after(depart_, Duration{0});
}

void Consumer::depart() {
  if (closing_ && !absent()) leave({});
}

/// Processes the next message. @return false when the partition has moved away instead.
Task<bool> Consumer::handle(Cursor& cursor) {
  Simulation& simulation = group_.world().simulation;
  const Message message = cursor.next();
  for (std::uint64_t attempt = 0;; ++attempt) {
    const Time begun = simulation.now();
    Work work{message.work(attempt), *this, processor_};
    Status status = co_await group_.program().run(group_.block(), work);
    if (message.spoilt != Spoilt::no) [[unlikely]] {
      status = Status::error;
      if (message.spoilt == Spoilt::crashes) {
        crash();
        co_await std::suspend_always{};
      }
    }
    group_.processing().record(simulation.now(), simulation.now() - begun);
    const bool failed = status != Status::ok;
    if (failed) group_.count_failure();
    if (cursor.is_cut()) co_return false;
    if (failed && group_.params().on_failure == OnFailure::retry) {
      co_await simulation.delay(group_.params().retry_backoff);
      if (cursor.owner() != this || cursor.is_cut()) co_return false;
      continue;
    }
    if (group_.count_done(cursor, !failed)) ++processed_;
    cursor.advance();
    co_return true;
  }
}

void Consumer::has_progress(Cursor& cursor) {
  uncommitted_.push_back(&cursor);
  if (commit_due_ || commit_timer_.pending()) return;
  // A consumer without messages goes on polling and committing nothing, so the next commit falls on
  // a whole number of intervals after the last.
  Simulation& simulation = group_.world().simulation;
  const Duration interval = group_.params().commit_interval;
  const std::int64_t passed = (simulation.now() - last_commit_) / interval;
  simulation.schedule_at(commit_timer_, last_commit_ + (passed + 1) * interval);
}

void Consumer::commit_time() {
  if (busy_.value() == 0 && stalls_ == 0)
    commit();
  else
    commit_due_ = true;
}

void Consumer::commit() {
  last_commit_ = group_.world().now();
  commit_due_ = false;
  for (Cursor* cursor : uncommitted_) cursor->commit();
  uncommitted_.clear();
}

void Consumer::killed() {
  Simulation& simulation = group_.world().simulation;
  ready_.clear();
  uncommitted_.clear();
  commit_due_ = false;
  simulation.cancel(commit_timer_);
  busy_.set(simulation.now(), 0);
  for (Cursor& cursor : group_.cursors()) cursor.forget(*this);
  if (!closing_) return group_.lost(*this);
  if (!absent()) depart_soon();
}

void Consumer::pause_changed() {
  processor_.freeze(paused());
  if (up()) group_.stalls(*this, paused());
}

void Consumer::drop_all() {
  Simulation& simulation = group_.world().simulation;
  tasks().cancel();
  ready_.clear();
  uncommitted_.clear();
  commit_due_ = false;
  simulation.cancel(commit_timer_);
  busy_.set(simulation.now(), 0);
  group_.polls(*this, true);
  for (Cursor& cursor : group_.cursors()) cursor.forget(*this);
}

void Consumer::is_heard_again() {
  group_.world().simulation.cancel(session_);
  if (std::exchange(member_, true)) return;
  group_.is_back(*this);
}

void Consumer::session_over() {
  member_ = false;
  group_.rebalance();
}

void Consumer::wait_for_session() {
  if (session_.pending()) return;  // it was not heard of before it died
  group_.world().simulation.schedule_after(session_, group_.params().session_timeout);
}

void Consumer::started() {
  group_.world().simulation.cancel(session_);
  last_commit_ = group_.world().now();
  member_ = true;
  if (crasher_ != nullptr) crasher_->started();
  group_.is_back(*this);
  if (stalls_ > 0) group_.polls(*this, false);
}

ConsumerGroup::ConsumerGroup(World& world, std::string id, const ConsumerGroupParams& params)
    : Component(world, std::move(id), "consumer_group"), params_(&params) {
  const std::uint32_t most = std::max(params.consumers, world.reserved(this->id()).value_or(0));
  for (std::uint32_t i = 0; i < most; ++i)
    add(std::make_unique<Consumer>(*this, i, place(world, params.zones, i)));
  declare_metrics();
}

void ConsumerGroup::connect(Directory& directory) {
  directory_ = &directory;
  topic_ = dynamic_cast<Topic*>(&directory.component(params().topic.id));
  if (topic_ == nullptr) return;  // examine() says so
  edge_ = &directory.edge(*this, *topic_, true);
  reader_ = topic_->add_reader(*this);
  program_.emplace(*this, directory);
  block_ = program_->compile(params().steps);
  measure_calls(*owner_, program_->sites(), instances().size());
  for (std::uint32_t p = 0; p < topic_->partition_count(); ++p) cursors_.emplace_back(*this, p);
  done_.resize(cursors_.size());
  for (std::size_t i = params().consumers; i < instances().size(); ++i)
    static_cast<Consumer&>(*instances()[i]).begin_absent();
}

void ConsumerGroup::examine(const Examination& examination) const {
  if (topic_ == nullptr)
    return examination.problems.error(
        params().topic.position, pointer_to(examination.path, "topic"),
        in_quotes(params().topic.id) + " is no topic; workers empty queues");
  if (const Value* const steps = examination.where.find("steps")) {
    steps::SeenShared shared;
    const std::string path = pointer_to(examination.path, "steps");
    steps::examine_calls(*steps, path, *directory_, examination.problems);
    steps::examine_shared(*steps, path, shared, examination.problems);
  }
  const std::uint32_t partitions = topic_->partition_count();
  const Value* const consumers = examination.where.find("consumers");
  if (params().consumers <= partitions || consumers == nullptr) return;
  examination.problems.warning(
      consumers->position(), pointer_to(examination.path, "consumers"),
      "more consumers than " + in_quotes(topic_->id()) + " has partitions: " +
          std::to_string(params().consumers - partitions) + " of them have nothing to do");
}

void ConsumerGroup::share_out() {
  std::vector<Consumer*> members;
  for (const auto& instance : instances()) {
    auto& consumer = static_cast<Consumer&>(*instance);
    if (consumer.is_member()) members.push_back(&consumer);
  }
  const auto partitions = static_cast<std::uint32_t>(cursors_.size());
  const auto count = static_cast<std::uint32_t>(members.size());
  for (std::uint32_t p = 0; p < partitions; ++p)
    cursors_[p].assign(members.empty() ? nullptr : members[range_member(p, partitions, count)]);
}

void ConsumerGroup::start() {
  if (!params().assignor) return share_out();
  GroupListener& listener = *this;
  protocol_.emplace(world().simulation, listener, params().protocol(),
                    params().static_members.value_or(false), topic_->partition_count());
  for (const auto& instance : instances())
    if (!instance->absent()) protocol_->started(instance->index());
}

bool Consumer::reads_clock() const {
  return any_reads_clock(group_.program().sites());
}

std::vector<std::string> ConsumerGroup::changeable() const {
  std::vector<std::string> names = steps::changeable_steps("steps");
  for (const char* name : {"max_poll_records", "commit_interval", "on_failure", "retry_backoff"})
    names.push_back(name);
  if (world().reserved(id())) names.push_back("consumers");
  return names;
}

void ConsumerGroup::reconfigure(const Blueprint& changed) {
  params_ = &params_in<ConsumerGroupParams>(changed);
  Program::reconfigure(block_, params().steps);
  scale(params().consumers);
}

/// The last ones go first, and come last.
void ConsumerGroup::scale(std::uint32_t consumers) {
  std::uint32_t there = 0;
  for (const auto& instance : instances()) {
    auto& each = static_cast<Consumer&>(*instance);
    if (!each.absent() && !each.is_closing()) ++there;
  }
  for (std::size_t i = 0; i < instances().size() && there < consumers; ++i) {
    Consumer& each = consumer(static_cast<std::uint32_t>(i));
    if (each.is_closing())
      each.reopen();
    else if (each.absent())
      each.appear();
    else
      continue;
    ++there;
  }
  for (std::size_t i = instances().size(); i-- > 0 && there > consumers;) {
    Consumer& each = consumer(static_cast<std::uint32_t>(i));
    if (each.absent() || each.is_closing()) continue;
    each.close();
    --there;
  }
}

void ConsumerGroup::leaves(Consumer& consumer) {
  if (protocol_) return protocol_->closed(consumer.index());
  consumer.is_no_member();
  rebalance();
}

void ConsumerGroup::rejoin(Instance& member) {
  auto& consumer = static_cast<Consumer&>(member);
  if (!consumer.up() || consumer.is_closing()) return;
  protocol_->rejoins(consumer.index());
  if (consumer.is_stalled()) polls(consumer, false);
}

void ConsumerGroup::lost(Consumer& consumer) {
  if (protocol_)
    protocol_->killed(consumer.index());
  else
    consumer.wait_for_session();
}

void ConsumerGroup::stalls(Consumer& consumer, bool stalls) {
  if (protocol_)
    protocol_->freeze(consumer.index(), stalls);
  else
    stalls ? consumer.wait_for_session() : consumer.is_heard_again();
}

void ConsumerGroup::is_back(Consumer& consumer) {
  if (protocol_) return protocol_->started(consumer.index());
  rebalance();
  for (Cursor& cursor : cursors_)
    if (cursor.owner() == &consumer) cursor.resume();
}

void ConsumerGroup::revoked(std::uint32_t consumer, std::span<const TopicPartition> partitions) {
  for (const TopicPartition p : partitions)
    if (cursors_[p.partition].owner() == &this->consumer(consumer))
      cursors_[p.partition].assign(nullptr);
}

void ConsumerGroup::assigned(std::uint32_t consumer, std::span<const TopicPartition> partitions) {
  for (const TopicPartition p : partitions) cursors_[p.partition].assign(&this->consumer(consumer));
}

void ConsumerGroup::gone(std::uint32_t consumer) {
  world().happened("left group", this->consumer(consumer).label() + " is no longer in the group");
}

void ConsumerGroup::at_rest(std::int32_t generation) {
  ++rebalances_;
  world().happened("rebalance", id() + " has shared out the partitions of " + topic_->id() +
                                    ", generation " + std::to_string(generation));
}

void ConsumerGroup::rebalance() {
  ++rebalances_;
  std::size_t members = 0;
  for (const auto& instance : instances())
    members += static_cast<const Consumer&>(*instance).is_member();
  world().happened("rebalance", id() + " shares the partitions of " + topic_->id() + " among " +
                                    std::to_string(members) +
                                    (members == 1 ? " consumer" : " consumers"));
  share_out();
}

void ConsumerGroup::cut(std::uint32_t partition, std::uint64_t end, std::uint64_t readable) {
  std::uint64_t& done = done_[partition];
  // What nobody had done is not there to be done any more.
  lag_.add(world().now(), -static_cast<std::int64_t>(readable - std::max(done, end)));
  done = std::min(done, end);
  cursors_[partition].cut(end);
}

bool ConsumerGroup::count_done(const Cursor& cursor, bool processed) {
  std::uint64_t& done = done_[cursor.partition()];
  if (cursor.position() < done) {
    ++duplicates_;
    return false;
  }
  done = cursor.position() + 1;
  const Time now = world().now();
  lag_.add(now, -1);
  if (!processed) {
    ++skipped_;
    return false;
  }
  ++processed_;
  end_to_end_->record(now, now - cursor.next().appended);
  return true;
}

void ConsumerGroup::declare_metrics() {
  Recorder::Owner& owner = world().recorder.owner(id());
  owner_ = &owner;
  owner.rate("throughput_rps", processed_);
  owner.time_average("lag", [this](Time now) { return lag_.total(now); });
  end_to_end_ = &owner.tally("end_to_end_ms");
  processing_ = &owner.tally("processing_ms");
  measure_processes<Consumer>(*this, owner, params().concurrency,
                              world().reserved(id()).has_value());
  owner.count("processed", processed_);
  owner.count("skipped", skipped_);
  owner.count("unprocessed", [this] { return static_cast<std::uint64_t>(lag_.value()); });
  owner.count("duplicates", duplicates_);
  owner.count("failed", failed_);
  owner.count("rebalances", rebalances_);
}

}  // namespace

ModelKind consumer_group() {
  std::vector<MetricInfo> metrics = {
      {"throughput_rps", "/s", "Messages processed, each counted once."},
      {"lag", "messages", "Messages appended and not yet processed or skipped."},
      {"end_to_end_ms", "ms", "From the append of a message until it was processed first.",
       MetricShape::kTimes},
      {"processing_ms", "ms", "The steps for a message, each attempt by itself.",
       MetricShape::kTimes},
      {"utilization", "1", "Threads with messages in hand / threads, over all consumers."},
      {"cpu_utilization", "1", "Busy cores / cores, over all consumers."},
      {"processed", "messages", "Messages processed, each counted once.", MetricShape::kCount},
      {"skipped", "messages", "Messages given up after a failure.", MetricShape::kCount},
      {"unprocessed", "messages", "Messages neither processed nor skipped at the end.",
       MetricShape::kCount},
      {"duplicates", "messages", "Messages done again because a crash came before the commit.",
       MetricShape::kCount},
      {"failed", "messages", "Attempts at a message that failed, to be tried again or skipped.",
       MetricShape::kCount},
      {"rebalances", "1", "Times that the partitions were shared out anew.", MetricShape::kCount}};
  for (MetricInfo& metric : call_metrics()) metrics.push_back(std::move(metric));
  ModelKind kind = model_kind<ConsumerGroup>(
      "consumer_group", "Consumers that share the partitions of a topic.",
      "Apache Kafka 3.7: RangeAssignor, ConsumerCoordinator, Fetcher", std::move(metrics));
  kind.info.callable = false;
  return kind;
}

}  // namespace highwater::messaging
