/// Drivers of the storage family: requests in, what a table admits out; latencies in, what a
/// coordinator of Cassandra decides out.

#include "models/algorithms/storage/storage.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/drivers/catalog.h"
#include "models/drivers/seconds.h"
#include "models/drivers/seeded_bits.h"
#include "models/drivers/seeded_params.h"
#include "models/drivers/timed_line.h"
#include "models/drivers/words.h"
#include "models/key_number.h"
#include "models/sharding.h"
#include "models/storage_params.h"

namespace highwater::drivers {
namespace {

using namespace highwater::storage;

class DynamoSession final : public Session {
 public:
  explicit DynamoSession(const TableParams& params) : table_(params.options()) {}

  std::string take(std::string_view text, std::string& out) override {
    TimedLine line;
    if (std::string wrong = lines_.read(text, line); !wrong.empty()) return wrong;
    std::string_view rest = line.rest;
    const std::optional<std::uint64_t> bytes = whole(cut_word(rest));
    constexpr std::uint64_t kLargest = 409'600;
    const bool strong = line.verb == "strong";
    if ((line.verb != "read" && line.verb != "write" && !strong) || !bytes)
      return expected_forms(
          {"SECONDS read BYTES KEY", "SECONDS strong BYTES KEY", "SECONDS write BYTES KEY"},
          line.verb, text);
    if (*bytes > kLargest) return "an item has at most 409600 bytes";
    lines_.taken(line);
    const DynamoUnits units =
        line.verb == "write" ? DynamoUnits::write(*bytes) : DynamoUnits::read(*bytes, strong);
    switch (table_.request(line.now, key_hash(key_number(rest)), units)) {
      case DynamoTable::Verdict::admitted:
        out += "admitted\n";
        break;
      case DynamoTable::Verdict::table:
        out += "throttled table\n";
        break;
      case DynamoTable::Verdict::partition:
        out += "throttled partition\n";
        break;
    }
    return {};
  }

 private:
  TimedLines lines_;
  DynamoTable table_;
};

struct RetryParams {
  SpeculativeRetryText speculative_retry;
  Duration read_request_timeout = 5s;

  static constexpr std::string_view type_name = "speculative_retry_driver";
  static constexpr auto fields() {
    using P = RetryParams;
    return Fields{field<&P::speculative_retry>("As a table has it."),
                  field<&P::read_request_timeout>("Also how often the threshold is found anew.")
                      .at_least(Duration{1ms})
                      .at_most(Duration{1h})
                      .bare("ms")
                      .source("cassandra.yaml")};
  }
};

class RetrySession final : public Session {
 public:
  explicit RetrySession(const RetryParams& params)
      : retry_(options_of(params.speculative_retry, params.read_request_timeout)) {}

  std::string take(std::string_view text, std::string& out) override {
    TimedLine line;
    if (std::string wrong = lines_.read(text, line); !wrong.empty()) return wrong;
    if (line.verb == "read" && !line.has_rest) {
      lines_.taken(line);
      const auto threshold = retry_.threshold(line.now);
      out += (threshold ? seconds_text(*threshold) : "never") + '\n';
      return {};
    }
    if (line.verb != "took")
      return expected_forms({"SECONDS took SECONDS", "SECONDS read"}, line.verb, text);
    const auto took = nanoseconds_of(line.rest);
    if (!took) return no_seconds(line.rest);
    lines_.taken(line);
    retry_.answered(line.now, *took);
    return {};
  }

 private:
  TimedLines lines_;
  SpeculativeRetry retry_;
};

class SnitchSession final : public Session {
 public:
  static constexpr std::uint32_t kNodes = 1'000;

  explicit SnitchSession(const SeededParams<SnitchParams>& params)
      : snitch_(params.group.options(), kNodes), bits_(params.seed) {}

  std::string take(std::string_view text, std::string& out) override {
    TimedLine line;
    if (std::string wrong = lines_.read(text, line); !wrong.empty()) return wrong;
    std::vector<std::string_view> words = words_of_line(line.rest);
    if (line.verb == "took" && words.size() == 2) {
      const auto node = number_of(words[0]);
      const auto took = nanoseconds_of(words[1]);
      if (!node) return no_node();
      if (!took) return no_seconds(words[1]);
      lines_.taken(line);
      snitch_.received(line.now, *node, *took, bits_);
      return {};
    }
    if (line.verb != "sort" || words.empty())
      return expected_forms({"SECONDS took NODE SECONDS", "SECONDS sort NODE NODE ..."}, line.verb,
                            text);
    std::vector<std::uint32_t> nodes;
    for (const std::string_view word : words) {
      const auto node = number_of(word);
      if (!node) return no_node();
      nodes.push_back(*node);
    }
    lines_.taken(line);
    snitch_.sort(line.now, nodes);
    for (std::size_t i = 0; i < nodes.size(); ++i)
      out += (i == 0 ? "n" : " n") + std::to_string(nodes[i]);
    out += '\n';
    return {};
  }

 private:
  static std::optional<std::uint32_t> number_of(std::string_view name) {
    if (!name.starts_with('n')) return std::nullopt;
    const auto number = whole_number<std::uint32_t>(name.substr(1));
    return number && *number < kNodes ? number : std::nullopt;
  }
  static std::string no_node() { return "expected a node: n0 to n999"; }

  TimedLines lines_;
  DynamicSnitch snitch_;
  SeededBits bits_;
};

}  // namespace

std::vector<Driver> storage() {
  std::vector<Driver> drivers;
  drivers.push_back(driver<TableParams>(
      {"dynamodb", "storage", "A table of DynamoDB: capacity, bursts, partitions and their splits.",
       "Amazon DynamoDB Developer Guide; Elhemali et al., USENIX ATC 2022",
       "SECONDS read BYTES KEY, SECONDS strong BYTES KEY or SECONDS write BYTES KEY",
       "admitted, throttled table or throttled partition",
       "printf '%s\\n' '0 write 100 a' '0 write 100 b' | highwater algorithm dynamodb "
       "--provisioned "
       "'{\"write_capacity_units\": 1}'"},
      [](const TableParams& p) { return std::make_unique<DynamoSession>(p); }));
  drivers.push_back(driver<RetryParams>(
      {"cassandra_speculative_retry", "storage",
       "After how long a coordinator of Cassandra asks one replica more.", "Apache Cassandra 4.1",
       "SECONDS took SECONDS (a read was answered), or SECONDS read (one begins)",
       "of a read: the seconds that it waits, or never",
       "printf '%s\\n' '1 took 0.010' '5 read' | highwater algorithm cassandra_speculative_retry "
       "--speculative-retry 99p"},
      [](const RetryParams& p) { return std::make_unique<RetrySession>(p); }));
  drivers.push_back(driver<SeededParams<SnitchParams>>(
      {"dynamic_snitch", "storage", "In which order Cassandra prefers the replicas of a row.",
       "Apache Cassandra 4.1",
       "SECONDS took NODE SECONDS (a read there), or SECONDS sort NODE NODE ... (in the order of "
       "the plain snitch); nodes are n0 to n999",
       "of a sort: the nodes, best first",
       "printf '%s\\n' '0 took n0 0.5' '0 took n1 0.01' '1 sort n0 n1' | highwater algorithm "
       "dynamic_snitch --dynamic-snitch-badness-threshold 0.1"},
      [](const SeededParams<SnitchParams>& p) { return std::make_unique<SnitchSession>(p); }));
  return drivers;
}

}  // namespace highwater::drivers
