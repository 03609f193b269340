/// Drivers of the messaging family: groups and events in, assignments and deliveries out.

#include "models/algorithms/messaging/messaging.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/problems.h"
#include "models/batch_params.h"
#include "models/drivers/catalog.h"
#include "models/drivers/group_json.h"
#include "models/drivers/seconds.h"
#include "models/drivers/words.h"
#include "models/in_sync_params.h"
#include "models/queue_params.h"

namespace highwater::messaging {

constexpr auto words_of(AssignorCode) {
  return std::array{Word{AssignorCode::librdkafka, "librdkafka", "As librdkafka 2.0.2."},
                    Word{AssignorCode::java, "java", "As Kafka's own client, 3.9."}};
}
constexpr auto words_of(Assignor) {
  return std::array{
      Word{Assignor::range, "range", "Neighbouring partitions of each topic."},
      Word{Assignor::roundrobin, "roundrobin", "All partitions in turn."},
      Word{Assignor::sticky, "sticky", "Balanced, moving as few as possible; eager."},
      Word{Assignor::cooperative_sticky, "cooperative_sticky", "The same, cooperatively."}};
}

}  // namespace highwater::messaging

namespace highwater::drivers {
namespace {

using namespace messaging;

/// Which of the implementations of round robin.
enum class RoundRobinCode : std::uint8_t { librdkafka, java, kafkajs };
constexpr auto words_of(RoundRobinCode) {
  return std::array{Word{RoundRobinCode::librdkafka, "librdkafka", "As librdkafka 2.0.2."},
                    Word{RoundRobinCode::java, "java", "As Kafka's own client, 3.9."},
                    Word{RoundRobinCode::kafkajs, "kafkajs", "As kafkajs 2.2.4."}};
}

/// What a cooperative assignment is asked for.
enum class Phase : std::uint8_t { settled, first };
constexpr auto words_of(Phase) {
  return std::array{
      Word{Phase::settled, "settled", "What everybody has once all rebalances are over."},
      Word{Phase::first, "first",
           "What the first rebalance gives: without what others must first give up."}};
}

constexpr const char* kGroup =
    "a JSON object: topics (names and numbers of partitions), members (ids and their topics), "
    "owned "
    "(ids and partitions, optional)";
constexpr const char* kAssignment = "a JSON object: the partitions of each member";

/// One group a line; decide(const Group&) -> Assignment.
template <class Decide>
class AssignSession final : public Session {
 public:
  explicit AssignSession(Decide decide) : decide_(std::move(decide)) {}

  std::string take(std::string_view line, std::string& out) override {
    const std::optional<Value> value = parse_json_value(line);
    if (!value) return "expected a JSON object, found " + in_quotes(line);
    Group group;
    std::string wrong = read_group(*value, group);
    if (!wrong.empty()) return wrong;
    const Assignment assignment = decide_(group);
    Value result = Value::object();
    for (std::size_t i = 0; i < group.members.size(); ++i)
      result.set(group.members[i].id, partitions_value(group.topics, assignment[i]));
    out += write_json_line(result) + '\n';
    return {};
  }

 private:
  Decide decide_;
};

template <class Decide>
std::unique_ptr<Session> assign_session(Decide decide) {
  return std::make_unique<AssignSession<Decide>>(std::move(decide));
}

struct AssignParams {
  AssignorCode implementation = AssignorCode::librdkafka;
  static constexpr auto fields() {
    return Fields{field<&AssignParams::implementation>("Whose code is followed.")};
  }
};

struct RoundRobinParams {
  RoundRobinCode implementation = RoundRobinCode::librdkafka;
  static constexpr auto fields() {
    return Fields{field<&RoundRobinParams::implementation>("Whose code is followed.")};
  }
};

struct CooperativeParams {
  AssignorCode implementation = AssignorCode::librdkafka;
  Phase phase = Phase::settled;
  static constexpr auto fields() {
    using P = CooperativeParams;
    return Fields{field<&P::implementation>("Whose code is followed."),
                  field<&P::phase>("Which of the two rebalances is asked for.")};
  }
};

std::string example_of(const std::string& name) {
  return "echo '{\"topics\": {\"t\": 3}, \"members\": {\"a\": [\"t\"], \"b\": [\"t\"]}}' | "
         "highwater algorithm " +
         name;
}

struct GroupParams {
  Assignor assignor = Assignor::range;
  AssignorCode implementation = AssignorCode::java;
  Duration session_timeout = 45s;
  Duration heartbeat_interval = 3s;
  Duration max_poll_interval = 300s;
  Duration initial_rebalance_delay = 3s;

  static constexpr auto fields() {
    using P = GroupParams;
    return Fields{
        field<&P::assignor>("partition.assignment.strategy; its protocol comes with it."),
        field<&P::implementation>("Whose assignor."),
        field<&P::session_timeout>("session.timeout.ms").at_least(Duration{1'000'000}),
        field<&P::heartbeat_interval>("heartbeat.interval.ms").at_least(Duration{1'000'000}),
        field<&P::max_poll_interval>("max.poll.interval.ms, also the rebalance timeout.")
            .at_least(Duration{1'000'000}),
        field<&P::initial_rebalance_delay>("group.initial.rebalance.delay.ms")};
  }
};

class GroupSession final : public Session {
 public:
  explicit GroupSession(const GroupParams& p)
      : clients_(
            {p.assignor, p.implementation, p.initial_rebalance_delay.count(),
             p.session_timeout.count(), p.heartbeat_interval.count(), p.max_poll_interval.count()},
            {}) {}

  std::string take(std::string_view line, std::string& out) override {
    const std::optional<Value> value = parse_json_value(line);
    if (!value || !value->is_object()) return "expected a JSON object, found " + in_quotes(line);
    const Value* at = value->find("at");
    const auto time =
        at != nullptr && at->is_number() ? nanoseconds_of(at->number_text()) : std::nullopt;
    if (!time) return "expected a time in seconds as \"at\"";
    if (*time < now_) return "time goes back";
    std::string wrong = happen(*value, *time);
    if (!wrong.empty()) return wrong;
    now_ = *time;
    for (const GroupEvent& event : events_) print(event, out);
    events_.clear();
    return {};
  }

 private:
  std::string happen(const Value& value, std::int64_t at) {
    const auto name = [&](const char* key) -> const std::string* {
      const Value* found = value.find(key);
      return found != nullptr && found->is_string() ? &found->text() : nullptr;
    };
    for (const Value::Member& field : value.members()) {
      static constexpr std::string_view kKnown[] = {
          "at", "topics", "start", "subscribes", "close", "kill", "instance_id", "stall", "resume"};
      if (std::find(std::begin(kKnown), std::end(kKnown), field.key) == std::end(kKnown))
        return "expected at, topics, start, subscribes, instance_id, close, kill, stall or resume, "
               "found " +
               in_quotes(field.key);
    }
    if (const Value* topics = value.find("topics")) {
      std::vector<GroupTopic> changed = topics_;
      std::string wrong = read_topics(*topics, changed);
      if (!wrong.empty()) return wrong;
      topics_ = std::move(changed);
      clients_.set_topics(at, topics_, events_);
    }
    if (const std::string* who = name("start")) {
      std::vector<std::uint32_t> places;
      if (const Value* subscribes = value.find("subscribes")) {
        std::string wrong = read_topic_names(*subscribes, topics_, places);
        if (!wrong.empty()) return wrong;
      } else {
        for (std::uint32_t i = 0; i < topics_.size(); ++i) places.push_back(i);
      }
      if (topics_.size() != clients_.coordinator().topics().size())
        clients_.set_topics(at, topics_, events_);
      const std::string* instance = name("instance_id");
      clients_.start(at, *who, std::move(places),
                     instance != nullptr ? std::optional(*instance) : std::nullopt, events_);
    }
    if (const std::string* who = name("close")) clients_.close(at, *who, events_);
    if (const std::string* who = name("kill")) clients_.kill(at, *who, events_);
    if (const std::string* who = name("stall")) clients_.set_polling(at, *who, false, events_);
    if (const std::string* who = name("resume")) clients_.set_polling(at, *who, true, events_);
    clients_.tick(at, events_);
    return {};
  }

  void print(const GroupEvent& event, std::string& out) const {
    static constexpr const char* kNames[] = {"revoke", "lose", "assign", "leave", "remove"};
    Value line = Value::object();
    line.set("at", Value::number_text(seconds_text(event.at)));
    if (event.kind == GroupEvent::Kind::stable) {
      line.set("stable", Value::number(event.generation));
    } else {
      line.set(kNames[static_cast<std::size_t>(event.kind)], Value::string(event.member));
      if (!event.partitions.empty())
        line.set("partitions", partitions_value(topics_, event.partitions));
    }
    out += write_json_line(line) + '\n';
  }

  std::vector<GroupTopic> topics_;
  GroupClients clients_;
  std::vector<GroupEvent> events_;
  std::int64_t now_ = 0;
};

/// Takes "SECONDS WORD…" lines in the order of time. Of a line that is wrong only the time counts.
class TimedSession : public Session {
 public:
  std::string take(std::string_view line, std::string& out) final {
    const std::vector<std::string_view> words = words_of_line(line);
    const auto time = nanoseconds_of(words.front());
    if (!time) return no_seconds(words.front());
    if (*time < now_) return "time goes back";
    // What is due before comes first, whatever the line then says.
    pass(*time, out);
    now_ = *time;
    return happen(*time, {words.begin() + 1, words.end()}, out);
  }

 protected:
  using Words = std::vector<std::string_view>;
  virtual void pass(std::int64_t, std::string&) {}
  virtual std::string happen(std::int64_t at, const Words& words, std::string& out) = 0;

 private:
  std::int64_t now_ = 0;
};

struct TopicBatchParams {
  Bytes batch_size{BatchOptions{}.batch_size};
  BatchParams batches;
  std::uint32_t partitions = 1;
  std::uint32_t brokers = 1;
  Duration round_trip = 2ms;

  static constexpr auto fields() {
    using P = TopicBatchParams;
    return Fields{field<&P::batch_size>("Bytes that a batch has room for.")
                      .bare("B")
                      .source("Kafka batch.size"),
                  inlined<&P::batches>(),
                  field<&P::partitions>("Partitions of the topic.").at_least(1u).at_most(100'000u),
                  field<&P::brokers>("Brokers; partition p is led by broker p modulo their number.")
                      .at_least(1u)
                      .at_most(100'000u),
                  field<&P::round_trip>("From a request to its answer.").at_least(Duration{1})};
  }
};

class BatchSession final : public TimedSession {
 public:
  explicit BatchSession(const TopicBatchParams& p)
      : partitions_(p.partitions),
        round_trip_(p.round_trip.count()),
        batches_(p.batches.options(p.batch_size), leaders(p)) {}

  void end(std::string& out) override { pass(std::numeric_limits<std::int64_t>::max() - 1, out); }

 protected:
  void pass(std::int64_t until, std::string& out) override {
    for (;;) {
      const std::int64_t answer =
          answers_.empty() ? BatchAccumulator::kNever : answers_.begin()->first;
      const std::int64_t at = std::min(answer, std::max(batches_.next(), now_));
      if (at > until || at == BatchAccumulator::kNever) break;
      now_ = at;
      while (!answers_.empty() && answers_.begin()->first <= at) {
        batches_.answered(at, answers_.begin()->second, BatchAccumulator::Answer::done);
        answers_.erase(answers_.begin());
      }
      drain(at, out);
    }
    if (until < std::numeric_limits<std::int64_t>::max() - 1) now_ = std::max(now_, until);
  }

  std::string happen(std::int64_t at, const Words& words, std::string& out) override {
    if (words.size() == 1 && words[0] == "flush") {
      batches_.flush();
      drain(at, out);
      return {};
    }
    const auto partition = words.size() == 2 ? whole_number<std::uint32_t>(words[0]) : std::nullopt;
    const auto bytes = words.size() == 2 ? whole_number<std::uint64_t>(words[1]) : std::nullopt;
    constexpr std::uint64_t kMost = std::uint64_t{1} << 40;
    if (!partition || !bytes || *bytes > kMost)
      return "expected SECONDS PARTITION BYTES or SECONDS flush";
    if (*partition >= partitions_)
      return fmt::format("there are partitions 0 to {}", partitions_ - 1);
    if (!batches_.append(at, *partition, *bytes).accepted) out += seconds_text(at) + " full\n";
    drain(at, out);
    return {};
  }

 private:
  static std::vector<std::uint32_t> leaders(const TopicBatchParams& p) {
    std::vector<std::uint32_t> leaders(p.partitions);
    for (std::uint32_t i = 0; i < p.partitions; ++i) leaders[i] = i % p.brokers;
    return leaders;
  }
  void drain(std::int64_t at, std::string& out) {
    std::uint32_t last = std::numeric_limits<std::uint32_t>::max();
    batches_.drain(at, [&](const BatchAccumulator::Sent& sent) {
      if (sent.request != last) answers_.emplace(at + round_trip_, last = sent.request);
      out += fmt::format("{} send broker {} partition {} records {} bytes {}\n", seconds_text(at),
                         sent.broker, sent.partition, sent.records, sent.bytes);
    });
  }

  std::uint32_t partitions_;
  std::int64_t round_trip_;
  BatchAccumulator batches_;
  std::multimap<std::int64_t, std::uint32_t> answers_;
  std::int64_t now_ = 0;
};

class IsrSession final : public TimedSession {
 public:
  explicit IsrSession(const InSyncParams& p) : replicas_(p.factor), isr_(p.options()) {}

 protected:
  std::string happen(std::int64_t at, const Words& words, std::string& out) override {
    static constexpr const char* kUsage =
        "expected SECONDS append RECORDS 0, 1 or all; SECONDS fetch REPLICA OFFSET; SECONDS fail "
        "REPLICA; SECONDS restore REPLICA; SECONDS lead REPLICA; or SECONDS alone";
    std::string answer;
    // No text is a number beyond all limits.
    const std::uint64_t number =
        words.size() >= 2 ? whole_number<std::uint64_t>(words[1]).value_or(kMost) : kMost;
    if (words.empty()) {
      isr_.tick(at);
    } else if (words[0] == "append" && words.size() == 3 && number < kMost &&
               (words[2] == "0" || words[2] == "1" || words[2] == "all")) {
      using Acks = InSyncReplicas::Acks;
      const Acks acks = words[2] == "0" ? Acks::none : words[2] == "1" ? Acks::leader : Acks::all;
      static constexpr const char* kAnswers[] = {"ok", "pending", "not_enough_replicas",
                                                 "not_enough_replicas_after_append", "no_leader"};
      const InSyncReplicas::Appended appended = isr_.append(at, number, acks);
      // Without acknowledgement the producer is told nothing.
      answer = acks == Acks::none ? std::string("-")
                                  : kAnswers[static_cast<std::size_t>(appended.answer)];
    } else if (words[0] == "fetch" && words.size() == 3 && number < replicas_) {
      const auto offset = whole_number<std::uint64_t>(words[2]);
      if (!offset) return kUsage;
      isr_.fetch(at, static_cast<std::uint32_t>(number), *offset);
    } else if (words[0] == "fail" && words.size() == 2 && number < replicas_) {
      isr_.fail(at, static_cast<std::uint32_t>(number));
    } else if (words[0] == "restore" && words.size() == 2 && number < replicas_) {
      isr_.restore(at, static_cast<std::uint32_t>(number));
    } else if (words[0] == "lead" && words.size() == 2 && number < replicas_) {
      isr_.hand_over(at, static_cast<std::uint32_t>(number));
    } else {
      return kUsage;
    }
    std::string isr;
    for (std::uint32_t r = 0; r < replicas_; ++r)
      if (isr_.in_sync(r)) isr += (isr.empty() ? "" : ",") + std::to_string(r);
    out += fmt::format("leader {} isr {} high_watermark {} lost {}{}{}\n",
                       isr_.leader() ? std::to_string(*isr_.leader()) : "-", isr,
                       isr_.high_watermark(), isr_.lost(), answer.empty() ? "" : " ", answer);
    return {};
  }

 private:
  static constexpr std::uint64_t kMost = std::uint64_t{1} << 40;

  std::uint32_t replicas_;
  InSyncReplicas isr_;
};

class SqsSession final : public TimedSession {
 public:
  explicit SqsSession(const SqsParams& p)
      : queue_(p.options()), usual_wait_(p.receive_wait.count()) {}

 protected:
  // A long poll ends when something can be received, or when its time is over.
  void pass(std::int64_t until, std::string& out) override {
    while (!polls_.empty()) {
      const Poll poll = polls_.front();
      const std::int64_t at = std::max(queue_.next_visible(now_), poll.since);
      if (at <= poll.until && at <= until) {
        now_ = std::max(now_, at);
        if (receive(now_, poll.most, out) > 0) polls_.erase(polls_.begin());
        continue;
      }
      if (poll.until > until) return;
      out += seconds_text(poll.until) + " -\n";
      polls_.erase(polls_.begin());
    }
  }
  void end(std::string& out) override { pass(std::numeric_limits<std::int64_t>::max() - 1, out); }

  std::string happen(std::int64_t at, const Words& words, std::string& out) override {
    now_ = std::max(now_, at);
    const std::string_view verb = words.empty() ? std::string_view() : words[0];
    if (verb == "send" && words.size() >= 2) return send(at, words, out);
    if (verb == "receive") return ask(at, words, out);
    const auto receipt =
        words.size() >= 2 ? whole_number<std::size_t>(words[1]) : std::optional<std::size_t>();
    if (receipt && *receipt >= 1 && *receipt <= receipts_.size()) {
      const std::uint64_t handle = receipts_[*receipt - 1];
      if (verb == "delete" && words.size() == 2) {
        out += queue_.remove(at, handle) ? "deleted\n" : "void\n";
        return {};
      }
      if (verb == "visibility" && words.size() == 3) {
        const auto timeout = nanoseconds_of(words[2]);
        if (!timeout) return no_seconds(words[2]);
        out += queue_.change_visibility(at, handle, *timeout) ? "changed\n" : "void\n";
        pass(at, out);
        return {};
      }
    }
    return "expected SECONDS send BODY [group G] [deduplication D] [delay SECONDS], SECONDS "
           "receive "
           "[N] [wait SECONDS], SECONDS delete RECEIPT or SECONDS visibility RECEIPT SECONDS, with "
           "a receipt that was given";
  }

 private:
  struct Poll {
    std::int64_t since;
    std::int64_t until;
    std::uint32_t most;
  };

  std::uint64_t number_of(std::string_view name) {
    const auto [found, is_new] = names_.try_emplace(std::string(name), texts_.size());
    if (is_new) texts_.push_back(found->first);
    return found->second;
  }

  std::string send(std::int64_t at, const Words& words, std::string& out) {
    SqsQueue::Send message;
    message.body = number_of(words[1]);
    for (std::size_t i = 2; i + 1 < words.size(); i += 2) {
      if (words[i] == "group") {
        message.group = number_of(words[i + 1]);
      } else if (words[i] == "deduplication") {
        message.deduplication = number_of(words[i + 1]);
      } else if (words[i] == "delay") {
        message.delay = nanoseconds_of(words[i + 1]);
        if (!message.delay) return no_seconds(words[i + 1]);
      } else {
        return "expected group, deduplication or delay, found " + in_quotes(words[i]);
      }
    }
    if (words.size() % 2 != 0) return "expected something behind " + in_quotes(words.back());
    out += queue_.send(at, message) ? "sent\n" : "duplicate\n";
    pass(at, out);
    return {};
  }

  std::string ask(std::int64_t at, const Words& words, std::string& out) {
    std::uint32_t most = 1;
    std::int64_t wait = usual_wait_;
    std::size_t i = 1;
    if (i < words.size() && words[i] != "wait") {
      const auto n = whole_number<std::uint32_t>(words[i++]);
      if (!n || *n < 1 || *n > SqsQueue::kMostAtOnce) return "a batch holds 1 to 10 messages";
      most = *n;
    }
    if (i < words.size()) {
      constexpr std::int64_t kLongest = 20'000'000'000;
      const auto seconds =
          words[i] == "wait" && i + 2 == words.size() ? nanoseconds_of(words[i + 1]) : std::nullopt;
      if (!seconds || *seconds > kLongest) return "expected wait SECONDS, 20 at most";
      wait = *seconds;
    }
    // Who has waited longer comes first.
    if (polls_.empty() && receive(at, most, out) > 0) return {};
    if (wait == 0)
      out += seconds_text(at) + " -\n";
    else
      polls_.push_back({at, at + wait, most});
    return {};
  }

  std::uint32_t receive(std::int64_t at, std::uint32_t most, std::string& out) {
    return queue_.receive(
        at, most,
        [&](const SqsQueue::Delivery& d) {
          receipts_.push_back(d.receipt);
          out += fmt::format("{} {} receipt {} receives {}\n", seconds_text(at), texts_[d.body],
                             receipts_.size(), d.receives);
        },
        [&](std::uint64_t body) {
          out += fmt::format("{} dead {}\n", seconds_text(at), texts_[body]);
        });
  }

  SqsQueue queue_;
  std::int64_t usual_wait_;
  std::vector<Poll> polls_;
  std::map<std::string, std::uint64_t> names_;
  std::vector<std::string> texts_;
  std::vector<std::uint64_t> receipts_;
  std::int64_t now_ = 0;
};

class RabbitSession final : public TimedSession {
 public:
  explicit RabbitSession(const RabbitParams& p) : queue_(p.options()) {}

 private:
  auto dead(std::string& out) {
    return [this, &out](std::uint64_t body, RabbitQueue::Death death) {
      static constexpr const char* kWhy[] = {"rejected", "expired", "maxlen", "delivery_limit"};
      out += fmt::format("{} dead {} {}\n", seconds_text(at_), texts_[body],
                         kWhy[static_cast<std::size_t>(death)]);
    };
  }

 protected:
  void pass(std::int64_t until, std::string& out) override {
    for (std::int64_t due = queue_.next(); due <= until; due = queue_.next()) {
      at_ = std::max(at_, due);
      queue_.tick(
          at_,
          [&](std::uint32_t c) {
            out += fmt::format("{} timeout {}\n", seconds_text(at_), consumers_[c]);
            consumers_[c].clear();
          },
          dead(out));
      deliver(out);
    }
    at_ = std::max(at_, until);
  }

  std::string happen(std::int64_t at, const Words& words, std::string& out) override {
    const std::string_view verb = words.empty() ? std::string_view() : words[0];
    if (verb == "publish" && (words.size() == 2 || words.size() == 3)) {
      const auto bytes = words.size() == 3 ? whole_number<std::uint64_t>(words[2])
                                           : std::optional<std::uint64_t>(words[1].size());
      if (!bytes) return "a message's bytes are a whole number";
      texts_.emplace_back(words[1]);
      if (queue_.publish(at, texts_.size() - 1, *bytes, dead(out)) ==
          RabbitQueue::Published::rejected)
        out += fmt::format("{} rejected {}\n", seconds_text(at), words[1]);
    } else if (verb == "consume" && words.size() == 3) {
      const auto prefetch = whole_number<std::uint32_t>(words[2]);
      if (!prefetch) return "a prefetch is a whole number; 0 is no limit";
      if (words[1].empty() || consumer(words[1])) return in_quotes(words[1]) + " consumes already";
      const std::uint32_t c = queue_.add_consumer(*prefetch);
      if (c >= consumers_.size()) consumers_.resize(c + 1);
      consumers_[c] = words[1];
    } else if (verb == "cancel" && words.size() == 2) {
      const auto c = consumer(words[1]);
      if (!c) return in_quotes(words[1]) + " is no consumer";
      queue_.remove_consumer(at, *c, dead(out));
      consumers_[*c].clear();
    } else if ((verb == "ack" || verb == "nack" || verb == "requeue") && words.size() == 2) {
      const auto n = whole_number<std::size_t>(words[1]);
      if (!n || *n < 1 || *n > tags_.size()) return "no delivery has this tag";
      const std::uint64_t tag = tags_[*n - 1];
      const bool had =
          verb == "ack" ? queue_.ack(at, tag) : queue_.nack(at, tag, verb == "requeue", dead(out));
      if (!had) return "nobody has this delivery any more";
    } else {
      return "expected SECONDS publish BODY [BYTES], SECONDS consume NAME PREFETCH, SECONDS cancel "
             "NAME, SECONDS ack TAG, SECONDS nack TAG or SECONDS requeue TAG";
    }
    deliver(out);
    return {};
  }

 private:
  void deliver(std::string& out) {
    queue_.deliver(
        at_,
        [&](const RabbitQueue::Delivery& d) {
          tags_.push_back(d.tag);
          out +=
              fmt::format("{} deliver {} {} tag {}{}\n", seconds_text(at_), consumers_[d.consumer],
                          texts_[d.body], tags_.size(), d.redelivered ? " redelivered" : "");
        },
        dead(out));
  }
  std::optional<std::uint32_t> consumer(std::string_view name) const {
    for (std::uint32_t c = 0; c < consumers_.size(); ++c)
      if (consumers_[c] == name) return c;
    return std::nullopt;
  }

  RabbitQueue queue_;
  std::vector<std::string> texts_;
  std::vector<std::string> consumers_;  // by number; empty: free
  std::vector<std::uint64_t> tags_;
  std::int64_t at_ = 0;
};

}  // namespace

std::vector<Driver> messaging() {
  constexpr const char* kSources = "librdkafka 2.0.2; Apache Kafka 3.9";
  std::vector<Driver> drivers;
  drivers.push_back(driver<AssignParams>(
      {"kafka_range", "messaging", "Neighbouring partitions of each topic to one member.", kSources,
       kGroup, kAssignment, example_of("kafka_range")},
      [](const AssignParams& p) {
        return assign_session(
            [code = p.implementation](const Group& group) { return assign_range(group, code); });
      }));
  drivers.push_back(driver<RoundRobinParams>(
      {"kafka_roundrobin", "messaging", "All partitions in turn over all members.",
       "librdkafka 2.0.2; Apache Kafka 3.9; kafkajs 2.2.4", kGroup, kAssignment,
       example_of("kafka_roundrobin")},
      [](const RoundRobinParams& p) {
        return assign_session([code = p.implementation](const Group& group) {
          if (code == RoundRobinCode::kafkajs) return assign_kafkajs_round_robin(group);
          return assign_round_robin(
              group, code == RoundRobinCode::java ? AssignorCode::java : AssignorCode::librdkafka);
        });
      }));
  drivers.push_back(driver<AssignParams>(
      {"kafka_sticky", "messaging", "Balanced, and members keep what they own where that fits.",
       kSources, kGroup, kAssignment, example_of("kafka_sticky")},
      [](const AssignParams& p) {
        return assign_session([code = p.implementation](const Group& group) {
          return assign(Assignor::sticky, code, group);
        });
      }));
  drivers.push_back(driver<CooperativeParams>(
      {"kafka_cooperative_sticky", "messaging",
       "Sticky, and only partitions that move pause: they are given up before they are handed "
       "over.",
       kSources, kGroup, kAssignment, example_of("kafka_cooperative_sticky")},
      [](const CooperativeParams& p) {
        return assign_session([p](const Group& group) {
          constexpr Assignor kAssignor = Assignor::cooperative_sticky;
          return p.phase == Phase::first ? rebalance(kAssignor, p.implementation, group)
                                         : settle(kAssignor, p.implementation, group).assignment;
        });
      }));
  drivers.push_back(driver<GroupParams>(
      {"kafka_group", "messaging",
       "A consumer group through joins, crashes, stalls and rebalances.", "Apache Kafka 3.9",
       "a JSON object: at (seconds) and any of topics, start (with subscribes, instance_id), "
       "close, "
       "kill, stall, resume",
       "JSON objects: at and revoke, lose, assign, leave or remove with the member and partitions, "
       "or "
       "stable with the generation",
       "printf '%s\\n' '{\"at\": 0, \"topics\": {\"t\": 2}}' '{\"at\": 0, \"start\": \"a\"}' "
       "'{\"at\": "
       "9}' | highwater algorithm kafka_group"},
      [](const GroupParams& p) { return std::make_unique<GroupSession>(p); }));
  drivers.push_back(driver<TopicBatchParams>(
      {"kafka_batch", "messaging", "When a producer sends which batches.", "Apache Kafka 3.9",
       "SECONDS PARTITION BYTES: a record; or SECONDS flush",
       "SECONDS send broker B partition P records N bytes M for each batch, SECONDS full where a "
       "record found no memory",
       "printf '%s\\n' '0 0 100' '0.001 0 100' | highwater algorithm kafka_batch --linger 5ms"},
      [](const TopicBatchParams& p) { return std::make_unique<BatchSession>(p); }));
  drivers.push_back(driver<InSyncParams>(
      {"kafka_isr", "messaging", "A partition's replicas: who is in sync, what is safe.",
       "Apache Kafka 3.9",
       "SECONDS append RECORDS ACKS (0, 1, all), SECONDS fetch REPLICA OFFSET, SECONDS fail "
       "REPLICA, "
       "SECONDS restore REPLICA, SECONDS lead REPLICA, or SECONDS alone",
       "leader L isr R,R high_watermark H lost N, and of an append what the producer is told",
       "printf '%s\\n' '0 append 5 all' '1 fetch 1 5' '2 fetch 2 5' | highwater algorithm "
       "kafka_isr"},
      [](const InSyncParams& p) { return std::make_unique<IsrSession>(p); }));
  drivers.push_back(driver<SqsParams>(
      {"sqs", "messaging", "An SQS queue: visibility, redelivery, dead letters, FIFO groups.",
       "Amazon SQS Developer Guide",
       "SECONDS send BODY [group G] [deduplication D] [delay SECONDS], SECONDS receive [N] [wait "
       "SECONDS], SECONDS delete RECEIPT, SECONDS visibility RECEIPT SECONDS",
       "sent, duplicate, SECONDS BODY receipt R receives N, SECONDS -, SECONDS dead BODY, deleted, "
       "changed, void",
       "printf '%s\\n' '0 send a' '1 receive' '32 receive' | highwater algorithm sqs"},
      [](const SqsParams& p) { return std::make_unique<SqsSession>(p); }));
  drivers.push_back(driver<RabbitParams>(
      {"rabbitmq", "messaging",
       "A RabbitMQ queue: prefetch, acknowledgements, requeues, dead letters.", "RabbitMQ 3.10",
       "SECONDS publish BODY [BYTES], SECONDS consume NAME PREFETCH, SECONDS cancel NAME, SECONDS "
       "ack "
       "TAG, SECONDS nack TAG, SECONDS requeue TAG",
       "SECONDS deliver NAME BODY tag T [redelivered], SECONDS dead BODY WHY, SECONDS rejected "
       "BODY, "
       "SECONDS timeout NAME",
       "printf '%s\\n' '0 consume a 1' '0 publish x' '1 ack 1' | highwater algorithm rabbitmq"},
      [](const RabbitParams& p) { return std::make_unique<RabbitSession>(p); }));
  return drivers;
}

}  // namespace highwater::drivers
