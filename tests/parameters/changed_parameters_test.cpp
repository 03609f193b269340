#include "tests/parameters/changed_parameters.h"

#include <catch2/catch.hpp>

#include "tests/parameters/trial.h"

namespace highwater::testing {
namespace {

/// What tells a base with a setting from the same with another.
Change change(const std::string& base, const std::string& before, const std::string& after) {
  const InFolder here;
  static const DeclaredParameters declared(language());
  const auto one = document_of({base, before});
  const auto other = document_of({base, after});
  REQUIRE(one);
  REQUIRE(other);
  return change_between(one->root(), other->root(), guide(), declared);
}

using Names = std::set<std::string>;

TEST_CASE("changed parameters: a value, and all that it stands in") {
  const Change deep = change("calls", "", "bulkhead.calls.bulkhead.queue=9");
  CHECK(deep.parameters == Names{"kind client: calls", "call: bulkhead", "bulkhead: queue"});
  CHECK(deep.shows("kind client: calls"));
  const Change fault = change("faults", "", "faults[0].count=2");
  CHECK(fault.parameters == Names{"fault: count"});
  CHECK(change("faults", "", "").parameters.empty());
  // A default that is spelled out, and a short form written at length, are no changes.
  CHECK(change("calls", "", "busy.replicas=1").parameters.empty());
  CHECK(change("arrivals", "", R"(even.calls={"to": "api"})").parameters.empty());
}

TEST_CASE("changed parameters: what comes as a whole says nothing about its parts") {
  const Change added = change("policies", "", R"(direct.calls.bulkhead={"concurrent": 2})");
  CHECK(added.parameters == Names{"kind client: calls", "call: bulkhead"});
  const Change form = change("arrivals", "", R"(renewed.arrivals={"constant": "9/s"})");
  CHECK(form.parameters == Names{"kind client: arrivals"});
  // A form that is nothing but its verb is shown by being chosen.
  const Change verb = change("calls", "", R"(throttled.calls.breaker={"hystrix": {}})");
  CHECK(verb.parameters.count("breaker.hystrix: hystrix") == 1);
}

TEST_CASE("changed parameters: of two that change together neither is shown") {
  const Change two = change("calls", "", R"(bulkhead.calls.bulkhead={"concurrent": 2, "queue": 9,
                                            "max_wait": "30ms"})");
  CHECK(two.differing == Names{"bulkhead: concurrent", "bulkhead: queue"});
  CHECK_FALSE(two.shows("bulkhead: queue"));
  CHECK_FALSE(two.shows("call: bulkhead"));
}

TEST_CASE("changed parameters: words are shown on either side, with what belongs to them") {
  const Change words = change("policies", "", "store.policy=fifo");
  CHECK(words.shows("caching.policy = fifo"));
  CHECK(words.shows("caching.policy = lru"));  // the default
  CHECK(words.shows("kind cache: policy"));
  const Change companions = change("envoy", "", R"(locally-weighted.envoy={"locality": "none"})");
  CHECK(companions.shows("balancer.locality = weighted"));
  CHECK_FALSE(companions.shows("load_balancer.envoy: locality_weights"));
  const Change one_less = change("retries", "", R"(plain.calls.retry.on=["timeout", "error"])");
  CHECK(one_less.shows("retry_on = unavailable"));
  CHECK_FALSE(one_less.shows("retry_on = error"));
}

TEST_CASE("trials: outcomes differ where something measured in both does") {
  const InFolder here;
  const auto base = outcome_of(Trial{"distributions", ""}, 20);
  const auto same = outcome_of(Trial{"distributions", "run.seed=1"}, 20);
  const auto other = outcome_of(Trial{"distributions", "run.seed=2"}, 20);
  REQUIRE((base && same && other));
  CHECK_FALSE(differ(*base, *same));
  CHECK(differ(*base, *other));
  // A breaker that never opens brings its metrics along and changes nothing.
  const auto guarded = outcome_of(
      Trial{"distributions", R"(users.calls.breaker={"pybreaker": {"fail_max": 1000}})"}, 20);
  REQUIRE(guarded);
  CHECK_FALSE(differ(*base, *guarded));
  CHECK_FALSE(outcome_of(Trial{"distributions", "api.workers=0"}, 20));
}

}  // namespace
}  // namespace highwater::testing
