// The distributions that the textbook scenarios are held against, checked against each other and
// against the means of theory.h.

#include "tests/support/waiting_times.h"

#include <cmath>
#include <functional>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::theory {
namespace {

/// A time's mean is the integral of its tail.
double mean_of(const std::function<double(double)>& tail, double longest, double step) {
  double sum = 0;
  for (double t = step / 2; t < longest; t += step) sum += step * tail(t);
  return sum;
}

}  // namespace

TEST_CASE("waiting times: exponential stages", "[scenarios][theory]") {
  const auto tandem = [](double t) { return two_exponentials_tail(0.4, 0.2, t); };
  CHECK(tandem(0) == Approx(1));
  CHECK(mean_of(tandem, 300, 0.01) == Approx(1 / 0.4 + 1 / 0.2).epsilon(1e-5));
  for (const double t : {0.5, 3.0, 12.0}) {
    // M/M/4 and M/M/1 are waits and services of this form; one class alone is M/M/1.
    CHECK(delayed_service_tail(erlang_c(3.2, 4), 0.8, 1, t) ==
          Approx(mmc_sojourn_tail(3.2, 1, 4, t)));
    CHECK(urgent_sojourn_tail(0.75, 0.75, 1, t) == Approx(std::exp(-0.25 * t)));
  }
  const auto urgent = [](double t) { return urgent_sojourn_tail(0.25, 0.75, 1, t); };
  const double wait = priority_waits({{0.25, 1, 1}, {0.5, 1, 1}})[0];
  CHECK(mean_of(urgent, 100, 0.01) == Approx(1 + wait).epsilon(1e-5));
}

TEST_CASE("waiting times: what is found decides the wait", "[scenarios][theory]") {
  CHECK(erlang_tail(1, 2, 0.7) == Approx(std::exp(-1.4)));
  CHECK(erlang_tail(3, 2, 0) == Approx(1));
  CHECK(erlang_tail(0, 2, 0.7) == 0);

  const std::vector<double> found = mmck_found(0.9, 0.5, 2, 10);
  const FiniteQueue finite = mmck(0.9, 0.5, 2, 10);
  const auto sojourn = [&](double t) { return line_sojourn_tail(found, 0.5, 2, t); };
  const auto wait = [&](double t) { return line_wait_tail(found, 0.5, 2, t); };
  CHECK(sojourn(0) == Approx(1));
  CHECK(mean_of(sojourn, 100, 0.01) == Approx(finite.sojourn).epsilon(1e-5));
  CHECK(mean_of(wait, 100, 0.01) == Approx(finite.queue_length / finite.throughput).epsilon(1e-5));

  const std::vector<double> failing = machine_repair_found(15, 0.1, 1, 2);
  const auto repair = [&](double t) { return line_sojourn_tail(failing, 1, 2, t); };
  CHECK(mean_of(repair, 100, 0.01) == Approx(machine_repair(15, 0.1, 1, 2).sojourn).epsilon(1e-5));
}

TEST_CASE("waiting times: laws of service", "[scenarios][theory]") {
  const ServiceLaw laws[] = {
      ServiceLaw::constant(1), ServiceLaw::exponential(1), ServiceLaw::lognormal(1, 1.5),
      ServiceLaw::hyperexponential(0.9, 0.5, 5.5), ServiceLaw::pareto(3, 2.0 / 3)};
  for (const ServiceLaw& law : laws) {
    CAPTURE(law.scv);
    CHECK(law.mean == Approx(1));
    CHECK(law.capped(1e9) == Approx(1));
    CHECK(law.capped(1.7) == Approx(mean_of(law.tail, 1.7, 1e-5)).epsilon(1e-4));
  }
  CHECK(laws[3].scv == Approx(5.5));
  CHECK(laws[4].scv == Approx(1.0 / 3));
  CHECK(laws[2].tail(std::exp(-0.5 * std::log(3.25))) == Approx(0.5));  // the median
}

TEST_CASE("waiting times: M/G/1", "[scenarios][theory]") {
  const Mg1Wait exponential(0.7, ServiceLaw::exponential(1), 80);
  const Mg1Wait two_phases(0.7, ServiceLaw::hyperexponential(0.9, 0.5, 5.5), 160);
  for (const double t : {0.0, 0.01, 1.0, 4.0, 15.0}) {
    CAPTURE(t);
    CHECK(exponential.tail(t) == Approx(0.7 * std::exp(-0.3 * t)).epsilon(2e-4));
    CHECK(exponential.sojourn_tail(t) == Approx(std::exp(-0.3 * t)).epsilon(2e-4));
    CHECK(two_phases.sojourn_tail(t) ==
          Approx(mh21_sojourn_tail(0.7, 0.9, 0.5, 5.5, t)).epsilon(2e-3));
  }
  // Erlang's formula for M/D/1, an alternating series: A. K. Erlang 1909; Cooper, section 5.
  const Mg1Wait constant(0.7, ServiceLaw::constant(1), 40);
  for (const double t : {0.3, 0.9, 2.5, 7.0}) {
    double waits_at_most = 0;
    for (int k = 0; k <= static_cast<int>(t); ++k) {
      const double u = 0.7 * (t - k);
      waits_at_most += 0.3 * std::exp(u) * std::pow(-u, k) / std::tgamma(k + 1.0);
    }
    CHECK(constant.tail(t) == Approx(1 - waits_at_most).epsilon(2e-4));
    CHECK(constant.sojourn_tail(t + 1) == Approx(constant.tail(t)));
  }
  const Mg1Wait lognormal(0.7, ServiceLaw::lognormal(1, 1.5), 400);
  CHECK(mean_of([&](double t) { return lognormal.tail(t); }, 400, 0.1) ==
        Approx(mg1_wait(0.7, 1, 2.25)).epsilon(1e-3));
}

TEST_CASE("waiting times: Erlang A", "[scenarios][theory]") {
  const ImpatientQueue states = erlang_a(5, 1, 4, 0.5);
  const ErlangAWait wait(5, 1, 4, 0.5);
  CHECK(wait.waits() == Approx(states.waited).epsilon(1e-4));
  CHECK(1 - wait.served() == Approx(states.abandoned).epsilon(1e-4));
  CHECK(wait.served() * wait.served_wait() + (1 - wait.served()) * wait.abandoned_wait() ==
        Approx(states.wait).epsilon(1e-4));
  const auto sojourn = [&](double t) { return wait.served_sojourn_tail(t); };
  const auto waits = [&](double t) { return wait.served_wait_tail(t); };
  CHECK(sojourn(0) == Approx(1).epsilon(1e-4));
  CHECK(mean_of(sojourn, 40, 0.2) == Approx(wait.served_wait() + 1).epsilon(2e-3));
  CHECK(mean_of(waits, 40, 0.2) == Approx(wait.served_wait()).epsilon(5e-3));
}

}  // namespace highwater::theory
