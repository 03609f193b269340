#pragma once

#include <cstdint>

namespace highwater::host {

/// host probe: what a row of probes says of a container, as the kubelet counts them.
///
/// So many failures in a row make it bad, so many successes in a row good again. A readiness probe
/// begins bad: nobody is sent requests before it has succeeded; a liveness probe begins good.
///
/// Edges    Thresholds of 0 count as 1.
/// Source   Kubernetes pkg/kubelet/prober/worker.go (doProbe).
/// Checked  tests/host/probe_test.cpp
class Probe {
 public:
  struct Options {
    std::uint32_t success_threshold = 1;
    std::uint32_t failure_threshold = 3;
    bool good_at_first = false;
  };

  explicit Probe(const Options& options) : options_(options), good_(options.good_at_first) {}

  /// @return whether it is good after this result.
  bool result(bool success) {
    if (success != last_ || in_a_row_ == 0) in_a_row_ = 0;
    last_ = success;
    ++in_a_row_;
    const std::uint32_t needed = success ? options_.success_threshold : options_.failure_threshold;
    if (in_a_row_ >= (needed == 0 ? 1 : needed)) good_ = success;
    return good_;
  }
  bool good() const { return good_; }
  /// A new container: what was counted is forgotten.
  void restart() {
    good_ = options_.good_at_first;
    in_a_row_ = 0;
  }

 private:
  Options options_;
  bool good_;
  bool last_ = false;
  std::uint32_t in_a_row_ = 0;
};

}  // namespace highwater::host
