/// bad_deploy: a version with a flaw is rolled out, and rolled back when the fault ends.
///
/// It comes as any version comes: gradually, by the service's own strategy, judged where that
/// judges. At the end the version before it comes back the same way, as kubectl rollout undo has
/// it, unless an analysis has brought it back already or another version has taken its place.
///
/// Assumes  the version is as the scenario's own but for its flaw. Where the service has no
/// rollouts
///          of its own, and the fault names no strategy, it is Kubernetes' rolling update.
/// Source   Kubernetes Deployment; Flagger; Argo Rollouts; Site Reliability Engineering, chapter 8;
///          ALGORITHMS 9.3 bad_deploy.
/// Checked  tests/faults/bad_deploy_test.cpp

#include "models/deployment/deployment.h"
#include "models/faults/fault_kind.h"
#include "models/faults/faults.h"

namespace highwater::faults {
namespace {

using deployment::Deployed;
using deployment::Deployment;
using deployment::Rollout;

Deployed& deployed(Directory& directory, const Target& target) {
  return dynamic_cast<Deployed&>(directory.component(target.component));
}

class Deploy final : public FaultAction {
 public:
  Deploy(Deployment& deployment, const Rollout& rollout, std::string text)
      : deployment_(deployment), rollout_(rollout), text_(std::move(text)) {}
  std::string begin() override {
    version_ = deployment_.deploy(rollout_);
    return text_;
  }
  void end() override { deployment_.take_back(version_); }

 private:
  Deployment& deployment_;
  const Rollout& rollout_;  // of the plan, which outlives the run
  std::string text_;
  std::uint32_t version_ = 0;
};

struct BadDeployFault {
  static constexpr std::string_view kKinds[] = {"service"};
  static constexpr std::string_view kTrials[] = {R"({"error_rate": "20%"})",
                                                 R"({"slowdown": "3x"})"};

  std::string bad_deploy;
  FaultTiming timing;
  deployment::VersionParams version;
  std::optional<RollingUpdateParams> rolling_update;
  std::optional<RolloutProgressParams> recreate;
  std::optional<deployment::CanaryParams> canary;
  std::optional<deployment::BlueGreenParams> blue_green;

  static constexpr auto fields() {
    using F = BadDeployFault;
    return Fields{
        field<&F::bad_deploy>("The service that gets the version.").required(),
        inlined<&F::timing>(),
        inlined<&F::version>(),
        field<&F::rolling_update>("It comes so; the strategy of the service's last rollout unless "
                                  "one of these four is given."),
        field<&F::recreate>("It comes so."),
        field<&F::canary>("It comes so."),
        field<&F::blue_green>("It comes so."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (int{rolling_update.has_value()} + int{recreate.has_value()} + int{canary.has_value()} +
            int{blue_green.has_value()} >
        1)
      problems.error(where.position(), path, "a version is rolled out by one strategy");
    const deployment::VersionParams good;
    if (version.slowdown == good.slowdown && version.error_rate == good.error_rate &&
        !version.start_time && !version.never_ready && version.leak == good.leak)
      problems.error(where.position(), pointer_to(path, "bad_deploy"),
                     "the version has no flaw: give error_rate, slowdown, leak, start_time or "
                     "never_ready");
  }

  /// The rollout as a scenario would have it.
  Value written(const Value& rollouts) const {
    Value value = Value::object();
    const auto by = [&](const char* name, Value how) { value.set(name, std::move(how)); };
    if (rolling_update) by("rolling_update", write_params(*rolling_update));
    if (recreate) by("recreate", write_params(*recreate));
    if (canary) by("canary", write_params(*canary));
    if (blue_green) by("blue_green", write_params(*blue_green));
    if (value.members().empty() && !rollouts.elements().empty()) value = rollouts.elements().back();
    if (value.members().empty()) by("rolling_update", write_params(RollingUpdateParams{}));
    value.set("at", Value::string("0s"));
    value.set("version", write_params(version));
    return value;
  }

  /// The rollout that it is. Room for it is made as for one more of the service's own.
  std::shared_ptr<const Rollout> prepare(const Target& target, Preparation& preparation) const {
    Value rollouts = Value::array();
    std::shared_ptr<const PartReader> reader;
    if (preparation.surroundings != nullptr)
      reader = preparation.surroundings->reader(target.component);
    Value before;
    if (reader != nullptr) before = reader->original()->written();
    if (const Value* const own = before.find("rollouts")) rollouts = *own;
    const Value mine = written(rollouts);
    auto rollout = std::make_shared<Rollout>();
    Problems unexpected;
    Quantity<Rollout>::read(mine, "", unexpected, *rollout);
    HIGHWATER_CHECK(!unexpected.has_errors());
    if (before.find("rollouts") == nullptr) return rollout;  // examine() finds nothing to roll out
    rollouts.push(mine);
    Value set = Value::object();
    set.set("rollouts", std::move(rollouts));
    const auto changed =
        reader->read({&set}, {preparation.where, preparation.path, preparation.problems});
    if (changed == nullptr) return nullptr;
    preparation.surroundings->reserve(target.component, changed->most_instances());
    return rollout;
  }

  void examine(Directory& directory, const Target& target, const Examination& examination,
               const Rollout&) const {
    const Deployed& service = deployed(directory, target);
    const Value* const leaks = examination.where.find("leak");
    if (leaks == nullptr || version.leak.count == 0 || service.has_memory()) return;
    examination.problems.error(leaks->position(), pointer_to(examination.path, "leak"),
                               in_quotes(target.component) + " has no memory that could leak");
  }

  std::unique_ptr<FaultAction> arm(World&, Directory& directory, const Target& target,
                                   const Strike&, const Rollout& rollout) const {
    return std::make_unique<Deploy>(*deployed(directory, target).deployment(), rollout,
                                    "bad_deploy " + target.text());
  }
};

}  // namespace

FaultKind bad_deploy() {
  return fault_kind<BadDeployFault>("bad_deploy", &BadDeployFault::bad_deploy, Aim::whole,
                                    "A version with a flaw is rolled out, and back at the end.",
                                    "Kubernetes Deployment; Flagger; Argo Rollouts");
}

}  // namespace highwater::faults
