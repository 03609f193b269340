#pragma once

// Distributions of waits and latencies in the queues of theory.h, where books often give the means
// only. Rates are per second (or any one unit of time), times in that unit; a tail(t) is P(T > t)
// for t >= 0, to be turned round by quantile_of(). Tests only: libm is fine here.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/support/theory.h"

namespace highwater::theory {

/// P(A + B > t) for independent exponential A and B with different rates: two stations in a row
/// (E. Reich, Waiting times when queues are in tandem, Annals of Mathematical Statistics 28, 1957).
inline double two_exponentials_tail(double rate_a, double rate_b, double t) {
  return (rate_b * std::exp(-rate_a * t) - rate_a * std::exp(-rate_b * t)) / (rate_b - rate_a);
}

/// P(W + S > t) where W is 0 with probability 1 - waiting, else exponential with rate drain, and S
/// is exponential and independent: M/M/c, and the urgent class of M/M/1 with priorities.
inline double delayed_service_tail(double waiting, double drain, double service, double t) {
  return (1 - waiting) * std::exp(-service * t) +
         waiting * two_exponentials_tail(drain, service, t);
}

/// The most urgent class of M/M/1 with non-preemptive priorities, all classes served alike, waits 0
/// with probability 1 - rho, else exponentially with rate service - arrivals of that class: its
/// transform (Kleinrock vol. 2, section 3.3) has a single pole there.
inline double urgent_sojourn_tail(double urgent_arrivals, double all_arrivals, double service,
                                  double t) {
  return delayed_service_tail(all_arrivals / service, service - urgent_arrivals, service, t);
}

// ---- First in, first out, c exponential servers, found[n] = probability that an arrival that gets
// in finds n there: it waits for n - c + 1 departures at rate c * service.

/// P(Erlang(k, rate) > t).
inline double erlang_tail(int k, double rate, double t) {
  double term = std::exp(-rate * t), tail = 0;
  for (int i = 0; i < k; ++i) {
    tail += term;
    term *= rate * t / (i + 1);
  }
  return tail;
}
inline double line_wait_tail(const std::vector<double>& found, double service, int servers,
                             double t) {
  double tail = 0;
  for (std::size_t n = static_cast<std::size_t>(servers); n < found.size(); ++n)
    tail += found[n] * erlang_tail(static_cast<int>(n) - servers + 1, servers * service, t);
  return tail;
}
/// With two servers or more; one is machine_repair_sojourn_tail()'s case.
inline double line_sojourn_tail(const std::vector<double>& found, double service, int servers,
                                double t) {
  const double drain = servers * service;
  const double rest = drain - service;
  double tail = 0;
  for (std::size_t n = 0; n < found.size(); ++n) {
    const int k = std::max(0, static_cast<int>(n) - servers + 1);
    // Done waiting by t, but not served: e^{-service t} times the wait's density, tilted.
    const double served_since =
        std::exp(-service * t) * std::pow(drain / rest, k) * (1 - erlang_tail(k, rest, t));
    tail +=
        found[n] * (erlang_tail(k, drain, t) + (k == 0 ? std::exp(-service * t) : served_since));
  }
  return tail;
}
/// What those who get into M/M/c/K find there.
inline std::vector<double> mmck_found(double arrivals, double service, int servers, int capacity) {
  std::vector<double> found{1.0};
  double total = 1;
  for (int n = 1; n < capacity; ++n) {
    found.push_back(found.back() * arrivals / (service * std::min(n, servers)));
    total += found.back();
  }
  for (double& probability : found) probability /= total;
  return found;
}
/// What a failing machine finds: the distribution of a shop with one machine less.
inline std::vector<double> machine_repair_found(int users, double think, double service,
                                                int servers) {
  return machine_repair_distribution(users - 1, think, service, servers);
}

// ---- M/G/1, first in first out.

/// A law of service times.
struct ServiceLaw {
  double mean = 0;
  double scv = 0;                        ///< Variance / mean^2.
  std::function<double(double)> tail;    ///< P(S > t).
  std::function<double(double)> capped;  ///< E[min(S, t)].

  static ServiceLaw constant(double value) {
    return {value, 0, [=](double t) { return t < value ? 1.0 : 0.0; },
            [=](double t) { return std::min(t, value); }};
  }
  static ServiceLaw exponential(double mean) {
    return {mean, 1, [=](double t) { return std::exp(-t / mean); },
            [=](double t) { return -mean * std::expm1(-t / mean); }};
  }
  static ServiceLaw hyperexponential(double p, double mean_1, double mean_2) {
    const ServiceLaw a = exponential(mean_1), b = exponential(mean_2);
    const double mean = p * mean_1 + (1 - p) * mean_2;
    const double square = 2 * (p * mean_1 * mean_1 + (1 - p) * mean_2 * mean_2);
    return {mean, square / (mean * mean) - 1,
            [=](double t) { return p * a.tail(t) + (1 - p) * b.tail(t); },
            [=](double t) { return p * a.capped(t) + (1 - p) * b.capped(t); }};
  }
  static ServiceLaw lognormal(double mean, double cv) {
    const double sigma = std::sqrt(std::log1p(cv * cv));
    const double mu = std::log(mean) - 0.5 * sigma * sigma;
    const auto above = [=](double z) { return 0.5 * std::erfc(z / std::sqrt(2.0)); };
    const auto tail = [=](double t) { return t <= 0 ? 1 : above((std::log(t) - mu) / sigma); };
    return {mean, cv * cv, tail, [=](double t) {
              if (t <= 0) return 0.0;
              return mean * (1 - above((std::log(t) - mu) / sigma - sigma)) + t * tail(t);
            }};
  }
  /// alpha > 2.
  static ServiceLaw pareto(double alpha, double minimum) {
    const auto tail = [=](double t) { return t <= minimum ? 1 : std::pow(minimum / t, alpha); };
    return {alpha * minimum / (alpha - 1), 1 / (alpha * (alpha - 2)), tail, [=](double t) {
              if (t <= minimum) return t;
              return (alpha * minimum - minimum * std::pow(minimum / t, alpha - 1)) / (alpha - 1);
            }};
  }
};

/// The wait in M/G/1: a geometric number of residual service times, whose law is
/// E[min(S, t)] / E[S] (Kleinrock vol. 1, section 5.7, "the wait as a sum of residual times"),
/// added up on a lattice by the recursion for compound geometric laws (H. H. Panjer, ASTIN Bulletin
/// 12, 1981). Rounding to the lattice is centred, so that the error falls with step^2.
class Mg1Wait {
 public:
  /// @param longest  Tails are known up to here.
  Mg1Wait(double arrivals, ServiceLaw service, double longest, std::size_t points = 4000)
      : service_(std::move(service)),
        rho_(arrivals * service_.mean),
        step_(longest / static_cast<double>(points)),
        mass_(points + 1) {
    std::vector<double> residual(points + 1);
    double below = 0;
    for (std::size_t i = 0; i <= points; ++i) {
      const double up_to = service_.capped((static_cast<double>(i) + 0.5) * step_) / service_.mean;
      residual[i] = up_to - below;
      below = up_to;
    }
    const double scale = 1 / (1 - rho_ * residual[0]);
    mass_[0] = (1 - rho_) * scale;
    for (std::size_t j = 1; j <= points; ++j) {
      double sum = 0;
      for (std::size_t i = 1; i <= j; ++i) sum += residual[i] * mass_[j - i];
      mass_[j] = rho_ * sum * scale;
    }
  }

  /// P(wait > t), each cell's mass spread evenly over it, but for those who do not wait at all.
  double tail(double t) const {
    if (t < 0) return 1;
    const double cells = t / step_ + 0.5;
    const auto cell = static_cast<std::size_t>(cells);
    if (cell == 0) return rho_ - (mass_[0] - (1 - rho_)) * (2 * cells - 1);
    double below = 0;
    for (std::size_t i = 0; i < cell && i < mass_.size(); ++i) below += mass_[i];
    if (cell < mass_.size()) below += mass_[cell] * (cells - static_cast<double>(cell));
    return 1 - below;
  }

  /// P(wait + service > t).
  double sojourn_tail(double t) const {
    if (service_.scv == 0) return tail(t - service_.mean);
    double tail = 1;
    for (std::size_t i = 0; i < mass_.size() && static_cast<double>(i) * step_ <= t; ++i)
      tail -= mass_[i] * (1 - service_.tail(t - static_cast<double>(i) * step_));
    return tail;
  }

 private:
  ServiceLaw service_;
  double rho_;
  double step_;
  std::vector<double> mass_;
};

/// Mean sojourn in M/G/1 with processor sharing of those who need `size`: in proportion, whatever
/// the others need (Kleinrock vol. 2, section 4.4).
inline double mg1_ps_sojourn_of(double size, double load) {
  return size / (1 - load);
}

// ---- Erlang A. The virtual wait v (of somebody with endless patience) has a density: F. Baccelli,
// G. Hebuterne, On queues with impatient customers, Performance '81; S. Zeltyn, A. Mandelbaum, Call
// centers with impatient customers, Queueing Systems 51 (2005), section 3. Independent of
// erlang_a(), which adds up states.

class ErlangAWait {
 public:
  ErlangAWait(double arrivals, double service, int servers, double patience)
      : arrivals_(arrivals), service_(service), servers_(servers), patience_(patience) {
    // States below c relative to P(c - 1), and the density of v relative to it.
    double idle = 1, state = 1;
    for (int n = servers - 1; n >= 1; --n) idle += (state *= n * service / arrivals);
    waiting_ = integral([&](double v) { return relative_density(v); }, 0);
    scale_ = 1 / (idle + waiting_);
    waiting_ *= scale_;
  }

  double waits() const { return waiting_; }
  /// Share of arrivals that are served.
  double served() const { return 1 - waiting_ + served_and_waits_longer(0); }
  double served_wait() const {
    return integral([&](double v) { return v * served_density(v); }, 0) / served();
  }
  /// Wait of those who hang up: the patience of those for whom it is shorter than v.
  double abandoned_wait() const {
    return integral(
               [&](double v) {
                 const double stays = std::exp(-patience_ * v);
                 return scale_ * relative_density(v) * ((1 - stays) / patience_ - v * stays);
               },
               0) /
           (1 - served());
  }
  /// P(wait > t) of those who are served.
  double served_wait_tail(double t) const { return served_and_waits_longer(t) / served(); }
  /// P(wait + service > t) of those who are served.
  double served_sojourn_tail(double t) const {
    const double within = integral(
        [&](double v) { return served_density(v) * (v > t ? 1.0 : std::exp(-service_ * (t - v))); },
        0);
    return ((1 - waiting_) * std::exp(-service_ * t) + within) / served();
  }

 private:
  double relative_density(double v) const {
    return arrivals_ *
           std::exp(-arrivals_ / patience_ * std::expm1(-patience_ * v) - servers_ * service_ * v);
  }
  double served_density(double v) const {
    return scale_ * relative_density(v) * std::exp(-patience_ * v);
  }
  double served_and_waits_longer(double t) const {
    return integral([&](double v) { return served_density(v); }, t);
  }
  /// By the midpoint rule, so far out that the density is below e^-40 of what it was at 0.
  template <class Function>
  double integral(Function function, double from) const {
    const double to = from + (arrivals_ / patience_ + 40) / (servers_ * service_);
    constexpr int kSteps = 4000;
    const double step = (to - from) / kSteps;
    double sum = 0;
    for (int i = 0; i < kSteps; ++i) sum += function(from + (i + 0.5) * step);
    return sum * step;
  }

  double arrivals_, service_;
  int servers_;
  double patience_;
  double waiting_ = 0;
  double scale_ = 1;
};

}  // namespace highwater::theory
