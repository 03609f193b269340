#pragma once

#include <vector>

#include "engine/kernel/simulation.h"
#include "engine/kernel/time_integral.h"
#include "models/algorithms/host/fair_share.h"

namespace highwater::cluster {

/// The cores of a machine, which the processes on it share by their weights while they want more
/// than there is.
///
/// Assumes  see FairShare.
/// Source   algorithms/host.
/// Checked  tests/deployment/host_cpu_test.cpp
class HostCpu {
 public:
  /// A process on the machine.
  class Resident {
   public:
    /// It gets so many cores from now on, at most as many as it has claimed. Claims nothing here.
    virtual void allotted(double cores) = 0;

   protected:
    ~Resident() = default;
  };

  HostCpu(Simulation& simulation, double cores) : simulation_(simulation), cores_(cores) {}
  HostCpu(const HostCpu&) = delete;
  HostCpu& operator=(const HostCpu&) = delete;

  double cores() const { return cores_; }
  /// It claims nothing yet. @param weight  See FairShare.
  void enter(Resident& resident, double weight);
  void leave(Resident& resident);
  /// It could keep so many cores busy from now on. Whoever gets more or less than before is told,
  /// and so is this one in any case.
  void claim(Resident& resident, double cores);

  /// Core-seconds used.
  double used_integral(Time now) const { return used_.total(now) / kThousand; }

 private:
  static constexpr double kThousand = 1000;
  std::size_t index_of(const Resident& resident) const;
  void divide();
  void note_use();

  Simulation& simulation_;
  double cores_;
  std::vector<Resident*> residents_;
  std::vector<host::FairShare::Claim> claims_;  // of each of them, in the same order
  std::vector<double> shares_;
  std::vector<double> before_;
  host::FairShare fair_share_;
  TimeIntegral used_;  // thousandths of cores
};

}  // namespace highwater::cluster
