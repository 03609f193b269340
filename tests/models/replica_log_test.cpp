#include "models/database/replica_log.h"

#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/random.h"

namespace highwater::database {
namespace {

const auto ignore = [](Time, std::uint64_t) {};

TEST_CASE("replica log: applies in the order of the commits", "[models][database]") {
  ReplicaLog log;
  CHECK(log.next_due() == kNever);
  CHECK(log.send(1, 7, Time{1s}, Time{9s}) == Time{9s});
  CHECK(log.send(2, 8, Time{2s}, Time{4s}) == Time{9s});  // overtaking is not possible
  CHECK(log.send(3, 9, Time{3s}, Time{11s}) == Time{11s});
  std::vector<Time> committed;
  log.apply(Time{8s}, [&](Time at, std::uint64_t) { committed.push_back(at); });
  CHECK(committed.empty());
  CHECK(log.next_due() == Time{9s});
  log.apply(Time{9s}, [&](Time at, std::uint64_t) { committed.push_back(at); });
  CHECK(committed == std::vector{Time{1s}, Time{2s}});
  CHECK(log.applied() == 2);
  log.apply(Time{20s}, ignore);
  CHECK(log.applied() == 3);
  CHECK(log.next_due() == kNever);
}

TEST_CASE("replica log: a key is stale from the answer to its writer until it is applied",
          "[models][database]") {
  ReplicaLog log;
  log.send(1, 7, Time{1s}, Time{5s});
  log.send(2, 7, Time{1s}, Time{6s});
  CHECK_FALSE(log.stale(7));
  log.acknowledged(1, 7);
  log.acknowledged(2, 7);
  CHECK(log.stale(7));
  CHECK_FALSE(log.stale(8));
  log.apply(Time{5s}, ignore);
  CHECK(log.stale(7));  // the second one is still missing
  log.apply(Time{6s}, ignore);
  CHECK_FALSE(log.stale(7));
  log.acknowledged(2, 7);  // as when a writer waited for the replica
  CHECK_FALSE(log.stale(7));
  CHECK(log.size() == 0);
}

TEST_CASE("replica log: after an outage it catches up as a whole", "[models][database]") {
  ReplicaLog log;
  log.send(1, 7, Time{1s}, Time{5s});
  log.acknowledged(1, 7);
  log.stop();
  log.send(2, 8, Time{6s}, Time{7s});
  log.acknowledged(2, 8);
  log.send(3, 8, Time{6s}, Time{7s});
  log.acknowledged(3, 8);
  CHECK(log.size() == 2);  // two keys, however many writes
  CHECK(log.resume(3, Time{20s}));
  CHECK(log.catching_up());
  CHECK(log.send(4, 9, Time{10s}, Time{11s}) == Time{20s});
  log.acknowledged(4, 9);
  int applied = 0;
  log.apply(Time{19s}, [&](Time, std::uint64_t) { ++applied; });
  for (const std::uint64_t key : {7u, 8u, 9u}) CHECK(log.stale(key));
  log.apply(Time{20s}, [&](Time, std::uint64_t) { ++applied; });
  for (const std::uint64_t key : {7u, 8u, 9u}) CHECK_FALSE(log.stale(key));
  CHECK(applied == 1);  // the one that was not missed
  CHECK(log.applied() == 4);
  CHECK_FALSE(log.catching_up());
  log.stop();
  CHECK_FALSE(log.resume(4, Time{30s}));  // nothing missed, nothing to do
  CHECK(log.next_due() == kNever);
}

/// Keeps every write for ever and looks through all of them: what ReplicaLog must agree with.
class Naive {
 public:
  void send(std::uint64_t key, Time arrives) {
    Time due = down_ ? kNever : arrives;
    if (!down_)
      for (const Write& write : writes_)
        if (!write.applied && write.due > due) due = write.due;
    writes_.push_back({key, due, false, false});
  }
  void acknowledged(std::uint64_t number) { writes_[number - 1].acknowledged = true; }
  void apply(Time now) {
    for (Write& write : writes_) write.applied |= write.due <= now;
  }
  void stop() {
    down_ = true;
    for (Write& write : writes_)
      if (!write.applied) write.due = kNever;
  }
  void resume(Time caught_up) {
    down_ = false;
    for (Write& write : writes_)
      if (!write.applied) write.due = caught_up;
  }
  bool stale(std::uint64_t key) const {
    for (const Write& write : writes_)
      if (write.key == key && write.acknowledged && !write.applied) return true;
    return false;
  }
  std::uint64_t applied() const {
    std::uint64_t count = 0;
    for (const Write& write : writes_) count += write.applied;
    return count;
  }
  std::uint64_t last() const { return writes_.size(); }
  std::uint64_t key(std::uint64_t number) const { return writes_[number - 1].key; }

 private:
  struct Write {
    std::uint64_t key;
    Time due;
    bool acknowledged;
    bool applied;
  };
  std::vector<Write> writes_;
  bool down_ = false;
};

TEST_CASE("replica log: agrees with a list of all writes over random histories",
          "[models][database][property]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    RandomStream random(RandomKey{seed});
    ReplicaLog log;
    Naive naive;
    Time now{};
    bool down = false;
    std::uint64_t acknowledged = 0;
    int stale_seen = 0;
    for (int step = 0; step < 300; ++step) {
      now += Duration{static_cast<Duration::rep>(random.below(10))};
      log.apply(now, ignore);
      naive.apply(now);
      const std::uint64_t dice = random.below(20);
      if (dice < 9) {
        const std::uint64_t key = random.below(6);
        const Time arrives = now + Duration{static_cast<Duration::rep>(random.below(40))};
        naive.send(key, arrives);
        log.send(naive.last(), key, now, arrives);
      } else if (dice < 17) {
        if (acknowledged < naive.last()) {
          ++acknowledged;
          naive.acknowledged(acknowledged);
          log.acknowledged(acknowledged, naive.key(acknowledged));
        }
      } else if (down) {
        const Time caught_up = now + Duration{static_cast<Duration::rep>(random.below(40))};
        naive.resume(caught_up);
        log.resume(naive.last(), caught_up);
        down = false;
      } else if (dice == 19) {
        naive.stop();
        log.stop();
        down = true;
      }
      log.apply(now, ignore);
      naive.apply(now);
      REQUIRE(log.applied() == naive.applied());
      for (std::uint64_t key = 0; key < 6; ++key) {
        REQUIRE(log.stale(key) == naive.stale(key));
        stale_seen += naive.stale(key);
      }
    }
    CHECK(stale_seen > 0);  // else the comparison proves nothing
  }
}

TEST_CASE("replica log: a failover loses what was not applied, and undoes what was",
          "[models][database]") {
  ReplicaLog winner, ahead, behind;
  for (std::uint64_t number = 1; number <= 6; ++number) {
    winner.send(number, number, Time{1s}, Time{number * 1s});
    ahead.send(number, number, Time{1s}, Time{number * 1s});
    behind.send(number, number, Time{1s}, Time{number * 1s});
    if (number == 5) continue;  // one whose writer was not answered
    for (ReplicaLog* log : {&winner, &ahead, &behind}) log->acknowledged(number, number);
  }
  winner.apply(Time{3s}, ignore);
  ahead.apply(Time{4s}, ignore);
  behind.apply(Time{1s}, ignore);
  for (ReplicaLog* log : {&winner, &ahead, &behind}) log->stop();
  CHECK(winner.missed_acknowledged() == 2);  // 4 and 6
  CHECK(behind.missed_acknowledged() == 4);  // 2 and 3 too
  ahead.rewind(winner.applied(), winner.missed_acknowledged());
  behind.rewind(winner.applied(), winner.missed_acknowledged());
  winner.lead();
  CHECK(winner.missed_acknowledged() == 0);
  CHECK(ahead.applied() == 3);
  CHECK(ahead.missed_acknowledged() == 0);
  CHECK(behind.applied() == 1);
  CHECK(behind.missed_acknowledged() == 2);
  CHECK_FALSE(ahead.resume(3, Time{9s}));
  CHECK(behind.resume(3, Time{9s}));
  behind.apply(Time{9s}, ignore);
  CHECK(behind.applied() == 3);
  CHECK(behind.size() == 0);
  ReplicaLog old;
  old.follow(6);
  old.rewind(3, 2);
  CHECK(old.applied() == 3);
}

}  // namespace
}  // namespace highwater::database
