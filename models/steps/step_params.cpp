#include "models/steps/step_params.h"

#include <algorithm>

namespace highwater::steps {
namespace {

struct ComputingAtOnce {
  std::uint64_t operator()(const ComputeStep&) const { return 1; }
  std::uint64_t operator()(const CacheStep& step) const { return computing_at_once(step.miss); }
  std::uint64_t operator()(const RepeatStep& step) const {
    return computing_at_once(step.repeat.steps);
  }
  std::uint64_t operator()(const LockStep& step) const { return computing_at_once(step.steps); }
  std::uint64_t operator()(const ParallelStep& step) const {
    std::uint64_t sum = 0;
    for (const std::vector<Step>& list : step.parallel) sum += computing_at_once(list);
    return sum;
  }
  std::uint64_t operator()(const ChooseStep& step) const {
    std::uint64_t most = 0;
    for (const Branch& branch : step.choose) most = std::max(most, computing_at_once(branch.steps));
    return most;
  }
  template <class Other>
  std::uint64_t operator()(const Other&) const {
    return 0;
  }
};

}  // namespace

std::uint64_t computing_at_once(const std::vector<Step>& steps) {
  std::uint64_t most = 0;
  for (const Step& step : steps) most = std::max(most, std::visit(ComputingAtOnce{}, step.form));
  return most;
}

void ParallelStep::check(const Value& where, const std::string& path, Problems& problems) const {
  if (quorum && *quorum > parallel.size())
    problems.error(where.position(), pointer_to(path, "quorum"),
                   "a quorum of " + std::to_string(*quorum) + " can not be reached by " +
                       std::to_string(parallel.size()) + " lists of steps");
}

void ChooseStep::check(const Value& where, const std::string& path, Problems& problems) const {
  double sum = 0;
  for (const Branch& branch : choose) sum += branch.p.value;
  // Room for the rounding of sums such as ten times 0.1.
  if (sum > 1 + 1e-9)
    problems.error(where.position(), pointer_to(path, "choose"),
                   "the probabilities of the branches add up to more than 1");
}

}  // namespace highwater::steps

namespace highwater {

template struct Codec<steps::Step>;

}  // namespace highwater
