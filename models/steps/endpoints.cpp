#include "models/steps/endpoints.h"

#include <algorithm>

#include "engine/describe/value.h"

namespace highwater::steps {

std::uint64_t computing_at_once(const EndpointsParams& params) {
  std::uint64_t most = 1;
  for (const auto& entry : params.endpoints)
    most = std::max(most, computing_at_once(entry.value.steps));
  return most;
}

void Endpoints::connect(Program& program, const Directory& directory) {
  directory_ = &directory;
  if (params_.service_time) add_only(program, {ComputeStep{*params_.service_time}});
  for (const auto& entry : params_.endpoints) {
    const EndpointParams& endpoint = entry.value;
    std::optional<std::uint8_t> priority;
    if (endpoint.priority) priority = static_cast<std::uint8_t>(*endpoint.priority);
    endpoints_.push_back({EndpointPattern(entry.key), program.compile(endpoint.steps), priority});
  }
}

void Endpoints::add_only(Program& program, const std::vector<Step>& steps) {
  endpoints_.push_back({EndpointPattern("*"), program.compile(steps), std::nullopt});
}

void Endpoints::reconfigure(const EndpointsParams& params) {
  // In the order of connect().
  std::size_t number = 0;
  if (params.service_time)
    Program::reconfigure(endpoints_[number++].block, {ComputeStep{*params.service_time}});
  for (const auto& entry : params.endpoints)
    Program::reconfigure(endpoints_[number++].block, entry.value.steps);
}

void Endpoints::reconfigure_only(const std::vector<Step>& steps) {
  Program::reconfigure(endpoints_.front().block, steps);
}

std::vector<std::string> Endpoints::names() const {
  std::vector<std::string> names;
  for (const auto& entry : params_.endpoints) names.push_back(entry.key);
  return names;
}

Factors& Endpoints::stretch_of(const std::string& name) {
  const std::vector<std::string> all = names();
  const auto place = std::find(all.begin(), all.end(), name) - all.begin();
  return endpoints_[static_cast<std::size_t>(place)].stretch;
}

void Endpoints::examine(const Examination& examination) const {
  SeenShared shared;
  for (const char* key : {"endpoints", "steps", "sessions"})
    if (const Value* const given = examination.where.find(key)) {
      const std::string path = pointer_to(examination.path, key);
      examine_calls(*given, path, *directory_, examination.problems);
      examine_shared(*given, path, shared, examination.problems);
    }
}

const Endpoint* Endpoints::find(Symbol symbol) const {
  if (symbol == kNoSymbol) return endpoints_.size() == 1 ? &endpoints_.front() : nullptr;
  const std::string& name = owner_.world().symbols.name(symbol);
  for (const Endpoint& endpoint : endpoints_)
    if (endpoint.pattern.matches(name)) return &endpoint;
  return nullptr;
}

}  // namespace highwater::steps
