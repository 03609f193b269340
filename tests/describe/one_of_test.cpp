// Parameters that are one of several forms, and forms that contain themselves.
#include "engine/describe/one_of.h"

#include <catch2/catch.hpp>

#include "tests/describe/read_support.h"

using namespace highwater;

namespace one_of_test {

struct Step;

struct WaitStep {
  Distribution wait;
  static constexpr std::string_view doc = "Waits.";
  static constexpr std::string_view source = "A paper";
  static constexpr auto fields() { return Fields{field<&WaitStep::wait>("How long.").required()}; }
};
struct CacheStep {
  ComponentRef cache;
  std::optional<Duration> ttl;
  std::vector<Step> miss;
  static constexpr auto fields() {
    return Fields{field<&CacheStep::cache>("Which.").required(),
                  field<&CacheStep::ttl>("How long it is good."),
                  field<&CacheStep::miss>("Otherwise.")};
  }
};
struct ParallelStep {
  std::vector<std::vector<Step>> parallel;
  static constexpr auto fields() {
    return Fields{field<&ParallelStep::parallel>("Lists.").required().at_least(1)};
  }
};
struct Step : OneOf<WaitStep, CacheStep, ParallelStep> {
  using OneOf::OneOf;
};

struct FixedTimes {
  std::uint64_t times = 1;
  static constexpr auto fields() { return Fields{field<&FixedTimes::times>("So many.")}; }
  static constexpr auto shorthand = &FixedTimes::times;
};
struct GeometricTimes {
  Fraction geometric;
  static constexpr auto fields() {
    return Fields{field<&GeometricTimes::geometric>("Again with this probability.")};
  }
};
struct Times : OneOf<FixedTimes, GeometricTimes> {
  using OneOf::OneOf;
};

struct SampleParams {
  std::uint32_t samples = 5;
  static constexpr auto fields() { return Fields{field<&SampleParams::samples>("Keys.")}; }
};
struct Nothing {
  static constexpr auto fields() { return Fields{}; }
};
struct RedisLru {
  SampleParams redis_lru;
  static constexpr auto fields() { return Fields{field<&RedisLru::redis_lru>("Sampled.")}; }
};
struct Fifo {
  Nothing fifo;
  static constexpr auto fields() { return Fields{field<&Fifo::fifo>("In turn.")}; }
};
struct Eviction : OneOf<Fifo, RedisLru> {
  using OneOf::OneOf;
  static constexpr bool words = true;
};

}  // namespace one_of_test

using namespace one_of_test;

TEST_CASE("one_of: the key chooses the form", "[describe][one_of]") {
  const auto wait = read<Step>(R"({"wait": "30ms"})");
  CHECK(wait.problems == "");
  REQUIRE(wait.value.is<WaitStep>());
  CHECK(wait.value.as<WaitStep>()->wait == Distribution::constant(30ms));
  CHECK(wait.value.as<CacheStep>() == nullptr);
}

TEST_CASE("one_of: forms contain forms", "[describe][one_of]") {
  const std::string json = R"({"cache": "redis", "miss": [{"parallel": [[{"wait": "1ms"}], []]}]})";
  const auto step = read<Step>(json);
  CHECK(step.problems == "");
  REQUIRE(step.value.is<CacheStep>());
  const Step& inner = step.value.as<CacheStep>()->miss.at(0);
  REQUIRE(inner.is<ParallelStep>());
  CHECK(inner.as<ParallelStep>()->parallel.at(0).at(0).is<WaitStep>());
  CHECK(written(step.value) == json);
}

TEST_CASE("one_of: none, several, misspelt", "[describe][one_of]") {
  CHECK(read<Step>("{}").problems ==
        "f:1:1: /x: expected exactly one of wait, cache, parallel, found none\n");
  CHECK(read<Step>(R"({"wait": "1ms", "cache": "c"})").problems ==
        "f:1:1: /x: expected exactly one of wait, cache, parallel, found wait, cache together\n");
  CHECK(read<Step>(R"({"ttl": "1s", "cahce": "c"})").problems ==
        "f:1:15: /x/cahce: unknown key \"cahce\"; did you mean \"cache\"?\n");
  CHECK(read<Step>(R"({"zzz": 1})").problems ==
        "f:1:2: /x/zzz: unknown key \"zzz\"; known: wait, cache, parallel\n");
  CHECK(read<Step>(R"({"wait": "1ms", "ttl": "1s"})").problems ==
        "f:1:17: /x/ttl: unknown key \"ttl\"; known: wait\n");
  CHECK(
      read<Step>(R"("wait")").problems ==
      "f:1:1: /x: expected an object with exactly one of wait, cache, parallel, found \"wait\"\n");
  CHECK(
      read<Step>(R"({"cache": "c", "miss": [{"wait": 1}, {"wiat": "1ms"}]})").problems ==
      "f:1:34: /x/miss/0/wait: 1 has no unit; a duration needs one of ns, us, ms, s, m, h, d, such "
      "as \"40ms\"\n"
      "f:1:39: /x/miss/1/wiat: unknown key \"wiat\"; did you mean \"wait\"?\n");
}

TEST_CASE("one_of: a bare value goes to the form with a shorthand", "[describe][one_of]") {
  const auto times = read<Times>("3");
  CHECK(times.problems == "");
  CHECK(times.value.as<FixedTimes>()->times == 3);
  CHECK(read<Times>(R"({"geometric": "40%"})").value.is<GeometricTimes>());
  CHECK(read<Times>("-3").problems == "f:1:1: /x: -3 is negative; a count is 0 or more\n");
}

TEST_CASE("one_of: a word stands for a form with its defaults", "[describe][one_of]") {
  const auto fifo = read<Eviction>(R"("fifo")");
  CHECK(fifo.problems == "");
  CHECK(fifo.value.is<Fifo>());
  const auto lru = read<Eviction>(R"("redis_lru")");
  CHECK(lru.value.as<RedisLru>()->redis_lru.samples == 5);
  const auto given = read<Eviction>(R"({"redis_lru": {"samples": 10}})");
  CHECK(given.value.as<RedisLru>()->redis_lru.samples == 10);
  CHECK(read<Eviction>(R"("redis_lur")").problems ==
        "f:1:1: /x: unknown word \"redis_lur\"; did you mean \"redis_lru\"?\n");
}

TEST_CASE("one_of: the table lists the forms and may refer to itself", "[describe][one_of]") {
  const TypeInfo& step = type_of<Step>();
  CHECK(step.shape == Shape::kOneOf);
  REQUIRE(step.alternatives.size() == 3);
  CHECK(step.alternatives[0].verb == "wait");
  CHECK(step.alternatives[0].doc == "Waits.");
  CHECK(step.alternatives[0].source == "A paper");
  CHECK(step.alternatives[1].doc == "Which.");
  const FieldInfo* miss = find_field(step.alternatives[1].fields, "miss");
  REQUIRE(miss != nullptr);
  CHECK(&miss->type().element() == &step);
  CHECK(type_of<Times>().bare != nullptr);
  CHECK(type_of<Eviction>().words.size() == 2);
  CHECK(step.words.empty());
}
