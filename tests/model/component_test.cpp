// Life and faults of instances, and what every component measures.

#include "engine/model/component.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

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
using testing::timeout_of;

TEST_CASE("instance: knows its component, number and zone", "[model][component]") {
  SinkLog log;
  log.instances = 3;
  log.zones = {1, 0};
  ModelRig::Options options;
  options.network.zones = {"a", "b"};
  ModelRig rig({sink(log)}, kOneSink, options);
  CHECK(rig.instance("it", 2).label() == "it[2]");
  CHECK(rig.instance("it", 2).index() == 2);
  CHECK(rig.instance("it", 2).zone() == 1);
  CHECK(rig.instance("it", 1).zone() == 0);
  CHECK(&rig.instance("it", 1).component() == &rig.component("it"));
  CHECK(rig.instance("it", 0).up());
}

TEST_CASE("instance: kills nest, and it starts again after the last", "[model][component]") {
  SinkLog log;
  log.start_time = 300ms;
  ModelRig rig({sink(log)}, kOneSink);
  Instance& it = rig.instance("it", 0);
  rig.at(Time{1s}, [&] { it.kill(false); });
  rig.at(Time{2s}, [&] { it.kill(false); });
  rig.at(Time{3s}, [&] { it.revive(false); });
  rig.at(Time{3500ms}, [&] { CHECK_FALSE(it.up()); });
  rig.at(Time{4s}, [&] { it.revive(false); });
  rig.at(Time{4299ms}, [&] { CHECK_FALSE(it.up()); });
  rig.at(Time{4301ms}, [&] { CHECK(it.up()); });
  const Answer& starting = rig.send(Time{4100ms}, "it", Request{});
  const Answer& started = rig.send(Time{4301ms}, "it", Request{});
  rig.run(Time{5s});
  CHECK(log.calls == std::vector<std::string>{"killed", "started"});
  CHECK(starting.reply.status == Status::unavailable);
  CHECK(started.reply.ok());
  REQUIRE(rig.happenings().size() == 2);
  CHECK(rig.happenings()[0].text == "it[0] is down");
  CHECK(rig.happenings()[0].at == Time{1s});
  CHECK(rig.happenings()[1].text == "it[0] is up");
  CHECK(rig.happenings()[1].at == Time{4300ms});
}

TEST_CASE("instance: killed while it starts, it begins anew", "[model][component]") {
  SinkLog log;
  log.start_time = 1s;
  ModelRig rig({sink(log)}, kOneSink);
  Instance& it = rig.instance("it", 0);
  rig.at(Time{1s}, [&] { it.kill(false); });
  rig.at(Time{2s}, [&] { it.revive(false); });
  rig.at(Time{2500ms}, [&] { it.kill(false); });
  rig.at(Time{4s}, [&] {
    CHECK_FALSE(it.up());
    it.revive(false);
  });
  rig.at(Time{4999ms}, [&] { CHECK_FALSE(it.up()); });
  rig.run(Time{6s});
  CHECK(it.up());
  CHECK(log.calls == std::vector<std::string>{"killed", "started"});
}

TEST_CASE("instance: silent while any silent kill is on, whatever else kills it",
          "[model][component]") {
  // A loud kill of a process whose host is gone can not make it answer; when only the loud one is
  // left, the host is back and refuses.
  SinkLog log;
  log.start_time = 1s;
  ModelRig rig({sink(log)}, kOneSink);
  Instance& it = rig.instance("it", 0);
  const bool silent_first = GENERATE(true, false);
  rig.at(Time{10s}, [&] { it.kill(silent_first); });
  const Answer& first = rig.send(Time{11s}, "it", Request{}, timeout_of(5ms));
  rig.at(Time{20s}, [&] { it.kill(!silent_first); });
  const Answer& both = rig.send(Time{21s}, "it", Request{}, timeout_of(5ms));
  rig.at(Time{30s}, [&] { it.revive(true); });
  const Answer& loud = rig.send(Time{31s}, "it", Request{}, timeout_of(5ms));
  rig.at(Time{40s}, [&] { it.revive(false); });
  const Answer& starting = rig.send(Time{40500ms}, "it", Request{}, timeout_of(5ms));
  const Answer& up = rig.send(Time{42s}, "it", Request{}, timeout_of(5ms));
  rig.run(Time{50s});
  CHECK(first.reply.status == (silent_first ? Status::timeout : Status::unavailable));
  CHECK(both.reply.status == Status::timeout);
  CHECK(loud.reply.status == Status::unavailable);
  CHECK(starting.reply.status == Status::unavailable);
  CHECK(up.reply.ok());
}

TEST_CASE("instance: a host that comes back is silent until its process serves",
          "[model][component]") {
  SinkLog log;
  log.start_time = 1s;
  ModelRig rig({sink(log)}, kOneSink);
  Instance& it = rig.instance("it", 0);
  rig.at(Time{1s}, [&] { it.kill(true); });
  rig.at(Time{2s}, [&] { it.revive(true); });
  const Answer& starting = rig.send(Time{2500ms}, "it", Request{}, timeout_of(5ms));
  rig.at(Time{4s}, [&] { it.kill(false); });
  const Answer& killed = rig.send(Time{4500ms}, "it", Request{}, timeout_of(5ms));
  rig.run(Time{5s});
  CHECK(starting.reply.status == Status::timeout);
  CHECK(killed.reply.status == Status::unavailable);
}

TEST_CASE("instance: factors of slow multiply and are taken back exactly", "[model][component]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  Instance& it = rig.instance("it", 0);
  CHECK(it.slowdown() == 1);
  it.slow(3);
  it.slow(0.1);
  CHECK(it.slowdown() == 3 * 0.1);
  it.slow(3);
  it.restore_speed(3);
  CHECK(it.slowdown() == 3 * 0.1);
  it.restore_speed(3);
  CHECK(it.slowdown() == 0.1);
  it.restore_speed(0.1);
  CHECK(it.slowdown() == 1);
  CHECK(log.calls == std::vector<std::string>(6, "slowdown"));
}

TEST_CASE("instance: a share of the requests fails unserved: the shares that survive multiply",
          "[model][component]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  Instance& it = rig.instance("it", 0);
  const auto failures = [&](Time at) {
    auto answers = std::make_shared<std::vector<const Answer*>>();
    for (int i = 0; i < 4000; ++i) answers->push_back(&rig.send(at, "it", Request{}));
    return [answers] {
      double failed = 0;
      for (const Answer* answer : *answers) failed += answer->reply.status == Status::error;
      return failed / 4000;
    };
  };
  rig.at(Time{1s}, [&] { it.fail_share(0.3); });
  const auto one = failures(Time{2s});
  rig.at(Time{3s}, [&] { it.fail_share(0.5); });
  const auto two = failures(Time{4s});
  rig.at(Time{5s}, [&] { it.stop_failing(0.3); });
  const auto other = failures(Time{6s});
  rig.at(Time{7s}, [&] { it.stop_failing(0.5); });
  const auto none = failures(Time{8s});
  rig.at(Time{9s}, [&] { it.fail_share(1); });
  const auto all = failures(Time{10s});
  rig.run(Time{11s});
  // Five standard deviations of 4,000 draws: at most 0.04.
  CHECK(one() == Approx(0.3).margin(0.04));
  CHECK(two() == Approx(1 - 0.7 * 0.5).margin(0.04));
  CHECK(other() == Approx(0.5).margin(0.04));
  CHECK(none() == 0);
  CHECK(all() == 1);
  CHECK(log.size() == it.answers()[Status::ok]);
}

TEST_CASE("component: measures throughput, requests in flight, errors by cause and waste",
          "[model][component]") {
  SinkLog log;
  log.instances = 2;
  log.react = [](const Received& received) {
    return Reaction{100ms, received.request.key == 1 ? Status::error : Status::ok};
  };
  ModelRig::Options options;
  options.duration = 10s;
  options.network.zones = {"a"};
  log.zones = {0};
  ModelRig rig({sink(log)}, kOneSink, options);
  for (int i = 0; i < 30; ++i)
    rig.send(Time{i * 300ms}, "it", testing::read_of(i % 3 == 0 ? 1 : 0),
             i == 29 ? timeout_of(1ms) : CallPolicy{});
  rig.at(Time{9500ms}, [&rig] { rig.instance("it", 0).kill(false); });
  rig.send_to_instance(Time{9600ms}, "it", 0, Request{});
  rig.run(Time{10s});
  CHECK(rig.component("it").received() == 31);
  CHECK(rig.component("it").in_flight() == 0);
  CHECK(rig.value("it", "throughput_rps") == Approx(2));
  CHECK(rig.value("it", "in_flight") == Approx(0.3));  // 30 times 100 ms in 10 s
  CHECK(rig.count("it", "wasted") == 1);
  CHECK(rig.metric("it", "errors").causes ==
        std::map<std::string, std::uint64_t>{{"error", 10}, {"unavailable", 1}});
  CHECK(rig.value("it[0]", "throughput_rps") + rig.value("it[1]", "throughput_rps") == Approx(2));
  CHECK(rig.value("it[0]", "in_flight") == Approx(0.15));
  for (const MetricInfo& metric : common_component_metrics())
    CHECK_NOTHROW(rig.metric("it", metric.name));
}

TEST_CASE("directory: finds components, and makes each edge once", "[model][component]") {
  SinkLog log;
  ModelRig rig({sink(log)}, R"({"one": {"kind": "sink"}, "two": {"kind": "sink"}})");
  Directory& directory = rig.directory();
  Component& one = directory.component("one");
  Component& two = directory.component("two");
  CHECK(one.id() == "one");
  CHECK(two.kind() == "sink");
  Edge& edge = directory.edge(one, two);
  CHECK(&directory.edge(one, two) == &edge);
  CHECK(&directory.edge(two, one) != &edge);
  Edge& publish = directory.edge(one, two, true);
  CHECK(&publish != &edge);
  CHECK(publish.asynchronous());
  CHECK_FALSE(edge.asynchronous());
}

}  // namespace
}  // namespace highwater
