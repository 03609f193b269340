#pragma once

// Closed forms of queueing theory that simulations are checked against. Rates are per second (or
// any one unit of time), times in that unit. Every function is exact up to rounding unless it says
// otherwise. Tests only: libm is fine here.

#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

namespace highwater::theory {

/// The t >= 0 with tail(t) = 1 - q for a falling tail(t) = P(T > t); 0 where tail(0) is below.
inline double quantile_of(const std::function<double(double)>& tail, double q) {
  double high = 1;
  while (tail(high) > 1 - q) high *= 2;
  double low = 0;
  for (int i = 0; i < 200; ++i) {
    const double middle = 0.5 * (low + high);
    (tail(middle) > 1 - q ? low : high) = middle;
  }
  return high;
}

// ---- M/M/1. Kleinrock, Queueing Systems vol. 1 (1975), section 3.2 and 5.7 (distribution of
// times).

inline double mm1_number_in_system(double arrivals, double service) {
  const double rho = arrivals / service;
  return rho / (1 - rho);
}
inline double mm1_sojourn(double arrivals, double service) {
  return 1 / (service - arrivals);
}
inline double mm1_wait(double arrivals, double service) {
  return arrivals / service / (service - arrivals);
}
/// Sojourn times are exponential.
inline double mm1_sojourn_quantile(double arrivals, double service, double q) {
  return -std::log1p(-q) / (service - arrivals);
}
/// Waits are 0 with probability 1 - rho, else exponential.
inline double mm1_wait_quantile(double arrivals, double service, double q) {
  const double rho = arrivals / service;
  return q <= 1 - rho ? 0 : std::log(rho / (1 - q)) / (service - arrivals);
}

// ---- Erlang's formulas. Cooper, Introduction to Queueing Theory (1981), sections 3.3 and 3.4.

/// Share of calls lost by c servers without waiting room, offered load a = arrivals / service.
inline double erlang_b(double offered, int servers) {
  double blocked = 1;
  for (int i = 1; i <= servers; ++i) blocked = offered * blocked / (i + offered * blocked);
  return blocked;
}
/// Share of requests that wait in M/M/c (offered < servers).
inline double erlang_c(double offered, int servers) {
  const double blocked = erlang_b(offered, servers);
  const double rho = offered / servers;
  return blocked / (1 - rho * (1 - blocked));
}

// ---- M/M/c. Kleinrock vol. 1, section 3.5; waits are 0 or exponential, Cooper section 5.3.

inline double mmc_wait(double arrivals, double service, int servers) {
  return erlang_c(arrivals / service, servers) / (servers * service - arrivals);
}
inline double mmc_sojourn(double arrivals, double service, int servers) {
  return mmc_wait(arrivals, service, servers) + 1 / service;
}
inline double mmc_wait_quantile(double arrivals, double service, int servers, double q) {
  const double waiting = erlang_c(arrivals / service, servers);
  return q <= 1 - waiting ? 0 : std::log(waiting / (1 - q)) / (servers * service - arrivals);
}
/// P(sojourn > t), first in first out: the wait and the service are independent.
inline double mmc_sojourn_tail(double arrivals, double service, int servers, double t) {
  const double waiting = erlang_c(arrivals / service, servers);
  const double drain = servers * service - arrivals;
  if (std::abs(drain - service) < 1e-9 * service) {
    return std::exp(-service * t) * (1 + waiting * service * t);
  }
  const double both =
      (drain * std::exp(-service * t) - service * std::exp(-drain * t)) / (drain - service);
  return (1 - waiting) * std::exp(-service * t) + waiting * both;
}

// ---- M/M/c/K: c servers, at most K in system (K >= c). Kleinrock vol. 1, section 3.6 generalised;
// Gross, Harris, Fundamentals of Queueing Theory, section 2.5.

struct FiniteQueue {
  double blocked = 0;  ///< Share of arrivals refused.
  double number_in_system = 0;
  double queue_length = 0;  ///< Waiting, not in service.
  double throughput = 0;
  double sojourn = 0;      ///< Of those admitted.
  double utilization = 0;  ///< Busy servers / servers.
};
inline FiniteQueue mmck(double arrivals, double service, int servers, int capacity) {
  std::vector<double> p(static_cast<std::size_t>(capacity) + 1, 1.0);
  double total = 1;
  for (int n = 1; n <= capacity; ++n) {
    const auto at = static_cast<std::size_t>(n);
    p[at] = p[at - 1] * arrivals / (service * (n < servers ? n : servers));
    total += p[at];
  }
  FiniteQueue result;
  double busy = 0;
  for (int n = 0; n <= capacity; ++n) {
    const double probability = p[static_cast<std::size_t>(n)] / total;
    result.number_in_system += n * probability;
    busy += (n < servers ? n : servers) * probability;
    if (n > servers) result.queue_length += (n - servers) * probability;
    if (n == capacity) result.blocked = probability;
  }
  result.throughput = arrivals * (1 - result.blocked);
  result.sojourn = result.number_in_system / result.throughput;
  result.utilization = busy / servers;
  return result;
}

// ---- M/G/1. Kleinrock vol. 1, section 5.6 (Pollaczek and Khinchin).

/// Mean wait; scv is the squared coefficient of variation of the service time.
inline double mg1_wait(double arrivals, double mean_service, double scv) {
  const double rho = arrivals * mean_service;
  return rho * mean_service * (1 + scv) / (2 * (1 - rho));
}
inline double mg1_sojourn(double arrivals, double mean_service, double scv) {
  return mg1_wait(arrivals, mean_service, scv) + mean_service;
}
/// P(sojourn > t) for two-phase hyperexponential service (mean m1 with probability p, else m2),
/// first in first out: the transform (1 - rho) s b(s) / (s - lambda + lambda b(s)) in partial
/// fractions.
inline double mh21_sojourn_tail(double arrivals, double p, double m1, double m2, double t) {
  const double a = 1 / m1, b = 1 / m2;
  const double rho = arrivals * (p * m1 + (1 - p) * m2);
  const double mixed = p * a + (1 - p) * b;
  const double linear = a + b - arrivals;
  const double constant = a * b - arrivals * (a + b) + arrivals * mixed;
  const double root = std::sqrt(linear * linear - 4 * constant);
  const double r1 = 0.5 * (linear - root), r2 = 0.5 * (linear + root);
  const double k1 = (1 - rho) * (a * b - mixed * r1) / (r2 - r1);
  const double k2 = (1 - rho) * (a * b - mixed * r2) / (r1 - r2);
  return k1 / r1 * std::exp(-r1 * t) + k2 / r2 * std::exp(-r2 * t);
}

/// M/G/1 with processor sharing: the mean does not depend on the service distribution.
/// Kleinrock vol. 2 (1976), section 4.4.
inline double mg1_ps_sojourn(double arrivals, double mean_service) {
  return mean_service / (1 - arrivals * mean_service);
}

// ---- Non-preemptive priorities, M/G/1. A. Cobham, Operations Research 2 (1954); Kleinrock vol. 2,
// section 3.4.

struct PriorityClass {
  double arrivals = 0;
  double mean_service = 0;
  double scv = 1;
};
/// Mean wait of each class, the most urgent first. All of them together must be stable.
inline std::vector<double> priority_waits(const std::vector<PriorityClass>& classes) {
  double residual = 0;
  for (const PriorityClass& c : classes) {
    residual += 0.5 * c.arrivals * c.mean_service * c.mean_service * (1 + c.scv);
  }
  std::vector<double> waits;
  double above = 0;
  for (const PriorityClass& c : classes) {
    const double with = above + c.arrivals * c.mean_service;
    waits.push_back(residual / ((1 - above) * (1 - with)));
    above = with;
  }
  return waits;
}

// ---- Open networks of M/M/c stations. J. R. Jackson, Operations Research 5 (1957).

struct Station {
  double external = 0;  ///< Arrivals from outside.
  double service = 1;   ///< Rate of one server.
  int servers = 1;
  std::vector<double> routing;  ///< Probability of going to station j next; the rest leaves.
};
struct JacksonResult {
  std::vector<double> arrivals;  ///< Per station, all visits.
  std::vector<double> number;    ///< Mean number in each station.
  double sojourn = 0;            ///< From entering the network to leaving it.
};
/// Traffic equations by repeated substitution, which converges because every request leaves.
inline JacksonResult jackson(const std::vector<Station>& stations) {
  JacksonResult result;
  double external = 0;
  for (const Station& station : stations) {
    result.arrivals.push_back(station.external);
    external += station.external;
  }
  for (int round = 0; round < 100'000; ++round) {
    std::vector<double> next;
    for (const Station& station : stations) next.push_back(station.external);
    for (std::size_t i = 0; i < stations.size(); ++i) {
      for (std::size_t j = 0; j < stations[i].routing.size(); ++j) {
        next[j] += result.arrivals[i] * stations[i].routing[j];
      }
    }
    double change = 0;
    for (std::size_t i = 0; i < next.size(); ++i) change += std::abs(next[i] - result.arrivals[i]);
    result.arrivals = next;
    if (change < 1e-15 * external) break;
  }
  double total = 0;
  for (std::size_t i = 0; i < stations.size(); ++i) {
    const double rate = result.arrivals[i];
    result.number.push_back(rate * mmc_sojourn(rate, stations[i].service, stations[i].servers));
    total += result.number.back();
  }
  result.sojourn = total / external;
  return result;
}

// ---- Machine repair, M/M/c//N: N users think (rate think) and are served by c servers (rate
// service). Gross, Harris, section 2.7; the distribution at arrivals is that of N - 1 users
// (Lavenberg, Reiser, J. Applied Probability 17, 1980).

struct ClosedQueue {
  double number_in_system = 0;  ///< At the servers, waiting or in service.
  double throughput = 0;
  double sojourn = 0;
  double utilization = 0;
};
/// Probability of n users at the servers, n = 0 … users.
inline std::vector<double> machine_repair_distribution(int users, double think, double service,
                                                       int servers) {
  std::vector<double> p{1.0};
  double total = 1;
  for (int n = 1; n <= users; ++n) {
    p.push_back(p.back() * (users - n + 1) * think / (service * (n < servers ? n : servers)));
    total += p.back();
  }
  for (double& probability : p) probability /= total;
  return p;
}
inline ClosedQueue machine_repair(int users, double think, double service, int servers = 1) {
  const std::vector<double> p = machine_repair_distribution(users, think, service, servers);
  ClosedQueue result;
  double busy = 0;
  for (int n = 0; n <= users; ++n) {
    result.number_in_system += n * p[static_cast<std::size_t>(n)];
    busy += (n < servers ? n : servers) * p[static_cast<std::size_t>(n)];
  }
  result.throughput = busy * service;
  result.sojourn = result.number_in_system / result.throughput;
  result.utilization = busy / servers;
  return result;
}
/// P(sojourn > t) at a single server, first in first out: an arrival that finds n there stays for
/// n + 1 exponential services.
inline double machine_repair_sojourn_tail(int users, double think, double service, double t) {
  const std::vector<double> found = machine_repair_distribution(users - 1, think, service, 1);
  double tail = 0, term = std::exp(-service * t), erlang_tail = 0;
  for (std::size_t n = 0; n < found.size(); ++n) {
    erlang_tail += term;
    term *= service * t / static_cast<double>(n + 1);
    tail += found[n] * erlang_tail;
  }
  return tail;
}

// ---- Impatient customers, M/M/c+M (Erlang A): who waits leaves at rate patience. C. Palm (1957);
// A. Mandelbaum, S. Zeltyn, Service engineering in action: the Palm/Erlang-A queue (2007).

struct ImpatientQueue {
  double abandoned = 0;  ///< Share of all arrivals that leave unserved.
  double waited = 0;     ///< Share of arrivals that have to wait.
  double queue_length = 0;
  double utilization = 0;
  double wait = 0;  ///< Mean over all, those who leave included.
};
inline ImpatientQueue erlang_a(double arrivals, double service, int servers, double patience) {
  std::vector<double> p{1.0};
  double total = 1;
  for (int n = 1; n < 10'000'000; ++n) {
    const double leaving =
        service * (n < servers ? n : servers) + (n > servers ? (n - servers) * patience : 0.0);
    p.push_back(p.back() * arrivals / leaving);
    total += p.back();
    // What the states not yet counted can add is less than a geometric series.
    const double ratio = arrivals / leaving;
    if (n > servers && ratio < 1 && p.back() * ratio < 1e-17 * (1 - ratio) * total) break;
    if (total > 1e200) {  // keeps the terms finite where the load is high
      for (double& probability : p) probability /= total;
      total = 1;
    }
  }
  ImpatientQueue result;
  double busy = 0;
  for (std::size_t n = 0; n < p.size(); ++n) {
    const double probability = p[n] / total;
    const int number = static_cast<int>(n);
    busy += (number < servers ? number : servers) * probability;
    if (number >= servers) {
      result.waited += probability;
      result.queue_length += (number - servers) * probability;
    }
  }
  result.abandoned = patience * result.queue_length / arrivals;
  result.wait = result.queue_length / arrivals;
  result.utilization = busy / servers;
  return result;
}

}  // namespace highwater::theory
