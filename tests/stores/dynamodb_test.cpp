// DynamoDB's table as callers see it: rates, bursts, throttling and staleness.

#include "models/database/dynamodb.h"

#include <cmath>

#include <catch2/catch.hpp>

#include "models/database/database.h"
#include "models/faults/faults.h"
#include "tests/support/model_rig.h"

namespace highwater::database::dynamodb_test {
namespace {

using testing::Answer;
using testing::Load;
using testing::ModelRig;
using testing::read_of;
using testing::write_of;

ModelRig rig_of(const std::string& parameters, NetworkPlan network = {}) {
  ModelRig::Options options;
  options.network = std::move(network);
  return ModelRig({database()}, R"({"db": {"kind": "database", "dynamodb": {)" + parameters + "}}}",
                  options);
}

Load load(double per_second, std::uint64_t requests, std::function<Request(RandomStream&)> make) {
  Load load;
  load.to = "db";
  load.per_second = per_second;
  load.requests = requests;
  load.make = std::move(make);
  return load;
}

std::uint64_t sum_of(const MetricRecord& causes) {
  std::uint64_t sum = 0;
  for (const auto& [cause, count] : causes.causes) sum += count;
  return sum;
}

TEST_CASE("dynamodb: a table serves its rate and rejects the rest", "[models][database][costly]") {
  ModelRig rig = rig_of(R"("provisioned": {"read_capacity_units": 100, "write_capacity_units": 50,
                                           "burst": "1s"})");
  rig.add(load(400, 400'000, [](RandomStream& random) { return read_of(random.below(100'000)); }));
  rig.add(load(200, 200'000, [](RandomStream& random) { return write_of(random.below(100'000)); }));
  rig.run(Time{1000s});
  // A read that may be stale costs half a unit.
  CHECK(rig.value("db", "consumed_read_units", Time{10s}) == Approx(100).epsilon(0.01));
  CHECK(rig.value("db", "consumed_write_units", Time{10s}) == Approx(50).epsilon(0.01));
  CHECK(rig.count("db", "reads") + rig.count("db", "writes") +
            sum_of(rig.metric("db", "throttled")) ==
        600'000);
}

TEST_CASE("dynamodb: strong reads and large items cost more", "[models][database]") {
  const auto reads = [](const std::string& more) {
    ModelRig rig =
        rig_of(R"("provisioned": {"read_capacity_units": 100, "write_capacity_units": 100,
                                             "burst": "1s"}, )" +
               more);
    rig.add(load(1000, 100'000, [](RandomStream& random) { return read_of(random.below(1000)); }));
    rig.run(Time{100s});
    return static_cast<double>(rig.count("db", "reads")) / 100;
  };
  CHECK(reads(R"("item_size": "4KiB")") == Approx(200).epsilon(0.02));
  CHECK(reads(R"("item_size": "4097B")") == Approx(100).epsilon(0.02));
  CHECK(reads(R"("consistent_read": true)") == Approx(100).epsilon(0.02));
  CHECK(reads(R"("consistent_read": true, "item_size": "20KiB")") == Approx(20).epsilon(0.05));
}

TEST_CASE("dynamodb: throttled requests are rejected, and the caller's policy tries again",
          "[models][database]") {
  ModelRig rig = rig_of(R"("provisioned": {"write_capacity_units": 1, "burst": "1s"})");
  const Answer& first = rig.send(Time{10s}, "db", write_of(1));
  const Answer& second = rig.send(Time{10s}, "db", write_of(1));
  rig.run(Time{20s});
  CHECK(first.reply.ok());
  CHECK(first.took() == 5ms);
  CHECK(second.reply.status == Status::rejected);
  CHECK(second.took() == Duration{0});
  CHECK(rig.metric("db", "throttled").causes.at("table") == 1);
}

TEST_CASE("dynamodb: a hot key has one partition's limit", "[models][database][costly]") {
  ModelRig rig = rig_of(R"("provisioned": {"write_capacity_units": 10000}, "partitions": 10)");
  rig.add(load(3000, 300'000, [](RandomStream&) { return write_of(1); }));
  rig.run(Time{100s});
  CHECK(rig.value("db", "consumed_write_units", Time{10s}) == Approx(1000).epsilon(0.01));
  CHECK(rig.metric("db", "throttled").causes.at("partition") > 150'000);
  CHECK(rig.value("db", "partitions") == 10);
}

TEST_CASE("dynamodb: a partition that stays hot is split", "[models][database][costly]") {
  const auto served = [](const std::string& more) {
    ModelRig rig =
        rig_of(R"("provisioned": {"write_capacity_units": 10000}, "partitions": 1, )" + more);
    rig.add(load(1500, 1'350'000,
                 [](RandomStream& random) { return write_of(random.below(1'000'000)); }));
    rig.run(Time{900s});
    CHECK((rig.count("db", "splits") > 0) == (rig.value("db", "partitions", Time{600s}) > 1));
    return rig.value("db", "consumed_write_units", Time{600s});
  };
  CHECK(served(R"("split_for_heat": false)") == Approx(1000).epsilon(0.01));
  CHECK(served(R"("split_for_heat": true)") == Approx(1500).epsilon(0.01));
  CHECK(served(R"("split_after": "20m")") == Approx(1000).epsilon(0.01));
}

TEST_CASE("dynamodb: what is not used is kept, and lent to where it is needed",
          "[models][database]") {
  const auto writes = [](const std::string& inside, std::uint64_t keys) {
    ModelRig rig =
        rig_of(R"("partitions": 4, "provisioned": {"write_capacity_units": 100, )" + inside + "}");
    Load burst =
        load(1000, 50'000, [keys](RandomStream& random) { return write_of(random.below(keys)); });
    burst.begin = Time{400s};
    rig.add(burst);
    rig.run(Time{450s});
    return static_cast<double>(rig.count("db", "writes"));
  };
  // 50 s at 100 a second, and what 400 s have left.
  CHECK(writes(R"("burst": "300s")", 1'000'000) == Approx(5'000 + 30'000).epsilon(0.01));
  CHECK(writes(R"("burst": "100s")", 1'000'000) == Approx(5'000 + 10'000).epsilon(0.01));
  // A single key has all of it, or a quarter.
  CHECK(writes(R"("burst": "100s", "adaptive_capacity": true)", 1) ==
        Approx(5'000 + 10'000).epsilon(0.01));
  CHECK(writes(R"("burst": "100s", "adaptive_capacity": false)", 1) ==
        Approx((5'000 + 10'000) / 4).epsilon(0.01));
}

TEST_CASE("dynamodb: on demand the previous peak decides", "[models][database][costly]") {
  const auto served = [](const std::string& mode) {
    ModelRig rig = rig_of(mode);
    rig.add(load(6000, 600'000,
                 [](RandomStream& random) { return write_of(random.below(1'000'000)); }));
    rig.run(Time{100s});
    return rig.value("db", "consumed_write_units", Time{10s});
  };
  CHECK(served(R"("on_demand": {})") == Approx(4000).epsilon(0.01));
  CHECK(served(R"("split_for_heat": true)") == Approx(4000).epsilon(0.01));
  CHECK(served(R"("on_demand": {"previous_peak_writes": 5000})") == Approx(6000).epsilon(0.01));

  ModelRig reads = rig_of(R"("on_demand": {"previous_peak_reads": 100})");
  reads.add(load(1000, 50'000, [](RandomStream& random) { return read_of(random.below(1000)); }));
  reads.run(Time{50s});
  CHECK(reads.value("db", "consumed_read_units", Time{5s}) == Approx(200).epsilon(0.02));
}

TEST_CASE("dynamodb: a read that is not consistent may be stale", "[models][database]") {
  const auto stale = [](const std::string& more) {
    ModelRig rig = rig_of(R"("replication_lag": "100ms", "read_time": "1ms", )" + more);
    rig.add(load(500, 200'000, [](RandomStream& random) { return read_of(random.below(10)); }));
    rig.add(load(50, 20'000, [](RandomStream& random) { return write_of(random.below(10)); }));
    rig.run(Time{500s});
    return rig.value("db", "stale_reads");
  };
  // A write within the last 100 ms, and the one replica in three that lacks it.
  CHECK(stale(R"("item_size": "1KiB")") == Approx((1 - std::exp(-0.5)) / 3).epsilon(0.03));
  ModelRig rig = rig_of(R"("consistent_read": true)");
  rig.add(load(500, 10'000, [](RandomStream& random) { return read_of(random.below(10)); }));
  rig.add(load(50, 1'000, [](RandomStream& random) { return write_of(random.below(10)); }));
  rig.run(Time{50s});
  CHECK(rig.value("db", "stale_reads") == 0);
}

TEST_CASE("dynamodb: endpoints stand in the zones", "[models][database]") {
  NetworkPlan network;
  network.zones = {"a", "b"};
  ModelRig rig = rig_of(R"("zones": ["b", "a"], "read_time": "2ms")", network);
  CHECK(rig.component("db").instances().size() == 2);
  CHECK(rig.instance("db", 0).zone() == 1);
  rig.fault(faults::kill(), R"({"at": "1s", "kill": "db[0]"})");
  rig.fault(faults::slow(), R"({"at": "1s", "slow": "db[1]", "factor": 3})");
  const Answer& answer = rig.send(Time{2s}, "db", read_of(1));
  rig.run(Time{3s});
  CHECK(answer.reply.ok());
  CHECK(answer.took() == 6ms);
}

}  // namespace
}  // namespace highwater::database::dynamodb_test
