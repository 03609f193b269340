// What a cache has when it starts again, and when a run begins.

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/kernel/popularity.h"
#include "models/cache/persistence.h"
#include "models/cache/restore_params.h"
#include "tests/caches/caches_rig.h"

namespace highwater::cache {
namespace {

ModelRig one_cache(const std::string& parameters, Duration duration = 1000s) {
  ModelRig::Options options;
  options.duration = duration;
  return ModelRig({cache()}, R"({"cache": {"kind": "cache", )" + parameters + "}}", options);
}

/// Keys 1 to 4 are stored at 1 s, 5.2 s, 5.7 s and 6.1 s, key 1 is deleted at 5.8 s; the cache dies
/// at 6.5 s and comes back at 7 s. Which of them are there at 8 s, as digits.
std::string found_after(const std::string& restore) {
  ModelRig rig = one_cache(R"("restore": )" + restore);
  rig.send(Time{1s}, "cache", write_of(1));
  rig.send(Time{5200ms}, "cache", write_of(2));
  rig.send(Time{5700ms}, "cache", write_of(3));
  rig.send(Time{5800ms}, "cache", delete_of(1));
  rig.send(Time{6100ms}, "cache", write_of(4));
  rig.at(Time{6500ms}, [&] { rig.instance("cache", 0).kill(false); });
  rig.at(Time{7s}, [&] { rig.instance("cache", 0).revive(); });
  std::vector<const Answer*> answers;
  for (std::uint64_t key = 1; key <= 4; ++key)
    answers.push_back(&rig.send(Time{8s}, "cache", read_of(key)));
  rig.run(Time{9s});
  std::string found;
  for (std::size_t i = 0; i < answers.size(); ++i)
    if (answers[i]->reply.hit) found += std::to_string(i + 1);
  return found;
}

TEST_CASE("restore: an instance has what was saved when it died", "[caches]") {
  CHECK(found_after(R"("empty")").empty());
  CHECK(found_after(R"({"snapshot": {"interval": "5s"}})") == "1");
  CHECK(found_after(R"({"snapshot": {"interval": "6s"}})") == "23");
  CHECK(found_after(R"({"snapshot": {"interval": "1s"}})") == "23");
  CHECK(found_after(R"("append_only")") == "23");
  CHECK(found_after(R"({"append_only": {"fsync": "0s"}})") == "234");
  CHECK(found_after(R"({"append_only": {"fsync": "400ms"}})") == "234");
  CHECK(found_after(R"({"append_only": {"fsync": "10s"}})").empty());
}

TEST_CASE("restore: it takes requests once it has loaded its entries", "[caches]") {
  for (const auto& [restore, loading] :
       {std::pair<std::string, Duration>{R"("empty")", 0s},
        {R"({"snapshot": {"interval": "1s", "load_time": "1ms"}})", 100ms},
        {R"({"append_only": {"load_time": "3ms"}})", 300ms}}) {
    ModelRig rig = one_cache(R"("start_time": "50ms", "restore": )" + restore);
    for (std::uint64_t key = 0; key < 100; ++key) rig.send(Time{1s}, "cache", write_of(key));
    rig.send(Time{3s}, "cache", write_of(0));
    rig.at(Time{5s}, [&] { rig.instance("cache", 0).kill(false); });
    rig.at(Time{6s}, [&] { rig.instance("cache", 0).revive(); });
    const Time up = Time{6s} + 50ms + loading;
    const Answer& early = rig.send(up - 1us, "cache", read_of(7));
    const Answer& late = rig.send(up + 1us, "cache", read_of(7));
    rig.run(Time{9s});
    CHECK(early.reply.status == Status::unavailable);
    CHECK(late.reply.ok());
    CHECK(late.reply.hit == (loading > 0s));
  }
}

TEST_CASE("restore: an entry's time goes on while its instance is away", "[caches]") {
  ModelRig rig = one_cache(R"("ttl": "10s", "restore": {"append_only": {"fsync": "0s"}})");
  rig.send(Time{1s}, "cache", write_of(1));
  rig.send(Time{4s}, "cache", write_of(2));
  rig.at(Time{5s}, [&] { rig.instance("cache", 0).kill(false); });
  rig.at(Time{12s}, [&] { rig.instance("cache", 0).revive(); });
  const Answer& over = rig.send(Time{13s}, "cache", read_of(1));
  const Answer& fresh = rig.send(Time{13s}, "cache", read_of(2));
  rig.run(Time{20s});
  CHECK_FALSE(over.reply.hit);
  CHECK(fresh.reply.hit);
}

TEST_CASE("restore: a second death loses no more than the first", "[caches]") {
  for (const char* restore : {R"({"snapshot": {"interval": "10s"}})", R"("append_only")"}) {
    ModelRig rig = one_cache(std::string(R"("restore": )") + restore);
    rig.send(Time{1s}, "cache", write_of(1));
    for (const Duration at : {15s, 17s}) {
      rig.at(Time{at}, [&] { rig.instance("cache", 0).kill(false); });
      rig.at(Time{at + 1s}, [&] { rig.instance("cache", 0).revive(); });
    }
    const Answer& hit = rig.send(Time{19s}, "cache", read_of(1));
    rig.run(Time{20s});
    CHECK(hit.reply.hit);
  }
}

// An unbounded cache beside a source that has everything, under independent references: t after it
// began empty a request hits if its key was asked for before, sum of p (1 - exp(-p r t)).
TEST_CASE("restore: hit ratios after a restart, cold and warm", "[caches]") {
  const KeyPopularity keys = KeyPopularity::zipf(2000, 0.9);
  const auto expected = [&](double from, double to) {
    double sum = 0;
    for (std::uint64_t k = 0; k < 2000; ++k) {
      const double p = keys.probability(k);
      const double rate = 500 * p;
      sum += p * (1 - (std::exp(-rate * from) - std::exp(-rate * to)) / (rate * (to - from)));
    }
    return sum;
  };
  // The cache dies at 100 s for a second; hit ratio of the ten seconds after that.
  const auto measured = [&](const std::string& restore) {
    testing::SinkLog log;
    ModelRig::Options options;
    options.duration = 111s;
    ModelRig rig({cache(), service::service(), testing::sink(log)}, R"({
      "db": {"kind": "sink"},
      "cache": {"kind": "cache", "restore": )" + restore + R"(},
      "api": {"kind": "service", "workers": 1000,
              "endpoints": {"*": [{"cache": "cache", "miss": [{"call": "db"}]}]}}})",
                 options);
    rig.add(load_of("api", 500, 111s,
                    [&](RandomStream& random) { return read_of(keys.draw(random)); }));
    rig.at(Time{100s}, [&] { rig.instance("cache", 0).kill(false); });
    rig.at(Time{101s}, [&] { rig.instance("cache", 0).revive(); });
    rig.run(Time{111s});
    return rig.value("cache", "hit_ratio", Time{101s});
  };
  // Three standard deviations of a share of 5000 requests.
  CHECK(measured(R"("empty")") == Approx(expected(0, 10)).margin(0.02));
  CHECK(measured(R"({"snapshot": {"interval": "80s"}})") == Approx(expected(80, 90)).margin(0.012));
  CHECK(measured(R"({"append_only": {"fsync": "0s"}})") == Approx(expected(100, 110)).margin(0.01));
}

// Facebook's cold cluster warmup: what the cold cluster lacks is read from a warm one.
TEST_CASE("restore: a cold cache behind which a warm one stands leaves the source alone",
          "[caches]") {
  testing::SinkLog log;
  ModelRig rig({cache(), service::service(), testing::sink(log)}, R"({
    "db": {"kind": "sink"},
    "cold": {"kind": "cache"}, "warm": {"kind": "cache", "prefill": 1000},
    "api": {"kind": "service", "workers": 1000, "endpoints": {"*": [
      {"cache": "cold", "miss": [{"cache": "warm", "miss": [{"call": "db"}]}]}]}}})");
  rig.add(
      load_of("api", 100, 100s, [](RandomStream& random) { return read_of(random.below(1010)); }));
  rig.run(Time{200s});
  CHECK(log.size() == 10);
  CHECK(rig.value("cold", "entries", Time{190s}) == Approx(1010).epsilon(0.01));
  CHECK(rig.count("warm", "lookups") == rig.count("cold", "lookups") - rig.count("cold", "hits"));
}

TEST_CASE("prefill: the most popular keys are there when the run begins", "[caches]") {
  ModelRig rig = one_cache(R"("prefill": 1000, "ttl": "5s", "replicas": 3)");
  const Answer& last = rig.send(Time{1s}, "cache", read_of(999));
  const Answer& beyond = rig.send(Time{1s}, "cache", read_of(1000));
  const Answer& over = rig.send(Time{5s}, "cache", read_of(3));
  rig.run(Time{6s});
  CHECK(last.reply.hit);
  CHECK_FALSE(beyond.reply.hit);
  CHECK_FALSE(over.reply.hit);
}

TEST_CASE("prefill: without room for all, the most popular stay", "[caches]") {
  ModelRig rig = one_cache(R"("prefill": 1000, "capacity": 10)");
  std::vector<const Answer*> answers;
  for (const std::uint64_t key : {0u, 9u, 10u, 999u})
    answers.push_back(&rig.send(Time{1s}, "cache", read_of(key)));
  rig.run(Time{6s});
  CHECK(answers[0]->reply.hit);
  CHECK(answers[1]->reply.hit);
  CHECK_FALSE(answers[2]->reply.hit);
  CHECK_FALSE(answers[3]->reply.hit);
}

TEST_CASE("prefill: it is saved too", "[caches]") {
  for (const char* restore : {R"({"snapshot": {"interval": "1h"}})", R"("append_only")"}) {
    ModelRig rig = one_cache(std::string(R"("prefill": 10, "restore": )") + restore);
    rig.at(Time{100ms}, [&] { rig.instance("cache", 0).kill(false); });
    rig.at(Time{1s}, [&] { rig.instance("cache", 0).revive(); });
    const Answer& hit = rig.send(Time{2s}, "cache", read_of(9));
    rig.run(Time{3s});
    CHECK(hit.reply.hit);
  }
}

TEST_CASE("restore, prefill: what is wrong is said", "[caches]") {
  const auto problems = [](const std::string& parameters) {
    return testing::problems_of(cache(), R"({"kind": "cache", )" + parameters + "}");
  };
  CHECK(problems(R"("restore": "snapshot")").empty());
  CHECK(problems(R"("restore": {"snapshot": {"interval": "0s"}})").find("interval") !=
        std::string::npos);
  CHECK(problems(R"("restore": "snapshots")").find("snapshot") != std::string::npos);
  CHECK(problems(R"("prefill": 100000000)").find("prefill") != std::string::npos);
  CHECK(problems(R"("prefill": 10, "origin": "db")").find("by endpoint") != std::string::npos);
}

}  // namespace
}  // namespace highwater::cache
