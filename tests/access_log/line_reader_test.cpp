#include "models/client/line_reader.h"

#include <catch2/catch.hpp>

#include "tests/support/scratch_file.h"

namespace highwater {
namespace {

std::vector<std::string> lines_of(std::string_view content, std::string* error = nullptr) {
  const ScratchFile file(content);
  LineReader reader(file.path());
  std::vector<std::string> lines;
  while (const auto line = reader.next()) lines.emplace_back(line->text);
  if (error != nullptr) {
    *error = reader.error();
  } else {
    CHECK(reader.error().empty());
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("LineReader: lines with every kind of end", "[access_log]") {
  CHECK(lines_of("") == Lines{});
  CHECK(lines_of("a") == Lines{"a"});
  CHECK(lines_of("a\n") == Lines{"a"});
  CHECK(lines_of("a\r\nb\n\nc\rd") == Lines{"a", "b", "", "c\rd"});
  CHECK(lines_of(std::string_view("a\0b\nc", 5)) == Lines{std::string("a\0b", 3), "c"});
}

TEST_CASE("LineReader: plain and gzip give the same lines", "[access_log]") {
  std::string text;
  Lines expected;
  for (int i = 0; i < 50'000; ++i) {
    expected.push_back("line " + std::to_string(i) +
                       std::string(static_cast<std::size_t>(i % 37), 'x'));
    text += expected.back() + "\n";
  }
  CHECK(lines_of(text) == expected);
  CHECK(lines_of(gzipped(text)) == expected);
  // Log rotation concatenates compressed files.
  CHECK(lines_of(gzipped("a\nb") + gzipped("c\nd\n")) == Lines{"a", "bc", "d"});
}

TEST_CASE("LineReader: keeps only the beginning of an endless line", "[access_log]") {
  const std::size_t limit = LineReader::kLongestLine;
  const ScratchFile file(std::string(100'000'000, 'x') + "\nshort\n" + std::string(limit, 'y') +
                         "\n" + std::string(limit + 1, 'z'));
  LineReader reader(file.path());
  auto line = reader.next();
  REQUIRE(line.has_value());
  CHECK(line->text.size() == limit);
  CHECK(line->cut);
  line = reader.next();
  CHECK(line->text == "short");
  CHECK_FALSE(line->cut);
  line = reader.next();
  CHECK(line->text.size() == limit);
  CHECK_FALSE(line->cut);
  line = reader.next();
  CHECK(line->text.size() == limit);
  CHECK(line->cut);
  CHECK_FALSE(reader.next().has_value());
}

TEST_CASE("LineReader: says why a file cannot be read", "[access_log]") {
  LineReader missing("no/such/file.log");
  CHECK_FALSE(missing.next().has_value());
  CHECK(missing.error() == "no/such/file.log cannot be opened: No such file or directory.");

  LineReader folder(".");
  CHECK_FALSE(folder.next().has_value());
  CHECK(folder.error() == ". is a folder, not a file.");
}

TEST_CASE("LineReader: damaged gzip is an error, not an early end", "[access_log]") {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919) + "\n";
  const std::string whole = gzipped(text);
  std::string error;

  const Lines some = lines_of(whole.substr(0, whole.size() / 2), &error);
  CHECK(error.ends_with(" ends in the middle of its gzip data."));
  CHECK(some.size() < 50'000);

  std::string broken = whole;
  for (std::size_t i = broken.size() / 2; i < broken.size() / 2 + 100; ++i) broken[i] = '\x7f';
  lines_of(broken, &error);
  CHECK(error.find(" cannot be read: ") != std::string::npos);
  CHECK(error.find("scratch-") == error.rfind("scratch-"));
}

}  // namespace
}  // namespace highwater
