#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace highwater::host {

/// host fair_share: how the processes of a machine share its cores, as Linux' CFS does by the
/// weights of their control groups.
///
/// Nobody gets more than it can use. What there is is divided by weight among those who could use
/// more than their part; what the others leave is theirs as well: weighted max-min fairness.
///
/// Assumes  a fluid: shares are exact at every instant, where CFS deals in slices of milliseconds
///          and moves threads between cores to come near it.
/// Edges    Claims and weights below 0 count as 0; a weight of 0 gets what the others leave.
/// Source   Linux kernel/sched/fair.c (group scheduling: calc_group_shares),
///          Documentation/scheduler/sched-design-CFS.rst; Bertsekas and Gallager, Data Networks
///          (1992), 6.5.2 (progressive filling).
/// Checked  tests/host/fair_share_test.cpp
class FairShare {
 public:
  struct Claim {
    double weight = 0;
    double cores = 0;  ///< That it could keep busy.
  };

  /// @param shares  Set to what each of the claims gets; as long as `claims`.
  void divide(double capacity, std::span<const Claim> claims, std::span<double> shares) {
    order_.resize(claims.size());
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    // The sooner a claim is satisfied as all shares grow in step, the earlier.
    std::stable_sort(order_.begin(), order_.end(), [&](std::size_t a, std::size_t b) {
      return cores_of(claims[a]) * weight_of(claims[b]) <
             cores_of(claims[b]) * weight_of(claims[a]);
    });
    double left = std::max(capacity, 0.0);
    double weights = 0;
    for (const Claim& claim : claims)
      if (cores_of(claim) > 0) weights += weight_of(claim);
    for (const std::size_t i : order_) {
      const double cores = cores_of(claims[i]);
      const double weight = cores > 0 ? weight_of(claims[i]) : 0;
      const double part = weights > weight ? left * weight / weights : left;
      shares[i] = std::min(cores, part);
      left = std::max(left - shares[i], 0.0);
      weights -= weight;
    }
  }

  /// The weight of a container that asks for so much CPU.
  /// Source   Kubernetes pkg/kubelet/cm/helpers_linux.go (MilliCPUToShares); runc libcontainer
  ///          cgroups (ConvertCPUSharesToCgroupV2Value).
  static std::int64_t weight_of_request(std::int64_t millicores) {
    constexpr std::int64_t kFewest = 2, kMost = 262'144;
    const std::int64_t shares = std::clamp(millicores * 1024 / 1000, kFewest, kMost);
    return 1 + (shares - 2) * 9999 / 262'142;
  }

 private:
  static double cores_of(const Claim& claim) { return std::max(claim.cores, 0.0); }
  static double weight_of(const Claim& claim) { return std::max(claim.weight, 0.0); }

  std::vector<std::size_t> order_;
};

}  // namespace highwater::host
