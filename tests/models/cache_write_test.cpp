// What becomes of a write to a cache that stands in the way of the requests, and of the entry that
// it concerns, under every write policy.

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/cache/cache.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater::cache::cache_write_test {
namespace {

using testing::Answer;
using testing::ModelRig;
using testing::read_of;
using testing::write_of;

Request remove_of(std::uint64_t key) {
  Request request = read_of(key);
  request.operation = Operation::remove;
  return request;
}

/// A cache in front of an origin that takes 100 ms.
struct Proxy {
  explicit Proxy(const std::string& parameters)
      : rig({cache(), testing::sink(log)}, R"({"origin": {"kind": "sink"},
            "cache": {"kind": "cache", "origin": "origin", )" +
                                               parameters + "}}") {
    log.react = [this](const testing::Received& received) {
      const bool broken = received.at >= broken_from && received.at < broken_until;
      return testing::Reaction{100ms, broken ? Status::error : Status::ok, false};
    };
  }
  const Answer& send(Duration at, const Request& request) {
    return rig.send(Time{at}, "cache", request);
  }
  /// Keys of the writes that reached the origin.
  std::vector<std::uint64_t> written() const {
    std::vector<std::uint64_t> keys;
    for (const testing::Received& each : log.received)
      if (each.request.operation != Operation::read) keys.push_back(each.request.key);
    return keys;
  }
  std::uint64_t count(const char* metric) { return rig.count("cache", metric); }

  Time broken_from = kNever;
  Time broken_until = kNever;
  testing::SinkLog log;
  ModelRig rig;
};

TEST_CASE("cache writes: each policy does with the entry what it says", "[models][cache][write]") {
  struct Expected {
    const char* policy;
    bool hit;
    bool stale;
    Duration took;
  };
  for (const auto& [policy, hit, stale, took] :
       {Expected{"invalidate", false, false, 100ms}, Expected{"write_through", true, false, 100ms},
        Expected{"write_around", true, true, 100ms}, Expected{"write_behind", true, false, 0ms}}) {
    CAPTURE(policy);
    Proxy proxy(R"("write_policy": ")" + std::string(policy) + "\"");
    proxy.send(1s, read_of(1));
    const Answer& write = proxy.send(2s, write_of(1));
    const Answer& read = proxy.send(5s, read_of(1));
    const Answer& removal = proxy.send(6s, remove_of(1));
    const Answer& gone = proxy.send(7s, read_of(1));
    proxy.rig.run(Time{10s});
    CHECK(write.took() == took);
    CHECK(read.reply.hit == hit);
    CHECK(read.reply.stale == stale);
    CHECK(removal.took() == 100ms);
    CHECK_FALSE(gone.reply.hit);
    CHECK(proxy.written() == std::vector<std::uint64_t>{1, 1});
  }
}

TEST_CASE("cache writes: what was never read is stored by write_through, not by write_around",
          "[models][cache][write]") {
  for (const bool through : {false, true}) {
    Proxy proxy(through ? R"("write_policy": "write_through")"
                        : R"("write_policy": "write_around")");
    proxy.send(1s, write_of(1));
    const Answer& read = proxy.send(2s, read_of(1));
    const Answer& again = proxy.send(3s, read_of(1));
    proxy.rig.run(Time{10s});
    CHECK(read.reply.hit == through);
    CHECK(again.reply.hit);
    CHECK_FALSE(again.reply.stale);
  }
}

TEST_CASE("cache writes: a write that the origin refuses leaves the entry alone",
          "[models][cache][write]") {
  for (const char* policy : {"invalidate", "write_through", "write_around"}) {
    Proxy proxy(R"("write_policy": ")" + std::string(policy) + "\"");
    proxy.send(1s, read_of(1));
    proxy.broken_from = Time{2s};
    const Answer& write = proxy.send(3s, write_of(1));
    const Answer& other = proxy.send(3s, write_of(2));
    const Answer& read = proxy.send(5s, read_of(1));
    proxy.rig.run(Time{10s});
    CHECK(write.reply.status == Status::error);
    CHECK(other.reply.status == Status::error);
    CHECK(read.reply.hit);
    CHECK_FALSE(read.reply.stale);
  }
}

TEST_CASE("cache writes: write_behind gathers, coalesces and sends in batches",
          "[models][cache][write]") {
  Proxy proxy(R"("write_policy": "write_behind", "write_behind": {"delay": "1s", "batch": 3})");
  proxy.send(1s, write_of(1));
  proxy.send(1100ms, write_of(2));
  proxy.send(1200ms, write_of(1));  // in the place of the first
  proxy.send(5s, write_of(3));
  proxy.send(5100ms, write_of(4));
  proxy.send(5200ms, write_of(5));  // the batch is full
  proxy.send(5300ms, write_of(6));
  proxy.rig.run(Time{10s});
  CHECK(proxy.written() == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
  CHECK(proxy.log.times() == std::vector<Duration>{2s, 2s, 5200ms, 5200ms, 5200ms, 6300ms});
  CHECK(proxy.count("coalesced_writes") == 1);
  CHECK(proxy.count("lost_writes") == 0);
  // Two for 1 s, 0.9 s; 0.2 s, 0.1 s; 1 s.
  CHECK(proxy.rig.value("cache", "pending_writes") == Approx((1.9 + 0.3 + 1) / 10));
}

TEST_CASE("cache writes: what was evicted before it was written is still read",
          "[models][cache][write]") {
  Proxy proxy(R"("write_policy": "write_behind", "capacity": 1)");
  proxy.send(1s, write_of(1));
  proxy.send(1100ms, write_of(2));
  const Answer& waits = proxy.send(1200ms, read_of(1));
  const Answer& written = proxy.send(3s, read_of(1));
  proxy.rig.run(Time{10s});
  CHECK(waits.reply.hit);
  CHECK_FALSE(written.reply.hit);
}

TEST_CASE("cache writes: a full line of writes lets the others go to the origin themselves",
          "[models][cache][write]") {
  Proxy proxy(R"("write_policy": "write_behind", "write_behind": {"queue": 1})");
  const Answer& waits = proxy.send(1s, write_of(1));
  const Answer& own_way = proxy.send(1100ms, write_of(2));
  const Answer& read = proxy.send(1500ms, read_of(2));
  proxy.rig.run(Time{10s});
  CHECK(waits.took() == 0s);
  CHECK(own_way.took() == 100ms);
  CHECK(read.reply.hit);
  CHECK(proxy.written() == std::vector<std::uint64_t>{2, 1});
}

TEST_CASE("cache writes: a write that fails is tried again until it is taken or replaced",
          "[models][cache][write]") {
  Proxy proxy(R"("write_policy": "write_behind", "write_behind": {"delay": "1s", "batch": 1})");
  proxy.broken_from = Time{0s};
  proxy.broken_until = Time{4500ms};
  proxy.send(1s, write_of(1));
  proxy.send(3500ms, write_of(1));  // newer than what failed
  proxy.rig.run(Time{20s});
  // A batch of one goes at once. 1.1 s: failed, back at 2.1 s; the same to 3.2 s, when it fails
  // while the newer is at the origin, failing until 3.6 s too. Both come back; one is replaced.
  REQUIRE(proxy.log.size() >= 3);
  CHECK(proxy.log.times().front() == 1s);
  CHECK(proxy.log.times()[1] == 2100ms);
  CHECK(proxy.log.times().back() > 4500ms);
  CHECK(proxy.log.times().back() < 6s);
  CHECK(proxy.count("lost_writes") == 0);
}

TEST_CASE("cache writes: a crash loses what waits", "[models][cache][write][fault]") {
  Proxy proxy(R"("write_policy": "write_behind", "write_behind": {"delay": "10s"})");
  for (std::uint64_t key = 0; key < 7; ++key) proxy.send(1s, write_of(key));
  proxy.rig.at(Time{2s}, [&] { proxy.rig.instance("cache", 0).kill(false); });
  proxy.rig.at(Time{3s}, [&] { proxy.rig.instance("cache", 0).revive(); });
  const Answer& read = proxy.send(4s, read_of(1));
  proxy.rig.run(Time{30s});
  CHECK_FALSE(read.reply.hit);
  CHECK(proxy.written().empty());
  CHECK(proxy.count("lost_writes") == 7);
}

TEST_CASE("cache writes: a delete takes a waiting write with it", "[models][cache][write]") {
  Proxy proxy(R"("write_policy": "write_behind", "write_behind": {"delay": "10s"})");
  proxy.send(1s, write_of(1));
  proxy.send(2s, remove_of(1));
  const Answer& read = proxy.send(3s, read_of(1));
  proxy.rig.run(Time{30s});
  CHECK_FALSE(read.reply.hit);
  CHECK(proxy.written() == std::vector<std::uint64_t>{1});
  REQUIRE(proxy.log.size() > 0);
  CHECK(proxy.log.received.front().request.operation == Operation::remove);
}

TEST_CASE("cache writes: what does not belong is said", "[models][cache][input]") {
  const auto problems = [](const std::string& more) {
    return testing::problems_of(cache(), R"({"kind": "cache", )" + more + "}");
  };
  using Catch::Contains;
  CHECK_THAT(problems(R"("write_policy": "write_through")"), Contains("there is none"));
  CHECK_THAT(problems(R"("origin": "x", "write_behind": {"batch": 2})"),
             Contains("the write policy is another"));
  CHECK_THAT(problems(R"("origin": "x", "write_policy": "write_behind",
                         "write_behind": {"batch": 0, "delay": "0s", "queue": 0})"),
             Contains("/write_behind/batch") && Contains("/write_behind/delay") &&
                 Contains("/write_behind/queue"));
  CHECK_THAT(problems(R"("origin": "x", "lease_time": "1s")"),
             Contains("is about caches beside the data"));
  CHECK_THAT(problems(R"("origin": "x", "negative_ttl": "1s")"), Contains("`absent`"));
  CHECK(problems(R"("origin": "x", "write_policy": "write_behind",
                    "write_behind": {"batch": 2}, "absent": 1, "negative_ttl": "1s")")
            .empty());
}

}  // namespace
}  // namespace highwater::cache::cache_write_test
