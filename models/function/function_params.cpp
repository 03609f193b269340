#include "models/function/function_params.h"

#include <algorithm>

#include "engine/describe/value.h"

namespace highwater::function {

/// More of them would be another system, and each is started by itself after a fault.
constexpr std::uint32_t kMostProvisioned = 100'000;

void AccountParams::check(const Value& where, const std::string& path, Problems& problems) const {
  if (!of || !where.is_object()) return;
  for (const Value::Member& member : where.members())
    if (member.key != "of")
      problems.error(member.value.position(), pointer_to(path, member.key),
                     "the account is that of " + in_quotes(of->id) + ": say it there");
}

std::uint64_t FunctionParams::computing_at_once() const {
  return std::max(steps::computing_at_once(work), steps ? steps::computing_at_once(*steps) : 0);
}

double FunctionParams::cores() const {
  return static_cast<double>(memory.count) / static_cast<double>(kMemoryOfCore);
}

void FunctionParams::check(const Value& where, const std::string& path, Problems& problems) const {
  const int given =
      (work.service_time ? 1 : 0) + (work.endpoints.empty() ? 0 : 1) + (steps ? 1 : 0);
  if (given == 0)
    problems.error(where.position(), path,
                   "a function needs steps, endpoints, or a service_time such as "
                   "{\"exponential\": \"20ms\"}");
  if (given > 1)
    problems.error(where.position(), path,
                   "a function has one of steps, endpoints and service_time");
  const auto wrong = [&](const char* name, const std::string& what) {
    problems.error(where.find(name)->position(), pointer_to(path, name), what);
  };
  const std::uint32_t provisioned = concurrency.provisioned_concurrency;
  if (provisioned > kMostProvisioned)
    wrong("provisioned_concurrency", "more than " + std::to_string(kMostProvisioned));
  if (concurrency.reserved_concurrency && provisioned > *concurrency.reserved_concurrency)
    wrong("provisioned_concurrency", "more than the reserved_concurrency, of which it is a part");
}

}  // namespace highwater::function
