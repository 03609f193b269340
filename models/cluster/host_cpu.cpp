#include "models/cluster/host_cpu.h"

#include <algorithm>
#include <cmath>

#include "engine/kernel/check.h"

namespace highwater::cluster {

std::size_t HostCpu::index_of(const Resident& resident) const {
  const auto found = std::find(residents_.begin(), residents_.end(), &resident);
  HIGHWATER_CHECK(found != residents_.end());
  return static_cast<std::size_t>(found - residents_.begin());
}

void HostCpu::enter(Resident& resident, double weight) {
  residents_.push_back(&resident);
  claims_.push_back({weight, 0});
  shares_.push_back(0);
}

void HostCpu::leave(Resident& resident) {
  const auto index = static_cast<std::ptrdiff_t>(index_of(resident));
  residents_.erase(residents_.begin() + index);
  claims_.erase(claims_.begin() + index);
  shares_.erase(shares_.begin() + index);
  divide();
}

void HostCpu::claim(Resident& resident, double cores) {
  const std::size_t index = index_of(resident);
  claims_[index].cores = cores;
  const double before = shares_[index];
  divide();
  if (shares_[index] == before) resident.allotted(before);
}

/// Tells everybody whose share is another one now.
void HostCpu::divide() {
  before_ = shares_;
  double wanted = 0;
  for (const auto& claim : claims_) wanted += claim.cores;
  if (wanted <= cores_)
    for (std::size_t i = 0; i < claims_.size(); ++i) shares_[i] = claims_[i].cores;
  else
    fair_share_.divide(cores_, claims_, shares_);
  note_use();
  for (std::size_t i = 0; i < residents_.size(); ++i)
    if (shares_[i] != before_[i]) residents_[i]->allotted(shares_[i]);
}

void HostCpu::note_use() {
  double used = 0;
  for (const double share : shares_) used += share;
  used_.set(simulation_.now(), std::llround(used * kThousand));
}

}  // namespace highwater::cluster
