/// external: somebody else's API. It answers after a while, sometimes with an error, and refuses
/// what exceeds its rate limit; how it is built is not ours to know.
///
/// Assumes  its latency does not depend on our load.
/// Source   token bucket: RFC 2697 (one rate), the common form of published API limits.
/// Checked  tests/models/external_test.cpp.

#include "models/external/external.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/kernel/task.h"
#include "models/slowdown.h"

namespace highwater::external {
namespace {

struct RateLimitParams {
  Rate rate;
  std::uint64_t burst = 1;

  static constexpr std::string_view type_name = "external.rate_limit";
  static constexpr auto fields() {
    return Fields{field<&RateLimitParams::rate>("Requests allowed on average.").required(),
                  field<&RateLimitParams::burst>("Requests allowed at once after a pause.")
                      .at_least(std::uint64_t{1})};
  }
  static constexpr auto shorthand = &RateLimitParams::rate;
};

struct ExternalParams {
  Distribution latency = Distribution::constant(100ms);
  Fraction error_rate{0};
  std::optional<RateLimitParams> rate_limit;

  static constexpr auto fields() {
    return Fields{
        field<&ExternalParams::latency>("Time until it answers.").required(),
        field<&ExternalParams::error_rate>("Share of the requests that it answers with an error."),
        field<&ExternalParams::rate_limit>("What exceeds this is rejected at once; no limit unless "
                                           "given.")};
  }
};

class External;

class Api final : public Instance {
 public:
  explicit Api(External& owner);

  /// It is limited from now on, and has all it may save up.
  void fill(std::uint64_t tokens);

 private:
  void receive(Served served) override;
  Task<> answer(Served served);
  bool allowed();

  External& owner_;
  double tokens_;
  Time refilled_{};
};

class External final : public Component {
 public:
  using Params = ExternalParams;
  External(World& world, std::string id, const ExternalParams& params)
      : Component(world, std::move(id), "external"),
        params_(&params),
        latency_key_(world.key(this->id(), "latency")),
        error_key_(world.key(this->id(), "error")) {
    add(std::make_unique<Api>(*this));
    measure();
  }
  std::vector<std::string> changeable() const override {
    return {"latency", "error_rate", "rate_limit"};
  }
  void reconfigure(const Blueprint& changed) override {
    const bool limited = params().rate_limit.has_value();
    params_ = &params_in<ExternalParams>(changed);
    if (!limited && params().rate_limit)
      static_cast<Api&>(*instances().front()).fill(params().rate_limit->burst);
  }
  const ExternalParams& params() const { return *params_; }
  RandomKey latency_key() const { return latency_key_; }
  RandomKey error_key() const { return error_key_; }

 private:
  const ExternalParams* params_;
  RandomKey latency_key_, error_key_;
};

Api::Api(External& owner)
    : Instance(owner, 0, kOutside),
      owner_(owner),
      tokens_(owner.params().rate_limit ? static_cast<double>(owner.params().rate_limit->burst)
                                        : 0) {}

void Api::fill(std::uint64_t tokens) {
  tokens_ = static_cast<double>(tokens);
  refilled_ = owner_.world().now();
}

bool Api::allowed() {
  const std::optional<RateLimitParams>& limit = owner_.params().rate_limit;
  if (!limit) return true;
  const Time now = owner_.world().now();
  const double earned = seconds(now - refilled_) * limit->rate.per_second;
  tokens_ = std::min(tokens_ + earned, static_cast<double>(limit->burst));
  refilled_ = now;
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

void Api::receive(Served served) {
  if (!allowed()) return served.reply(Status::rejected);
  tasks().spawn(answer(std::move(served)));
}

Task<> Api::answer(Served served) {
  RequestRandom latency(owner_.latency_key(), served.request().id, served.request().path);
  const Duration drawn = owner_.params().latency.draw(latency);
  co_await owner_.world().simulation.delay(stretched(drawn, slowdown()));
  RequestRandom error(owner_.error_key(), served.request().id, served.request().path);
  const bool fails = error.uniform() < owner_.params().error_rate.value;
  served.reply(fails ? Status::error : Status::ok);
}

}  // namespace

ModelKind external() {
  return model_kind<External>("external", "Somebody else's API: latency, errors, a rate limit.",
                              "RFC 2697", common_component_metrics());
}

}  // namespace highwater::external
