// The JSON forms of a distribution, its impossible parameters, and samples from a file.
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <unistd.h>

#include "tests/describe/read_support.h"

using namespace highwater;

namespace {

Distribution good(std::string_view json) {
  const Read<Distribution> result = read<Distribution>(json);
  CAPTURE(json);
  CHECK(result.problems == "");
  return result.value;
}

std::string fault(std::string_view json) {
  return read<Distribution>(json).problems;
}

/// A CSV file that lives as long as the test, and reads of one column of it.
class Csv {
 public:
  explicit Csv(const std::string& text)  // named by process, since tests run side by side
      : path_(std::filesystem::absolute("samples_" + std::to_string(getpid()) + ".csv")) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~Csv() { std::filesystem::remove(path_); }
  Csv(const Csv&) = delete;
  Csv& operator=(const Csv&) = delete;

  Read<Distribution> column(const std::string& name, const std::string& more = "") const {
    return read<Distribution>("{\"empirical\": {\"file\": \"" + path_.string() +
                              "\", \"column\": \"" + name + "\"" + more + "}}");
  }
  std::string message(const std::string& name, const std::string& more = "") const {
    std::string text = column(name, more).problems;
    const std::string path = path_.string();
    for (std::size_t at; (at = text.find(path)) != std::string::npos;)
      text.replace(at, path.size(), "FILE");
    return text;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("distribution: every form of the contract", "[describe][distribution]") {
  CHECK(good(R"("20ms")") == Distribution::constant(20ms));
  CHECK(good(R"({"exponential": "20ms"})") == Distribution::exponential(20ms));
  CHECK(good(R"({"lognormal": {"mean": "20ms", "p99": "90ms"}})") ==
        Distribution::lognormal_mean_p99(20ms, 90ms));
  CHECK(good(R"({"lognormal": {"mean": "20ms", "cv": 1.5}})") ==
        Distribution::lognormal_mean_cv(20ms, 1.5));
  CHECK(good(R"({"normal": {"mean": "20ms", "sd": "2ms"}})") == Distribution::normal(20ms, 2ms));
  CHECK(good(R"({"uniform": ["10ms", "30ms"]})") == Distribution::uniform(10ms, 30ms));
  CHECK(good(R"({"erlang": {"k": 3, "mean": "20ms"}})") == Distribution::erlang(3, 20ms));
  CHECK(good(R"({"gamma": {"mean": "20ms", "cv": 0.7}})") == Distribution::gamma(20ms, 0.7));
  CHECK(good(R"({"weibull": {"shape": 0.8, "scale": "15ms"}})") ==
        Distribution::weibull(0.8, 15ms));
  CHECK(good(R"({"pareto": {"alpha": 2.2, "min": "5ms"}})") == Distribution::pareto(2.2, 5ms));
  CHECK(
      good(R"({"hyperexponential": [{"p": 0.9, "mean": "5ms"}, {"p": "10%", "mean": "155ms"}]})") ==
      Distribution::hyperexponential({{0.9, 5ms}, {0.1, 155ms}}));
  CHECK(good(R"({"mixture": [{"p": 0.99, "of": "1ms"},
                             {"p": 0.01, "of": {"exponential": "200ms"}}]})") ==
        Distribution::mixture(
            {{0.99, Distribution::constant(1ms)}, {0.01, Distribution::exponential(200ms)}}));
}

TEST_CASE("distribution: faults in the form", "[describe][distribution]") {
  const std::string verbs =
      "exponential, lognormal, normal, uniform, erlang, gamma, weibull, pareto, hyperexponential, "
      "mixture, empirical";
  CHECK(fault("20") ==
        "f:1:1: /x: 20 has no unit; a duration needs one of ns, us, ms, s, m, h, d, such as "
        "\"40ms\"\n");
  CHECK(fault("[]") ==
        "f:1:1: /x: expected a duration such as \"20ms\", or an object with exactly "
        "one of " +
            verbs + ", found a list\n");
  CHECK(fault(R"({"exponental": "20ms"})") ==
        "f:1:2: /x/exponental: unknown key \"exponental\"; did you mean \"exponential\"?\n");
  CHECK(fault("{}") == "f:1:1: /x: expected exactly one of " + verbs + ", found none\n");
  CHECK(fault(R"({"exponential": "1ms", "uniform": ["1ms", "2ms"]})") ==
        "f:1:1: /x: expected exactly one of " + verbs + ", found exponential, uniform together\n");
  CHECK(fault(R"({"exponential": "1ms", "p99": "2ms"})") ==
        "f:1:24: /x/p99: unknown key \"p99\"; known: exponential\n");
  CHECK(fault(R"({"constant": "1ms"})") ==
        "f:1:1: /x: a constant is written as the duration alone, such as \"20ms\"\n");
  CHECK(fault(R"({"lognormal": {"mean": "20ms"}})") ==
        "f:1:15: /x/lognormal: \"p99\" or \"cv\" is missing\n");
  CHECK(fault(R"({"lognormal": {"mean": "20ms", "p99": "90ms", "cv": 1}})") ==
        "f:1:15: /x/lognormal: expected either \"p99\" or \"cv\", found both\n");
  CHECK(fault(R"({"lognormal": {"p99": "90ms"}})") ==
        "f:1:15: /x/lognormal: \"mean\" is missing: Mean.\n");
  CHECK(
      fault(R"({"mixture": [{"p": 1, "of": {"exponential": 5}}]})") ==
      "f:1:45: /x/mixture/0/of/exponential: 5 has no unit; a duration needs one of ns, us, ms, s, "
      "m, h, d, such as \"40ms\"\n");
  CHECK(fault(R"({"mixture": []})") ==
        "f:1:13: /x/mixture: the number of entries must be 1 to 1000, found 0\n");
}

TEST_CASE("distribution: impossible parameters are told by the law itself",
          "[describe][distribution]") {
  const auto says = [](std::string_view json, const std::optional<std::string>& why) {
    REQUIRE(why);
    CHECK(fault(json) == "f:1:1: /x: " + *why + "\n");
  };
  says(R"({"exponential": "0s"})", Distribution::check_exponential(0s));
  says(R"({"lognormal": {"mean": "20ms", "p99": "10ms"}})",
       Distribution::check_lognormal_mean_p99(20ms, 10ms));
  says(R"({"lognormal": {"mean": "1ms", "p99": "1s"}})",
       Distribution::check_lognormal_mean_p99(1ms, 1s));
  says(R"({"lognormal": {"mean": "20ms", "cv": 0}})",
       Distribution::check_lognormal_mean_cv(20ms, 0));
  says(R"({"normal": {"mean": "0s", "sd": "0s"}})", Distribution::check_normal(0s, 0s));
  says(R"({"uniform": ["30ms", "10ms"]})", Distribution::check_uniform(30ms, 10ms));
  says(R"({"erlang": {"k": 0, "mean": "20ms"}})", Distribution::check_erlang(0, 20ms));
  says(R"({"gamma": {"mean": "20ms", "cv": -1}})", Distribution::check_gamma(20ms, -1));
  says(R"({"weibull": {"shape": 0, "scale": "15ms"}})", Distribution::check_weibull(0, 15ms));
  says(R"({"pareto": {"alpha": 0, "min": "5ms"}})", Distribution::check_pareto(0, 5ms));
  says(R"({"hyperexponential": [{"p": 0.9, "mean": "5ms"}]})",
       Distribution::check_hyperexponential({{0.9, 5ms}}));
  says(R"({"mixture": [{"p": 0.5, "of": "1ms"}]})",
       Distribution::check_mixture({{0.5, Distribution::constant(1ms)}}));
}

TEST_CASE("distribution: what was read is written as it was", "[describe][distribution]") {
  for (
      const std::string json :
      {R"("20ms")", R"({"pareto": {"alpha": 2.20, "min": "5000us"}})",
       R"({"mixture": [{"p": 0.99, "of": "1ms"}, {"p": 0.01, "of": {"exponential": "200ms"}}]})"}) {
    CHECK(written(good(json)) == json);
  }
}

TEST_CASE("distribution: a law made in C++, such as a default, is written so that it reads back",
          "[describe][distribution]") {
  const auto again = [](const Distribution& law, const std::string& json) {
    CHECK(written(law) == json);
    CHECK(good(written(law)) == law);
  };
  again(Distribution{}, R"("0s")");
  again(Distribution::constant(20ms), R"("20ms")");
  again(Distribution::exponential(20ms), R"({"exponential": "20ms"})");
  again(Distribution::erlang(3, 20ms), R"({"erlang": {"mean": "20ms", "k": 3}})");
  again(Distribution::lognormal_mean_cv(20ms, 1.5),
        R"({"lognormal": {"mean": "20ms", "cv": 1.5}})");
  again(Distribution::gamma(20ms, 0.7), R"({"gamma": {"mean": "20ms", "cv": 0.7}})");
  again(Distribution::pareto(2.2, 5ms).spelled(R"({"pareto": {"alpha": 2.2, "min": "5ms"}})"),
        R"({"pareto": {"alpha": 2.2, "min": "5ms"}})");
}

TEST_CASE("distribution: samples out of a file", "[describe][distribution][samples]") {
  const Csv csv(
      "\xEF\xBB\xBFid,duration_ms,\"odd, "
      "name_us\",s\r\n1,20,5,x\r\n2,\"30.5\",\"7\",y\r\n3,,,\r\n");
  CHECK(csv.column("duration_ms").value == Distribution::empirical({20ms, 30500us}));
  CHECK(csv.column("odd, name_us").value == Distribution::empirical({5us, 7us}));
  CHECK(csv.column("id", R"(, "unit": "s")").value == Distribution::empirical({1s, 2s, 3s}));
  CHECK(csv.message("id") ==
        "f:1:1: /x: the unit of column \"id\" is not known: let its name end in _ns, _us, _ms or "
        "_s, or give \"unit\"\n");
  CHECK(csv.message("duraton_ms") ==
        "f:1:1: /x: \"FILE\" has no column \"duraton_ms\"; did you mean \"duration_ms\"?\n");
  CHECK(csv.message("s", R"(, "unit": "s")") ==
        "f:1:1: /x: FILE:2: \"x\" is not a duration of 0 to 416 days\n");
}

TEST_CASE("distribution: samples that are none", "[describe][distribution][samples]") {
  CHECK(Csv("").message("a_ms") == "f:1:1: /x: \"FILE\" cannot be read or is empty\n");
  CHECK(Csv("a_ms\n\n").message("a_ms") ==
        "f:1:1: /x: column \"a_ms\" of \"FILE\" holds no sample\n");
  CHECK(Csv("a_ms\n-1\n").message("a_ms") ==
        "f:1:1: /x: FILE:2: \"-1\" is not a duration of 0 to 416 days\n");
  CHECK(Csv("a_ms\n1\nnan\n").message("a_ms") ==
        "f:1:1: /x: FILE:3: \"nan\" is not a duration of 0 to 416 days\n");
  CHECK(Csv("a_s\n1e9\n").message("a_s") ==
        "f:1:1: /x: FILE:2: \"1e9\" is not a duration of 0 to 416 days\n");
}
