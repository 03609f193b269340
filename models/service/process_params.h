#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/describe/field.h"
#include "engine/describe/said.h"
#include "models/algorithms/host/host.h"
#include "models/cpu_quantity.h"

namespace highwater::service {

/// A CPU limit as containers have it.
struct CpuLimitParams {
  Cpu limit;
  Duration period{host::CfsBandwidth::Options{}.period};
  Duration burst{host::CfsBandwidth::Options{}.burst};

  static constexpr std::string_view type_name = "service.cpu_limit";
  static constexpr auto fields() {
    using P = CpuLimitParams;
    return Fields{
        field<&P::limit>("CPU that it may use on average; its threads stand still for the rest of "
                         "a period in which they have used up their share.")
            .required()
            .source("Kubernetes resources.limits.cpu"),
        field<&P::period>("A period.")
            .at_least(Duration{1ms})
            .at_most(Duration{1s})
            .source("kubelet --cpu-cfs-quota-period"),
        field<&P::burst>("CPU time not used that may be kept for later periods.")
            .at_most(Duration{1s})
            .source("Linux cpu.max.burst")};
  }
  static constexpr auto shorthand = &CpuLimitParams::limit;
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (limit.millicores == 0)
      problems.error(where.position(), path, "a limit of no CPU lets nothing run");
  }
  host::CfsBandwidth::Options options() const {
    return {limit.millicores * period.count() / 1000, period.count(), burst.count()};
  }
};

/// Universal scalability: what computing at the same time costs.
struct ContentionParams {
  Fraction serial{0};
  Fraction coherence{0};

  static constexpr std::string_view type_name = "service.contention";
  static constexpr auto fields() {
    using P = ContentionParams;
    return Fields{field<&P::serial>("Part of the work that only one at a time can do: sigma.")
                      .source("Gunther, Guerrilla Capacity Planning, 2007"),
                  field<&P::coherence>("What each pair costs for keeping data consistent between "
                                       "them: kappa.")
                      .source("Gunther, Guerrilla Capacity Planning, 2007")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (serial.value == 0 && coherence.value == 0)
      problems.error(where.position(), path, "costs nothing: give serial, coherence, or both");
  }
};

/// How a process becomes faster after its start: caches fill, code is compiled.
struct WarmUpParams {
  Factor slowdown{3};
  std::optional<std::uint64_t> requests;
  std::optional<Duration> time;

  static constexpr std::string_view type_name = "service.warm_up";
  static constexpr auto fields() {
    using P = WarmUpParams;
    return Fields{
        field<&P::slowdown>("Work of a process that has just started takes so many times as long.")
            .required()
            .at_least(Factor{1})
            .at_most(Factor{1000}),
        field<&P::requests>("Requests after which it is at full speed, evenly until then.")
            .at_least(std::uint64_t{1}),
        field<&P::time>("The same by time; with both, whichever comes first.")
            .at_least(Duration{1ms})};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (!requests && !time)
      problems.error(where.position(), path, "never ends: give requests, time, or both");
  }
};

/// Collections that stop the process.
struct GcParams {
  Bytes allocation{};
  Bytes young{64 << 20};
  Distribution pause = Distribution::constant(10ms);

  static constexpr std::string_view type_name = "service.gc";
  static constexpr auto fields() {
    using P = GcParams;
    return Fields{
        field<&P::allocation>("Garbage that a request makes.").required().at_least(Bytes{1}),
        field<&P::young>("Garbage that there may be before it is collected. With a memory limit "
                         "less as less is left of it.")
            .at_least(Bytes{1})
            .source("chosen"),
        field<&P::pause>("How long the process stands still meanwhile.").source("chosen")};
  }
};

/// Restarts of a process that has ended.
struct RestartParams {
  using Defaults = host::CrashLoop::Options;
  Duration initial{Defaults{}.initial};
  Factor factor{Defaults{}.factor};
  Duration max{Defaults{}.max};
  Duration reset{Defaults{}.reset};

  static constexpr std::string_view type_name = "service.restart";
  static constexpr auto fields() {
    using P = RestartParams;
    return Fields{
        field<&P::initial>("Wait before the second restart; the first is at once.")
            .source("kubelet backOffPeriod"),
        field<&P::factor>("Each further wait is so many times as long.").at_least(Factor{1}),
        field<&P::max>("The longest.").source("kubelet MaxContainerBackOff"),
        field<&P::reset>("A process that ran for longer begins anew.")
            .source("kubelet: twice the longest wait")};
  }
  host::CrashLoop::Options options() const {
    return {initial.count(), factor.value, max.count(), reset.count()};
  }
};

/// What a process needs of memory.
struct MemoryParams {
  Bytes limit{};
  Bytes base{};
  Bytes per_request{};
  Bytes leak{};

  static constexpr std::string_view type_name = "service.memory";
  static constexpr auto fields() {
    using P = MemoryParams;
    return Fields{field<&P::limit>("Who needs more is killed, and started again.")
                      .required()
                      .source("Kubernetes resources.limits.memory"),
                  field<&P::base>("Of a process that has just started."),
                  field<&P::per_request>("Of each request, waiting or being served."),
                  field<&P::leak>("That each request leaves behind for good.")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (base.count >= limit.count)
      problems.error(where.position(), pointer_to(path, "base"),
                     "is not below the limit: the process would be killed at once");
  }
};

/// One of the kubelet's probes: a request of its own, which must find a worker like any other.
struct ProbeParams {
  Duration initial_delay{0};
  Duration period = 10s;
  Duration timeout = 1s;
  std::uint32_t success_threshold = host::Probe::Options{}.success_threshold;
  std::uint32_t failure_threshold = host::Probe::Options{}.failure_threshold;

  static constexpr std::string_view type_name = "service.probe";
  static constexpr auto fields() {
    using P = ProbeParams;
    return Fields{field<&P::initial_delay>("From the start of a process until its first probe.")
                      .source("Kubernetes initialDelaySeconds"),
                  field<&P::period>("Time between two.")
                      .at_least(Duration{100ms})
                      .source("Kubernetes periodSeconds"),
                  field<&P::timeout>("A probe that has no worker by then has failed.")
                      .at_least(Duration{1ms})
                      .source("Kubernetes timeoutSeconds"),
                  field<&P::success_threshold>("So many in a row make it good again.")
                      .at_least(1u)
                      .source("Kubernetes successThreshold"),
                  field<&P::failure_threshold>("So many failures in a row make it bad.")
                      .at_least(1u)
                      .source("Kubernetes failureThreshold")};
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (timeout > period)
      problems.error(where.position(), pointer_to(path, "timeout"),
                     "is longer than the period: a probe would end after the next has begun");
  }
  host::Probe::Options options(bool good_at_first) const {
    return {success_threshold, failure_threshold, good_at_first};
  }
};

/// What a process of a service is like beside its work.
struct ProcessParams {
  std::optional<CpuLimitParams> cpu_limit;
  std::optional<ContentionParams> contention;
  std::optional<WarmUpParams> warm_up;
  std::optional<MemoryParams> memory;
  std::optional<GcParams> gc;
  std::optional<ProbeParams> readiness_probe;
  std::optional<ProbeParams> liveness_probe;
  RestartParams restart;

  static constexpr auto fields() {
    using P = ProcessParams;
    return Fields{
        field<&P::cpu_limit>("Throttles an instance that uses more CPU than this; no limit unless "
                             "given.")
            .source("Linux CFS bandwidth control"),
        field<&P::contention>("Computing side by side is slower than alone."),
        field<&P::warm_up>("Instances are slow at first."),
        field<&P::memory>("Memory of an instance; without it there is always enough."),
        field<&P::gc>("Garbage collections."),
        field<&P::readiness_probe>("Instances are listed while it succeeds."),
        field<&P::liveness_probe>("Instances that it calls dead are killed and started again."),
        field<&P::restart>("How those that were killed for memory or by a probe come back.")};
  }
  /// Whether the pace of the CPU changes.
  bool governs() const { return cpu_limit || contention || warm_up || gc; }
  /// Whether there is more to an instance than its requests.
  bool does_anything() const { return governs() || memory || readiness_probe || liveness_probe; }
  /// @param keeps_more  The service keeps something in the memory beside its requests.
  void check_memory(bool keeps_more, const Value& where, const std::string& path,
                    Problems& problems) const {
    if (memory && memory->base.count < memory->limit.count && memory->per_request.count == 0 &&
        memory->leak.count == 0 && !keeps_more)
      problems.error(where.find("memory")->position(), pointer_to(path, "memory"),
                     "never grows: give per_request, leak, or both");
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (said<ProcessParams>(where, "restart") != nullptr && !memory && !liveness_probe)
      problems.error(where.position(), pointer_to(path, "restart"),
                     "nothing is killed without memory or a liveness_probe");
  }
};

}  // namespace highwater::service
