/// Drivers of the membership family: faults in, detections and leaders out.

#include "models/algorithms/membership/membership.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "engine/describe/problems.h"
#include "models/drivers/catalog.h"
#include "models/drivers/seconds.h"
#include "models/drivers/seeded_bits.h"
#include "models/drivers/words.h"
#include "models/membership_params.h"

namespace highwater::drivers {
namespace {

using namespace membership;

constexpr const char* kFaults =
    "a JSON object: at (seconds) and one of kill, restart, leave (a node such as \"n2\"), "
    "partition "
    "(lists of nodes), heal, or nothing";

/// Faults by time. Nodes are called n0, n1, …
class FaultSession : public Session {
 public:
  FaultSession(std::size_t nodes, const char* prefix) : nodes_(nodes), prefix_(prefix) {}

  std::string take(std::string_view line, std::string& out) final {
    const std::optional<Value> value = parse_json_value(line);
    if (!value || !value->is_object()) return "expected a JSON object, found " + in_quotes(line);
    const Value* at = value->find("at");
    const auto time =
        at != nullptr && at->is_number() ? nanoseconds_of(at->number_text()) : std::nullopt;
    constexpr std::int64_t kLongest = 1'000'000'000'000'000;  // 11 days
    if (!time || *time > kLongest) return "expected a time in seconds as \"at\"";
    if (*time < now_) return "time goes back";
    if (value->members().size() > 2) return "one thing a line";
    std::string_view verb;
    const Value* what = nullptr;
    for (const Value::Member& field : value->members())
      if (field.key != "at") {
        verb = field.key;
        what = &field.value;
      }
    // Said before anything happens, so that a line that is wrong changes nothing.
    std::optional<std::uint32_t> node;
    std::vector<std::vector<std::uint32_t>> sides;
    if (verb == "partition") {
      std::string wrong = read_sides(*what, sides);
      if (!wrong.empty()) return wrong;
    } else if (!verb.empty() && verb != "heal") {
      if (!knows(verb)) return "expected one of " + verbs() + ", found " + in_quotes(verb);
      node = what->is_string() ? number_of(what->text()) : std::nullopt;
      if (!node) return "expected a node such as " + in_quotes(prefix_ + "0");
    }
    now_ = *time;
    run(*time, out);
    if (verb == "partition") {
      heal();
      for (std::uint32_t s = 0; s < sides.size(); ++s)
        for (const std::uint32_t n : sides[s]) set_side(n, s + 1);
    } else if (verb == "heal") {
      heal();
    } else if (node) {
      fault(verb, *node, out);
    }
    return {};
  }

 protected:
  virtual void run(std::int64_t until, std::string& out) = 0;
  virtual void fault(std::string_view verb, std::uint32_t node, std::string& out) = 0;
  virtual void set_side(std::uint32_t node, std::uint32_t side) = 0;
  virtual void heal() = 0;
  virtual bool knows(std::string_view verb) const {
    return verb == "kill" || verb == "restart" || verb == "leave";
  }
  virtual std::string verbs() const { return "kill, restart, leave, partition and heal"; }

  std::string name(std::uint32_t node) const { return prefix_ + std::to_string(node); }
  static void print(std::string& out, std::int64_t at,
                    std::initializer_list<std::pair<const char*, Value>> fields) {
    Value line = Value::object();
    line.set("at", Value::number_text(seconds_text(at)));
    for (const auto& [key, value] : fields) line.set(key, value);
    out += write_json_line(line) + '\n';
  }

 private:
  std::optional<std::uint32_t> number_of(std::string_view text) const {
    if (!text.starts_with(prefix_)) return std::nullopt;
    const auto number = whole_number<std::uint32_t>(text.substr(prefix_.size()));
    return number && *number < nodes_ ? number : std::nullopt;
  }
  std::string read_sides(const Value& value, std::vector<std::vector<std::uint32_t>>& sides) const {
    if (!value.is_array()) return "a partition is a list of lists of nodes";
    for (const Value& side : value.elements()) {
      if (!side.is_array()) return "a partition is a list of lists of nodes";
      sides.emplace_back();
      for (const Value& text : side.elements()) {
        const auto node = text.is_string() ? number_of(text.text()) : std::nullopt;
        if (!node) return "expected a node such as " + in_quotes(prefix_ + "0");
        sides.back().push_back(*node);
      }
    }
    return {};
  }

  std::size_t nodes_;
  std::string prefix_;
  std::int64_t now_ = 0;
};

struct NetworkParams {
  std::uint32_t nodes = 5;
  Duration latency = 500us;
  Duration jitter{0};
  Fraction loss{0};
  std::uint64_t seed = 1;

  static constexpr auto fields() {
    using P = NetworkParams;
    return Fields{field<&P::nodes>("Members.").at_least(1u).at_most(kMostMembers),
                  field<&P::latency>("One way between two of them.").at_most(Duration{1h}),
                  field<&P::jitter>("Added to it, uniform from 0 to this, in microseconds.")
                      .at_most(Duration{1h}),
                  field<&P::loss>("Share of packets that are lost."),
                  field<&P::seed>("Of the draws: SplitMix64.")};
  }
  NetworkOptions options() const { return {latency.count(), jitter.count(), loss.value}; }
};

struct SwimDriven {
  SwimParams protocol;
  NetworkParams network;

  static constexpr std::string_view type_name = "swim_driver";
  static constexpr auto fields() {
    return Fields{inlined<&SwimDriven::protocol>(), inlined<&SwimDriven::network>()};
  }
};

class SwimSession final : public FaultSession {
 public:
  explicit SwimSession(const SwimDriven& p)
      : FaultSession(p.network.nodes, "n"),
        cluster_(p.protocol.options(), p.network.options(), p.network.nodes,
                 SeededBits(p.network.seed)) {
    cluster_.start();
  }

 protected:
  void run(std::int64_t until, std::string& out) override {
    static constexpr const char* kNames[] = {"joined", "suspected", "refuted", "failed", "left"};
    cluster_.run(until, events_);
    for (const auto& e : events_)
      print(out, e.at,
            {{"observer", Value::string(name(e.observer))},
             {kNames[static_cast<std::size_t>(e.event.kind)], Value::string(name(e.event.node))}});
    events_.clear();
  }
  void fault(std::string_view verb, std::uint32_t node, std::string&) override {
    if (verb == "kill") {
      cluster_.kill(node);
    } else if (verb == "leave") {
      if (cluster_.up(node)) cluster_.leave(node);
    } else if (!cluster_.up(node)) {
      cluster_.restart(node, seed_for(node));
    }
  }
  void set_side(std::uint32_t node, std::uint32_t side) override {
    cluster_.network().set_side(node, side);
  }
  void heal() override { cluster_.network().heal(); }

 private:
  // The first that is up.
  std::uint32_t seed_for(std::uint32_t node) const {
    for (std::uint32_t i = 0; i < cluster_.size(); ++i)
      if (i != node && cluster_.up(i)) return i;
    return node;
  }

  SwimCluster<SeededBits> cluster_;
  std::vector<SwimCluster<SeededBits>::Event> events_;
};

struct RingpopDriven {
  RingpopParams protocol;
  NetworkParams network;

  static constexpr std::string_view type_name = "ringpop_driver";
  static constexpr auto fields() {
    return Fields{inlined<&RingpopDriven::protocol>(), inlined<&RingpopDriven::network>()};
  }
};

class RingpopSession final : public FaultSession {
 public:
  explicit RingpopSession(const RingpopDriven& p)
      : FaultSession(p.network.nodes, "n"),
        addresses_(addresses(p.network.nodes)),
        cluster_(p.protocol.options(), p.network.options(), addresses_,
                 SeededBits(p.network.seed)) {
    cluster_.start();
  }

 protected:
  void run(std::int64_t until, std::string& out) override {
    static constexpr const char* kNames[] = {"alive", "suspect", "faulty", "leave", "tombstone"};
    cluster_.run(until, events_);
    for (const auto& e : events_) {
      const char* what = e.event.evicted   ? "evicted"
                         : e.event.flapper ? "flapper"
                                           : kNames[static_cast<std::size_t>(e.event.status)];
      print(out, e.at,
            {{"observer", Value::string(name(e.observer))},
             {what, Value::string(name(e.event.node))}});
    }
    events_.clear();
  }
  void fault(std::string_view verb, std::uint32_t node, std::string&) override {
    if (verb == "kill") {
      cluster_.kill(node);
    } else if (verb == "leave") {
      if (cluster_.up(node)) cluster_.leave(node);
    } else if (!cluster_.up(node)) {
      cluster_.restart(node, seed_for(node));
    }
  }
  void set_side(std::uint32_t node, std::uint32_t side) override {
    cluster_.network().set_side(node, side);
  }
  void heal() override { cluster_.network().heal(); }

 private:
  static std::vector<std::string> addresses(std::uint32_t n) {
    constexpr std::uint32_t kFirstPort = 3000;
    std::vector<std::string> list;
    for (std::uint32_t i = 0; i < n; ++i)
      list.push_back("127.0.0.1:" + std::to_string(kFirstPort + i));
    return list;
  }
  std::uint32_t seed_for(std::uint32_t node) const {
    for (std::uint32_t i = 0; i < cluster_.size(); ++i)
      if (i != node && cluster_.up(i)) return i;
    return node;
  }

  std::vector<std::string> addresses_;
  RingpopCluster<SeededBits> cluster_;
  std::vector<RingpopCluster<SeededBits>::Event> events_;
};

class PhiSession final : public Session {
 public:
  explicit PhiSession(const PhiParams& p) : phi_(p.options()) {}

  std::string take(std::string_view line, std::string& out) override {
    const std::vector<std::string_view> words = words_of_line(line);
    const bool beat = words.size() == 1 || (words.size() == 2 && words[0] == "heartbeat");
    const bool asks = words.size() == 2 && words[0] == "phi";
    if (!beat && !asks) return "expected SECONDS, heartbeat SECONDS or phi SECONDS";
    const auto time = nanoseconds_of(words.back());
    if (!time) return no_seconds(words.back());
    if (*time < now_) return "time goes back";
    now_ = *time;
    if (asks)
      out += fmt::format("{}\n", phi_.phi(*time));
    else
      phi_.heartbeat(*time);
    return {};
  }

 private:
  PhiAccrual phi_;
  std::int64_t now_ = 0;
};

struct RaftDriven {
  RaftParams protocol;
  NetworkParams network;

  static constexpr std::string_view type_name = "raft_driver";
  static constexpr auto fields() {
    return Fields{inlined<&RaftDriven::protocol>(), inlined<&RaftDriven::network>()};
  }
};

class RaftSession final : public FaultSession {
 public:
  explicit RaftSession(const RaftDriven& p)
      : FaultSession(p.network.nodes, "n"),
        cluster_(p.protocol.options(), p.network.options(), p.network.nodes,
                 SeededBits(p.network.seed)) {}

 protected:
  void run(std::int64_t until, std::string& out) override {
    cluster_.run(until, changes_);
    flush(out);
  }
  void fault(std::string_view verb, std::uint32_t node, std::string& out) override {
    if (verb == "kill") {
      cluster_.kill(node, changes_);
    } else if (verb == "restart") {
      if (!cluster_.up(node)) cluster_.restart(node);
    } else {
      cluster_.propose(node);
    }
    flush(out);
  }
  bool knows(std::string_view verb) const override {
    return verb == "kill" || verb == "restart" || verb == "propose";
  }
  std::string verbs() const override { return "kill, restart, propose, partition and heal"; }
  void set_side(std::uint32_t node, std::uint32_t side) override {
    cluster_.network().set_side(node, side);
  }
  void heal() override { cluster_.network().heal(); }

 private:
  void flush(std::string& out) {
    for (const auto& c : changes_)
      print(out, c.at,
            {{c.leads ? "leads" : "steps_down", Value::string(name(c.server))},
             {"term", Value::whole(c.term)}});
    changes_.clear();
  }

  RaftCluster<SeededBits> cluster_;
  std::vector<RaftCluster<SeededBits>::Change> changes_;
};

struct LeaseDriven {
  LeaseParams protocol;
  Duration retry_timeout{LeaseOptions{}.retry_timeout};
  Duration max_drift{0};
  Duration latency = 1ms;

  static constexpr std::string_view type_name = "lease_driver";
  static constexpr auto fields() {
    using P = LeaseDriven;
    return Fields{
        inlined<&P::protocol>(),
        field<&P::retry_timeout>("How long a request may take; then a leader demotes itself.")
            .at_least(Duration{1ms})
            .at_most(Duration{24h})
            .source("Patroni retry_timeout"),
        field<&P::max_drift>("How much earlier than the ttl a holder stops to believe."),
        field<&P::latency>("One way between a member and the store.").at_most(Duration{1h})};
  }
  LeaseOptions options() const {
    return {protocol.ttl.count(), protocol.loop_wait.count(), retry_timeout.count(),
            max_drift.count()};
  }
};

/// Members that ask the store for the lease in a loop, as Patroni's do.
class LeaseSession final : public Session {
 public:
  explicit LeaseSession(const LeaseDriven& p)
      : options_(p.options()), latency_(p.latency.count()) {}

  std::string take(std::string_view line, std::string& out) override {
    const std::vector<std::string_view> words = words_of_line(line);
    const auto time = nanoseconds_of(words.front());
    if (!time) return no_seconds(words.front());
    constexpr std::int64_t kLongest = 1'000'000'000'000'000'000;  // 31 years
    if (*time < now_ || *time > kLongest) return "time goes back, or too far on";
    const std::string_view verb = words.size() > 1 ? words[1] : std::string_view();
    if (words.size() == 1) {
      run(*time, out);
      return {};
    }
    if (words.size() == 3 &&
        (verb == "start" || verb == "stop" || verb == "cut" || verb == "mend")) {
      run(*time, out);
      Member& member = member_of(words[2], *time);
      if (verb == "start") {
        member.runs = true;
        member.ask_at = *time;
      } else if (verb == "stop") {
        stop_leading(member, *time, "stopped", out);
        member.runs = false;
      } else {
        member.cut = verb == "cut";
      }
      run(*time, out);
      return {};
    }
    if (words.size() == 4 && (verb == "step" || verb == "slew" || verb == "drift")) {
      std::string_view text = words[3];
      const bool back = text.starts_with('-');
      if (back) text.remove_prefix(1);
      const auto amount = verb == "drift" ? whole_number<std::int64_t>(text) : nanoseconds_of(text);
      if (!amount || *amount > (verb == "drift" ? 100'000 : kLongest))
        return "expected seconds, or parts in a million up to 100000";
      run(*time, out);
      Member& member = member_of(words[2], *time);
      const std::int64_t by = back ? -*amount : *amount;
      if (verb == "step") member.clock.step(*time, by);
      if (verb == "slew") member.clock.slew(*time, by);
      if (verb == "drift") member.clock.set_drift(*time, by);
      run(*time, out);
      return {};
    }
    return "expected SECONDS start, stop, cut or mend MEMBER; SECONDS step, slew or drift MEMBER "
           "N; "
           "or SECONDS alone";
  }

 private:
  struct Member {
    std::string name;
    SkewedClock clock;
    LeaseHolder holder;
    std::int64_t ask_at = 0;      // true time of the next request
    std::int64_t give_up_at = 0;  // of the one that is out
    bool runs = false;
    bool cut = false;  // from the store
    bool asked = false;
    bool leads = false;
  };
  struct Packet {  // on its way
    std::int64_t at;
    std::size_t member;
    bool answer;
    LeaseStore::Grant grant;
  };

  Member& member_of(std::string_view name, std::int64_t now) {
    for (Member& member : members_)
      if (member.name == name) return member;
    members_.push_back({std::string(name), SkewedClock(), LeaseHolder(options_)});
    members_.back().ask_at = now;
    return members_.back();
  }

  void stop_leading(Member& member, std::int64_t at, const char* why, std::string& out) {
    member.holder.gave_up();
    member.asked = false;
    if (std::exchange(member.leads, false))
      out += fmt::format("{} {} {}\n", seconds_text(at), why, member.name);
  }

  // When a member's belief ends in true time: the first nanosecond at which its clock says so.
  std::int64_t belief_ends(const Member& member) const {
    const std::int64_t until = member.holder.until();
    std::int64_t low = now_;
    std::int64_t high = now_ + 2 * options_.ttl + 1;
    if (!member.holder.believes(member.clock.at(low))) return low;
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (member.clock.at(middle) >= until ? high : low) = middle;
    }
    return high;
  }

  void run(std::int64_t until, std::string& out) {
    for (;;) {
      std::int64_t at = until + 1;
      std::size_t who = 0;
      enum { nothing, packet, ask, give_up, belief } what = nothing;
      for (std::size_t i = 0; i < packets_.size(); ++i)
        if (packets_[i].at < at) {
          at = packets_[i].at;
          who = i;
          what = packet;
        }
      for (std::size_t i = 0; i < members_.size(); ++i) {
        const Member& m = members_[i];
        if (!m.runs) continue;
        const auto consider = [&](std::int64_t when, auto kind) {
          if (when >= at) return;
          at = when;
          who = i;
          what = kind;
        };
        if (m.leads) consider(belief_ends(m), belief);
        if (m.asked) consider(m.give_up_at, give_up);
        if (!m.asked) consider(m.ask_at, ask);
      }
      if (what == nothing) break;
      now_ = std::max(now_, at);
      switch (what) {
        case packet:
          deliver(who, out);
          break;
        case ask: {
          Member& m = members_[who];
          m.asked = true;
          m.give_up_at = now_ + options_.retry_timeout;
          m.ask_at = now_ + options_.interval;
          m.holder.sent(m.clock.at(now_));
          if (!m.cut) packets_.push_back({now_ + latency_, who, false, {}});
          break;
        }
        case give_up:
          stop_leading(members_[who], now_, "demoted", out);
          members_[who].ask_at = std::max(members_[who].ask_at, now_ + 1);
          break;
        case belief:
          stop_leading(members_[who], now_, "expired", out);
          break;
        case nothing:
          break;
      }
    }
    now_ = std::max(now_, until);
  }

  void deliver(std::size_t i, std::string& out) {
    const Packet p = packets_[i];
    packets_.erase(packets_.begin() + static_cast<std::ptrdiff_t>(i));
    Member& m = members_[p.member];
    if (m.cut || !m.runs) return;
    if (!p.answer) {
      const LeaseStore::Grant grant =
          store_.acquire(now_, static_cast<std::uint32_t>(p.member), options_.ttl);
      packets_.push_back({now_ + latency_, p.member, true, grant});
      return;
    }
    if (!m.asked) return;
    m.asked = false;
    m.holder.answered(p.grant);
    const bool leads = m.holder.believes(m.clock.at(now_));
    if (leads && !m.leads) {
      out += fmt::format("{} leads {} token {}", seconds_text(now_), m.name, p.grant.token);
      for (const Member& other : members_)
        if (&other != &m && other.leads) out += " beside " + other.name;
      out += '\n';
    }
    if (!leads && m.leads) out += fmt::format("{} expired {}\n", seconds_text(now_), m.name);
    m.leads = leads;
  }

  LeaseOptions options_;
  std::int64_t latency_;
  LeaseStore store_;
  std::vector<Member> members_;
  std::vector<Packet> packets_;
  std::int64_t now_ = 0;
};

}  // namespace

std::vector<Driver> membership() {
  std::vector<Driver> drivers;
  drivers.push_back(driver<SwimDriven>(
      {"swim", "membership", "SWIM with Lifeguard: who notices when that a member is dead.",
       "hashicorp/memberlist 0.2.2", kFaults,
       "JSON objects: at, observer, and joined, suspected, refuted, failed or left with the member",
       "printf '%s\\n' '{\"at\": 10, \"kill\": \"n3\"}' '{\"at\": 20}' | highwater algorithm swim"},
      [](const SwimDriven& p) { return std::make_unique<SwimSession>(p); }));
  drivers.push_back(driver<RingpopDriven>(
      {"ringpop_membership", "membership", "Ringpop's gossip: pings, ping-reqs, full syncs.",
       "ringpop-node 10.21", kFaults,
       "JSON objects: at, observer, and alive, suspect, faulty, leave, tombstone, evicted or "
       "flapper "
       "with the member",
       "printf '%s\\n' '{\"at\": 10, \"kill\": \"n3\"}' '{\"at\": 30}' | highwater algorithm "
       "ringpop_membership"},
      [](const RingpopDriven& p) { return std::make_unique<RingpopSession>(p); }));
  drivers.push_back(driver<PhiParams>(
      {"phi_accrual", "membership", "A level of suspicion that grows with silence.",
       "Hayashibara et al. 2004; Akka 2.6; Cassandra 4.1",
       "SECONDS or heartbeat SECONDS: a heartbeat; phi SECONDS: a question",
       "phi, for each question", "printf '%s\\n' 1 2 3 'phi 8' | highwater algorithm phi_accrual"},
      [](const PhiParams& p) { return std::make_unique<PhiSession>(p); }));
  drivers.push_back(driver<RaftDriven>(
      {"raft", "membership", "Raft's elections: who leads in which term.",
       "Ongaro, Ousterhout 2014; hashicorp/raft 1.1.2; etcd 3.4",
       "a JSON object: at (seconds) and one of kill, restart, propose (a server such as \"n2\"), "
       "partition (lists of servers), heal, or nothing",
       "JSON objects: at, leads or steps_down with the server, term",
       "printf '%s\\n' '{\"at\": 1}' | highwater algorithm raft --nodes 3"},
      [](const RaftDriven& p) { return std::make_unique<RaftSession>(p); }));
  drivers.push_back(driver<LeaseDriven>(
      {"lease", "membership", "A leader's lease on clocks that are not the same.",
       "Gray, Cheriton 1989; Patroni 3.0",
       "SECONDS start MEMBER, stop, cut or mend (its way to the store); SECONDS step, slew "
       "(seconds) "
       "or drift (parts in a million) MEMBER N; or SECONDS alone",
       "SECONDS leads MEMBER token T [beside MEMBER], SECONDS expired, demoted or stopped MEMBER",
       "printf '%s\\n' '0 start a' '1 start b' '15 cut a' '60' | highwater algorithm lease"},
      [](const LeaseDriven& p) { return std::make_unique<LeaseSession>(p); }));
  return drivers;
}

}  // namespace highwater::drivers
