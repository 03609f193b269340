// The formulas that other tests trust, checked against tables, against each other, and at limits.

#include "tests/support/theory.h"

#include <cmath>
#include <vector>

#include <catch2/catch.hpp>

namespace highwater::theory {

TEST_CASE("theory: Erlang's formulas", "[statistics][theory]") {
  CHECK(erlang_b(1, 2) == Approx(0.2));
  CHECK(erlang_b(10, 10) == Approx(0.2145823431));  // Cooper's table
  CHECK(erlang_c(1, 2) == Approx(1.0 / 3));
  CHECK(erlang_c(0.7, 1) == Approx(0.7));  // one server: rho
}

TEST_CASE("theory: M/M/c with one server is M/M/1", "[statistics][theory]") {
  CHECK(mmc_sojourn(0.8, 1, 1) == Approx(mm1_sojourn(0.8, 1)));
  CHECK(mmc_wait(0.8, 1, 1) == Approx(mm1_wait(0.8, 1)));
  CHECK(mm1_number_in_system(0.8, 1) == Approx(0.8 * mm1_sojourn(0.8, 1)));  // Little
  CHECK(mmc_wait_quantile(0.8, 1, 1, 0.99) == Approx(mm1_wait_quantile(0.8, 1, 0.99)));
  CHECK(mm1_wait_quantile(0.8, 1, 0.1) == 0);
  const double p99 = quantile_of([](double t) { return mmc_sojourn_tail(0.8, 1, 1, t); }, 0.99);
  CHECK(p99 == Approx(mm1_sojourn_quantile(0.8, 1, 0.99)));
  CHECK(mm1_sojourn_quantile(0.8, 1, 0.5) == Approx(std::log(2.0) / 0.2));
}

TEST_CASE("theory: the tail of a sojourn integrates to its mean", "[statistics][theory]") {
  double mmc = 0, mh2 = 0, repair = 0, equal = 0;
  const double step = 0.001;
  for (double t = step / 2; t < 200; t += step) {
    mmc += step * mmc_sojourn_tail(3.2, 1, 4, t);
    equal += step * mmc_sojourn_tail(3, 1, 4, t);  // where both rates are the same
    mh2 += step * mh21_sojourn_tail(0.5, 0.9, 0.5, 5.5, t);
    repair += step * machine_repair_sojourn_tail(10, 0.125, 1, t);
  }
  CHECK(mmc == Approx(mmc_sojourn(3.2, 1, 4)).epsilon(1e-5));
  CHECK(equal == Approx(mmc_sojourn(3, 1, 4)).epsilon(1e-5));
  const double scv = 2 * (0.9 * 0.25 + 0.1 * 30.25) - 1;
  CHECK(mh2 == Approx(mg1_sojourn(0.5, 1, scv)).epsilon(1e-5));
  CHECK(repair == Approx(machine_repair(10, 0.125, 1).sojourn).epsilon(1e-5));
}

TEST_CASE("theory: finite queues", "[statistics][theory]") {
  CHECK(mmck(1, 1, 1, 4).blocked == Approx(0.2));  // rho = 1: all five states equally likely
  CHECK(mmck(10, 1, 10, 10).blocked == Approx(erlang_b(10, 10)));  // no waiting room
  CHECK(mmck(10, 1, 10, 10).queue_length == 0);
  const FiniteQueue large = mmck(3.2, 1, 4, 500);
  CHECK(large.sojourn == Approx(mmc_sojourn(3.2, 1, 4)));
  CHECK(large.utilization == Approx(0.8));
  CHECK(large.throughput == Approx(3.2));
}

TEST_CASE("theory: M/G/1", "[statistics][theory]") {
  CHECK(mg1_wait(0.8, 1, 1) == Approx(mm1_wait(0.8, 1)));
  CHECK(mg1_wait(0.8, 1, 0) == Approx(0.5 * mm1_wait(0.8, 1)));
  CHECK(mg1_sojourn(0.8, 1, 3) == Approx(9));
  CHECK(mg1_ps_sojourn(0.8, 1) == Approx(mm1_sojourn(0.8, 1)));
}

TEST_CASE("theory: priorities keep the average wait", "[statistics][theory]") {
  // Kleinrock's conservation law: the waits, weighted by load, add up to those of first in first
  // out.
  const std::vector<double> waits = priority_waits({{0.3, 1, 1}, {0.5, 1, 1}});
  CHECK(waits[0] < waits[1]);
  CHECK(waits[0] == Approx(0.8 / 0.7));
  CHECK((0.3 * waits[0] + 0.5 * waits[1]) / 0.8 == Approx(mm1_wait(0.8, 1)));
}

TEST_CASE("theory: networks", "[statistics][theory]") {
  // Feedback: each visit goes round again with probability 0.4.
  const JacksonResult feedback = jackson({{0.3, 1, 1, {0.4}}});
  CHECK(feedback.arrivals[0] == Approx(0.5));
  CHECK(feedback.sojourn == Approx(2 / 0.6));
  const JacksonResult tandem = jackson({{0.5, 1, 1, {0, 1}}, {0, 2, 1, {}}});
  CHECK(tandem.sojourn == Approx(mm1_sojourn(0.5, 1) + mm1_sojourn(0.5, 2)));
  CHECK(tandem.number[1] == Approx(mm1_number_in_system(0.5, 2)));
}

TEST_CASE("theory: machine repair", "[statistics][theory]") {
  const ClosedQueue alone = machine_repair(1, 0.25, 1);
  CHECK(alone.sojourn == Approx(1));
  CHECK(alone.throughput == Approx(0.2));
  const ClosedQueue ten = machine_repair(10, 0.125, 1);
  // Response time law: users = throughput * (think + sojourn).
  CHECK(ten.throughput * (8 + ten.sojourn) == Approx(10));
  CHECK(ten.utilization == Approx(ten.throughput));
  CHECK(machine_repair(3, 0.5, 1, 3).sojourn == Approx(1));  // nobody ever waits
}

TEST_CASE("theory: impatient customers", "[statistics][theory]") {
  // With patience as short as service every state drains at n: the number is Poisson.
  const ImpatientQueue equal = erlang_a(5, 1, 4, 1);
  double poisson = std::exp(-5.0), waited = 1;
  for (int n = 0; n < 4; ++n) {
    waited -= poisson;
    poisson *= 5.0 / (n + 1);
  }
  CHECK(equal.waited == Approx(waited));
  // Almost endless patience is Erlang C, hardly any is Erlang B.
  const ImpatientQueue patient = erlang_a(3.2, 1, 4, 1e-9);
  CHECK(patient.waited == Approx(erlang_c(3.2, 4)).epsilon(1e-6));
  CHECK(patient.wait == Approx(mmc_wait(3.2, 1, 4)).epsilon(1e-6));
  CHECK(erlang_a(3.2, 1, 4, 1e9).abandoned == Approx(erlang_b(3.2, 4)).epsilon(1e-6));
  // What is not lost is served.
  CHECK(equal.utilization * 4 == Approx(5 * (1 - equal.abandoned)));
}

}  // namespace highwater::theory
