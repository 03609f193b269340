#include "models/database/resharding.h"

#include <algorithm>
#include <string>
#include <utility>

#include "models/database/node.h"

namespace highwater::database {

Resharding::Resharding(Database& database, const ReshardParams& params, const Shards& before,
                       Shards after)
    : database_(database),
      params_(params),
      before_(before),
      after_(std::move(after)),
      tasks_(database.world().simulation),
      part_((params.keys + params.streams - 1) / params.streams) {
  for (std::uint64_t first = 0; first < params.keys; first += part_)
    streams_.push_back({first, std::min(first + part_, params.keys)});
}

void Resharding::start() {
  running_ = streams_.size();
  for (Stream& stream : streams_) tasks_.spawn(move(stream));
}

Task<> Resharding::move(Stream& stream) {
  World& world = database_.world();
  co_await world.simulation.until(Time{params_.at});
  if (!std::exchange(begun_, true))
    world.happened("resharding", database_.id() + " begins to move keys to " +
                                     std::to_string(params_.shards) + " shards");
  const Duration gap{static_cast<Duration::rep>(1e9 / params_.rate.per_second + 0.5)};
  for (; stream.next < stream.end; ++stream.next) {
    const std::uint64_t key = stream.next;
    if (before_.of(key) == after_.of(key)) continue;
    const Time start = std::max(next_start_, world.now());
    next_start_ = start + gap;
    if (start > world.now()) co_await world.simulation.until(start);
    for (;;) {
      const bool copied = co_await move_one(key);
      if (copied) break;
      co_await world.simulation.delay(Duration{1s});  // one of them is away
    }
    ++moved_;
  }
  if (--running_ > 0) co_return;
  done_ = true;
  world.happened("resharding", database_.id() + " has moved " + std::to_string(moved_) + " keys");
}

Task<bool> Resharding::move_one(std::uint64_t key) {
  const bool read =
      co_await copy(database_.shard_at(before_.of(key)).writer(), key, Operation::read);
  if (!read) co_return false;
  const bool written =
      co_await copy(database_.shard_at(after_.of(key)).writer(), key, Operation::write);
  co_return written;
}

Task<bool> Resharding::copy(Node* node, std::uint64_t key, Operation operation) {
  if (node == nullptr) co_return false;
  Completion<> done(database_.world().simulation);
  node->tasks().spawn(copy_at(*node, key, operation, done.sender()));
  const Outcome<void> outcome = co_await done;
  co_return outcome.has_value();
}

Task<> Resharding::copy_at(Node& node, std::uint64_t key, Operation operation,
                           CompletionSender<> done) {
  const Status status = co_await node.copy(key, operation);
  if (status == Status::ok)
    done.send();
  else
    done.fail(CancelReason::abandoned);
}

}  // namespace highwater::database
