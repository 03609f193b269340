#include "models/balancer/authentication.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "models/slowdown.h"

namespace highwater::balancer {

Authentication::Authentication(Component& gateway, const AuthenticationParams& params)
    : gateway_(gateway),
      params_(params),
      invalid_key_(gateway.world().key(gateway.id(), "invalid token")),
      verify_key_(gateway.world().key(gateway.id(), "verify")),
      age_key_(gateway.world().key(gateway.id(), "token age")) {}

/// As the gateway reads the time of day: issued, and not expired.
bool Authentication::is_in_time(const Instance& gateway, const Request& request) const {
  const JwtParams& jwt = *params_.jwt;
  if (!jwt.lifetime) return true;
  const Time now = gateway_.world().now();
  const Duration wrong = gateway.clock_ahead(now);
  if (wrong == Duration{0}) [[likely]]
    return true;
  const auto lifetime = static_cast<double>(jwt.lifetime->count());
  RequestRandom random(age_key_, request.key, 0);
  const Duration issued{static_cast<Duration::rep>(random.uniform() * lifetime)};
  const Duration age = (now - Time{} + issued) % *jwt.lifetime + wrong;
  return age < *jwt.lifetime + jwt.leeway && age >= -jwt.leeway;
}

void Authentication::connect(Directory& directory) {
  if (!params_.introspection) return;
  const IntrospectionParams& asks = *params_.introspection;
  constexpr std::uint32_t kStep = 0xffff'fffd;  // apart from those of the balancer's own calls
  sites_.emplace_back(gateway_.world(), directory.edge(gateway_, directory.component(asks.to.id)),
                      asks.policy, kStep, fallback_edge(directory, gateway_, asks.policy));
}

void Authentication::examine(const Examination& examination) const {
  if (sites_.empty()) return;
  const std::string path =
      pointer_to(pointer_to(examination.path, "authentication"), "introspection");
  const Value& given = *examination.where.find("authentication")->find("introspection");
  const Value* const named = given.find("endpoint");
  require_endpoint(sites_.front().callee(), params_.introspection->endpoint.value_or(""),
                   named != nullptr ? *named : given,
                   named != nullptr ? pointer_to(path, "endpoint") : path, examination.problems);
}

void Authentication::measure(Recorder::Owner& owner) {
  owner.causes("authentication", [this] {
    const std::pair<const char*, std::uint64_t> all[] = {
        {"unauthorized", counts_.unauthorized},
        {"asked", counts_.asked},
        {"known", counts_.known},
        {"without_answer", counts_.without_answer}};
    std::map<std::string, std::uint64_t> causes;
    for (const auto& [name, count] : all)
      if (count > 0) causes[name] = count;
    return causes;
  });
}

std::optional<SessionTable> Authentication::memory() const {
  if (!params_.introspection || !params_.introspection->cache) return std::nullopt;
  const TokenCacheParams& cache = *params_.introspection->cache;
  return SessionTable(cache.ttl, static_cast<std::size_t>(cache.tokens));
}

Task<Authentication::Result> Authentication::check(Instance& gateway, SessionTable* known,
                                                   steps::Processor* processor, Request request) {
  // A token is as good at the second try.
  RequestRandom random(invalid_key_, request.id, 0);
  const bool is_good = random.uniform() >= params_.invalid.value;
  if (params_.introspection) co_return co_await ask(gateway, known, request, is_good);
  RequestRandom verify(verify_key_, request.id, request.path);
  const Duration time = params_.jwt->verify_time.draw(verify);
  if (processor != nullptr)
    co_await processor->compute(time);
  else
    co_await gateway_.world().simulation.delay(stretched(time, gateway.slowdown()));
  if (is_good && is_in_time(gateway, request)) co_return Result{};
  ++counts_.unauthorized;
  co_return Result{Verdict::unauthorized, {}};
}

Task<Authentication::Result> Authentication::ask(Instance& gateway, SessionTable* known,
                                                 Request request, bool is_good) {
  const auto time_of_day = [&] {
    const Time now = gateway_.world().now();
    return std::clamp(now + gateway.clock_ahead(now), Time{}, kNever);
  };
  if (known != nullptr && is_good && known->find(request.key, time_of_day())) {
    ++counts_.known;
    co_return Result{};
  }
  ++counts_.asked;
  CallSite& site = sites_.front();
  Request question = request.descend(site.step(), 0);
  question.operation = Operation::read;
  question.endpoint = gateway_.world().symbols.intern(params_.introspection->endpoint.value_or(""));
  const Reply reply = co_await site.call(gateway, question);
  if (!reply.ok()) {
    ++counts_.without_answer;
    if (params_.introspection->without_answer == WithoutAnswer::allow) co_return Result{};
    co_return Result{Verdict::failed, Reply::after(reply.cause())};
  }
  if (!is_good) {
    ++counts_.unauthorized;
    co_return Result{Verdict::unauthorized, {}};
  }
  if (known != nullptr) known->put(request.key, 0, time_of_day());
  co_return Result{};
}

std::vector<MetricInfo> authentication_metrics() {
  return {{"authentication", "requests",
           "What came of looking at who requests are from, where a gateway does: unauthorized were "
           "answered with a 401, asked had the component asked that knows, known were remembered, "
           "without_answer are those of the asked that it left without one.",
           MetricShape::kCauses}};
}

}  // namespace highwater::balancer
