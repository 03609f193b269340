#include "models/client/access_log.h"

#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "tests/support/scratch_file.h"

namespace highwater {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

struct Reading {
  std::optional<Trace> trace;
  TraceReport report;
};

Reading read(std::string_view content, TraceFormat format = TraceFormat::combined,
             const TraceOptions& options = {}) {
  const ScratchFile file(content);
  Reading reading;
  reading.trace = read_trace(file.path(), format, reading.report, options);
  CHECK(reading.report.lines ==
        reading.report.accepted + reading.report.skipped_in_all() +
            (reading.report.error.find(" more than ") != std::string::npos));
  return reading;
}

std::string line_at(std::string_view time, std::string_view target = "/") {
  return "1.2.3.4 - - [17/May/2015:" + std::string(time) + " +0000] \"GET " + std::string(target) +
         " HTTP/1.1\" 200 10\n";
}

std::vector<std::int64_t> offsets_of(const Trace& trace) {
  std::vector<std::int64_t> offsets;
  for (const TraceRecord& record : trace.records) offsets.push_back(record.offset.count());
  return offsets;
}

std::uint64_t skipped(const TraceReport& report, SkipReason reason) {
  return report.skipped[static_cast<std::size_t>(reason)];
}

// The counts were taken from the file with awk, sort and a few lines of Python, not with this
// reader.
TEST_CASE("access log: the recorded web site", "[access_log][golden]") {
  TraceReport report;
  const auto trace = read_trace(HIGHWATER_SOURCE_DIR "/scenarios/data/apache-access.log.gz",
                                TraceFormat::combined, report);
  REQUIRE(trace.has_value());
  CHECK(report.lines == 10'000);
  CHECK(report.accepted == 10'000);
  CHECK(report.damaged == 1);
  CHECK(report.skipped_in_all() == 0);
  CHECK(report.out_of_order == 4915);
  CHECK(report.resolution == 1h);
  CHECK(report.first_ns == 1431857100 * kSecond);  // 17 May 10:05:00
  CHECK(report.last_ns == 1432155959 * kSecond);   // 20 May 21:05:59
  REQUIRE(report.hours.size() == 84);
  CHECK(report.hours[0].requests == 74);
  CHECK(report.hours[1].requests == 111);
  CHECK(report.hours[83].requests == 86);
  CHECK(report.hours[0].begin_s == 1431856800);

  CHECK(trace->span == 84h);
  CHECK(trace->records.size() == 10'000);
  std::set<std::uint64_t> keys;
  std::uint64_t bytes = 0;
  std::uint64_t not_found = 0;
  for (const TraceRecord& record : trace->records) {
    keys.insert(record.key);
    bytes += record.bytes;
    not_found += record.status == 404;
  }
  CHECK(keys.size() == 1498);  // distinct seventh fields
  CHECK(not_found == 213);
  CHECK(bytes == 2747282740);

  // 74 requests in the first hour: 48.6 s apart, then the second hour begins.
  CHECK(trace->records[0].offset == 0s);
  CHECK(trace->records[1].offset.count() == 3600 * kSecond / 74);
  CHECK(trace->records[73].offset < 1h);
  CHECK(trace->records[74].offset == 1h);
  CHECK(std::is_sorted(trace->records.begin(), trace->records.end(),
                       [](auto& a, auto& b) { return a.offset < b.offset; }));

  const auto text = sentences(report);
  REQUIRE(text.size() == 4);
  CHECK(text[0] ==
        "10000 requests from 10000 lines, 2015-05-17 10:05:00 UTC to 2015-05-20 21:05:59 UTC.");
  CHECK(text[1] == "Accepted although broken behind the request: 1.");
  CHECK(text[2] ==
        "4915 requests are stamped earlier than the one above them: all were sorted by time.");
  CHECK(text[3] ==
        "In every hour all stamps lie within one minute: each hour's requests were spread evenly "
        "over it, "
        "order kept.");
}

TEST_CASE("access log: equal times keep the order of the file", "[access_log]") {
  const auto [trace, report] = read(line_at("10:00:02", "/late") + line_at("10:00:01", "/a") +
                                    line_at("10:00:01", "/b") + line_at("10:00:01", "/c"));
  REQUIRE(trace.has_value());
  CHECK(report.out_of_order == 1);
  std::vector<std::string> order;
  for (const TraceRecord& record : trace->records)
    order.push_back(trace->endpoints[record.endpoint]);
  CHECK(order == std::vector<std::string>{"GET /a", "GET /b", "GET /c", "GET /late"});
}

TEST_CASE("access log: a second's requests are spread over it", "[access_log]") {
  const std::string log = line_at("10:59:58") + line_at("10:59:58") + line_at("10:59:58") +
                          line_at("10:59:58") + line_at("11:00:00");
  const auto [trace, report] = read(log);
  REQUIRE(trace.has_value());
  CHECK(report.resolution == 1s);
  CHECK(offsets_of(*trace) ==
        std::vector<std::int64_t>{0, kSecond / 4, kSecond / 2, kSecond * 3 / 4, 2 * kSecond});
  CHECK(trace->span == 3s);
  CHECK(report.hours.size() == 2);

  const auto plain = read(log, TraceFormat::combined, {.spread = false});
  CHECK(plain.report.resolution == 0s);
  CHECK(offsets_of(*plain.trace) == std::vector<std::int64_t>{0, 0, 0, 0, 2 * kSecond});
  CHECK(plain.trace->span == 2s);
}

// Spreading over hours is a guess about the file; it needs evidence.
TEST_CASE("access log: spreads over hours only where the stamps say so", "[access_log]") {
  const auto hour = [](const char* hour_and_minute, int requests) {
    std::string text;
    for (int i = 0; i < requests; ++i) {
      text += line_at(std::string(hour_and_minute) + (i % 2 == 0 ? ":17" : ":44"));
    }
    return text;
  };
  CHECK(read(hour("10:05", 12) + hour("11:05", 9)).report.resolution == 1h);
  CHECK(read(hour("10:05", 12) + hour("11:07", 9)).report.resolution == 1h);
  CHECK(read(hour("10:05", 12)).report.resolution == 1s);                     // one hour only
  CHECK(read(hour("10:05", 10) + hour("11:05", 9)).report.resolution == 1s);  // too few
  CHECK(read(hour("10:05", 12) + hour("11:05", 9) + hour("11:06", 1)).report.resolution == 1s);
}

TEST_CASE("access log: keys and endpoints", "[access_log]") {
  const auto [trace, report] =
      read(line_at("10:00:01", "/a?x=1") + line_at("10:00:02", "/a?x=2") +
           line_at("10:00:03", "/a?x=1") + line_at("10:00:04", "/b#c") +
           "1.2.3.4 - - [17/May/2015:10:00:05 +0000] \"HEAD /a?x=1 HTTP/1.1\" 304 -\n");
  REQUIRE(trace.has_value());
  const auto& records = trace->records;
  CHECK(trace->endpoints == std::vector<std::string>{"GET /a", "GET /b", "HEAD /a"});
  CHECK(records[0].key == records[2].key);
  CHECK(records[0].key != records[1].key);
  CHECK(records[0].key == records[4].key);
  CHECK(records[0].endpoint == records[1].endpoint);
  CHECK(records[3].endpoint == 1);
  CHECK(records[4].status == 304);
  CHECK(records[0].bytes == 10);
  CHECK(records[0].key == 0x4a85c20fe1b4e638);  // the same in every build and on every machine
}

TEST_CASE("access log: skips by reason and says where", "[access_log]") {
  const auto [trace, report] =
      read(std::string("\n") + line_at("10:00:01") + "rubbish\n" + line_at("10:00:02") +
           "more rubbish\n1.2.3.4 - - [17/May/2015:10:00:03 +0000] \"-\" 408 0");
  REQUIRE(trace.has_value());
  CHECK(report.lines == 6);
  CHECK(report.accepted == 2);
  CHECK(skipped(report, SkipReason::blank) == 1);
  CHECK(skipped(report, SkipReason::no_time) == 2);
  CHECK(skipped(report, SkipReason::no_request) == 1);
  const auto text = sentences(report);
  REQUIRE(text.size() == 5);
  CHECK(text[1] == "Skipped as \"blank line\": 1, the first in line 1.");
  CHECK(text[2] == "Skipped as \"no time\": 2, the first in line 3.");
  CHECK(text[3] == "Skipped as \"no request\": 1, the first in line 6.");
  CHECK(text[4] == "Stamps are whole seconds: each second's requests were spread evenly over it.");
}

TEST_CASE("access log: what is not printable in a path is escaped", "[access_log]") {
  const auto [trace, report] = read(line_at("10:00:01", "/\x1b[2J\xff"));
  REQUIRE(trace.has_value());
  CHECK(trace->endpoints[0] == "GET /\\x1B[2J\\xFF");
}

TEST_CASE("access log: an intact request at the head of an endless line counts", "[access_log]") {
  std::string line = line_at("10:00:01");
  line.insert(line.size() - 1, " \"" + std::string(1'000'000, 'x') + "\"");
  const auto [trace, report] = read(line);
  REQUIRE(trace.has_value());
  CHECK(report.accepted == 1);
  CHECK(report.damaged == 1);
}

TEST_CASE("access log: no usable line is an error that says why", "[access_log]") {
  CHECK(read("").report.error.ends_with(" holds no request: it is empty."));
  CHECK(read("a\nb\n\n")
            .report.error.ends_with(
                " holds no request: 2 of its 3 lines were skipped as \"no time\"."));
  TraceReport report;
  CHECK_FALSE(read_trace("no/such.log", TraceFormat::combined, report).has_value());
  CHECK(report.error == "no/such.log cannot be opened: No such file or directory.");
}

TEST_CASE("access log: limits end the reading with a sentence", "[access_log]") {
  std::string log;
  for (int i = 0; i < 11; ++i) log += line_at("10:00:01", "/path" + std::to_string(i));
  auto reading = read(log, TraceFormat::combined, {.most_records = 10});
  CHECK_FALSE(reading.trace.has_value());
  CHECK(reading.report.error.ends_with(" holds more than 10 requests, the most a trace may have."));
  CHECK(read(log, TraceFormat::combined, {.most_records = 11}).trace.has_value());
  reading = read(log, TraceFormat::combined, {.most_text = 100});
  CHECK_FALSE(reading.trace.has_value());
  CHECK(reading.report.error.ends_with(" names more than 100 bytes of distinct endpoints."));
}

TEST_CASE("csv trace: columns by name, in any order and unit", "[access_log]") {
  const auto [trace, report] = read(
      "\xef\xbb\xbfnote,key,time_ms,endpoint,status,bytes\r\n"
      "x,alice,1500.25,GET /users/{id},200,17\r\n"
      "y,bob,500,\"POST /users, new\",201,\r\n"
      "z,alice,1500.25,GET /users/{id},xxx,3\r\n",
      TraceFormat::csv);
  REQUIRE(trace.has_value());
  CHECK(report.lines == 3);
  CHECK(report.out_of_order == 1);
  CHECK(report.damaged == 2);
  CHECK(report.resolution == 0s);
  CHECK(report.first_ns == 500'000'000);
  CHECK(offsets_of(*trace) == std::vector<std::int64_t>{0, 1'000'250'000, 1'000'250'000});
  CHECK(trace->endpoints == std::vector<std::string>{"GET /users/{id}", "POST /users, new"});
  CHECK(trace->records[0].endpoint == 1);
  CHECK(trace->records[1].key == trace->records[2].key);
  CHECK(trace->records[0].key != trace->records[1].key);
  CHECK(trace->records[1].status == 200);
  CHECK(trace->records[1].bytes == 17);
  CHECK(trace->span.count() == 1'000'250'000);
  CHECK(sentences(report)[0] == "3 requests from 3 lines, 0.5 s to 1.50025 s.");
}

TEST_CASE("csv trace: units of the time column", "[access_log]") {
  for (const auto& [unit, second] : {std::pair{"time", "1"},
                                     {"time_s", "1"},
                                     {"time_ms", "1e3"},
                                     {"time_us", "1e6"},
                                     {"time_ns", "1e9"}}) {
    CAPTURE(unit);
    const auto [trace, report] =
        read(std::string(unit) + "\n0\n" + second + "\n", TraceFormat::csv);
    REQUIRE(trace.has_value());
    CHECK(trace->records[1].offset == 1s);
    CHECK(trace->endpoints == std::vector<std::string>{""});
  }
}

TEST_CASE("csv trace: bad headers and lines", "[access_log]") {
  const auto error = [](std::string_view text) {
    return read(text, TraceFormat::csv).report.error;
  };
  CHECK(error("").ends_with(" is not a CSV trace: it is empty."));
  CHECK(error("when,what\n1,2\n")
            .ends_with(" is not a CSV trace: no column is called time, time_s, time_ms, time_us or "
                       "time_ns."));
  CHECK(
      error("time,key,time_ms\n").ends_with(": column time_ms says what an earlier column says."));
  CHECK(error("time,\"key\n").ends_with(": the header's quotes are not closed."));
  CHECK(error("time" + std::string(100'000, ',')).ends_with(": the header is longer than 64 KiB."));
  CHECK(error("time\n").ends_with(" holds no request: it is empty."));

  const auto [trace, report] = read(
      "time,key\n1,a\n\n2\nx,b\n3,\"c\n4," + std::string(100'000, 'd') + "\n", TraceFormat::csv);
  REQUIRE(trace.has_value());
  CHECK(report.accepted == 1);
  CHECK(skipped(report, SkipReason::blank) == 1);
  CHECK(skipped(report, SkipReason::missing_column) == 1);
  CHECK(skipped(report, SkipReason::bad_time) == 1);
  CHECK(skipped(report, SkipReason::bad_quotes) == 1);
  CHECK(skipped(report, SkipReason::too_long) == 1);
  CHECK(report.first_skipped_line[static_cast<std::size_t>(SkipReason::bad_time)] == 5);
}

TEST_CASE("times trace: one time per line, taken as it is", "[access_log]") {
  const auto [trace, report] = read("-0.5\n0.25\n\n0.25\nsoon\n0\n", TraceFormat::times);
  REQUIRE(trace.has_value());
  CHECK(offsets_of(*trace) ==
        std::vector<std::int64_t>{0, kSecond / 2, 3 * kSecond / 4, 3 * kSecond / 4});
  CHECK(report.skipped_in_all() == 2);
  CHECK(report.hours.size() == 2);  // one hour ends at 0
  CHECK(report.hours[0].begin_s == -3600);
  CHECK(report.hours[1].requests == 3);
  CHECK(trace->records[0].endpoint == 0);
}

TEST_CASE("traces: no bytes crash the reader", "[access_log][property]") {
  std::uint64_t state = 1;
  for (int i = 0; i < 60; ++i) {
    std::string bytes;
    for (int j = 0; j < 3000; ++j) {
      state = state * 6364136223846793005 + 1442695040888963407;
      const char common[] = "[]\"\\,\n 017/May:+-.eGET";
      bytes += state >> 63 ? static_cast<char>(state >> 50)
                           : common[(state >> 40) % (sizeof common - 1)];
    }
    for (const TraceFormat format : {TraceFormat::combined, TraceFormat::csv, TraceFormat::times}) {
      const auto reading = read((format == TraceFormat::csv ? "time,key\n" : "") + bytes, format);
      CHECK(reading.trace.has_value() == reading.report.error.empty());
    }
  }
}

}  // namespace
}  // namespace highwater
