#include "models/cache_curve/key_trace.h"

#include <set>

#include <catch2/catch.hpp>

#include "tests/support/scratch_file.h"

namespace highwater::cache_curve {
namespace {

using namespace std::literals;

struct Reading {
  std::vector<Access> requests;
  Problems problems;
};

Reading read(std::string_view content, TraceOptions options = {}, std::size_t part = 1000) {
  const ScratchFile file(content);
  Reading reading;
  KeyTrace trace(file.path(), options, reading.problems);
  std::vector<Access> some;
  for (trace.read(part, some); !some.empty(); trace.read(part, some))
    reading.requests.insert(reading.requests.end(), some.begin(), some.end());
  return reading;
}

std::vector<std::uint64_t> keys(const Reading& reading) {
  std::vector<std::uint64_t> result;
  for (const Access& access : reading.requests) result.push_back(access.key);
  return result;
}

std::string record(std::uint32_t time, std::uint64_t object) {
  std::string bytes;
  const auto put = [&](std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i));
  };
  put(time, 4);
  put(object, 8);
  put(512, 4);
  put(~0ULL, 8);
  return bytes;
}

TEST_CASE("KeyTrace: a key per line, numbers as they are, the empty line too", "[cache_curve]") {
  const Reading reading = read("7\n18446744073\n\nuser:1\n7\nuser:1");
  REQUIRE(reading.requests.size() == 6);
  CHECK(reading.problems.empty());
  CHECK(reading.requests[0].key == 7);
  CHECK(reading.requests[1].key == 18446744073);
  CHECK(reading.requests[3].key == reading.requests[5].key);
  CHECK(reading.requests[2].key != reading.requests[3].key);
  CHECK(reading.requests[5].time == 5'000'000'000);
}

TEST_CASE("KeyTrace: different spellings are different keys", "[cache_curve]") {
  const std::vector<std::uint64_t> got = keys(read("7\n07\n+7\n7 \n\xff\xfe\n"));
  CHECK(std::set<std::uint64_t>(got.begin(), got.end()).size() == 5);
}

TEST_CASE("KeyTrace: parts make no difference, gzip neither", "[cache_curve]") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7 % 311) + "\n";
  const std::vector<std::uint64_t> whole = keys(read(text));
  CHECK(whole.size() == 5000);
  CHECK(keys(read(text, {}, 7)) == whole);
  CHECK(keys(read(gzipped(text))) == whole);
}

TEST_CASE("KeyTrace: columns of a CSV by name", "[cache_curve]") {
  TraceOptions options;
  options.format = TraceFormat::csv;
  options.key_column = "object id";
  options.time_column = "t";
  const Reading reading =
      read("t,size,\"object id\"\n10.5,1,a\n12,1,\"a\"\n11,2,\"x,\"\"y\"\n", options);
  CHECK(reading.problems.text().empty());
  REQUIRE(reading.requests.size() == 3);
  CHECK(reading.requests[0].key == reading.requests[1].key);
  CHECK(reading.requests[2].key == keys(read("x,\"y"))[0]);
  CHECK(reading.requests[0].time == 0);
  CHECK(reading.requests[1].time == 1'500'000'000);
  CHECK(reading.requests[2].time == 1'500'000'000);  // 11 s would go back
}

TEST_CASE("KeyTrace: binary records", "[cache_curve]") {
  TraceOptions options;
  options.format = TraceFormat::oracle_general;
  const std::string file = record(100, 5) + record(100, 0xfedcba9876543210) + record(107, 5);
  for (const std::size_t part : {1u, 2u, 1000u}) {
    const Reading reading = read(file, options, part);
    CHECK(keys(reading) == std::vector<std::uint64_t>{5, 0xfedcba9876543210, 5});
    CHECK(reading.requests[2].time == 7'000'000'000);
  }
}

TEST_CASE("KeyTrace: a truncated trace is wrong, not shorter", "[cache_curve]") {
  TraceOptions options;
  options.format = TraceFormat::oracle_general;
  const Reading binary = read((record(1, 5) + record(2, 6)).substr(0, 40), options);
  CHECK(binary.requests.empty());
  CHECK_THAT(binary.problems.text(), Catch::Contains("ends within record 2: 16 bytes of 24"));
  std::string text;
  for (int i = 0; i < 5000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string packed = gzipped(text);
  const Reading cut = read(packed.substr(0, packed.size() / 2));
  CHECK_THAT(cut.problems.text(), Catch::Contains("ends in the middle of its gzip data"));
}

TEST_CASE("KeyTrace: says what is wrong, and where", "[cache_curve]") {
  TraceOptions options;
  options.format = TraceFormat::csv;
  CHECK_THAT(read("time,kye\n", options).problems.text(),
             Catch::Contains(":1:1: there is no column \"key\"") &&
                 Catch::Contains("did you mean \"kye\"?"));
  CHECK_THAT(read("", options).problems.text(), Catch::Contains("has no first line"));
  options.time_column = "t";
  const Reading rows = read("key,t\na,1\nb\n\"c,2\nd,x\ne,nan\n", options);
  CHECK(rows.requests.empty());
  CHECK(rows.problems.error_count() == 4);
  CHECK_THAT(rows.problems.text(), Catch::Contains(":3:1: the row has only 1 column") &&
                                       Catch::Contains(":4:1: a quote does not close") &&
                                       Catch::Contains("expected a time in seconds, found \"x\""));
  CHECK_THAT(read(std::string(70'000, 'x')).problems.text(),
             Catch::Contains("a line may have 65536 bytes"));
}

TEST_CASE("KeyTrace: a file that is not there", "[cache_curve]") {
  for (const TraceFormat format :
       {TraceFormat::lines, TraceFormat::csv, TraceFormat::oracle_general}) {
    TraceOptions options;
    options.format = format;
    for (const char* path : {"no such file", "."}) {
      Problems problems;
      KeyTrace trace(path, options, problems);
      std::vector<Access> requests;
      trace.read(10, requests);
      CHECK(requests.empty());
      CHECK(problems.error_count() == 1);
    }
  }
}

TEST_CASE("KeyTrace: binary records may be gzipped and a cut is seen", "[cache_curve]") {
  std::string records;
  for (std::uint64_t i = 0; i < 5000; ++i) records += record(static_cast<std::uint32_t>(i), i * i);
  TraceOptions options;
  options.format = TraceFormat::oracle_general;
  const std::string packed = gzipped(records);
  CHECK(keys(read(packed, options)) == keys(read(records, options)));
  const Reading cut = read(packed.substr(0, packed.size() / 2), options);
  CHECK_THAT(cut.problems.text(), Catch::Contains("ends in the middle of its gzip data"));
}

TEST_CASE("KeyTrace: what is no file or packed otherwise is refused", "[cache_curve]") {
  Problems problems;
  KeyTrace trace("/dev/zero", {}, problems);
  std::vector<Access> requests;
  trace.read(10, requests);
  CHECK(requests.empty());
  CHECK_THAT(problems.text(), Catch::Contains("is a pipe or a device"));
  const Reading zstd = read("\x28\xb5\x2f\xfd and so on");
  CHECK(zstd.requests.empty());
  CHECK_THAT(zstd.problems.text(), Catch::Contains("is compressed by zstd"));
}

TEST_CASE("KeyTrace: the name tells the format", "[cache_curve]") {
  const auto format_of = [](const char* name) {
    Problems problems;
    return KeyTrace(name, {}, problems).format();
  };
  CHECK(format_of("a.txt") == TraceFormat::lines);
  CHECK(format_of("a.csv") == TraceFormat::csv);
  CHECK(format_of("a.csv.gz") == TraceFormat::csv);
  CHECK(format_of("a.oracleGeneral") == TraceFormat::oracle_general);
  CHECK(format_of("a.oracleGeneral.bin") == TraceFormat::oracle_general);
}

}  // namespace
}  // namespace highwater::cache_curve
