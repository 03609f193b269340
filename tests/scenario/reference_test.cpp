// The reference of kinds, as text and as data.
#include "engine/scenario/reference.h"

#include <catch2/catch.hpp>

#include "tests/scenario/sample_language.h"

using namespace highwater;

namespace {

struct ProductParams {
  Duration pause = std::chrono::seconds{5};
  static constexpr auto fields() {
    return Fields{field<&ProductParams::pause>("Between.")
                      .known_as("pause_in_milliseconds")
                      .bare("ms")
                      .source("A manual")};
  }
};

}  // namespace

TEST_CASE("reference: what the product calls it", "[scenario][reference]") {
  const KindInfo kind = kind_info<ProductParams>("product", "One.", "");
  CHECK_THAT(kind_reference(kind), Catch::Contains("- `pause` (duration, default 5s): Between. The "
                                                   "product's `pause_in_milliseconds`. [A "
                                                   "manual]\n"));
  CHECK(kind_json(kind).find("fields")->elements()[0].find("known_as")->text() ==
        "pause_in_milliseconds");
}

TEST_CASE("reference: the page of a kind", "[scenario][reference]") {
  const KindInfo& client = sample_language().kinds[0];
  CHECK(kind_reference(client) == R"(## client

Traffic.

Source: A paper

Parameters

- `arrivals` (sample.arrivals, required): How requests come about.
- `calls` (sample.call, required): Where they go.
- `mix` (map of fraction, default {}): Shares of the endpoints.

Metrics

- `latency_ms` (ms): From the intended arrival.
- `throughput_rps` (/s): Completed.
- `availability` (1): Completed of all.
- `errors` (requests): By cause.

### sample.arrivals

Exactly one of:

- `poisson`: Mean rate.
  - `poisson` (rate, required): Mean rate.
  - `batch` (count, default 1, at least 1): At a time.
- `constant`: Rate.
  - `constant` (rate, required): Rate.
- `trace`: Replayed.
  - `trace` (sample.trace_source, required): Replayed.

### sample.call

A component alone may stand for it.

- `to` (component, required): Whom.
- `timeout` (duration, at least 1ns): Of one attempt.
- `retry` (sample.retry): Further attempts.

### sample.trace_source

A file alone may stand for it.

- `file` (file, required): The trace.
- `speedup` (factor, default 1x): How much faster.

### sample.retry

A count alone may stand for it.

- `attempts` (count, default 3, 1 to 100): Tries in all, the first included.
- `backoff` (duration, default 100ms): Pause before the second try. [A book]
)");
}

TEST_CASE("reference: types that contain themselves are written once", "[scenario][reference]") {
  const std::string page = full_reference(sample_language());
  const auto count = [&](const std::string& text) {
    std::size_t n = 0;
    for (std::size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1))
      ++n;
    return n;
  };
  CHECK(count("\n### sample.step\n") == 1);
  CHECK(count("\n### distribution\n") == 1);
  CHECK(count("\n## kill\n") == 1);
  CHECK(count("`discipline` (fifo | lifo, default fifo)") == 1);
  CHECK(count("- `miss` (list of sample.step, default [])") == 1);
}

TEST_CASE("reference: the list of kinds", "[scenario][reference]") {
  CHECK(kind_list(sample_language()) ==
        "Kinds of components\n\n  client   Traffic.\n  service  A replicated process.\n\n"
        "Verbs of faults\n\n  kill     Processes die.\n  slow     Work takes longer.\n");
}

TEST_CASE("reference: the same as data", "[scenario][reference]") {
  const Value data = language_json(sample_language());
  CHECK(data.find("kinds")->elements().size() == 2);
  CHECK(data.find("faults")->elements().size() == 2);
  const Value& service = data.find("kinds")->elements()[1];
  CHECK(service.find("name")->text() == "service");
  CHECK(write_json_line(service.find("fields")->elements()[0]) ==
        R"({"name": "replicas", "type": "count", "required": false, "default": 1, "min": 1, )"
        R"("max": 10000, "doc": "Instances."})");
  CHECK(write_json_line(service.find("metrics")->elements()[1]) ==
        R"({"name": "queue_length", "unit": "requests", "shape": "estimate", "doc": "Waiting."})");
}
