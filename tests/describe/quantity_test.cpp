// Every quantity: its forms, its limits, what a user is told about each kind of fault, and that
// writing is the inverse of reading.
#include "engine/describe/quantity.h"

#include <limits>
#include <random>

#include <catch2/catch.hpp>

#include "tests/describe/read_support.h"

using namespace highwater;

namespace {

template <class T>
T good(std::string_view json) {
  const Read<T> result = read<T>(json);
  CAPTURE(json);
  CHECK(result.problems == "");
  return result.value;
}

template <class T>
std::string fault(std::string_view json) {
  const Read<T> result = read<T>(json);
  CAPTURE(json);
  CHECK(result.value == T{});  // a faulty value leaves what was there
  return result.problems;
}

const std::string kDurationExample = "such as \"40ms\" (units: ns, us, ms, s, m, h, d)";

}  // namespace

TEST_CASE("quantity: durations", "[describe][quantity]") {
  CHECK(good<Duration>(R"("5ns")") == 5ns);
  CHECK(good<Duration>(R"("250us")") == 250us);
  CHECK(good<Duration>(R"("250µs")") == 250us);
  CHECK(good<Duration>(R"("40ms")") == 40ms);
  CHECK(good<Duration>(R"("1.5s")") == 1500ms);
  CHECK(good<Duration>(R"("10m")") == 10min);
  CHECK(good<Duration>(R"("2h")") == 2h);
  CHECK(good<Duration>(R"("1d")") == 24h);
  CHECK(good<Duration>(R"("0s")") == 0s);
  CHECK(good<Duration>(R"("-0s")") == 0s);
  CHECK(good<Duration>(R"("1e3ms")") == 1s);
  CHECK(good<Duration>(R"("0.1ms")") == 100us);
  CHECK(good<Duration>("\"0." + std::string(400, '0') + "1s\"") == 0s);
  CHECK(good<Duration>(R"("1e-999s")") == 0s);
  // To the nanosecond, where a double no longer holds them.
  CHECK(good<Duration>(R"("9000000.123456789s")") == Duration{9'000'000'123'456'789});
  CHECK(good<Duration>(R"("36028797018963967ns")") == Duration{36'028'797'018'963'967});
  CHECK(good<Duration>(R"("36028797018963968ns")") == kLongestRun);
}

TEST_CASE("quantity: faulty durations", "[describe][quantity]") {
  const std::string needs =
      " has no unit; a duration needs one of ns, us, ms, s, m, h, d, such as \"40ms\"\n";
  CHECK(fault<Duration>("10") == "f:1:1: /x: 10" + needs);
  CHECK(fault<Duration>(R"("10")") == "f:1:1: /x: \"10\"" + needs);
  CHECK(fault<Duration>(R"("5kg")") ==
        "f:1:1: /x: \"5kg\": unknown unit \"kg\"; a duration takes ns, us, ms, s, m, h, d\n");
  CHECK(fault<Duration>(R"("5MS")") ==
        "f:1:1: /x: \"5MS\": unknown unit \"MS\"; a duration takes ns, us, ms, s, m, h, d; did you "
        "mean \"5ms\"?\n");
  CHECK(fault<Duration>(R"("5 ms")") ==
        "f:1:1: /x: \"5 ms\": no space may stand before the unit; did you mean \"5ms\"?\n");
  CHECK(fault<Duration>(R"("800/s")") ==
        "f:1:1: /x: expected a duration " + kDurationExample + ", found the rate \"800/s\"\n");
  CHECK(fault<Duration>(R"("-5ms")") ==
        "f:1:1: /x: \"-5ms\" is negative; a duration is 0 or more\n");
  CHECK(fault<Duration>(R"("417d")") ==
        "f:1:1: /x: \"417d\" is too large; at most 416 days is possible\n");
  CHECK(fault<Duration>(R"("1e999s")") ==
        "f:1:1: /x: \"1e999s\" is too large; at most 416 days is possible\n");
  CHECK(fault<Duration>(R"("36028797018963969ns")") ==
        "f:1:1: /x: \"36028797018963969ns\" is too large; at most 416 days is possible\n");
  for (const std::string text :
       {"\"NaN\"", "\"nans\"", "\"inf s\"", "\"\"", "\"ms\"", "\".5s\"", "\" 5s\"", "\"--5s\""}) {
    CHECK(fault<Duration>(text) ==
          "f:1:1: /x: expected a duration " + kDurationExample + ", found " + text + "\n");
  }
  CHECK(fault<Duration>("null") ==
        "f:1:1: /x: expected a duration " + kDurationExample + ", found null\n");
  CHECK(fault<Duration>("[]") ==
        "f:1:1: /x: expected a duration " + kDurationExample + ", found a list\n");
}

TEST_CASE("quantity: rates", "[describe][quantity]") {
  CHECK(good<Rate>(R"("800/s")").per_second == 800);
  CHECK(good<Rate>(R"("5/minute")").per_second == Approx(5.0 / 60).epsilon(1e-15));
  CHECK(good<Rate>(R"("1.2k/s")").per_second == 1200);
  CHECK(good<Rate>(R"("3M/h")").per_second == Approx(3e6 / 3600).epsilon(1e-15));
  CHECK(good<Rate>(R"("1/day")").per_second == Approx(1.0 / 86400).epsilon(1e-15));
  CHECK(good<Rate>(R"("2/ms")").per_second == 2000);
  CHECK(good<Rate>(R"("1G/s")").per_second == 1e9);
  CHECK(good<Rate>(R"("0/s")").per_second == 0);
  const std::string units = "/s, k/s, M/s, /minute, /h, /day";
  CHECK(fault<Rate>("800") ==
        "f:1:1: /x: 800 has no unit; a rate needs one of " + units + ", such as \"800/s\"\n");
  CHECK(fault<Rate>(R"("40ms")") == "f:1:1: /x: expected a rate such as \"800/s\" (units: " +
                                        units + "), found the duration \"40ms\"\n");
  CHECK(fault<Rate>(R"("5/minutes")") ==
        "f:1:1: /x: \"5/minutes\": unknown unit \"/minutes\"; a rate takes " + units +
            "; did you mean \"5/minute\"?\n");
  CHECK(fault<Rate>(R"("1.1G/s")") ==
        "f:1:1: /x: \"1.1G/s\" is too large; at most 1G/s is possible\n");
  CHECK(fault<Rate>(R"("-1/s")") == "f:1:1: /x: \"-1/s\" is negative; a rate is 0 or more\n");
}

TEST_CASE("quantity: sizes and bandwidths", "[describe][quantity]") {
  CHECK(good<Bytes>(R"("512B")").count == 512);
  CHECK(good<Bytes>(R"("4KiB")").count == 4096);
  CHECK(good<Bytes>(R"("4kB")").count == 4000);
  CHECK(good<Bytes>(R"("2GiB")").count == 2'147'483'648);
  CHECK(good<Bytes>(R"("1.5MB")").count == 1'500'000);
  CHECK(good<Bytes>(R"("1048576TiB")").count == std::uint64_t{1} << 60);
  CHECK(fault<Bytes>(R"("1048577TiB")") ==
        "f:1:1: /x: \"1048577TiB\" is too large; at most 1048576TiB is possible\n");
  CHECK(fault<Bytes>(R"("4KB")") ==
        "f:1:1: /x: \"4KB\": unknown unit \"KB\"; a size takes B, kB, MB, GB, TB, KiB, MiB, GiB, "
        "TiB; did you mean \"4kB\"?\n");
  CHECK(good<Bandwidth>(R"("1Gbit/s")").bits_per_second == 1e9);
  CHECK(good<Bandwidth>(R"("40MB/s")").bits_per_second == 320e6);
  CHECK(good<Bandwidth>(R"("64kbit/s")").bits_per_second == 64e3);
  CHECK(
      fault<Bandwidth>(R"("1MB")") ==
      "f:1:1: /x: expected a bandwidth such as \"1Gbit/s\" (units: bit/s, kbit/s, Mbit/s, Gbit/s, "
      "B/s, kB/s, MB/s, GB/s), found the size \"1MB\"\n");
  CHECK(fault<Bandwidth>(R"("1001Tbit/s")") ==
        "f:1:1: /x: \"1001Tbit/s\" is too large; at most 1000Tbit/s is possible\n");
}

TEST_CASE("quantity: fractions and factors", "[describe][quantity]") {
  CHECK(good<Fraction>(R"("2.5%")").value == 0.025);
  CHECK(good<Fraction>("0.025").value == 0.025);
  CHECK(good<Fraction>(R"("0.025")").value == 0.025);  // out of the environment
  CHECK(good<Fraction>(R"("100%")").value == 1);
  CHECK(good<Fraction>(R"("99.9%")").value == 0.999);
  CHECK(good<Fraction>("0").value == 0);
  CHECK(fault<Fraction>("90") ==
        "f:1:1: /x: 90 is more than the whole; a fraction is 0 to 1 or \"0%\" to \"100%\"; did you "
        "mean \"90%\"?\n");
  CHECK(fault<Fraction>(R"("101%")") ==
        "f:1:1: /x: \"101%\" is more than the whole; a fraction is 0 to 1 or \"0%\" to \"100%\"\n");
  CHECK(fault<Fraction>("-0.1") == "f:1:1: /x: -0.1 is negative; a fraction is 0 or more\n");
  CHECK(good<Factor>(R"("3x")").value == 3);
  CHECK(good<Factor>("1.5").value == 1.5);
  CHECK(fault<Factor>(R"("-1x")") == "f:1:1: /x: \"-1x\" is negative; a factor is 0 or more\n");
  CHECK(fault<Factor>("1e10") == "f:1:1: /x: 1e10 is too large; at most 1000000000x is possible\n");
}

TEST_CASE("quantity: counts", "[describe][quantity]") {
  CHECK(good<std::uint32_t>("20") == 20);
  CHECK(good<std::uint64_t>(R"("1M")") == 1'000'000);
  CHECK(good<std::uint64_t>(R"("200k")") == 200'000);
  CHECK(good<std::uint64_t>(R"("1.5k")") == 1'500);
  CHECK(good<std::uint64_t>(R"("20")") == 20);  // out of the environment
  CHECK(good<std::uint64_t>("1e3") == 1000);
  CHECK(good<std::uint64_t>("9007199254740992") == std::uint64_t{1} << 53);
  CHECK(good<std::uint32_t>("4294967295") == 4'294'967'295);
  CHECK(fault<std::uint32_t>("4294967296") ==
        "f:1:1: /x: 4294967296 is too large; at most 4294967295 is possible\n");
  CHECK(fault<std::uint64_t>("9007199254740993") ==
        "f:1:1: /x: 9007199254740993 is too large; at most 9007199254740992 is possible\n");
  CHECK(fault<std::uint64_t>("1e300") ==
        "f:1:1: /x: 1e300 is too large; at most 9007199254740992 is possible\n");
  CHECK(fault<std::uint32_t>("2.5") == "f:1:1: /x: expected a whole number, found 2.5\n");
  CHECK(
      fault<std::uint32_t>(R"("0.5k1")") ==
      "f:1:1: /x: \"0.5k1\": unknown unit \"k1\"; a count takes k, M, G; did you mean \"0.5k\"?\n");
  CHECK(fault<std::uint32_t>("-3") == "f:1:1: /x: -3 is negative; a count is 0 or more\n");
  CHECK(fault<std::uint32_t>("true") ==
        "f:1:1: /x: expected a count such as \"200k\" (units: k, M, G), found true\n");
}

TEST_CASE("quantity: numbers, booleans, texts, names", "[describe][quantity]") {
  CHECK(good<double>("-2.5e3") == -2500);
  CHECK(good<double>(R"("2.5")") == 2.5);
  CHECK(fault<double>(R"("2.5x")") ==
        "f:1:1: /x: expected a plain number such as 2.5, found \"2.5x\"\n");
  CHECK(fault<double>(R"("nan")") ==
        "f:1:1: /x: expected a plain number such as 2.5, found \"nan\"\n");
  CHECK(fault<double>(R"("1e999")") ==
        "f:1:1: /x: expected a plain number such as 2.5, found \"1e999\"\n");
  CHECK(good<bool>("true"));
  CHECK(good<bool>(R"("true")"));
  CHECK(fault<bool>("1") == "f:1:1: /x: expected true or false, found 1\n");
  CHECK(good<std::string>(R"("x")") == "x");
  CHECK(fault<std::string>("1") == "f:1:1: /x: expected a text in quotes, found 1\n");
  const ComponentRef ref = good<ComponentRef>(R"("users-db_2")");
  CHECK(ref.id == "users-db_2");
  CHECK(ref.position == Position{0, 1, 1});
  CHECK(fault<ComponentRef>(R"("2users")") ==
        "f:1:1: /x: \"2users\" cannot be the name of a component: a letter, then letters, digits, "
        "\"_\" and \"-\"\n");
  CHECK(fault<ComponentRef>("2") == "f:1:1: /x: expected the name of a component, found 2\n");
}

TEST_CASE("quantity: files are found from where the scenario stands", "[describe][quantity]") {
  Problems problems;
  const std::string directory = std::string(HIGHWATER_SOURCE_DIR) + "/tests/describe";
  const auto source = problems.add_source("scenario.json", directory);
  const auto value =
      parse_json(R"(["quantity_test.cpp", "no.csv", "../describe"])", source, problems);
  REQUIRE(value);
  FilePath file;
  REQUIRE(Quantity<FilePath>::read(value->elements()[0], "/f", problems, file));
  CHECK(file.written == "quantity_test.cpp");
  CHECK(file.resolved == directory + "/quantity_test.cpp");
  CHECK_FALSE(Quantity<FilePath>::read(value->elements()[1], "/f", problems, file));
  CHECK_FALSE(Quantity<FilePath>::read(value->elements()[2], "/f", problems, file));
  CHECK(problems.sorted()[0].message.find("there is no file") == 0);
  CHECK(problems.sorted()[1].message.find("is a directory, not a file") != std::string::npos);
}

TEST_CASE("quantity: auto, options, lists and maps", "[describe][quantity]") {
  CHECK(good<Auto<Duration>>(R"("auto")").is_auto);
  CHECK(good<Auto<Duration>>(R"("1m")") == Auto<Duration>{1min, false});
  CHECK(written(Auto<Duration>{}) == R"("auto")");
  CHECK(written(Auto<Duration>{1min, false}) == R"("1m")");
  CHECK(good<std::optional<Duration>>(R"("1m")") == 1min);
  CHECK(Quantity<std::optional<Duration>>::write(std::nullopt).is_null());
  CHECK(good<std::vector<Duration>>(R"(["1s", "2s"])") == std::vector<Duration>{1s, 2s});
  CHECK(read<std::vector<Duration>>(R"(["1s", 2, "x"])").problems ==
        "f:1:8: /x/1: 2 has no unit; a duration needs one of ns, us, ms, s, m, h, d, such as "
        "\"40ms\"\n"
        "f:1:11: /x/2: expected a duration " +
            kDurationExample + ", found \"x\"\n");
  CHECK(read<std::vector<Duration>>(R"("1s")").problems ==
        "f:1:1: /x: expected a list in brackets, found \"1s\"\n");
  CHECK(good<std::array<Duration, 2>>(R"(["1s", "2s"])") == std::array<Duration, 2>{1s, 2s});
  CHECK(read<std::array<Duration, 2>>(R"(["1s"])").problems ==
        "f:1:1: /x: expected a list of exactly 2 in brackets, found a list of 1\n");
  const auto map = good<OrderedMap<Fraction>>(R"({"b": "90%", "a": "10%"})");
  REQUIRE(map.size() == 2);
  CHECK(map.entries[0].key == "b");
  CHECK(map.entries[1].position == Position{0, 1, 14});
  CHECK(map.find("a")->value == 0.1);
  CHECK(map.find("c") == nullptr);
  CHECK(written(map) == R"({"b": "90%", "a": "10%"})");
  using Sorted = std::map<std::string, Fraction>;
  CHECK(written(good<Sorted>(R"({"b": "90%", "a": "10%"})")) == R"({"a": "10%", "b": "90%"})");
  CHECK(read<OrderedMap<Fraction>>(R"({"a/b": "x"})").problems ==
        "f:1:9: /x/a~1b: expected a fraction such as \"2.5%\" (units: %), found \"x\"\n");
}

TEST_CASE("quantity: what is written is short", "[describe][quantity]") {
  CHECK(written<Duration>(0s) == R"("0s")");
  CHECK(written<Duration>(90s) == R"("90s")");
  CHECK(written<Duration>(10min) == R"("10m")");
  CHECK(written<Duration>(48h) == R"("2d")");
  CHECK(written<Duration>(1500us) == R"("1500us")");
  CHECK(written<Duration>(1234567ns) == R"("1234567ns")");
  CHECK(written(Rate{800}) == R"("800/s")");
  CHECK(written(Rate{1200}) == R"("1.2k/s")");
  CHECK(written(good<Rate>(R"("5/minute")")) == R"("5/minute")");
  CHECK(written(Bytes{0}) == R"("0B")");
  CHECK(written(Bytes{4096}) == R"("4KiB")");
  CHECK(written(Bytes{4000}) == R"("4kB")");
  CHECK(written(Bytes{4001}) == R"("4001B")");
  CHECK(written(Bandwidth{1e9}) == R"("1Gbit/s")");
  CHECK(written(Fraction{0.025}) == R"("2.5%")");
  CHECK(written(Fraction{1.0 / 3}) == "0.3333333333333333");
  CHECK(written(Factor{3}) == R"("3x")");
  CHECK(written<std::uint64_t>(1'000'000) == "1000000");
  CHECK(written(true) == "true");
  CHECK(written(2.5) == "2.5");
}

TEST_CASE("quantity: reading what was written gives the same value, bit for bit",
          "[describe][quantity][property]") {
  std::mt19937_64 random(7);
  const auto again = [](const auto& value) {
    using T = std::decay_t<decltype(value)>;
    const Read<T> result = read<T>(written(value));
    CAPTURE(written(value));
    CHECK(result.problems == "");
    CHECK(result.value == value);
  };
  const auto magnitude = [&](double most) {  // spread over many orders of magnitude
    const double x = std::generate_canonical<double, 53>(random);
    return most * x * std::ldexp(1.0, -static_cast<int>(random() % 40));
  };
  for (int i = 0; i < 500; ++i) {
    const int shift = static_cast<int>(random() % 55);
    again(Duration{static_cast<std::int64_t>(random() & ((std::uint64_t{1} << 55) - 1)) >> shift});
    again(Rate{magnitude(1e9)});
    again(Bytes{(random() >> 4) >> (shift % 50)});
    again(Bandwidth{magnitude(1e15)});
    again(Fraction{magnitude(1)});
    again(Factor{magnitude(1e9)});
    again(std::uint64_t{(random() >> 11) >> (shift % 50)});
    again(static_cast<std::uint32_t>(random() >> 32));
    again(magnitude(1e300));
  }
}
