// What netem does: correlated draws, the shapes of delays, messages that overtake.

#include "models/faults/netem.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/faults/faults.h"
#include "tests/faults/edge_rig.h"

namespace highwater::faults {
namespace {

using testing::Answer;
using testing::kOneSink;
using testing::ModelRig;
using testing::problems_of;
using testing::sink;
using testing::SinkLog;

const Interface kSomebody{nullptr, Direction::request};

struct Moments {
  double mean = 0, variance = 0, correlation = 0;  // with the one before
};
Moments moments_of(const std::vector<double>& x) {
  const auto n = static_cast<double>(x.size());
  Moments found;
  for (const double each : x) found.mean += each / n;
  double product = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    found.variance += (x[i] - found.mean) * (x[i] - found.mean) / n;
    if (i > 0) product += (x[i] - found.mean) * (x[i - 1] - found.mean) / n;
  }
  found.correlation = product / found.variance;
  return found;
}

TEST_CASE("netem: each draw keeps a share of the one before", "[faults]") {
  RandomStream stream(RandomKey{7});
  RandomStream same(RandomKey{7});
  Correlated draws(0.25);
  double last = same.uniform();
  for (int i = 0; i < 100; ++i) {
    last = 0.25 * last + 0.75 * same.uniform();
    CHECK(draws.next(kSomebody, stream) == Approx(last).epsilon(1e-14));
  }
}

TEST_CASE("netem: the law of its draws", "[faults]") {
  for (const double rho : {0.25, 0.9}) {
    RandomStream stream(RandomKey{7});
    Correlated draws(rho);
    std::vector<double> x(200'000);
    for (double& each : x) each = draws.next(kSomebody, stream);
    const Moments found = moments_of(x);
    CHECK(found.mean == Approx(0.5).margin(0.005));
    CHECK(found.variance == Approx((1 - rho) / (1 + rho) / 12).epsilon(0.03));
    CHECK(found.correlation == Approx(rho).margin(0.01));
  }
  // Each sender has its own, and each direction.
  RandomStream stream(RandomKey{7});
  Correlated draws(0.999);
  const double first = draws.next(kSomebody, stream);
  CHECK(std::abs(draws.next({nullptr, Direction::reply}, stream) - first) > 0.01);
  CHECK(std::abs(draws.next(kSomebody, stream) - first) < 0.001);
}

TEST_CASE("netem: its shapes, at quantiles known by heart", "[faults]") {
  CHECK(quantile_of(Shape::uniform, 0) == -1);
  CHECK(quantile_of(Shape::uniform, 0.75) == 0.5);
  CHECK(quantile_of(Shape::normal, 0.975) == Approx(1.959964).epsilon(1e-5));
  CHECK(quantile_of(Shape::normal, 0) == -4);
  CHECK(quantile_of(Shape::normal, 1) == 4);
  CHECK(quantile_of(Shape::pareto, 0) == Approx(-2.0 / 3));
  CHECK(quantile_of(Shape::pareto, 0.875) == Approx(2.0 / 3));  // U^(-1/3) is 2
  CHECK(quantile_of(Shape::pareto, 1) == 4);
  CHECK(quantile_of(Shape::paretonormal, 0.875) == Approx(1.150349 / 4 + 0.5).epsilon(1e-5));
  const auto mean = [](Shape shape) {
    double sum = 0;
    for (int i = 0; i < 100'000; ++i) sum += quantile_of(shape, (i + 0.5) / 100'000);
    return sum / 100'000;
  };
  CHECK(mean(Shape::uniform) == Approx(0).margin(1e-9));
  CHECK(mean(Shape::normal) == Approx(0).margin(1e-6));
  // What the limit takes off the tail of U^(-1/3), beyond 4.5.
  const double cut = 4.0 / 3 * (1.5 / (4.5 * 4.5) - 4.5 / (4.5 * 4.5 * 4.5));
  CHECK(mean(Shape::pareto) == Approx(-cut).epsilon(1e-3));
  CHECK(mean(Shape::paretonormal) == Approx(-cut * 3 / 4).epsilon(1e-3));
}

TEST_CASE("netem: one of so many overtakes at most", "[faults]") {
  RandomStream stream(RandomKey{7});
  Reordering every_third(1, 0, 3);
  std::string seen;
  for (int i = 0; i < 9; ++i) seen += every_third.overtakes(kSomebody, stream) ? 'x' : '.';
  CHECK(seen == "..x..x..x");
  Reordering quarter(0.25, 0, 1);
  int hit = 0;
  for (int i = 0; i < 100'000; ++i) hit += quarter.overtakes(kSomebody, stream);
  CHECK(hit == Approx(25'000).margin(600));
  // After four that are not, a quarter of those that may: one of 4 + 4.
  Reordering both(0.25, 0, 5);
  hit = 0;
  for (int i = 0; i < 100'000; ++i) hit += both.overtakes(kSomebody, stream);
  CHECK(hit == Approx(12'500).margin(400));
}

/// What 5000 requests take, a second apart, in ms.
std::vector<double> latencies(const std::string& fault) {
  SinkLog log;
  ModelRig::Options options;
  options.duration = 10'000s;
  ModelRig rig({sink(log)}, kOneSink, options);
  rig.fault(latency(), R"({"at": "0s", "latency": "it", )" + fault + "}");
  std::vector<const Answer*> answers;
  for (int i = 0; i < 5000; ++i) answers.push_back(&rig.send(Time{1s + i * 1s}, "it", Request{}));
  rig.run(Time{6000s});
  std::vector<double> took;
  for (const Answer* each : answers) took.push_back(milliseconds(each->took()));
  return took;
}

TEST_CASE("latency: a spread around what is added, both ways", "[faults]") {
  const std::vector<double> took = latencies(R"("add": "100ms", "spread": "20ms")");
  const Moments found = moments_of(took);
  CHECK(*std::min_element(took.begin(), took.end()) >= 160);
  CHECK(*std::max_element(took.begin(), took.end()) <= 240);
  CHECK(found.mean == Approx(200).margin(1));
  CHECK(found.variance == Approx(2 * 40 * 40 / 12.0).epsilon(0.05));
  CHECK(found.correlation == Approx(0).margin(0.04));
}

TEST_CASE("latency: correlated as long as nothing happens between", "[faults]") {
  const Moments found =
      moments_of(latencies(R"("add": "100ms", "spread": "20ms", "correlation": "80%")"));
  CHECK(found.mean == Approx(200).margin(1.5));
  CHECK(found.correlation == Approx(0.8).margin(0.04));
  CHECK(found.variance == Approx(2 * 40 * 40 / 12.0 * 0.2 / 1.8).epsilon(0.1));
}

TEST_CASE("latency: normal and Pareto", "[faults]") {
  const Moments normal =
      moments_of(latencies(R"("add": "100ms", "spread": "10ms", "shape": "normal")"));
  CHECK(normal.mean == Approx(200).margin(1));
  CHECK(normal.variance == Approx(200).epsilon(0.07));
  const std::vector<double> pareto =
      latencies(R"("add": "100ms", "spread": "30ms", "shape": "pareto")");
  CHECK(*std::min_element(pareto.begin(), pareto.end()) >= 160);
  CHECK(*std::max_element(pareto.begin(), pareto.end()) > 280);
  std::vector<double> sorted = pareto;
  std::sort(sorted.begin(), sorted.end());
  CHECK(sorted[2500] < 195);  // the median lies below the mean
  // Never less than nothing.
  const std::vector<double> wide = latencies(R"("add": "1ms", "spread": "50ms", "jitter": "2ms")");
  CHECK(*std::min_element(wide.begin(), wide.end()) == 4);
}

TEST_CASE("latency: those that are not delayed overtake", "[faults]") {
  const std::vector<double> took = latencies(R"("add": "10ms", "reorder": "100%", "gap": 5)");
  // Of the requests and of the answers each fifth, and the same ones.
  for (std::size_t i = 0; i < took.size(); ++i) CHECK(took[i] == (i % 5 == 4 ? 0 : 20));
  const std::vector<double> some = latencies(R"("add": "10ms", "reorder": "25%")");
  CHECK(std::count(some.begin(), some.end(), 0) == Approx(5000 / 16.0).margin(70));
  // Those that are not come in a row where the draws are alike.
  const auto in_a_row = [](const std::vector<double>& seen) {
    int count = 0;
    for (std::size_t i = 1; i < seen.size(); ++i) count += seen[i] < 20 && seen[i - 1] < 20;
    return count;
  };
  CHECK(in_a_row(latencies(R"("add": "10ms", "reorder": "50%", "reorder_correlation": "90%")")) >
        in_a_row(latencies(R"("add": "10ms", "reorder": "50%")")));
}

TEST_CASE("latency: a spread grows, fades, and leaves no trace", "[faults]") {
  SinkLog log;
  ModelRig rig({sink(log)}, kOneSink);
  rig.fault(latency(), R"({"at": "2s", "for": "4s", "latency": "it", "add": "10ms",
                           "reorder": "100%", "gap": 1000, "ramp": "2s"})");
  rig.fault(latency(), R"({"at": "5s", "for": "10s", "latency": "it", "add": "1ms"})");
  const Answer& growing = rig.send(Time{2950ms}, "it", Request{});
  const Answer& full = rig.send(Time{4500ms}, "it", Request{});
  const Answer& both = rig.send(Time{5500ms}, "it", Request{});
  const Answer& after = rig.send(Time{16s}, "it", Request{});
  rig.run(Time{20s});
  CHECK(growing.took() == 10ms);
  CHECK(full.took() == 20ms);
  CHECK(both.took() == 22ms);
  CHECK(after.took() == 0ms);

  const auto answers = [](const std::string& fault) {
    testing::TwoPairs pairs("");
    if (!fault.empty()) pairs.rig.fault(latency(), fault);
    pairs.rig.run(Time{60s});
    return pairs.answers;
  };
  const auto without = answers("");
  const auto with = answers(R"({"at": "5s", "for": "5s", "latency": "api -> db", "add": "5ms",
                               "spread": "5ms", "correlation": "50%", "reorder": "10%"})");
  CHECK(with.at("other") == without.at("other"));
  CHECK(with.at("api") != without.at("api"));
  for (const auto& [id, seen] : without.at("api"))
    if (std::get<0>(seen) > Time{11s}) CHECK(with.at("api").at(id) == seen);
}

/// Which of 20000 requests were lost on their way, and had to be sent again.
std::vector<bool> losses(const FaultKind& kind, const std::string& fault) {
  SinkLog log;
  ModelRig::Options options;
  options.duration = 30'000s;
  ModelRig rig({sink(log)}, kOneSink, options);
  rig.fault(kind, R"({"at": "0s", )" + fault + "}");
  std::vector<bool> lost;
  std::uint64_t before = 0;
  const Edge& edge = rig.edge("it");
  for (int i = 0; i < 20'000; ++i) {
    rig.send(Time{i * 1s}, "it", Request{}, testing::timeout_of(100ms));
    rig.at(Time{i * 1s + 500ms}, [&] {
      const std::uint64_t now = edge.lost() + edge.corrupted() + edge.duplicated();
      lost.push_back(now > before);
      before = now;
    });
  }
  rig.run(Time{20'001s});
  return lost;
}
double share_of(const std::vector<bool>& hit) {
  return static_cast<double>(std::count(hit.begin(), hit.end(), true)) /
         static_cast<double>(hit.size());
}

TEST_CASE("loss, corrupt: hits come together where draws are correlated", "[faults]") {
  const bool corrupts = GENERATE(false, true);
  const FaultKind kind = corrupts ? corrupt() : loss();
  const std::string verb = corrupts ? R"("corrupt": "it", )" : R"("loss": "it", )";
  // A request that is lost has no answer: half of the others loses that one.
  const auto again = [](const std::vector<bool>& hit) {
    double both = 0, first = 0;
    for (std::size_t i = 1; i < hit.size(); ++i) {
      first += hit[i - 1];
      both += hit[i - 1] && hit[i];
    }
    return both / first;
  };
  const std::vector<bool> alone = losses(kind, verb + R"("rate": "50%")");
  CHECK(share_of(alone) == Approx(0.75).margin(0.015));
  CHECK(again(alone) == Approx(0.75).margin(0.02));
  const std::vector<bool> correlated =
      losses(kind, verb + R"("rate": "50%", "correlation": "90%")");
  CHECK(again(correlated) > 0.9);
  // netem's draws crowd around the middle: a small rate becomes a tiny one.
  CHECK(share_of(losses(kind, verb + R"("rate": "7%", "correlation": "25%")")) ==
        Approx(2 * 0.006).margin(0.003));
}

TEST_CASE("duplicate: correlated as well", "[faults]") {
  CHECK(share_of(losses(duplicate(), R"("duplicate": "it", "rate": "7%")")) ==
        Approx(1 - 0.93 * 0.93).margin(0.008));
  CHECK(share_of(losses(duplicate(), R"("duplicate": "it", "rate": "7%", "correlation": "25%")")) ==
        Approx(2 * 0.006).margin(0.003));
}

TEST_CASE("netem: what is wrong with its parameters is said", "[faults][input]") {
  const auto says = [](const FaultKind& kind, const std::string& json, const std::string& part) {
    CHECK_THAT(problems_of(kind, R"({"at": "1s", )" + json + "}"), Catch::Contains(part));
  };
  CHECK(problems_of(latency(), R"({"at": "1s", "latency": "it", "spread": "1ms"})").empty());
  says(latency(), R"("latency": "it")", "adds something");
  says(latency(), R"("latency": "it", "add": "1ms", "correlation": "25%")", "is of a \"spread\"");
  says(latency(), R"("latency": "it", "add": "1ms", "shape": "normal")", "is of a \"spread\"");
  says(latency(), R"("latency": "it", "add": "1ms", "gap": 5)", "is of \"reorder\"");
  says(latency(), R"("latency": "it", "add": "1ms", "reorder_correlation": "5%")",
       "is of \"reorder\"");
  says(latency(), R"("latency": "it", "add": "1ms", "spread": "1ms", "shape": "flat")",
       "paretonormal");
  says(latency(), R"("latency": "it", "spread": "1ms", "correlation": "100%")", "correlation");
  says(loss(), R"("loss": "it", "burst": 3, "correlation": "25%")", "give one of both");
  says(loss(), R"("loss": "it", "correlation": "100%")", "correlation");
}

}  // namespace
}  // namespace highwater::faults
