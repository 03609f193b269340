// Declared parameters: one declaration gives reading, limits, tables and writing.
#include "engine/describe/field.h"

#include <catch2/catch.hpp>

#include "engine/describe/kind.h"
#include "tests/describe/read_support.h"

using namespace highwater;

namespace field_test {

enum class Jitter { kNone, kFull };
constexpr auto words_of(Jitter) {
  return std::array{Word{Jitter::kNone, "none", "Exactly the backoff."},
                    Word{Jitter::kFull, "full", "Uniform up to the backoff."}};
}

struct RetryParams {
  std::uint32_t attempts = 3;
  Duration backoff = 100ms;
  Jitter jitter = Jitter::kFull;

  static constexpr auto fields() {
    return Fields{
        field<&RetryParams::attempts>("Tries in all.").at_least(1).at_most(100),
        field<&RetryParams::backoff>("Pause.").at_least(1us).source("A book"),
        field<&RetryParams::jitter>("Spread."),
    };
  }
  static constexpr auto shorthand = &RetryParams::attempts;
  bool operator==(const RetryParams&) const = default;
};

struct Policy {
  std::optional<Duration> timeout;
  std::optional<RetryParams> retry;

  static constexpr auto fields() {
    return Fields{field<&Policy::timeout>("Of one attempt.").at_least(1ns),
                  field<&Policy::retry>("Further attempts.")};
  }
};

struct CallParams {
  ComponentRef to;
  Policy policy;
  std::optional<Duration> for_;
  std::uint32_t default_ = 7;

  static constexpr auto fields() {
    return Fields{
        field<&CallParams::to>("Whom.").required(),
        inlined<&CallParams::policy>(),
        field<&CallParams::for_>("How long."),
        field<&CallParams::default_>("A keyword.").named("standard"),
    };
  }
  static constexpr auto shorthand = &CallParams::to;
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (policy.timeout && for_ && *for_ < *policy.timeout)
      problems.error(where.position(), path, "for is shorter than timeout");
  }
};

struct ServiceParams {
  std::uint32_t replicas = 1;
  Distribution service_time = Distribution::exponential(5ms);
  std::vector<CallParams> calls;
  OrderedMap<Fraction> mix;
  Auto<Duration> warmup;

  static constexpr std::string_view type_name = "service";
  static constexpr auto fields() {
    return Fields{
        field<&ServiceParams::replicas>("Instances.").at_least(1),
        field<&ServiceParams::service_time>("Work."),
        field<&ServiceParams::calls>("Whom it calls.").at_most(2),
        field<&ServiceParams::mix>("Shares.").at_least(1),
        field<&ServiceParams::warmup>("Cut.").at_least(1s),
    };
  }
};

/// As a product has it, which counts in milliseconds.
struct ProductParams {
  Duration pause = 5s;
  Fraction share{0.5};
  std::vector<Duration> pauses{1s};

  static constexpr auto fields() {
    return Fields{
        field<&ProductParams::pause>("Between.").known_as("pauseInMillis").bare("ms").zero("false"),
        field<&ProductParams::share>("Of it.").bare("%"),
        field<&ProductParams::pauses>("One after the other.").bare("ms"),
    };
  }
};

struct Nothing {
  static constexpr auto fields() { return Fields{}; }
};

// What the declaration check must refuse; declares_every_member is what table_of asserts.
struct ForgetsLast {
  std::uint32_t a = 0, b = 0;
  static constexpr auto fields() { return Fields{field<&ForgetsLast::a>("")}; }
};
struct ForgetsFirst {
  std::uint32_t a = 0, b = 0;
  static constexpr auto fields() { return Fields{field<&ForgetsFirst::b>("")}; }
};
struct ForgetsMiddle {
  std::uint32_t a = 0;
  RetryParams b;
  std::optional<Duration> c;
  static constexpr auto fields() {
    return Fields{field<&ForgetsMiddle::a>(""), field<&ForgetsMiddle::c>("")};
  }
};
// One that is declared twice is twice a base of Fields, which no compiler takes.

}  // namespace field_test

using namespace field_test;

namespace {

template <class P>
constexpr bool declared() {
  return detail::declares_every_member<P>(TypeTag<decltype(P::fields())>{});
}

const FieldInfo& info(const std::vector<FieldInfo>& table, std::string_view name) {
  const FieldInfo* found = find_field(table, name);
  REQUIRE(found != nullptr);
  return *found;
}

}  // namespace

TEST_CASE("field: a member that is not declared is noticed", "[describe][field]") {
  STATIC_REQUIRE(declared<RetryParams>());
  STATIC_REQUIRE(declared<CallParams>());
  STATIC_REQUIRE(declared<ServiceParams>());
  STATIC_REQUIRE(declared<Nothing>());
  STATIC_REQUIRE_FALSE(declared<ForgetsLast>());
  STATIC_REQUIRE_FALSE(declared<ForgetsFirst>());
  STATIC_REQUIRE_FALSE(declared<ForgetsMiddle>());
}

TEST_CASE("field: names come from the members", "[describe][field]") {
  std::string names;
  for (const FieldInfo& field : table_of<CallParams>()) names += field.name + " ";
  CHECK(names == "to timeout retry for standard ");
  CHECK(type_of<RetryParams>().name == "field_test.retry");
  CHECK(type_of<ServiceParams>().name == "service");
  CHECK(type_of<Jitter>().name == "field_test.jitter");
  CHECK(table_name("highwater::client::HTTPParams") == "client.http");
  CHECK(table_name("highwater::(anonymous namespace)::RetryParams") == "retry");
  CHECK(table_name("highwater::{anonymous}::RetryBudgetParams") == "retry_budget");
  CHECK(table_name("highwater::Params") == "params");
}

TEST_CASE("field: the table says what was declared", "[describe][field]") {
  const auto& retry = table_of<RetryParams>();
  const FieldInfo& attempts = info(retry, "attempts");
  CHECK(attempts.doc == "Tries in all.");
  CHECK(attempts.default_json == "3");
  CHECK(attempts.min_json == "1");
  CHECK(attempts.max_json == "100");
  CHECK(attempts.type().name == "count");
  CHECK_FALSE(attempts.required);
  const FieldInfo& backoff = info(retry, "backoff");
  CHECK(backoff.default_json == "\"100ms\"");
  CHECK(backoff.min_json == "\"1us\"");
  CHECK(backoff.max_json == std::nullopt);
  CHECK(backoff.source == "A book");
  const TypeInfo& jitter = info(retry, "jitter").type();
  CHECK(jitter.shape == Shape::kWords);
  REQUIRE(jitter.words.size() == 2);
  CHECK(jitter.words[1].word == "full");
  CHECK(jitter.words[1].doc == "Uniform up to the backoff.");

  const auto& call = table_of<CallParams>();
  CHECK(info(call, "to").required);
  CHECK(info(call, "to").default_json == std::nullopt);
  CHECK(info(call, "timeout").default_json == std::nullopt);
  CHECK(&info(call, "retry").type() == &type_of<RetryParams>());
  CHECK(type_of<CallParams>().bare_field == "to");
  CHECK(&type_of<CallParams>().bare() == &type_of<ComponentRef>());

  const auto& service = table_of<ServiceParams>();
  CHECK(info(service, "service_time").default_json == R"({"exponential": "5ms"})");
  CHECK(info(service, "calls").type().shape == Shape::kList);
  CHECK(&info(service, "calls").type().element() == &type_of<CallParams>());
  CHECK(info(service, "calls").max_json == "2");
  CHECK(info(service, "warmup").default_json == "\"auto\"");
}

TEST_CASE("field: the table says how the product says it", "[describe][field]") {
  const auto& product = table_of<ProductParams>();
  const FieldInfo& pause = info(product, "pause");
  CHECK(pause.known_as == "pauseInMillis");
  CHECK(pause.bare_unit == "ms");
  CHECK(pause.zero_word == "false");
  CHECK(find_known_as(product, "pauseInMillis") == &pause);
  CHECK(find_known_as(product, "pause") == nullptr);
  const FieldInfo& share = info(product, "share");
  CHECK(share.bare_unit == "%");
  CHECK(share.known_as == "");
  CHECK(share.zero_word == "");
  CHECK(find_known_as(product, "") == nullptr);
}

TEST_CASE("field: what is read is never said as the product says it", "[describe][field]") {
  CHECK(read<ProductParams>(R"({"pause": 5000})").problems ==
        "f:1:11: /x/pause: 5000 has no unit; a duration needs one of ns, us, ms, s, m, h, d, such "
        "as \"40ms\"\n");
  CHECK_THAT(read<ProductParams>(R"({"pause": false})").problems,
             Catch::Contains("/x/pause: expected a duration"));
  CHECK_THAT(read<ProductParams>(R"({"share": 50})").problems, Catch::Contains("more than"));
  CHECK_THAT(read<ProductParams>(R"({"pauses": [1000]})").problems, Catch::Contains("no unit"));
  // But whoever comes from the product learns our name, however far it is from theirs.
  CHECK(read<ProductParams>(R"({"pauseInMillis": "5s"})").problems ==
        "f:1:2: /x/pauseInMillis: unknown key \"pauseInMillis\"; did you mean \"pause\"?\n");
}

TEST_CASE("field: reading fills what is given and keeps the other defaults", "[describe][field]") {
  const auto result = read<CallParams>(
      R"({"to": "db", "timeout": "2s", "retry": {"attempts": 5, "jitter": "none"}, "for": "3s"})");
  CHECK(result.problems == "");
  CHECK(result.value.to.id == "db");
  CHECK(result.value.policy.timeout == 2s);
  REQUIRE(result.value.policy.retry);
  CHECK(*result.value.policy.retry == RetryParams{5, 100ms, Jitter::kNone});
  CHECK(result.value.for_ == 3s);
  CHECK(result.value.default_ == 7);
}

TEST_CASE("field: a shorter form stands for one member", "[describe][field]") {
  const auto call = read<CallParams>(R"("db")");
  CHECK(call.problems == "");
  CHECK(call.value.to.id == "db");
  const auto nested = read<CallParams>(R"({"to": "db", "retry": 4})");
  CHECK(nested.problems == "");
  CHECK(nested.value.policy.retry->attempts == 4);
  // Limits and types of the member hold there too.
  CHECK(read<CallParams>(R"({"to": "db", "retry": 0})").problems ==
        "f:1:23: /x/retry: must be 1 to 100, found 0\n");
  CHECK(read<CallParams>("5").problems == "f:1:1: /x: expected the name of a component, found 5\n");
  // A struct without one says what it is made of.
  CHECK(read<Policy>("5").problems ==
        "f:1:1: /x: expected an object with timeout, retry, found 5\n");
}

TEST_CASE("field: every fault is reported, in the order of the text", "[describe][field]") {
  CHECK(read<ServiceParams>(R"({"replcas": 3, "replicas": 0, "mix": {},
  "calls": ["a", {"timeout": 5}, {"to": "c", "retry": {"attempts": 101, "jitter": "ful"}}],
  "warmup": "1ms", "service_time": null, "zzz": 1})")
            .problems ==
        "f:1:2: /x/replcas: unknown key \"replcas\"; did you mean \"replicas\"?\n"
        "f:1:28: /x/replicas: must be at least 1, found 0\n"
        "f:1:38: /x/mix: the number of entries must be at least 1, found 0\n"
        "f:2:18: /x/calls/1: \"to\" is missing: Whom.\n"
        "f:2:30: /x/calls/1/timeout: 5 has no unit; a duration needs one of ns, us, ms, s, m, h, "
        "d, such as \"40ms\"\n"
        "f:2:68: /x/calls/2/retry/attempts: must be 1 to 100, found 101\n"
        "f:2:83: /x/calls/2/retry/jitter: unknown word \"ful\"; did you mean \"full\"?\n"
        "f:3:13: /x/warmup: must be at least 1s, found \"1ms\"\n"
        "f:3:36: /x/service_time: expected a duration such as \"20ms\", or an object with exactly "
        "one of exponential, lognormal, normal, uniform, erlang, gamma, weibull, pareto, "
        "hyperexponential, mixture, empirical, found null\n"
        "f:3:42: /x/zzz: unknown key \"zzz\"; known: replicas, service_time, calls, mix, warmup\n");
  CHECK(read<ServiceParams>(R"({"calls": ["a", "b", "c"]})").problems ==
        "f:1:11: /x/calls: the number of entries must be at most 2, found 3\n");
  CHECK(read<Jitter>("3").problems == "f:1:1: /x: expected one of \"none\", \"full\", found 3\n");
}

TEST_CASE("field: rules across fields are asked only about what was read well",
          "[describe][field]") {
  CHECK(read<CallParams>(R"({"to": "a", "timeout": "2s", "for": "1s"})").problems ==
        "f:1:1: /x: for is shorter than timeout\n");
  CHECK(read<CallParams>(R"({"to": "a", "timeout": "2s", "for": 1})").problems ==
        "f:1:37: /x/for: 1 has no unit; a duration needs one of ns, us, ms, s, m, h, d, such as "
        "\"40ms\"\n");
}

TEST_CASE("field: keys that someone else reads are known", "[describe][field]") {
  Problems problems;
  const auto value = parse_json(R"({"kind": "x", "timeout": "1s"})", 0, problems);
  read_params<Policy>(*value, "", problems, {"kind"});
  CHECK(problems.empty());
  read_params<Policy>(*value, "", problems);
  CHECK(problems.error_count() == 1);
}

TEST_CASE("field: writing gives every default, and reads back", "[describe][field]") {
  CallParams call;
  call.to.id = "db";
  call.policy.retry = RetryParams{};
  const std::string json = write_json_line(write_params(call));
  CHECK(json == R"({"to": "db", "retry": {"attempts": 3, "backoff": "100ms", "jitter": "full"}, )"
                R"("standard": 7})");
  const auto again = read<CallParams>(json);
  CHECK(again.problems == "");
  CHECK(write_json_line(write_params(again.value)) == json);
  CHECK(write_json_line(write_params(Nothing{})) == "{}");
}

TEST_CASE("field: a kind checks parameters without its type being known", "[describe][field]") {
  const KindInfo kind = kind_info<Policy>("call", "Calls.", "A paper",
                                          {{"latency_ms", "ms", "Time.", MetricShape::kTimes}});
  CHECK(kind.fields().size() == 2);
  CHECK(kind.metrics[0].unit == "ms");
  Problems problems;
  const auto value =
      parse_json(R"({"kind": "call", "timout": "1s"})", problems.add_source("f"), problems);
  kind.check(*value, "/a", problems, {"kind"});
  CHECK(problems.text() ==
        "f:1:18: /a/timout: unknown key \"timout\"; did you mean \"timeout\"?\n");
}
