// What faults do to an instance, without the faults: what adds up, what is told, and what dies with
// a process.

#include "engine/model/afflictions.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/model/interference.h"
#include "tests/support/model_rig.h"
#include "tests/support/sink.h"

namespace highwater {
namespace {

using testing::Answer;
using testing::kOneSink;
using testing::ModelRig;
using testing::Reaction;
using testing::Received;
using testing::sink;
using testing::SinkLog;

struct Bench {
  SinkLog log;
  ModelRig rig{{sink(log)}, kOneSink};
  Instance& it = rig.instance("it", 0);
};

TEST_CASE("afflictions: what several faults do adds up, and is taken back singly", "[model]") {
  Bench bench;
  Instance& it = bench.it;
  CHECK(it.competitors() == 0);
  CHECK(it.leaks() == Leak{});
  CHECK(it.clock_ahead(Time{5s}) == 0s);
  it.burden(2);
  it.burden(0.5);
  it.leak({100, 0});
  it.leak({10, 5});
  it.set_clock({30s, 0, Time{}});
  it.set_clock({-10s, 0.5, Time{4s}});
  CHECK(it.competitors() == 2.5);
  CHECK(it.leaks() == Leak{110, 5});
  CHECK(it.clock_ahead(Time{6s}) == 21s);
  it.unburden(2);
  it.stop_leaking({100, 0});
  it.reset_clock({30s, 0, Time{}});
  CHECK(it.competitors() == 0.5);
  CHECK(it.leaks() == Leak{10, 5});
  CHECK(it.clock_ahead(Time{6s}) == -9s);
}

TEST_CASE("afflictions: who looks hears the truth, but for lies and pauses", "[model]") {
  Bench bench;
  Instance& it = bench.it;
  std::string told;
  bench.rig.component("it").watch([&](const Instance& instance, Component::Change change) {
    if (change == Component::Change::health) told += instance.looks_up() ? '+' : '-';
  });
  CHECK(it.looks_up());
  CHECK_FALSE(it.lied_about());
  it.lie(true);
  CHECK(it.lied_about());
  it.lie(false);
  CHECK_FALSE(it.looks_up());
  it.lie(false);
  it.stop_lying(false);
  CHECK_FALSE(it.looks_up());
  it.stop_lying(false);
  CHECK(it.looks_up());
  it.stop_lying(true);
  CHECK_FALSE(it.lied_about());
  CHECK(told == "-+");
  it.pause();
  it.pause();
  it.resume(it.incarnation());
  CHECK_FALSE(it.looks_up());
  it.resume(it.incarnation());
  CHECK(told == "-+-+");
  it.kill(false);
  CHECK_FALSE(it.looks_up());
  it.lie(true);
  CHECK(it.looks_up());
  CHECK(told == "-+-++");
}

TEST_CASE("afflictions: a pause does not outlive its process", "[model]") {
  Bench bench;
  Instance& it = bench.it;
  bench.log.react = [](const Received&) { return Reaction{10ms}; };
  const std::uint32_t first = it.incarnation();
  bench.rig.at(Time{1s}, [&] { it.pause(); });
  bench.rig.at(Time{2s}, [&] { it.kill(false); });
  bench.rig.at(Time{3s}, [&] { it.revive(); });
  bench.rig.at(Time{4s}, [&] { it.pause(); });
  bench.rig.at(Time{5s}, [&] { it.resume(first); });  // of the one that is dead
  const Answer& lost = bench.rig.send(Time{1500ms}, "it", Request{});
  const Answer& served = bench.rig.send(Time{3500ms}, "it", Request{});
  const Answer& waits = bench.rig.send(Time{4500ms}, "it", Request{});
  bench.rig.run(Time{6s});
  CHECK(lost.reply.status == Status::reset);
  CHECK(lost.at == Time{2s});
  CHECK(served.took() == 10ms);
  CHECK_FALSE(waits.answered);
  CHECK(it.paused());
  it.resume(it.incarnation());
  bench.rig.run(Time{7s});
  CHECK(waits.at == Time{6010ms});
}

TEST_CASE("afflictions: interferences have their say in turn", "[model]") {
  /// Answers what has this key; spoils and delays all the others.
  struct Each final : Interference {
    Each(std::uint64_t k, Status s) : key(k), status(s) {}
    Fate meets(const Request& request, std::uint64_t, Reply& reply) override {
      ++met;
      reply = Reply{status};
      return request.key == key ? Fate::refused : Fate::served;
    }
    Duration sleeps(const Request&, std::uint64_t) override { return 10ms; }
    void spoils(const Request&, std::uint64_t, Reply& reply) override { reply.missing = true; }
    std::uint64_t key;
    Status status;
    int met = 0;
  };
  Bench bench;
  Each first(1, Status::rejected), second(2, Status::error);
  bench.it.interfere(first);
  bench.it.interfere(second);
  const Answer& one = bench.rig.send(Time{1s}, "it", testing::read_of(1));
  const Answer& two = bench.rig.send(Time{1s}, "it", testing::read_of(2));
  const Answer& three = bench.rig.send(Time{1s}, "it", testing::read_of(3));
  bench.rig.run(Time{2s});
  CHECK(one.reply.status == Status::rejected);
  CHECK(two.reply.status == Status::error);
  CHECK(three.took() == 20ms);
  CHECK(three.reply.missing);
  CHECK(first.met == 3);
  CHECK(second.met == 2);
  bench.it.stop_interfering(first);
  bench.it.stop_interfering(second);
  const Answer& after = bench.rig.send(Time{3s}, "it", testing::read_of(1));
  bench.rig.run(Time{4s});
  CHECK(after.took() == 0ms);
  CHECK_FALSE(after.reply.missing);
}

}  // namespace
}  // namespace highwater
