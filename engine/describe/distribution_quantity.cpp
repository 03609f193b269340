/// The JSON forms of a distribution. Each is declared like any other parameter, so that the schema,
/// the reference and the messages come from the same tables.

#include <cmath>

#include <fmt/format.h>

#include "engine/describe/measure.h"
#include "engine/describe/one_of.h"
#include "engine/describe/samples.h"
#include "engine/kernel/check.h"

namespace highwater {
namespace {

using measure::report;

struct ConstantForm {
  Duration constant{};
  static constexpr std::string_view doc = "Always the same.";
  static constexpr auto shorthand = &ConstantForm::constant;
  static constexpr auto fields() {
    return Fields{field<&ConstantForm::constant>("The value.").required()};
  }
};

struct ExponentialForm {
  Duration exponential{};
  static constexpr std::string_view doc = "Exponential: memoryless.";
  static constexpr auto fields() {
    return Fields{field<&ExponentialForm::exponential>("Mean.").required()};
  }
};

struct LognormalShape {
  Duration mean{};
  std::optional<Duration> p99;
  std::optional<double> cv;
  static constexpr std::string_view type_name = "lognormal";
  static constexpr auto fields() {
    return Fields{
        field<&LognormalShape::mean>("Mean.").required(),
        field<&LognormalShape::p99>("99 % quantile; either this or cv."),
        field<&LognormalShape::cv>("Standard deviation divided by the mean; either this or p99."),
    };
  }
  void check(const Value& where, const std::string& path, Problems& problems) const {
    if (where.find("p99") != nullptr && where.find("cv") != nullptr) {
      report(where, path, problems, "expected either \"p99\" or \"cv\", found both");
    } else if (where.find("p99") == nullptr && where.find("cv") == nullptr) {
      report(where, path, problems, "\"p99\" or \"cv\" is missing");
    }
  }
};
struct LognormalForm {
  LognormalShape lognormal;
  static constexpr std::string_view doc = "Lognormal: the usual shape of a latency.";
  static constexpr auto fields() {
    return Fields{field<&LognormalForm::lognormal>("Mean and tail.").required()};
  }
};

struct NormalShape {
  Duration mean{}, sd{};
  static constexpr std::string_view type_name = "normal";
  static constexpr auto fields() {
    return Fields{
        field<&NormalShape::mean>("Mean, before truncation.").required(),
        field<&NormalShape::sd>("Standard deviation, before truncation.").required(),
    };
  }
};
struct NormalForm {
  NormalShape normal;
  static constexpr std::string_view doc = "Normal, drawn again while negative.";
  static constexpr auto fields() {
    return Fields{field<&NormalForm::normal>("Mean and standard deviation.").required()};
  }
};

struct UniformForm {
  std::array<Duration, 2> uniform{};
  static constexpr std::string_view doc = "Uniform between two values.";
  static constexpr auto fields() {
    return Fields{field<&UniformForm::uniform>("Least and largest value.").required()};
  }
};

struct ErlangShape {
  std::uint64_t k = 1;
  Duration mean{};
  static constexpr std::string_view type_name = "erlang";
  static constexpr auto fields() {
    return Fields{
        field<&ErlangShape::k>("Number of exponential phases.").required(),
        field<&ErlangShape::mean>("Mean of their sum.").required(),
    };
  }
};
struct ErlangForm {
  ErlangShape erlang;
  static constexpr std::string_view doc = "Erlang: the sum of k exponential phases.";
  static constexpr auto fields() {
    return Fields{field<&ErlangForm::erlang>("Phases and mean.").required()};
  }
};

struct GammaShape {
  Duration mean{};
  double cv = 1;
  static constexpr std::string_view type_name = "gamma";
  static constexpr auto fields() {
    return Fields{
        field<&GammaShape::mean>("Mean.").required(),
        field<&GammaShape::cv>("Standard deviation divided by the mean.").required(),
    };
  }
};
struct GammaForm {
  GammaShape gamma;
  static constexpr std::string_view doc = "Gamma.";
  static constexpr auto fields() {
    return Fields{field<&GammaForm::gamma>("Mean and spread.").required()};
  }
};

struct WeibullShape {
  double shape = 1;
  Duration scale{};
  static constexpr std::string_view type_name = "weibull";
  static constexpr auto fields() {
    return Fields{
        field<&WeibullShape::shape>("Exponent: below 1 a heavy tail, 1 is exponential.").required(),
        field<&WeibullShape::scale>("Value exceeded with probability 1/e.").required(),
    };
  }
};
struct WeibullForm {
  WeibullShape weibull;
  static constexpr std::string_view doc = "Weibull.";
  static constexpr auto fields() {
    return Fields{field<&WeibullForm::weibull>("Shape and scale.").required()};
  }
};

struct ParetoShape {
  double alpha = 2;
  Duration min{};
  static constexpr std::string_view type_name = "pareto";
  static constexpr auto fields() {
    return Fields{
        field<&ParetoShape::alpha>("Exponent of the tail; the mean is infinite up to 1.")
            .required(),
        field<&ParetoShape::min>("Least value.").required(),
    };
  }
};
struct ParetoForm {
  ParetoShape pareto;
  static constexpr std::string_view doc = "Pareto: a power-law tail.";
  static constexpr auto fields() {
    return Fields{field<&ParetoForm::pareto>("Exponent and least value.").required()};
  }
};

struct ExponentialBranch {
  Fraction p;
  Duration mean{};
  static constexpr auto fields() {
    return Fields{
        field<&ExponentialBranch::p>("Probability of this branch.").required(),
        field<&ExponentialBranch::mean>("Mean of this branch.").required(),
    };
  }
};
struct HyperexponentialForm {
  std::vector<ExponentialBranch> hyperexponential;
  static constexpr std::string_view doc = "One of several exponentials.";
  static constexpr auto fields() {
    return Fields{
        field<&HyperexponentialForm::hyperexponential>("Branches; their probabilities add up to 1.")
            .required()
            .at_least(1)
            .at_most(1000)};
  }
};

struct MixturePart {
  Fraction p;
  Distribution of;
  static constexpr auto fields() {
    return Fields{
        field<&MixturePart::p>("Probability of this part.").required(),
        field<&MixturePart::of>("What is drawn then.").required(),
    };
  }
};
struct MixtureForm {
  std::vector<MixturePart> mixture;
  static constexpr std::string_view doc = "One of several distributions.";
  static constexpr auto fields() {
    return Fields{field<&MixtureForm::mixture>("Parts; their probabilities add up to 1.")
                      .required()
                      .at_least(1)
                      .at_most(1000)};
  }
};

enum class SampleUnit { kFromColumn, kNanoseconds, kMicroseconds, kMilliseconds, kSeconds };
constexpr auto words_of(SampleUnit) {
  return std::array{
      Word{SampleUnit::kFromColumn, "auto", "By the column's ending: _ns, _us, _ms or _s."},
      Word{SampleUnit::kNanoseconds, "ns", "Nanoseconds."},
      Word{SampleUnit::kMicroseconds, "us", "Microseconds."},
      Word{SampleUnit::kMilliseconds, "ms", "Milliseconds."},
      Word{SampleUnit::kSeconds, "s", "Seconds."},
  };
}
struct EmpiricalSource {
  FilePath file;
  std::string column;
  SampleUnit unit = SampleUnit::kFromColumn;
  static constexpr std::string_view type_name = "empirical";
  static constexpr auto fields() {
    return Fields{
        field<&EmpiricalSource::file>("CSV file with a header line.").required(),
        field<&EmpiricalSource::column>("Name of the column that holds the samples.").required(),
        field<&EmpiricalSource::unit>("Unit of the samples."),
    };
  }
};
struct EmpiricalForm {
  EmpiricalSource empirical;
  static constexpr std::string_view doc = "Measured samples, each as likely as the others.";
  static constexpr auto fields() {
    return Fields{field<&EmpiricalForm::empirical>("Where the samples are.").required()};
  }
};

struct Law
    : OneOf<ConstantForm, ExponentialForm, LognormalForm, NormalForm, UniformForm, ErlangForm,
            GammaForm, WeibullForm, ParetoForm, HyperexponentialForm, MixtureForm, EmpiricalForm> {
  using OneOf::OneOf;
  static constexpr std::string_view type_name = "distribution";
};

/// A distribution, or the sentence that says why there is none.
struct Made {
  std::optional<Distribution> law;
  std::string fault;
};

template <class Make>
Made made(const std::optional<std::string>& fault, Make make) {
  if (fault) return {std::nullopt, *fault};
  return {make(), ""};
}

Made make(const ConstantForm& f, Problems&) {
  return made(Distribution::check_constant(f.constant),
              [&] { return Distribution::constant(f.constant); });
}
Made make(const ExponentialForm& f, Problems&) {
  return made(Distribution::check_exponential(f.exponential),
              [&] { return Distribution::exponential(f.exponential); });
}
Made make(const LognormalForm& f, Problems&) {
  const LognormalShape& s = f.lognormal;
  if (s.p99)
    return made(Distribution::check_lognormal_mean_p99(s.mean, *s.p99),
                [&] { return Distribution::lognormal_mean_p99(s.mean, *s.p99); });
  const double cv = s.cv.value_or(1);
  return made(Distribution::check_lognormal_mean_cv(s.mean, cv),
              [&] { return Distribution::lognormal_mean_cv(s.mean, cv); });
}
Made make(const NormalForm& f, Problems&) {
  return made(Distribution::check_normal(f.normal.mean, f.normal.sd),
              [&] { return Distribution::normal(f.normal.mean, f.normal.sd); });
}
Made make(const UniformForm& f, Problems&) {
  return made(Distribution::check_uniform(f.uniform[0], f.uniform[1]),
              [&] { return Distribution::uniform(f.uniform[0], f.uniform[1]); });
}
Made make(const ErlangForm& f, Problems&) {
  const auto k = static_cast<std::int64_t>(f.erlang.k);
  return made(Distribution::check_erlang(k, f.erlang.mean),
              [&] { return Distribution::erlang(k, f.erlang.mean); });
}
Made make(const GammaForm& f, Problems&) {
  return made(Distribution::check_gamma(f.gamma.mean, f.gamma.cv),
              [&] { return Distribution::gamma(f.gamma.mean, f.gamma.cv); });
}
Made make(const WeibullForm& f, Problems&) {
  return made(Distribution::check_weibull(f.weibull.shape, f.weibull.scale),
              [&] { return Distribution::weibull(f.weibull.shape, f.weibull.scale); });
}
Made make(const ParetoForm& f, Problems&) {
  return made(Distribution::check_pareto(f.pareto.alpha, f.pareto.min),
              [&] { return Distribution::pareto(f.pareto.alpha, f.pareto.min); });
}
Made make(const HyperexponentialForm& f, Problems&) {
  std::vector<Distribution::Branch> branches;
  for (const ExponentialBranch& b : f.hyperexponential) branches.push_back({b.p.value, b.mean});
  return made(Distribution::check_hyperexponential(branches),
              [&] { return Distribution::hyperexponential(branches); });
}
Made make(const MixtureForm& f, Problems&) {
  std::vector<Distribution::Part> parts;
  for (const MixturePart& p : f.mixture) parts.push_back({p.p.value, p.of});
  return made(Distribution::check_mixture(parts), [&] { return Distribution::mixture(parts); });
}
Made make(const EmpiricalForm& f, Problems&) {
  std::string unit(Quantity<SampleUnit>::word_for(f.empirical.unit));
  Samples samples = read_samples(f.empirical.file.resolved, f.empirical.column, unit);
  if (!samples.fault.empty()) return {std::nullopt, samples.fault};
  return made(Distribution::check_empirical(samples.durations),
              [&] { return Distribution::empirical(std::move(samples.durations)); });
}

}  // namespace

const TypeInfo& quantity_type(TypeTag<Distribution>) {
  static const TypeInfo type = [] {
    TypeInfo t = type_of<Law>();
    // One spelling per thing: a constant is written as the bare duration only.
    t.alternatives.erase(t.alternatives.begin());
    std::string verbs;
    for (const AlternativeInfo& a : t.alternatives) verbs += (verbs.empty() ? "" : ", ") + a.verb;
    t.expects = "a duration such as \"20ms\", or an object with exactly one of " + verbs;
    return t;
  }();
  return type;
}

bool read_quantity(const Value& value, const std::string& path, Problems& problems,
                   Distribution& out) {
  Law law;
  if (value.is_object() && value.find("constant") != nullptr)
    return report(value, path, problems,
                  "a constant is written as the duration alone, such as \"20ms\"");
  if (value.is_object()) {
    if (detail::choose_form(value, path, type_of<Distribution>(), problems) == nullptr)
      return false;
  } else if (!value.is_string() && !value.is_number()) {
    return report_unexpected(value, path, type_of<Distribution>(), problems);
  }
  if (!Quantity<Law>::read(value, path, problems, law)) return false;
  Made result = std::visit([&](const auto& form) { return make(form, problems); }, law.form);
  if (!result.law) return report(value, path, problems, result.fault);
  out = result.law->spelled(write_json_line(value));
  return true;
}

namespace {

Value object_with(std::string_view verb, Value parameters) {
  Value object = Value::object();
  object.set(std::string(verb), std::move(parameters));
  return object;
}

/// Finds the declared parameters of a law that C++ made, such as a default, by its moments; whether
/// they are the right ones is checked by making the law again.
Value derived(const Distribution& value) {
  const double mean_ns = value.mean_s() * 1e9;
  if (!(mean_ns <= static_cast<double>(kLongestRun.count()))) return Value();
  const Duration mean{static_cast<std::int64_t>(std::nearbyint(mean_ns))};
  if (value == Distribution::exponential(mean))
    return object_with("exponential", write_quantity(mean));
  Value shape = Value::object();
  shape.set("mean", write_quantity(mean));
  const auto phases = static_cast<std::int64_t>(std::nearbyint(1 / value.scv()));
  if (!Distribution::check_erlang(phases, mean) && value == Distribution::erlang(phases, mean)) {
    shape.set("k", Value::whole(static_cast<std::uint64_t>(phases)));
    return object_with("erlang", std::move(shape));
  }
  const double cv = std::sqrt(value.scv());
  for (int digits = 1; digits <= 17; ++digits) {
    const Value number = Value::number_text(fmt::format("{:.{}g}", cv, digits));
    const double rounded = number.number();
    shape.set("cv", number);
    if (!Distribution::check_lognormal_mean_cv(mean, rounded) &&
        value == Distribution::lognormal_mean_cv(mean, rounded))
      return object_with("lognormal", std::move(shape));
    if (!Distribution::check_gamma(mean, rounded) && value == Distribution::gamma(mean, rounded))
      return object_with("gamma", std::move(shape));
  }
  return Value();
}

}  // namespace

Value write_quantity(const Distribution& value) {
  if (!value.spelling().empty()) return *parse_json_value(value.spelling());
  if (value.is_constant()) return write_quantity(value.constant_value());
  // Other laws as defaults need their text: Distribution::pareto(…).spelled("{…}").
  Value found = derived(value);
  HIGHWATER_CHECK(!found.is_null());
  return found;
}

}  // namespace highwater
