// Keys that get most of the requests: the instance that holds them, and copies of them on others.

#include "models/cache/hot_keys.h"

#include <algorithm>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/popularity.h"
#include "models/sharding.h"
#include "tests/caches/caches_rig.h"

namespace highwater::cache {
namespace {

ModelRig caches(const std::string& parameters, Duration duration = 200s) {
  ModelRig::Options options;
  options.duration = duration;
  return ModelRig({cache()}, R"({"cache": {"kind": "cache", )" + parameters + "}}", options);
}

TEST_CASE("hot keys: the hottest instance has the popularity of its keys", "[caches]") {
  // Zipf over 1000 keys on four instances: what each gets is the sum over its keys.
  const KeyPopularity keys = KeyPopularity::zipf(1000, 1.1);
  const Shards shards(hashing::Scheme::modulo, "cache", 4);
  std::vector<double> mass(4);
  for (std::uint64_t k = 0; k < 1000; ++k) mass[shards.of(k)] += keys.probability(k);
  const double hottest = *std::max_element(mass.begin(), mass.end());
  ModelRig rig = caches(R"("replicas": 4, "service_time": "0.1ms")");
  rig.add(load_of("cache", 1000, 200s,
                  [&](RandomStream& random) { return read_of(keys.draw(random)); }));
  rig.run(Time{200s});
  CHECK(rig.value("cache", "hottest_share") == Approx(hottest).epsilon(0.01));
  const auto place =
      static_cast<std::size_t>(std::max_element(mass.begin(), mass.end()) - mass.begin());
  CHECK(rig.value("cache[" + std::to_string(place) + "]", "utilization") ==
        Approx(hottest * 1000 * 1e-4).epsilon(0.02));
}

TEST_CASE("hot keys: copies take the load of the hot key off its instance", "[caches]") {
  // Key 0 has six tenths of the requests, the others one thousandth of the rest each.
  const auto hottest = [](const std::string& more) {
    ModelRig rig = caches(R"("replicas": 4)" + more);
    rig.add(load_of("cache", 500, 200s, [](RandomStream& random) {
      return read_of(random.uniform() < 0.6 ? 0 : 1 + random.below(1000));
    }));
    rig.run(Time{200s});
    if (!more.empty()) CHECK(rig.value("cache", "hot_keys", Time{20s}) == Approx(1));
    return rig.value("cache", "hottest_share", Time{20s});
  };
  // An even share of the rest, and of the key what its copies leave.
  const double rest = 0.4 / 4;
  CHECK(hottest("") == Approx(0.6 + rest).epsilon(0.03));
  CHECK(hottest(R"(, "hot_keys": {"share": "5%", "copies": 2})") ==
        Approx(0.3 + rest).epsilon(0.05));
  CHECK(hottest(R"(, "hot_keys": {"share": "5%", "copies": 4})") ==
        Approx(0.15 + rest).epsilon(0.08));
}

TEST_CASE("hot keys: a key is hot in the window after one in which it had its share", "[caches]") {
  const HotKeysParams params{Fraction{0.2}, 10s, 3};
  HotKeys hot(params);
  std::vector<std::uint64_t> cooled;
  const auto count = [&](std::uint64_t key, Duration at) {
    hot.count(key, Time{at}, [&](std::uint64_t each) { cooled.push_back(each); });
  };
  for (int i = 0; i < 30; ++i) count(1, 1s + i * 1ms);
  for (std::uint64_t i = 0; i < 70; ++i) count(100 + i, 2s);
  CHECK_FALSE(hot.is_hot(1));
  count(1, 10s);
  CHECK(hot.is_hot(1));
  CHECK_FALSE(hot.is_hot(100));
  for (std::uint64_t i = 0; i < 99; ++i) count(200 + i, 12s);
  CHECK(hot.is_hot(1));
  CHECK(cooled.empty());
  count(5, 20s);  // in the second window it had a hundredth
  CHECK_FALSE(hot.is_hot(1));
  CHECK(cooled == std::vector<std::uint64_t>{1});
  CHECK(hot.integral(Time{30s}) == Approx(10));
  // Fewer than ten requests say nothing, whatever their share.
  for (int i = 0; i < 9; ++i) count(7, 30s);
  count(8, 40s);
  CHECK_FALSE(hot.is_hot(7));
  // Nor does a window that is long over.
  for (int i = 0; i < 50; ++i) count(9, 41s);
  count(8, 75s);
  CHECK_FALSE(hot.is_hot(9));
}

TEST_CASE("hot keys: a deletion goes to all copies, and waits for all", "[caches]") {
  testing::SinkLog log;
  ModelRig rig({cache(), service::service(), testing::sink(log)}, R"({
    "db": {"kind": "sink"},
    "cache": {"kind": "cache", "replicas": 3, "service_time": "1ms",
              "hot_keys": {"share": "50%", "window": "1s", "copies": 3}},
    "api": {"kind": "service", "workers": 1000, "endpoints": {
      "GET /": [{"cache": "cache", "miss": [{"call": "db"}]}],
      "DELETE /": [{"call": "cache", "op": "delete"}]}}})");
  const Symbol get = rig.world().symbols.intern("GET /");
  const Symbol remove = rig.world().symbols.intern("DELETE /");
  // Twenty a second: hot from the second second on, filled at each of the three copies.
  for (int i = 0; i < 100; ++i) rig.send(Time{i * 50ms}, "api", read_of(1, get));
  const Answer& deleted = rig.send(Time{4980ms}, "api", delete_of(1, remove));
  std::vector<const Answer*> found;
  for (std::size_t i = 0; i < 3; ++i)
    found.push_back(&rig.send_to_instance(Time{5100ms}, "cache", i, read_of(1)));
  rig.run(Time{6s});
  CHECK(deleted.reply.ok());
  CHECK(deleted.took() == 1ms);  // at the same time
  CHECK(log.size() == 3);        // one for each copy
  for (const Answer* answer : found) CHECK_FALSE(answer->reply.hit);
  for (std::size_t i = 0; i < 3; ++i) CHECK(rig.instance("cache", i).received() > 20);
}

TEST_CASE("hot keys: a copy that is down costs only its share", "[caches]") {
  ModelRig rig = caches(R"("replicas": 2, "hot_keys": {"share": "50%", "window": "1s"})");
  rig.at(Time{10s}, [&] { rig.instance("cache", 0).kill(false); });
  std::uint64_t failed = 0;
  Load load = load_of(
      "cache", 100, 100s, [](RandomStream&) { return read_of(1); }, Time{20s});
  load.answered = [&](const Request&, const Answer& answer) { failed += !answer.reply.ok(); };
  rig.add(std::move(load));
  const Answer& write = rig.send(Time{100s}, "cache", write_of(1));
  rig.run(Time{130s});
  CHECK(static_cast<double>(failed) / 10'000 == Approx(0.5).margin(0.03));
  CHECK(write.reply.status == Status::unavailable);  // one of the copies has the old value
}

TEST_CASE("hot keys: copies are dropped when the key is no longer hot", "[caches]") {
  ModelRig rig = caches(R"("replicas": 2, "hot_keys": {"share": "50%", "window": "10s"})");
  for (int i = 0; i < 40; ++i) rig.send(Time{1s + i * 10ms}, "cache", read_of(1));
  rig.send(Time{12s}, "cache", write_of(1));  // hot: at both
  for (int i = 0; i < 40; ++i) rig.send(Time{13s + i * 10ms}, "cache", read_of(2));
  rig.send(Time{21s}, "cache", read_of(3));
  rig.run(Time{30s});
  const double before = rig.value("cache", "entries", Time{29s});
  CHECK(before == Approx(1));
}

TEST_CASE("hot keys: what is wrong is said", "[caches]") {
  const auto problems = [](const std::string& parameters) {
    return testing::problems_of(cache(), R"({"kind": "cache", )" + parameters + "}");
  };
  CHECK(problems(R"("replicas": 2, "hot_keys": {})").empty());
  CHECK(problems(R"("hot_keys": {})").find("fewer instances") != std::string::npos);
  CHECK(problems(R"("replicas": 2, "hot_keys": {"copies": 3})").find("fewer instances") !=
        std::string::npos);
  CHECK(problems(R"("replicas": 2, "hot_keys": {"copies": 1})").find("copies") !=
        std::string::npos);
  CHECK(problems(R"("replicas": 2, "hot_keys": {"share": "0%"})").find("share") !=
        std::string::npos);
  CHECK(problems(R"("replicas": 2, "origin": "db", "hot_keys": {})").find("beside the data") !=
        std::string::npos);
  CHECK(problems(R"("replicas": 2, "routing": "nearest", "hot_keys": {})").find("anyway") !=
        std::string::npos);
}

}  // namespace
}  // namespace highwater::cache
