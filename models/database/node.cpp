#include "models/database/node.h"

#include <utility>

#include "engine/model/tracer.h"
#include "models/slowdown.h"

namespace highwater::database {

Node::Node(Database& database, Shard& shard, std::uint32_t index, std::uint32_t rank, Zone zone)
    : Instance(database, index, zone),
      database_(database),
      shard_(shard),
      rank_(rank),
      connections_(database.world().simulation, database.params().connections),
      processor_(database.world().simulation, database.params().cores,
                 database.params().connections),
      lag_key_(database.world().key(label(), "replication lag")),
      catch_up_random_(database.world().stream(label(), "catch-up")) {}

bool Node::is_replica() const {
  return &shard_.primary() != this;
}

std::string Node::title() const {
  return label() + ", " +
         (is_replica() ? "replica " + std::to_string(rank_) + " of " : "primary of ") +
         shard_.title() + ",";
}

Duration Node::start_time() const {
  return database_.params().start_time;
}

void Node::receive(Served served) {
  const Request& request = served.request();
  const bool read_only = is_replica() && request.operation != Operation::read;
  // Only a caller that chooses its instance itself can come to the wrong one, or one that asked
  // before the primary was another.
  if (read_only || !database_.answers_for(shard_, request.key)) return served.reply(Status::error);
  if (request.operation != Operation::read && shard_.writer() != this)
    return served.reply(Status::error);
  tasks().spawn(serve(std::move(served)));
}

Task<> Node::serve(Served served) {
  const Request request = served.request();
  Simulation& simulation = database_.world().simulation;
  const Time arrived = simulation.now();
  Lease connection;
  if (const auto& timeout = database_.params().pool_timeout)
    connection =
        co_await connections_.acquire(AcquireOptions{0, simulation.after(*timeout), false});
  else
    connection = co_await connections_.acquire();
  if (!connection) {
    ++pool_timeouts_;
    served.reply(Status::rejected);
    co_return;
  }
  const Time started = simulation.now();
  database_.wait().record(started, started - arrived);
  trace_wait(database_.world(), request, *this, WaitFor::connection, arrived);
  Reply reply;
  const bool reads = request.operation == Operation::read;
  if (reads) reply.stale = is_replica() && log_.stale(request.key);
  reply.missing = reads && database_.draws(database_.params().missing, request);
  if (reads && lost_rows_.any()) [[unlikely]] {
    if (lost_rows_.has(request.key)) reply.stale = reply.missing = true;
    reply.stale |= lost_rows_.outdated(request.key);
  }
  const bool conflict = request.operation == Operation::write &&
                        database_.draws(database_.params().conflict, request);
  std::unique_ptr<RowLocks::Transaction> transaction;
  if (reads ? !storage_ || reply.missing : !storage_ && !locks_)
    co_await work(request);
  else if (reads)
    reply.status = co_await look(request);
  else
    reply.status = co_await change(request, conflict, transaction);
  if (spoilt_rows_.any() && !reply.missing && spoilt_rows_.has(request.key)) [[unlikely]]
    reply.status = Status::error;
  if (reads && reply.ok()) {
    ++reads_;
    stale_reads_ += reply.stale;
    missing_reads_ += reply.missing;
  } else if (reply.ok() && conflict) {
    ++writes_;
    ++conflicts_;
  } else if (reply.ok()) {
    const std::uint64_t number = shard_.commit(request);
    lost_rows_.write(request.key);
    co_await Shard::Replicated(shard_, number);
    shard_.acknowledged(number, request.key);
    ++writes_;
    if (transaction) transaction->commit();
  }
  transaction.reset();
  database_.service().record(simulation.now(), simulation.now() - started);
  if (connection_leaks_.any()) [[unlikely]]
    leak(connection, request);
  connection.release();
  served.reply(reply);
}

Task<std::uint32_t> Node::page_of(std::uint64_t row, const Request& request, std::uint64_t turn) {
  const std::uint64_t page = storage_->page_of(row);
  std::uint32_t buffer = storage_->in_memory(page);
  if (buffer == Storage::kNone) {
    const Time asked = database_.world().now();
    buffer = co_await storage_->fetch(page, request, turn);
    trace_wait(database_.world(), request, *this, WaitFor::disk, asked);
  }
  co_return buffer;
}

Task<Status> Node::look(const Request& request) {
  const std::uint32_t buffer = co_await page_of(request.key, request, 0);
  if (buffer == Storage::kNone) co_return Status::error;
  if (database_.slowness(request) > 1) [[unlikely]] {
    const Status status = co_await read_more(request);
    if (status != Status::ok) co_return status;
  }
  co_await work(request);
  co_return Status::ok;
}

Task<Status> Node::read_more(const Request& request) {
  std::uint64_t page = storage_->page_of(request.key);
  const auto pages = static_cast<std::uint64_t>(database_.slowness(request) + 0.5);
  for (std::uint64_t turn = 1; turn < pages; ++turn) {
    page = storage_->page_after(page);
    std::uint32_t buffer = storage_->in_memory(page);
    if (buffer == Storage::kNone) buffer = co_await storage_->fetch(page, request, turn);
    if (buffer == Storage::kNone) co_return Status::error;
  }
  co_return Status::ok;
}

void Node::leak(Lease& connection, const Request& request) {
  RequestRandom random(database_.leak_key(), request.id, request.path);
  if (auto until = connection_leaks_.keeper(random.uniform()))
    tasks().spawn(Keeping::keep(std::move(connection), std::move(until)));
}

Task<> Node::hold_lock(std::optional<std::uint64_t> row, std::shared_ptr<Keeping> until) {
  const Lease connection = co_await connections_.acquire();
  if (!row) {
    RowLocks::TableLock table(*locks_);
    co_await table.take();
    co_await Keeping::wait_for_end(until);
    co_return;
  }
  if (!locks_->table_is_free()) {
    const bool is_free = co_await locks_->wait_for_table();
    if (!is_free) co_return;
  }
  RowLocks::Transaction transaction(*locks_);
  const bool has_it = co_await locks_->acquire(transaction, *row);
  if (has_it) co_await Keeping::wait_for_end(until);
}

Task<Status> Node::change(const Request& request, bool conflict,
                          std::unique_ptr<RowLocks::Transaction>& transaction) {
  if (storage_ && storage_->is_full()) [[unlikely]]
    co_return Status::error;
  if (locks_ && !locks_->table_is_free()) [[unlikely]] {
    const bool may_begin = co_await locks_->wait_for_table();
    if (!may_begin) co_return Status::error;
  }
  std::optional<Storage::Writing> writing;
  if (storage_) writing.emplace(*storage_);
  if (locks_) transaction = std::make_unique<RowLocks::Transaction>(*locks_);
  const Database::Rows rows = database_.rows_of(request);
  std::uint64_t turn = 0;
  for (const std::uint64_t row : rows.read) {
    if (storage_) {
      const std::uint32_t buffer = co_await page_of(row, request, turn++);
      if (buffer == Storage::kNone) co_return Status::error;
    }
    if (transaction && !transaction->read(row)) co_return Status::error;
  }
  for (const std::uint64_t row : rows.changed) {
    // The row is found on its page, and only then locked.
    std::uint32_t buffer = Storage::kNone;
    if (storage_) {
      buffer = co_await page_of(row, request, turn++);
      if (buffer == Storage::kNone) co_return Status::error;
    }
    if (locks_) {
      const Time asked = database_.world().now();
      const bool may_change = co_await locks_->acquire(*transaction, row);
      trace_wait(database_.world(), request, *this, WaitFor::lock, asked);
      if (!may_change) co_return Status::error;
    }
    if (storage_) {
      // While it waited the page may have had to make room.
      const std::uint64_t page = storage_->page_of(row);
      if (!storage_->has(buffer, page)) buffer = co_await storage_->fetch(page, request, turn++);
      if (buffer == Storage::kNone) co_return Status::error;
      storage_->change(buffer);
    }
    co_await work(request, rows.changed.size());
  }
  if (transaction && !conflict && !transaction->may_commit()) co_return Status::error;
  // What it has changed is dead already, and logged, but nobody waits for that.
  if (storage_ && !conflict) {
    const Time asked = database_.world().now();
    co_await storage_->commit(request.key);
    trace_wait(database_.world(), request, *this, WaitFor::disk, asked);
  }
  co_return Status::ok;
}

Processor::Compute Node::work(const Request& request, std::size_t parts) {
  const DatabaseParams& params = database_.params();
  const bool reads = request.operation == Operation::read;
  RequestRandom random(reads ? database_.read_key() : database_.write_key(), request.id,
                       request.path);
  const Duration time = stretched((reads ? params.read_time : params.write_time).draw(random),
                                  database_.slowness(request));
  return processor_.compute(parts == 1 ? time : time / static_cast<Duration::rep>(parts));
}

Task<Status> Node::copy(std::uint64_t key, Operation operation) {
  Request request;
  request.id = key;
  request.path = ~std::uint64_t{0};  // no request of a client's
  request.key = key;
  request.operation = operation;
  const Lease connection = co_await connections_.acquire();
  std::unique_ptr<RowLocks::Transaction> transaction;
  Status status = Status::ok;
  if (operation == Operation::read ? !storage_ : !storage_ && !locks_)
    co_await work(request);
  else if (operation == Operation::read)
    status = co_await look(request);
  else
    status = co_await change(request, false, transaction);
  if (spoilt_rows_.any() && spoilt_rows_.has(key)) status = Status::error;
  if (operation == Operation::read || status != Status::ok) co_return status;
  shard_.commit(request);
  lost_rows_.write(key);
  if (transaction) transaction->commit();
  co_return status;
}

void Node::send(std::uint64_t number, const Request& write) {
  Simulation& simulation = database_.world().simulation;
  RequestRandom random(lag_key_, write.id, write.path);
  const Duration lag = stretched(database_.params().replication_lag.draw(random), slowdown());
  log_.send(number, write.key, simulation.now(), simulation.after(lag + added_lag_));
  set_timer();
}

void Node::set_timer() {
  const Time due = log_.next_due();
  if (due < kNever && !applying_.pending() && paused_ == 0)
    database_.world().simulation.schedule_at(applying_, std::max(due, database_.world().now()));
}

void Node::pause_replication() {
  ++paused_;
  database_.world().simulation.cancel(applying_);
}

void Node::resume_replication() {
  if (--paused_ == 0) set_timer();
}

void Node::apply_due() {
  World& world = database_.world();
  const Time now = world.now();
  const bool was_catching_up = log_.catching_up();
  log_.apply(now, [&](Time committed, std::uint64_t key) {
    database_.lag().record(now, now - committed);
    if (storage_) storage_->replay(key);
    lost_rows_.write(key);
  });
  if (was_catching_up && !log_.catching_up()) {
    lost_rows_.update();
    world.happened("caught_up", title() + " has caught up");
  }
  set_timer();
  shard_.advance();
}

const RowLocks& Node::furnish(const LocksParams& params, Tally& wait) {
  locks_ = std::make_unique<RowLocks>(params, database_.world(), wait);
  return *locks_;
}

void Node::begin() {
  if (storage_) storage_->start([this] { return !is_replica(); });
}

void Node::restart() {
  tasks().cancel(CancelReason::killed);
  rebuilding_ = false;
  if (storage_) storage_->stop();
  begin();
}

void Node::killed() {
  rebuilding_ = false;
  if (storage_) storage_->stop();
  shard_.node_died(*this);
}

void Node::started() {
  if (empty_ && !is_replica()) begin_with_nothing();
  begin();
  shard_.node_started(*this);
}

void Node::cut_off() {
  database_.world().simulation.cancel(applying_);
  log_.stop();
}

void Node::lose_disk() {
  empty_ = true;
  lost_rows_.find_all();
  spoilt_rows_.find_all();
  if (storage_) storage_->spoilt_pages().find_all();
  log_.lose_all();
}

void Node::corrupt(double share, RandomKey salt) {
  (storage_ ? storage_->spoilt_pages() : spoilt_rows_).lose(share, salt);
}

void Node::restore(RandomKey salt) {
  lost_rows_.find(salt);
  spoilt_rows_.find(salt);
  if (storage_) storage_->spoilt_pages().find(salt);
}

void Node::lose_unsynced() {
  if (up() && !is_replica()) lost_rows_.outdate(storage_->unsafe_keys());
}

void Node::begin_with_nothing() {
  empty_ = false;
  lost_rows_.lose(1, lag_key_);
}

Task<> Node::rebuild() {
  // As a standby that cannot stream: wal_retrieve_retry_interval.
  constexpr Duration kRetry = 5s;
  rebuilding_ = true;
  while (empty_) {
    Node* const primary = shard_.writer();
    bool copied = primary != nullptr && primary != this;
    if (copied && storage_) copied = co_await storage_->copy_from(primary->storage());
    if (copied) break;
    co_await database_.world().simulation.delay(kRetry);
  }
  rebuilding_ = false;
  if (!empty_) co_return;  // it leads, with what it has
  empty_ = false;
  database_.world().happened("rebuilt", title() + " has copied its primary");
  if (shard_.writer() != nullptr) begin_to_catch_up();
}

void Node::catch_up() {
  if (!empty_)
    begin_to_catch_up();
  else if (!rebuilding_)
    tasks().spawn(rebuild());
}

void Node::begin_to_catch_up() {
  Simulation& simulation = database_.world().simulation;
  const Duration lag =
      stretched(database_.params().replication_lag.draw(catch_up_random_), slowdown());
  if (!log_.resume(shard_.last(), simulation.after(lag + added_lag_))) lost_rows_.update();
  set_timer();
}

}  // namespace highwater::database
