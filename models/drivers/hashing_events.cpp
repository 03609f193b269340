/// Drivers of the hashing family whose decisions depend on what came before: events in.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/nearest.h"
#include "models/algorithms/hashing/hashing.h"
#include "models/drivers/catalog.h"
#include "models/drivers/seeded_bits.h"
#include "models/drivers/target_list.h"
#include "models/drivers/timed_line.h"

namespace highwater::drivers {
namespace {

/// The targets of a command line, found by name.
class NamedTargets {
 public:
  explicit NamedTargets(const TargetList& list) {
    for (const NamedTarget& target : list.targets) targets_.push_back({target.name, target.weight});
  }
  const std::vector<hashing::Target>& list() const { return targets_; }
  const std::string& name(std::size_t place) const { return targets_[place].name; }
  void set_weight(std::size_t place, std::uint32_t weight) { targets_[place].weight = weight; }
  std::optional<std::size_t> place(std::string_view name) const {
    for (std::size_t i = 0; i < targets_.size(); ++i)
      if (targets_[i].name == name) return i;
    return std::nullopt;
  }
  std::string unknown(std::string_view name) const {
    std::vector<std::string> known;
    for (const hashing::Target& target : targets_) known.push_back(target.name);
    std::string wrong = in_quotes(name) + " is none of the targets";
    const std::string nearest = nearest_word(name, known);
    if (!nearest.empty()) wrong += "; did you mean " + in_quotes(nearest) + "?";
    return wrong;
  }

 private:
  std::vector<hashing::Target> targets_;
};

// ---- Bounded loads

struct BoundedLoadParams {
  TargetList targets;
  std::uint32_t percent = 125;
  std::uint32_t points = hashing::Karger::kPointsEach;

  static constexpr auto fields() {
    using P = BoundedLoadParams;
    return Fields{
        field<&P::targets>("Targets with weights, in configuration order.").required(),
        field<&P::percent>("The most that a target may hold, in percent of its fair share.")
            .at_least(1u)
            .at_most(1'000'000u)
            .source("Mirrokni et al.; 125 is chosen"),
        field<&P::points>("Points on the circle for each unit of weight.")
            .at_least(1u)
            .at_most(100'000u)};
  }
};

class BoundedLoadSession final : public Session {
 public:
  explicit BoundedLoadSession(const BoundedLoadParams& params)
      : targets_(params.targets),
        ring_(targets_.list(), params.points),
        loads_(targets_.list().size()),
        percent_(params.percent) {}

  std::string take(std::string_view text, std::string& out) override {
    std::string_view rest = text;
    const std::string_view verb = cut_word(rest);
    const bool has_rest = text.size() > verb.size();
    if (verb == "pick" && has_rest) {
      const auto place = hashing::bounded_load(ring_.ring(), hashing::Karger::hash(rest),
                                               targets_.list(), loads_, percent_);
      if (place) ++loads_[*place];
      out += place ? targets_.name(*place) : "-";
      out += '\n';
      return {};
    }
    if (verb == "done" && has_rest) {
      const auto place = targets_.place(rest);
      if (!place) return targets_.unknown(rest);
      if (loads_[*place] == 0) return "no request is in flight at " + in_quotes(rest);
      --loads_[*place];
      return {};
    }
    return expected_forms({"pick KEY", "done NAME"}, verb, text);
  }

 private:
  NamedTargets targets_;
  hashing::Karger ring_;
  std::vector<std::uint32_t> loads_;
  std::uint32_t percent_;
};

// ---- Ranges that split and move

struct RangeChunksParams {
  TargetList targets;
  std::uint64_t keys = 0;
  Bytes chunk{hashing::RangeTable::kChunkBytes};

  static constexpr std::string_view type_name = "range_chunks_driver";
  static constexpr auto fields() {
    using P = RangeChunksParams;
    return Fields{field<&P::targets>("Shards with weights, in configuration order.").required(),
                  field<&P::keys>("Keys are numbers below this; 0 stands for all of 64 bits."),
                  field<&P::chunk>("A chunk that outgrows this is split.")
                      .at_least(Bytes{1})
                      .source("MongoDB 6.0: 128 MB")};
  }
};

class RangeChunksSession final : public Session {
 public:
  explicit RangeChunksSession(const RangeChunksParams& params)
      : targets_(params.targets), table_(targets_.list(), params.keys, params.chunk.count) {}

  std::string take(std::string_view text, std::string& out) override {
    std::string_view rest = text;
    const std::string_view verb = cut_word(rest);
    const bool has_rest = text.size() > verb.size();
    if (verb == "get" && has_rest) {
      append(table_.lookup(rest), out);
      return {};
    }
    if (verb == "insert" && has_rest) return insert(rest, out);
    if (verb == "balance" && !has_rest) {
      const auto moved = table_.balance(targets_.list());
      out += moved ? fmt::format("move {} {} {}\n", moved->first_key, targets_.name(moved->from),
                                 targets_.name(moved->to))
                   : "-\n";
      return {};
    }
    if (verb == "weight" && has_rest) {
      const std::size_t space = std::min(rest.rfind(' '), rest.size());
      const auto place = targets_.place(rest.substr(0, space));
      if (!place) return targets_.unknown(rest.substr(0, space));
      const auto weight = whole(rest.substr(std::min(space + 1, rest.size())));
      if (!weight || *weight > std::numeric_limits<std::uint32_t>::max())
        return "expected weight NAME N";
      targets_.set_weight(*place, static_cast<std::uint32_t>(*weight));
      return {};
    }
    return expected_forms({"get KEY", "insert BYTES KEY", "balance", "weight NAME N"}, verb, text);
  }

 private:
  static constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 40;  // of one key
  static constexpr std::size_t kMostChunks = 100'000;  // each split moves those behind it

  std::string insert(std::string_view key, std::string& out) {
    const std::string_view number = cut_word(key);
    const auto bytes = whole(number);
    if (!bytes || *bytes > kMostBytes)
      return fmt::format("expected bytes, 0 to {}, found {}", kMostBytes, in_quotes(number));
    const std::uint64_t place = hashing::range_key(key);
    const hashing::Choice shard = table_.lookup_key(place);
    if (!shard) {
      append(shard, out);
      return {};
    }
    if (table_.chunks().size() >= kMostChunks)
      return fmt::format("more than {} chunks; a larger --chunk makes fewer", kMostChunks);
    const std::size_t before = table_.chunks().size();
    table_.insert(place, *bytes);
    out += targets_.name(*shard);
    if (table_.chunks().size() > before) out += " split";
    out += '\n';
    return {};
  }

  void append(hashing::Choice shard, std::string& out) const {
    out += shard ? targets_.name(*shard) : "-";
    out += '\n';
  }

  NamedTargets targets_;
  hashing::RangeTable table_;
};

// ---- Kafka, messages without a key

struct KafkaStickyParams {
  std::uint32_t partitions = 1;
  std::uint64_t batch_size = hashing::KafkaSticky::kBatchSize;
  std::uint64_t seed = 1;

  static constexpr auto fields() {
    using P = KafkaStickyParams;
    return Fields{field<&P::partitions>("Partitions of the topic.")
                      .required()
                      .at_least(1u)
                      .at_most(1'000'000u),
                  field<&P::batch_size>("Bytes after which another partition's turn comes.")
                      .source("Kafka producer batch.size"),
                  field<&P::seed>("Of the draws: SplitMix64.")};
  }
};

struct KafkaTurnsParams {
  std::uint32_t partitions = 1;
  std::uint64_t seed = 1;

  static constexpr auto fields() {
    using P = KafkaTurnsParams;
    return Fields{field<&P::partitions>("Partitions of the topic.")
                      .required()
                      .at_least(1u)
                      .at_most(1'000'000u),
                  field<&P::seed>("Of the draws: SplitMix64.")};
  }
};

/// What the three partitioners have in common: a topic whose leaders come and go.
class KafkaSession : public Session {
 public:
  KafkaSession(std::uint32_t partitions, std::uint64_t seed)
      : partitions_(partitions), bits_(seed) {
    for (std::uint32_t i = 0; i < partitions; ++i) available_.push_back(i);
  }

 protected:
  hashing::KafkaTopic topic() const { return {partitions_, available_}; }
  SeededBits& bits() { return bits_; }
  static void append(std::uint32_t partition, std::string& out) {
    out += std::to_string(partition);
    out += '\n';
  }

  /// "0,2,3", each once, in rising order; empty for none.
  std::string set_available(std::string_view list) {
    std::vector<std::uint32_t> available;
    while (!list.empty()) {
      const auto number = partition(cut(list));
      if (!number || (!available.empty() && *number <= available.back()))
        return fmt::format("expected partitions below {} in rising order, such as 0,2",
                           partitions_);
      available.push_back(*number);
    }
    available_ = std::move(available);
    return {};
  }

  /// "0=5,2=7": a number for each partition that is listed.
  std::string read_queues(std::string_view list, std::vector<std::uint32_t>& queues,
                          std::vector<std::uint32_t>& partitions) const {
    while (!list.empty()) {
      std::string_view part = cut(list);
      const std::size_t sign = std::min(part.find('='), part.size());
      const auto number = partition(part.substr(0, sign));
      const auto waiting = whole(part.substr(std::min(sign + 1, part.size())));
      if (!number || !waiting || *waiting > kMostWaiting ||
          (!partitions.empty() && *number <= partitions.back()))
        return fmt::format(
            "expected partitions below {} in rising order with what waits for each, "
            "such as 0=5,2=7",
            partitions_);
      partitions.push_back(*number);
      queues.push_back(static_cast<std::uint32_t>(*waiting));
    }
    return {};
  }

  std::uint32_t partitions() const { return partitions_; }

 private:
  static constexpr std::uint64_t kMostWaiting = 1'000'000'000;

  static std::string_view cut(std::string_view& list) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view part = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    return part;
  }
  std::optional<std::uint32_t> partition(std::string_view text) const {
    const auto number = whole(text);
    if (!number || *number >= partitions_) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
  }

  std::uint32_t partitions_;
  std::vector<std::uint32_t> available_;
  SeededBits bits_;
};

class KafkaStickySession final : public KafkaSession {
 public:
  explicit KafkaStickySession(const KafkaStickyParams& params)
      : KafkaSession(params.partitions, params.seed), sticky_(params.batch_size) {}

  std::string take(std::string_view text, std::string& out) override {
    std::string_view rest = text;
    const std::string_view verb = cut_word(rest);
    if (verb == "send" || verb == "fill") {
      const auto bytes = whole(rest);
      if (!bytes) return fmt::format("expected {} BYTES, found {}", verb, in_quotes(text));
      append(sticky_.current(topic(), bits()), out);
      sticky_.appended(*bytes, verb == "send", topic(), bits());
      return {};
    }
    if (verb == "available") return set_available(rest);
    if (verb == "queues") {
      std::vector<std::uint32_t> queues;
      std::vector<std::uint32_t> listed;
      std::string wrong = read_queues(rest, queues, listed);
      if (wrong.empty()) sticky_.update_load(queues, listed, partitions());
      return wrong;
    }
    return expected_forms({"send BYTES", "fill BYTES", "available P,P", "queues P=N,P=N"}, verb,
                          text);
  }

 private:
  hashing::KafkaSticky sticky_;
};

class KafkaUniformSession final : public KafkaSession {
 public:
  explicit KafkaUniformSession(const KafkaTurnsParams& params)
      : KafkaSession(params.partitions, params.seed) {}

  std::string take(std::string_view text, std::string& out) override {
    std::string_view rest = text;
    const std::string_view verb = cut_word(rest);
    if (text == "send" || text == "batch") {
      const std::uint32_t partition = sticky_.current(topic(), bits());
      if (text == "batch") sticky_.on_new_batch(topic(), partition, bits());
      append(sticky_.current(topic(), bits()), out);
      return {};
    }
    if (verb == "available") return set_available(rest);
    return expected_forms({"send", "batch", "available P,P"}, verb, text);
  }

 private:
  hashing::KafkaUniformSticky sticky_;
};

class KafkaRoundRobinSession final : public KafkaSession {
 public:
  explicit KafkaRoundRobinSession(const KafkaTurnsParams& params)
      : KafkaSession(params.partitions, params.seed) {}

  std::string take(std::string_view text, std::string& out) override {
    std::string_view rest = text;
    const std::string_view verb = cut_word(rest);
    if (text == "send") {
      append(turns_.next(topic()), out);
      return {};
    }
    if (verb == "available") return set_available(rest);
    return expected_forms({"send", "available P,P"}, verb, text);
  }

 private:
  hashing::KafkaRoundRobin turns_;
};

}  // namespace

std::vector<Driver> hashing_events() {
  std::vector<Driver> drivers;
  drivers.push_back(driver<BoundedLoadParams>(
      {"bounded_load", "hashing", "Consistent hashing with bounded loads on Karger's circle.",
       "Mirrokni, Thorup, Zadimoghaddam 2018", "pick KEY or done NAME",
       "the target's name for each pick; - where no target has a weight",
       "printf '%s\\n' 'pick a' 'pick a' 'pick a' 'done y' | highwater algorithm bounded_load "
       "--targets x,y,z --percent 110"},
      [](const BoundedLoadParams& params) {
        return std::make_unique<BoundedLoadSession>(params);
      }));
  drivers.push_back(driver<RangeChunksParams>(
      {"range_chunks", "hashing", "Ranges of keys that are split when they grow, and moved.",
       "MongoDB 6.0 manual, chunks and balancer",
       "get KEY, insert BYTES KEY, balance or weight NAME N",
       "get and insert: the shard's name, and split behind it where the chunk was split; balance: "
       "move FIRST_KEY FROM TO, or - where nothing moves",
       "printf '%s\\n' 'insert 60 1' 'insert 60 9' 'get 9' balance | highwater algorithm "
       "range_chunks --targets a,b --keys 100 --chunk 100B"},
      [](const RangeChunksParams& params) {
        return std::make_unique<RangeChunksSession>(params);
      }));
  drivers.push_back(driver<KafkaStickyParams>(
      {"kafka_sticky_partitioner", "hashing",
       "KIP-794: messages without a key stick to a partition for a batch; adaptive to queues.",
       "Kafka 3.3 BuiltInPartitioner.java",
       "send BYTES, fill BYTES (the batch is not ready), available P,P or queues P=N,P=N",
       "the partition for each send and fill",
       "printf '%s\\n' 'send 9000' 'send 9000' 'queues 0=9,1=0,2=0' 'send 20000' 'send 1' | "
       "highwater algorithm kafka_sticky_partitioner --partitions 3"},
      [](const KafkaStickyParams& params) {
        return std::make_unique<KafkaStickySession>(params);
      }));
  drivers.push_back(driver<KafkaTurnsParams>(
      {"kafka_uniform_sticky_partitioner", "hashing",
       "KIP-480: messages without a key stick to a partition until its batch is full or sent.",
       "Kafka 3.2 StickyPartitionCache.java", "send, batch (a new one begins) or available P,P",
       "the partition for each send; the one from now on for each batch",
       "printf '%s\\n' send send batch send | highwater algorithm kafka_uniform_sticky_partitioner "
       "--partitions 3"},
      [](const KafkaTurnsParams& params) {
        return std::make_unique<KafkaUniformSession>(params);
      }));
  drivers.push_back(driver<KafkaTurnsParams>(
      {"kafka_round_robin_partitioner", "hashing",
       "Messages go to the partitions in turn, key or not.", "Kafka 3.3 RoundRobinPartitioner.java",
       "send or available P,P", "the partition for each send",
       "printf '%s\\n' send send 'available 1,2' send | highwater algorithm "
       "kafka_round_robin_partitioner "
       "--partitions 3"},
      [](const KafkaTurnsParams& params) {
        return std::make_unique<KafkaRoundRobinSession>(params);
      }));
  return drivers;
}

}  // namespace highwater::drivers
