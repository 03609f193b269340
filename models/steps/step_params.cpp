#include "models/steps/step_params.h"

namespace highwater::steps {

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
