#include "tests/report/sample_results.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace highwater {
namespace {

constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();

/// Uniform on [0, 1), from a 64-bit linear congruential generator: enough to look alive.
class Noise {
 public:
  double operator()() {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<double>(state_ >> 11) * 0x1p-53;
  }

 private:
  std::uint64_t state_ = 42;
};

Estimate known(double value, double half_width) {
  return {.value = value, .ci95 = Interval{value - half_width, value + half_width}, .note = {}};
}

Estimate exact(double value) {
  return {.value = value, .ci95 = std::nullopt, .note = {}};
}

Estimate unknown(std::string note) {
  return {.value = std::nullopt, .ci95 = std::nullopt, .note = std::move(note)};
}

/// A quantile's interval reaches further up than down.
Estimate lopsided(double value, double below, double above) {
  return {.value = value, .ci95 = Interval{value - below, value + above}, .note = {}};
}

TimeSummary times(double scale, std::uint64_t count) {
  TimeSummary t;
  t.mean = known(4.102 * scale, 0.0504 * scale);
  t.p50 = known(1.273 * scale, 0.0112 * scale);
  t.p90 = known(9.846 * scale, 0.113 * scale);
  t.p95 = lopsided(17.31 * scale, 0.22 * scale, 0.28 * scale);
  t.p99 = lopsided(61.27 * scale, 1.4 * scale, 2.1 * scale);
  t.p999 = lopsided(213.8 * scale, 11 * scale, 19 * scale);
  t.max = exact(1893.4 * scale);
  t.count = count;
  t.resolution = 0.005;
  return t;
}

MetricResult metric(std::string name, std::string unit, std::string doc, MetricValue value) {
  return {std::move(name), std::move(unit), std::move(doc), std::move(value)};
}

MetricResult utilization(double value, double half_width) {
  return metric("utilization", "1", "Busy workers over workers.", known(value, half_width));
}
MetricResult rate(double value, double half_width) {
  return metric("throughput_rps", "/s", "Requests completed a second.", known(value, half_width));
}
MetricResult queue(double value, double half_width) {
  return metric("queue_length", "requests", "Time average of requests waiting.",
                known(value, half_width));
}
MetricResult waits(double scale, std::uint64_t count) {
  return metric("wait_ms", "ms", "From arrival to a worker, zero waits included.",
                times(scale, count));
}
MetricResult errors(CountsByCause causes) {
  return metric("errors", "requests", "Requests not answered, by cause.", std::move(causes));
}

std::vector<ComponentResult> sample_components() {
  std::vector<ComponentResult> all;
  all.push_back({"nginx",
                 "load_balancer",
                 {rate(799.82, 0.91), errors({{"no_target", 0}}),
                  metric("ejections", "1", "Targets taken out by health checks.", Count{10})},
                 {}});
  ComponentResult api{
      "api",
      "service",
      {rate(799.81, 0.91), utilization(0.4127, 0.0031),
       metric("cpu_utilization", "1", "Busy cores over cores.", known(0.211, 0.0007)),
       queue(0.0231, 0.0041), waits(0.004, 4'318'441),
       metric("service_ms", "ms", "Time that a worker was held.", times(0.93, 4'318'441)),
       errors({{"connection_reset", 612}, {"rejected", 0}})},
      {}};
  for (int i = 0; i < 3; ++i) {
    const double share = i == 1 ? 0.89 : 1.055;
    api.instances.push_back(
        {"api[" + std::to_string(i) + "]",
         i % 2 == 0 ? "a" : "b",
         {rate(266.6 * share, 0.8), utilization(0.4127 * share, 0.004), queue(0.0077, 0.002),
          errors({{"connection_reset", i == 1 ? 612u : 0u}})}});
  }
  all.push_back(std::move(api));
  all.push_back({"redis",
                 "cache",
                 {rate(719.7, 0.88), utilization(0.0719, 0.0002),
                  metric("hit_ratio", "1", "Hits over lookups.", known(0.8213, 0.0011)),
                  metric("evictions", "requests", "Keys pushed out by others.", Count{1'203'442})},
                 {{"redis[0]", "a", {utilization(0.0719, 0.0002)}}}});
  all.push_back(
      {"users-db",
       "database",
       {rate(208.9, 0.6), utilization(0.8714, 0.0052), queue(3.41, 0.38), waits(2.1, 1'128'060),
        metric("stale_reads", "requests", "Reads that missed a newer write.", Count{4211}),
        metric("replication_lag_ms", "ms", "How far the replica is behind.", times(0.8, 432'000)),
        errors({{"pool_timeout", 57}})},
       {{"users-db[0]", "a", {utilization(0.6113, 0.005), queue(0.9, 0.1)}},
        {"users-db[1]", "b", {utilization(0.9614, 0.004), queue(2.51, 0.3)}}}});
  all.push_back({"email-topic",
                 "topic",
                 {rate(79.93, 0.3),
                  metric("lag", "messages", "Messages not yet consumed.", known(12.4, 1.9))},
                 {}});
  all.push_back(
      {"email-worker", "consumer_group", {rate(79.92, 0.3), utilization(0.7994, 0.0031)}, {}});
  return all;
}

/// What the clients felt in one bin of 2 s.
void add_bin(ClientSeries& series, double time_s, Noise& noise) {
  const bool broken = time_s >= 240 && time_s < 300;
  const double since = time_s - 300;
  const double aftermath = since >= 0 ? std::max(0.0, 1 - since / 45) : 0;
  const double stress = broken ? 1 + (time_s - 240) / 20 : 1 + 2.5 * aftermath;
  const double offered = 800 * (1 + 0.03 * (noise() - 0.5)) + (broken ? 60 * noise() : 0);
  const double failed = broken ? 14 + 22 * noise() : aftermath * 3 * noise();
  series.offered_rps.push_back(offered);
  series.completed_rps.push_back(offered - failed);
  series.failed_rps.push_back(failed);
  const double p50 = 1.27 * std::sqrt(stress) * (1 + 0.05 * noise());
  series.p50_ms.push_back(p50);
  series.p90_ms.push_back(p50 * 7.5 * std::sqrt(stress) * (1 + 0.06 * noise()));
  series.p99_ms.push_back(p50 * 45 * stress * (1 + 0.2 * noise()));
  series.p999_ms.push_back(p50 * 150 * stress * (1 + 0.5 * noise()));
  // Cache hits around 1 ms, reads of the database around 10 ms.
  for (std::size_t row = 0; row < series.heat_rows; ++row) {
    const double latency = series.heat_floor_ms * std::pow(series.heat_ratio, double(row) + 0.5);
    const auto bump = [&](double middle, double width, double height) {
      const double z = std::log(latency / middle) / width;
      return height * std::exp(-z * z / 2);
    };
    const double count = bump(1.1 * std::sqrt(stress), 0.28, 190) + bump(10 * stress, 0.75, 26);
    series.heat_counts.push_back(
        std::floor(std::max(0.0, count + std::sqrt(count) * (noise() - 0.5))));
  }
}

SeriesSet sample_series() {
  SeriesSet set;
  set.bin_s = 2;
  Noise noise;
  ClientSeries users;
  users.client = "users";
  users.heat_floor_ms = 0.01;
  users.heat_ratio = 1.25;
  users.heat_rows = 72;
  for (int i = 0; i < 300; ++i) {
    set.times_s.push_back(2.0 * i);
    add_bin(users, 2.0 * i, noise);
  }
  set.clients.push_back(std::move(users));
  const std::pair<const char*, double> instances[] = {
      {"api[0]", 0.43}, {"api[1]", 0.4},       {"api[2]", 0.42},     {"redis", 0.07},
      {"nginx", 0.16},  {"users-db[0]", 0.61}, {"users-db[1]", 0.9}, {"email-worker", 0.8}};
  for (const auto& [name, busy] : instances) {
    InstanceSeries series{name, {}};
    const bool killed = series.instance == "api[1]";
    for (const double t : set.times_s) {
      const bool broken = t >= 240 && t < 300;
      const double load = broken ? (killed ? 0 : 1.25) : 1;
      series.utilization.push_back(std::clamp(busy * load * (0.95 + 0.1 * noise()), 0.0, 1.0));
    }
    set.instances.push_back(std::move(series));
  }
  SeriesSet::Extra lag{"email-topic", "lag", "messages", {}};
  SeriesSet::Extra hits{"redis", "hit_ratio", "1", {}};
  for (const double t : set.times_s) {
    const double pulse = t >= 240 && t < 300 ? 0.4 : 1;
    lag.values.push_back(std::floor(12 * pulse * (0.6 + 0.8 * noise())));
    hits.values.push_back(t < 2 ? kNoNumber : 0.82 * (1 - std::exp(-t / 25)) + 0.01 * noise());
  }
  set.extras = {std::move(lag), std::move(hits)};
  SeriesBand completed{"users", "completed_rps", 5, {}, {}, {}};
  SeriesBand p99{"users", "latency_p99_ms", 5, {}, {}, {}};
  for (std::size_t i = 0; i < set.times_s.size(); i += completed.bins) {
    const double rate = set.clients[0].completed_rps[i], slow = set.clients[0].p99_ms[i];
    const bool known = i > 0;
    completed.value.push_back(rate);
    completed.low.push_back(rate - 9);
    completed.high.push_back(rate + 9);
    p99.value.push_back(known ? slow : kNoNumber);
    p99.low.push_back(known ? slow * 0.9 : kNoNumber);
    p99.high.push_back(known ? slow * 1.2 : kNoNumber);
  }
  set.bands = {std::move(completed), std::move(p99)};
  return set;
}

TopologyPicture sample_topology() {
  TopologyPicture picture;
  picture.nodes = {{"users", "client", 1, 0, 1},
                   {"nginx", "load_balancer", 1, 1, 1},
                   {"api", "service", 3, 2, 1},
                   {"redis", "cache", 1, 3, 0},
                   {"users-db", "database", 2, 3, 1},
                   {"email-topic", "topic", 1, 3, 2},
                   {"email-worker", "consumer_group", 3, 4, 2}};
  picture.edges = {{0, 1, 801.2, 0.0023, false}, {1, 2, 800.4, 0.0023, false},
                   {2, 3, 719.7, 0, false},      {2, 4, 208.9, 0.012, false},
                   {2, 5, 79.93, 0, true},       {5, 6, 79.92, 0, true}};
  return picture;
}

}  // namespace

Results sample_results() {
  Results r;
  r.scenario = "users-api";
  r.description =
      "Clients, nginx, three API replicas, Redis, PostgreSQL with one read replica, Kafka for "
      "e-mail";
  r.scenario_file = "scenarios/users-api.json";
  r.seed = 1;
  r.replications = 10;
  r.simulated_s = 600;
  r.warmup_s = 60;
  r.warmup_method = "given";
  r.terminating = true;
  r.events = 61'482'913;
  r.requests = {4'799'213, 4'788'102, 10'942, 57, 112};
  ClientResult users;
  users.id = "users";
  users.requests = r.requests;
  users.throughput_rps = known(799.82, 0.91);
  users.latency_ms = times(1, 4'309'118);
  users.failed_latency_ms = times(21, 10'999);
  users.availability = known(0.99771, 0.00018);
  users.errors = {{"timeout", 10'330}, {"rejected", 57}, {"unavailable", 612}};
  users.metrics = {metric("retries", "requests", "Attempts after the first.", Count{0})};
  r.clients.push_back(std::move(users));
  r.components = sample_components();
  r.objectives = {{"users.latency.p99 < 250ms", true, 61.27, 250, "ms", ""},
                  {"users.availability >= 99.9%", false, 0.99771, 0.999, "1", ""},
                  {"api.utilization < 70% during \"11m..12m\"", std::nullopt, std::nullopt, 0.7,
                   "1", "the window lies outside the run"}};
  r.events_log = {{240, "fault", "kill api[1]"},
                  {240, "health", "nginx takes api[1] out"},
                  {300, "fault", "kill api[1] ends"},
                  {301.5, "start", "api[1] accepts requests"},
                  {303, "health", "nginx takes api[1] back in"}};
  r.faults = {{"kill api[1]", 240, 300}};
  r.findings = {
      {"bottleneck", "users-db",
       "The read replica users-db[1] is 96 % busy; nothing else is above 80 %."},
      {"fault", "api",
       "Killing api[1] at 4:00 costs 10,942 requests; p99 is back below 250 ms after 38 s."}};
  r.series = sample_series();
  r.topology = sample_topology();
  r.wall_s = 5.83;
  r.started = "2026-11-23T19:14:56Z";
  r.host = "buildhost";
  r.version = "0.1.0";
  r.compiler = "GNU 12.2.0";
  r.command = "highwater run scenarios/users-api.json --seed 1";
  return r;
}

Results replay_results() {
  Results r = sample_results();
  const std::string too_few = "not enough samples: p99.9 needs 10,000, there are 1,204";
  const std::string one = "one replication of a terminating run has no interval";
  r.scenario = "access-log-replay";
  r.description = "A web site's access log behind an edge cache";
  r.replications = 1;
  r.warmup_s = 0;
  r.warmup_method = "none (terminating run)";
  r.objectives.clear();
  r.faults.clear();
  r.events_log.clear();
  r.findings = {
      {"trace", "visitors", "1 of 10,000 lines was skipped; 4,051 were out of order and sorted."}};
  ClientResult& visitors = r.clients.front();
  visitors.id = "visitors";
  visitors.requests = {1204, 1204, 0, 0, 0};
  visitors.errors = {{"timeout", 0}};
  visitors.failed_latency_ms = {};
  visitors.availability = {.value = 1.0, .ci95 = std::nullopt, .note = one};
  visitors.throughput_rps = {.value = 1204 / 600.0, .ci95 = std::nullopt, .note = one};
  TimeSummary& latency = visitors.latency_ms;
  for (Estimate* e : {&latency.mean, &latency.p50, &latency.p90, &latency.p95, &latency.p99}) {
    e->ci95.reset();
    e->note = one;
  }
  latency.p999 = unknown(too_few);
  latency.count = 1204;
  ClientResult robots = visitors;
  robots.id = "robots";
  robots.requests = {96, 96, 0, 0, 0};
  r.clients.push_back(std::move(robots));
  r.requests = {1300, 1300, 0, 0, 0};
  r.series.clients.front().client = "visitors";
  r.series.clients.push_back(r.series.clients.front());
  r.series.clients.back().client = "robots";
  for (double& value : r.series.clients.back().p999_ms) value = kNoNumber;
  BarChart hours{"", "Hourly load of the log", "requests", {}, {}};
  for (int hour = 0; hour < 84; ++hour) {
    hours.labels.push_back("day " + std::to_string(17 + (hour + 10) / 24) + ", " +
                           std::to_string((hour + 10) % 24) + " h");
    const double phase = std::abs((hour + 10) % 24 - 14) / 12.0;
    hours.values.push_back(std::floor(60 + 110 * (1 - phase) + hour % 7));
  }
  r.charts.push_back(std::move(hours));
  return r;
}

Results hostile_results() {
  Results r = sample_results();
  const std::string evil =
      "</script><img src=x onerror=\"alert(1)\">'\"&<!--{{title}}\x1b[31m\xe2\x80\xae\xff\xc3";
  r.scenario = "../" + evil + "/\xe6\x97\xa5\xe6\x9c\xac";
  r.description = evil;
  r.clients.front().id = evil;
  r.clients.front().errors[evil] = 3;
  r.clients.front().latency_ms.p999 = unknown(evil);
  r.components.front().id = evil;
  r.components.front().kind = evil;
  r.components.front().metrics.front().doc = evil;
  r.components.back().metrics.push_back(metric(evil, evil, evil, exact(1)));
  r.components[1].instances.front().id = evil;
  r.components[1].instances.front().zone = evil;
  r.objectives.front().text = evil;
  r.objectives.front().note = evil;
  r.events_log.front() = {1, evil, evil + "\n\r\t"};
  r.faults.front().text = evil;
  r.faults.push_back({"for ever", 500, HUGE_VAL});
  r.findings.front() = {evil, evil, evil};
  r.series.clients.front().client = evil;
  for (SeriesBand& band : r.series.bands) band.component = evil;
  r.series.instances.front().instance = evil;
  r.series.extras.front() = {evil, evil, evil, r.series.extras.front().values};
  r.topology.nodes.front() = {evil, evil, 1, 0, 1};
  r.charts.push_back({evil, evil, evil, {evil, "b"}, {1, 2}});
  r.partial = true;
  r.partial_reason = evil;
  r.warmup_method = r.host = r.version = r.compiler = r.command = evil;
  return r;
}

Results empty_results() {
  Results r;
  r.scenario = "empty";
  r.seed = 7;
  r.replications = 0;
  r.simulated_s = 600;
  r.partial = true;
  r.partial_reason = "interrupted before the first replication ended";
  r.started = "2026-11-23T19:14:56Z";
  r.version = "0.1.0";
  return r;
}

}  // namespace highwater
