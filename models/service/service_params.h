#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/describe/field.h"
#include "engine/describe/one_of.h"
#include "engine/kernel/distribution.h"
#include "models/admission/gate.h"
#include "models/calls/listener.h"
#include "models/deployment/deployment.h"
#include "models/membership/members.h"
#include "models/scaling/autoscaler.h"
#include "models/service/line_control.h"
#include "models/service/process.h"
#include "models/service/sessions.h"
#include "models/steps/endpoints.h"

namespace highwater::service {

using steps::Work;

enum class QueueDiscipline : std::uint8_t {
  fifo,
  lifo,
  priority,
  processor_sharing,
  adaptive_lifo,
  codel,
  folly_codel,
};
constexpr auto words_of(QueueDiscipline) {
  return std::array{
      Word{QueueDiscipline::fifo, "fifo", "First in, first out."},
      Word{QueueDiscipline::lifo, "lifo", "Last in, first out."},
      Word{QueueDiscipline::priority, "priority",
           "The most urgent first (0 before 1), first come first served among equals; work that "
           "has begun is never interrupted."},
      Word{QueueDiscipline::processor_sharing, "processor_sharing",
           "No line: all requests run at min(1, workers/n) each."},
      Word{QueueDiscipline::adaptive_lifo, "adaptive_lifo",
           "First in, first out while the line is short-lived; a line that stands gives its "
           "requests little time and takes the newest first."},
      Word{QueueDiscipline::codel, "codel",
           "First in, first out; while waits stay above a target, the oldest is refused now and "
           "then, ever more often."},
      Word{QueueDiscipline::folly_codel, "folly_codel",
           "First in, first out; while waits stay above a target, those above twice as much are "
           "refused."}};
}

enum class DeadlineUse : std::uint8_t { ignored, honoured };
constexpr auto words_of(DeadlineUse) {
  return std::array{Word{DeadlineUse::ignored, "ignored",
                         "Requests whose caller gave up are served all the same: wasted work."},
                    Word{DeadlineUse::honoured, "honoured",
                         "Requests leave the waiting line when their caller gives up."}};
}

struct QueueParams {
  QueueDiscipline discipline = QueueDiscipline::fifo;
  std::optional<std::uint64_t> capacity;
  std::optional<Distribution> patience;
  std::optional<overload::AdaptiveLifoParams> adaptive_lifo;
  std::optional<overload::CodelParams> codel;
  std::optional<overload::FollyCodelParams> folly_codel;

  static constexpr auto fields() {
    return Fields{
        field<&QueueParams::discipline>("Which waiting request a free worker takes."),
        field<&QueueParams::capacity>("Requests that may wait at each instance; one more is "
                                      "rejected. 0 makes a loss system; unbounded unless given.")
            .at_most(std::uint64_t{4'000'000'000}),
        field<&QueueParams::patience>("How long a request waits before it leaves unserved; for "
                                      "ever unless given."),
        field<&QueueParams::adaptive_lifo>("Of the discipline adaptive_lifo.")
            .source("Maurer, Fail at Scale, ACM Queue 2015"),
        field<&QueueParams::codel>("Of the discipline codel.").source("RFC 8289"),
        field<&QueueParams::folly_codel>("Of the discipline folly_codel.")
            .source("folly executors/Codel.cpp"),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    const auto only_of = [&](bool given, QueueDiscipline its, const char* name) {
      if (given && discipline != its)
        problems.error(where.position(), pointer_to(path, name),
                       std::string("needs the discipline ") + name);
    };
    only_of(adaptive_lifo.has_value(), QueueDiscipline::adaptive_lifo, "adaptive_lifo");
    only_of(codel.has_value(), QueueDiscipline::codel, "codel");
    only_of(folly_codel.has_value(), QueueDiscipline::folly_codel, "folly_codel");
    if (discipline != QueueDiscipline::processor_sharing) return;
    if (capacity)
      problems.error(where.position(), pointer_to(path, "capacity"),
                     "processor sharing has no waiting line to bound");
    if (patience)
      problems.error(where.position(), pointer_to(path, "patience"),
                     "nobody waits under processor sharing");
  }
};

struct ServiceParams {
  std::uint32_t replicas = 1;
  std::optional<autoscaling::AutoscalerParams> autoscaler;
  std::optional<membership::MembershipParams> membership;
  std::vector<std::string> zones;
  std::optional<double> cores;
  Factor speed{1};
  std::uint32_t workers = 1;
  bool blocking = true;
  QueueParams queue;
  DeadlineUse deadline = DeadlineUse::ignored;
  admission::AdmissionParams admission;
  steps::EndpointsParams work;
  Duration start_time{0};
  deployment::DeploymentParams deployment;
  ProcessParams process;
  std::optional<SessionsParams> sessions;
  ListenerParams network;

  static constexpr auto fields() {
    return Fields{
        field<&ServiceParams::replicas>("Instances; with an autoscaler, those at first.")
            .at_least(1u)
            .at_most(10'000u),
        field<&ServiceParams::autoscaler>("Changes the number of instances with the load; the "
                                          "number stays unless given."),
        field<&ServiceParams::membership>("How the instances learn which of them live: callers "
                                          "and balancers are told of those. Without it dead ones "
                                          "stay listed."),
        field<&ServiceParams::zones>("Zones the instances are spread over in turn; all zones of "
                                     "the network unless given."),
        field<&ServiceParams::cores>("CPU cores of an instance; as many as workers unless given, "
                                     "so that the CPU is never the limit.")
            .at_least(0.001)
            .at_most(100'000.0),
        field<&ServiceParams::speed>("Clock of its cores, relative to those that the times of "
                                     "steps are of: what takes 10ms takes 5ms at \"2x\".")
            .at_least(Factor{0.001})
            .at_most(Factor{1000}),
        field<&ServiceParams::workers>("Requests that an instance works on at the same time: "
                                       "threads, or tasks of an event loop.")
            .at_least(1u)
            .at_most(10'000'000u),
        field<&ServiceParams::blocking>("Whether a request holds its worker while it waits for "
                                        "another component; false is an event loop."),
        field<&ServiceParams::queue>("The waiting line of an instance."),
        field<&ServiceParams::deadline>("What becomes of waiting requests whose caller gave up."),
        inlined<&ServiceParams::admission>(),
        inlined<&ServiceParams::work>(),
        field<&ServiceParams::start_time>("From the start of an instance until it takes requests."),
        inlined<&ServiceParams::deployment>(),
        inlined<&ServiceParams::process>(),
        field<&ServiceParams::sessions>("Users, who are the keys of the requests, must log in and "
                                        "have sessions; nobody asks who they are unless given."),
        inlined<&ServiceParams::network>(),
    };
  }
  /// Instances that there may ever be at the same time.
  std::uint32_t most_replicas() const {
    const std::uint32_t most =
        autoscaler ? std::max(replicas, autoscaler->bounds().ever().max) : replicas;
    return most + deployment.beyond(most);
  }
  /// Whether instances come and go.
  bool changes() const { return autoscaler || deployment.pod || !deployment.rollouts.empty(); }

  void check(const Value& where, const std::string& path, Problems& problems) const {
    membership::check_membership(membership, most_replicas(), where, path, problems);
    deployment.check(autoscaler.has_value(), where, path, problems);
    process.check(where, path, problems);
    const bool remembers =
        sessions && sessions->in_process && sessions->in_process->memory.count > 0;
    process.check_memory(remembers, where, path, problems);
    if (remembers && !process.memory)
      problems.error(where.position(),
                     pointer_to(pointer_to(pointer_to(path, "sessions"), "in_process"), "memory"),
                     "the service has no memory that sessions could take up");
    for (std::size_t i = 0; i < deployment.rollouts.size(); ++i)
      if (deployment.rollouts[i].terms().version.leak.count > 0 && !process.memory)
        problems.error(
            where.position(),
            pointer_to(pointer_to(pointer_to(pointer_to(path, "rollouts"), i), "version"), "leak"),
            "the service has no memory that could leak");
    if (membership && deployment.pod)
      problems.error(where.position(), pointer_to(path, "membership"),
                     "of instances that are pods is not simulated");
    if (admission.shed && !admission.shed->capacity && !queue.capacity)
      problems.error(
          where.position(), pointer_to(path, "shed"),
          "the line is unbounded: say the \"capacity\" that is a pressure of 1, or bound "
          "the line");
    if (work.service_time && !work.endpoints.empty())
      problems.error(where.position(), pointer_to(path, "service_time"),
                     "a service has either endpoints or a service_time");
    if (!work.service_time && work.endpoints.empty())
      problems.error(where.position(), path,
                     "a service needs endpoints, or a service_time such as {\"exponential\": "
                     "\"20ms\"}");
  }
};

}  // namespace highwater::service
