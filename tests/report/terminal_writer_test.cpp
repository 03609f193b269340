#include "engine/report/terminal_writer.h"

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/report/text.h"
#include "tests/report/sample_results.h"

namespace highwater::terminal_writer_test {
namespace {

std::vector<std::string> lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> all;
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// The summary without its colours.
std::string stripped(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      i = text.find('m', i);
    } else {
      plain += text[i];
    }
  }
  return plain;
}

TEST_CASE("terminal: the summary says what happened", "[report][terminal]") {
  const std::string text =
      terminal_summary(sample_results(), {.report_path = "results/x/report.html"});
  CHECK(text.starts_with("users-api\n"));
  CHECK(contains(text, "10 replications of 10:00, seed 1, warm-up 1:00 (given)"));
  CHECK(contains(text, "61.5M events in 5.83 s (10.5M/s)"));
  CHECK(contains(text, "10,942 failed, 57 rejected, 112 in flight"));
  CHECK(contains(text, "✓ users.latency.p99 < 250ms"));
  CHECK(contains(text, "✗ users.availability >= 99.9%"));
  CHECK(contains(text, "not judged"));
  CHECK(contains(text, "the window lies outside the run"));
  CHECK(contains(text, "users errors: 10,330 timeout, 612 unavailable, 57 rejected"));
  CHECK(contains(text, "api ×3"));
  CHECK(contains(text, "▲ 87.1%"));
  CHECK(contains(text, "redis: evictions 1.20M"));
  CHECK(contains(text, "bottleneck users-db:"));
  CHECK(contains(text, "4:00  fault: kill api[1]"));
  CHECK(text.ends_with("Report  results/x/report.html\n"));
  CHECK(!contains(text, "\x1b"));
}

TEST_CASE("terminal: no line is wider than the terminal, whatever the names",
          "[report][terminal]") {
  for (const std::size_t width : {40u, 60u, 80u, 120u, 200u}) {
    for (const Results& results :
         {sample_results(), replay_results(), hostile_results(), empty_results()}) {
      for (const bool utf8 : {true, false}) {
        const std::string text =
            terminal_summary(results, {.width = width, .color = true, .utf8 = utf8});
        for (const std::string& line : lines(stripped(text))) {
          CAPTURE(width, line);
          CHECK(display_width(line) <= width);
        }
      }
    }
  }
}

TEST_CASE("terminal: a narrow one keeps the columns that matter most", "[report][terminal]") {
  const std::string wide = terminal_summary(sample_results(), {.width = 120});
  CHECK(contains(wide, "wait p99"));
  CHECK(contains(wide, "p99.9"));
  const std::string narrow = terminal_summary(sample_results(), {.width = 40});
  CHECK(!contains(narrow, "p99.9 "));
  CHECK(!contains(narrow, "service"));
  CHECK(contains(narrow, "p99"));
  CHECK(contains(narrow, "util"));
}

TEST_CASE("terminal: colour changes nothing but colour", "[report][terminal]") {
  const std::string plain = terminal_summary(sample_results(), {});
  const std::string colored = terminal_summary(sample_results(), {.color = true});
  CHECK(plain != colored);
  CHECK(stripped(colored) == plain);
}

TEST_CASE("terminal: ASCII means ASCII", "[report][terminal]") {
  for (const Results& results : {sample_results(), replay_results(), hostile_results()}) {
    const std::string text = terminal_summary(results, {.utf8 = false});
    CHECK(std::all_of(text.begin(), text.end(),
                      [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  }
  const std::string text = terminal_summary(sample_results(), {.utf8 = false});
  CHECK(contains(text, "+-1.0"));
  CHECK(contains(text, "+ users.latency.p99 < 250ms"));
}

TEST_CASE("terminal: names cannot send escape sequences", "[report][terminal]") {
  const std::string text = terminal_summary(hostile_results(), {});
  CHECK(!contains(text, "\x1b"));
  CHECK(!contains(text, "\xe2\x80\xae"));
}

TEST_CASE("terminal: absent numbers come with their reason", "[report][terminal]") {
  const std::string text = terminal_summary(replay_results(), {.width = 200});
  CHECK(contains(text, "visitors.latency_ms.p999, robots.latency_ms.p999: not enough samples"));
  CHECK(contains(text, "one replication of a terminating run has no interval"));
  CHECK(!contains(text, "±"));
  CHECK(contains(text, "no warm-up cut"));
  CHECK(contains(text, "Hourly load of the log"));
  CHECK(contains(text, "█"));
  CHECK(contains(text, "day 17, 10 h to day 20, 21 h, peak 176 requests"));
}

TEST_CASE("terminal: a partial run is marked", "[report][terminal]") {
  const std::string text = terminal_summary(empty_results(), {});
  CHECK(contains(text, "PARTIAL interrupted before the first replication ended"));
  CHECK(!contains(text, "Clients"));
  CHECK(!contains(terminal_summary(sample_results(), {}), "PARTIAL"));
}

TEST_CASE("terminal: a long log is cut, and says so", "[report][terminal]") {
  Results results = sample_results();
  for (int i = 0; i < 40; ++i) results.events_log.push_back({400.0 + i, "restart", "again"});
  CHECK(contains(terminal_summary(results, {}), "33 more in the report"));
}

}  // namespace
}  // namespace highwater::terminal_writer_test
