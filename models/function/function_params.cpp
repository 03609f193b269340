#include "models/function/function_params.h"

#include <algorithm>

#include "engine/describe/value.h"

namespace highwater {

const TypeInfo& Quantity<function::AccountParams>::type() {
  static const TypeInfo info = [] {
    TypeInfo made = type_of<lambda::AccountParams>();
    made.name = "function.account";
    made.bare = &type_of<ComponentRef>;
    made.expects = made.bare().expects + ", or " + made.expects;
    return made;
  }();
  return info;
}

bool Quantity<function::AccountParams>::read(const Value& value, const std::string& path,
                                             Problems& problems, function::AccountParams& out) {
  out = {};
  if (value.is_object())
    return Quantity<lambda::AccountParams>::read(value, path, problems, out.own);
  if (!value.is_string()) return report_unexpected(value, path, type(), problems);
  return Quantity<ComponentRef>::read(value, path, problems, out.of.emplace());
}

Value Quantity<function::AccountParams>::write(const function::AccountParams& account) {
  return account.of ? Quantity<ComponentRef>::write(*account.of)
                    : Quantity<lambda::AccountParams>::write(account.own);
}

}  // namespace highwater

namespace highwater::function {

/// More of them would be another system, and each is started by itself after a fault.
constexpr std::uint32_t kMostProvisioned = 100'000;

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
