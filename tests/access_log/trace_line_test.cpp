#include "models/client/trace_line.h"

#include <catch2/catch.hpp>

namespace highwater {
namespace {

const std::string kHead = "83.149.9.216 - - [17/May/2015:10:05:03 +0000] ";
constexpr std::int64_t kMoment = 1431857103;  // date -u -d '2015-05-17 10:05:03' +%s

std::optional<AccessLine> parse(std::string_view line) {
  SkipReason reason{};
  return parse_access_line(line, reason);
}

SkipReason why_not(std::string_view line) {
  SkipReason reason{};
  REQUIRE_FALSE(parse_access_line(line, reason).has_value());
  return reason;
}

TEST_CASE("access line: combined, common and with a virtual host", "[access_log]") {
  const std::string common = kHead + R"("GET /a/b.png?x=1&y=2 HTTP/1.1" 200 203023)";
  for (const std::string& line :
       {common, common + R"log( "http://from/" "Mozilla/5.0 (X11)")log",
        "www.example.org:80 " + common, common + R"( "-" "quoted \" agent")"}) {
    CAPTURE(line);
    const auto access = parse(line);
    REQUIRE(access.has_value());
    CHECK(access->unix_s == kMoment);
    CHECK(access->method == "GET");
    CHECK(access->target == "/a/b.png?x=1&y=2");
    CHECK(access->status == 200);
    CHECK(access->bytes == 203023);
    CHECK_FALSE(access->damaged);
  }
}

TEST_CASE("access line: the odd but legal", "[access_log]") {
  CHECK(parse(kHead + R"("HEAD / HTTP/1.0" 304 -)")->bytes == 0);
  CHECK_FALSE(parse(kHead + R"("HEAD / HTTP/1.0" 304 -)")->damaged);
  CHECK(parse(kHead + R"("GET /no-version" 200 1)")->target == "/no-version");
  CHECK(parse(kHead + R"("GET /with spaces in it HTTP/1.1" 404 1)")->target ==
        "/with spaces in it");
  CHECK(parse(kHead + R"("GET /a\"b HTTP/1.1" 404 1)")->target == R"(/a\"b)");
  CHECK(parse(kHead + R"("GET /a HTTP/1.1?x HTTP/1.1" 404 1)")->target == "/a HTTP/1.1?x");
  CHECK(parse(kHead + R"("OPTIONS * HTTP/1.1" 200 1)")->target == "*");
  CHECK(parse(kHead + R"("CONNECT example.org:443 HTTP/1.1" 405 1)")->target == "example.org:443");
  CHECK(parse(kHead + R"("VERSION-CONTROL /x HTTP/1.1" 200 1)")->method == "VERSION-CONTROL");
  CHECK(parse("::1 - [strange] user [17/May/2015:10:05:03 +0000] \"GET / HTTP/2.0\" 200 1")
            .has_value());
}

TEST_CASE("access line: damage behind the request does not matter", "[access_log]") {
  for (const char* rest :
       {"", " ", " 200", " 2x0 5", " 200 5x", " 200 -5", " 200 5 \"http://unfinished",
        " 200 5 \"-\" \"Mozilla (unfinished", " 99999999999999999999 1"}) {
    const std::string line = kHead + R"("GET /x HTTP/1.1")" + rest;
    CAPTURE(line);
    const auto access = parse(line);
    REQUIRE(access.has_value());
    CHECK(access->target == "/x");
    CHECK(access->damaged);
  }
}

TEST_CASE("access line: what cannot be used, and why", "[access_log]") {
  CHECK(why_not("") == SkipReason::blank);
  CHECK(why_not(" \t ") == SkipReason::blank);
  CHECK(why_not("hello") == SkipReason::no_time);
  CHECK(why_not(R"(1.2.3.4 - - "GET /[x] HTTP/1.1" 200 1)") == SkipReason::no_time);
  CHECK(why_not(R"(1.2.3.4 - - [yesterday] "GET / HTTP/1.1" 200 1)") == SkipReason::bad_time);
  CHECK(why_not("1.2.3.4 - - [17/May/2015:10:05:03 +0000") == SkipReason::bad_time);
  CHECK(why_not(kHead) == SkipReason::no_request);
  CHECK(why_not(kHead + "GET / HTTP/1.1 200 1") == SkipReason::no_request);
  CHECK(why_not(kHead + R"("" 400 0)") == SkipReason::no_request);
  CHECK(why_not(kHead + R"("-" 408 0)") == SkipReason::no_request);
  CHECK(why_not(kHead + R"("GET /half-a-pa)") == SkipReason::request_cut_off);
  CHECK(why_not(kHead + "\"GET /ends-in-an-escape\\\"") == SkipReason::request_cut_off);
  CHECK(why_not(kHead + R"("\x16\x03\x01\x02" 400 226)") == SkipReason::bad_request);
  CHECK(why_not(kHead + R"("GET" 400 226)") == SkipReason::bad_request);
  CHECK(why_not(kHead + R"("GET " 400 226)") == SkipReason::bad_request);
  CHECK(why_not(kHead + R"("get / HTTP/1.1" 400 226)") == SkipReason::bad_request);
  CHECK(why_not(kHead + R"(" GET / HTTP/1.1" 400 226)") == SkipReason::bad_request);
  CHECK(why_not(kHead + "\"GET /a" + std::string(1, '\0') + "b HTTP/1.1\" 400 1") ==
        SkipReason::bad_request);
}

// Every line of brackets would cost time in its square if each were searched for its partner.
TEST_CASE("access line: hostile lines cost no more than honest ones", "[access_log]") {
  const std::string brackets(60'000, '[');
  CHECK(why_not(brackets) == SkipReason::bad_time);
  CHECK(why_not(brackets + "]") == SkipReason::bad_time);
  CHECK(why_not(kHead + "\"" + std::string(60'000, '\\')) == SkipReason::request_cut_off);
}

// Every prefix of an honest line and every change of one byte: some are accepted, none may crash or
// read beyond the line (the sanitizers watch).
TEST_CASE("access line: mutations never crash", "[access_log][property]") {
  const std::string line = kHead + R"("GET /a?b HTTP/1.1" 200 17 "http://r/" "agent \" x")";
  int accepted = 0;
  for (std::size_t length = 0; length <= line.size(); ++length) {
    accepted += parse(std::string(line, 0, length)).has_value();
  }
  CHECK(accepted ==
        int(line.size() - (kHead.size() + std::string(R"("GET /a?b HTTP/1.1")").size()) + 1));
  for (std::size_t i = 0; i < line.size(); ++i) {
    for (const char c : {'\0', '"', '\\', '[', ']', ' ', '\xff', '9'}) {
      std::string changed = line;
      changed[i] = c;
      SkipReason reason{};
      const auto access = parse_access_line(changed, reason);
      if (access) CHECK_FALSE(access->target.empty());
    }
  }
}

TEST_CASE("log time: with its zone, leap years and limits", "[access_log]") {
  CHECK(parse_log_time("17/May/2015:10:05:03 +0000") == kMoment);
  CHECK(parse_log_time("17/May/2015:12:35:03 +0230") == kMoment);
  CHECK(parse_log_time("16/May/2015:23:05:03 -1100") == kMoment);
  CHECK(parse_log_time("01/Jan/1970:00:00:00 +0000") == 0);
  CHECK(parse_log_time("29/Feb/2016:00:00:00 +0000") == 1456704000);
  CHECK(parse_log_time("31/Dec/2016:23:59:60 +0000") == 1483228800);
  CHECK(parse_log_time("31/Dec/2199:23:59:59 +0000") == 7258118399);
  for (const char* bad :
       {"", "29/Feb/2015:00:00:00 +0000", "31/Apr/2015:00:00:00 +0000",
        "00/May/2015:00:00:00 +0000", "17/May/2015:24:00:00 +0000", "17/May/2015:10:60:00 +0000",
        "17/May/2015:10:05:61 +0000", "17/May/1969:10:05:03 +0000", "17/May/2200:10:05:03 +0000",
        "17/MAY/2015:10:05:03 +0000", "17/ayJ/2015:10:05:03 +0000", "17/May/2015:10:05:03 00000",
        "17/May/2015:10:05:03 +1600", "17/May/2015:10:05:03 +0060", "17/May/2015 10:05:03 +0000",
        "1x/May/2015:10:05:03 +0000", "17/May/2015:10:05:03 +000", "17/May/2015:10:05:03 +00000"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_log_time(bad).has_value());
  }
}

TEST_CASE("decimal: exact, rounded half away from zero", "[access_log]") {
  CHECK(parse_decimal("1.5", 9) == 1'500'000'000);
  CHECK(parse_decimal(" 0.000000001 ", 9) == 1);
  CHECK(parse_decimal("-2", 9) == -2'000'000'000);
  CHECK(parse_decimal("+.5", 3) == 500);
  CHECK(parse_decimal("5.", 3) == 5000);
  CHECK(parse_decimal("1431857103.123456789", 9) == 1'431'857'103'123'456'789);
  CHECK(parse_decimal("1431857103.1234567895", 9) == 1'431'857'103'123'456'790);
  CHECK(parse_decimal("1999999999999999999.5", 0) == 2'000'000'000'000'000'000);
  CHECK(parse_decimal("1999999999999999999.49", 0) == 1'999'999'999'999'999'999);
  CHECK(parse_decimal("0.4999999999999999999999999999", 0) == 0);
  CHECK(parse_decimal("0.5", 0) == 1);
  CHECK(parse_decimal("-0.5", 0) == -1);
  CHECK(parse_decimal("0.05", 0) == 0);
  CHECK(parse_decimal("1.45", 0) == 1);
  CHECK(parse_decimal("1e-05", 9) == 10'000);
  CHECK(parse_decimal("1.25E3", 0) == 1250);
  CHECK(parse_decimal("0e999999999999999999999", 9) == 0);
  CHECK(parse_decimal("1e-999999999999999999999", 9) == 0);
  CHECK(parse_decimal("0000000000000000000000000000001", 0) == 1);
  for (const char* bad :
       {"", " ", ".", "-", "+-1", "1..2", "1.2.3", "1e", "1e+", "nan", "inf", "0x10", "1,5", "1 2",
        "5s", "4611686018427387904", "1e19", "99999999999999999999", "1e999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_decimal(bad, 0).has_value());
  }
  CHECK(parse_decimal("4611686018427387903", 0) == 4611686018427387903);
}

TEST_CASE("CSV: quotes, spaces, empty fields", "[access_log]") {
  std::vector<std::string> fields;
  using Fields = std::vector<std::string>;
  CHECK(split_csv("a,b,c", fields));
  CHECK(fields == Fields{"a", "b", "c"});
  CHECK(split_csv(R"( 1 , "two, too" ,"say ""hi""",)", fields));
  CHECK(fields == Fields{"1", "two, too", "say \"hi\"", ""});
  CHECK(split_csv("", fields));
  CHECK(fields == Fields{""});
  CHECK(split_csv(R"(a"b)", fields));
  CHECK(fields == Fields{"a\"b"});
  CHECK_FALSE(split_csv(R"("open)", fields));
  CHECK_FALSE(split_csv(R"("closed" x,)", fields));
}

TEST_CASE("printable: escapes what could break a terminal or JSON", "[access_log]") {
  CHECK(printable("GET /a?b=\"c\"") == "GET /a?b=\"c\"");
  CHECK(printable(std::string("a\0\x1b[31m\x7f", 8)) == "a\\x00\\x1B[31m\\x7F");
  CHECK(printable("/caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80") ==
        "/caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
  CHECK(printable("\xff\xc3") == "\\xFF\\xC3");
  CHECK(printable("\xc0\xaf") == "\\xC0\\xAF");                    // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xED\\xA0\\x80");           // a surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xF4\\x90\\x80\\x80");  // beyond U+10FFFF
  CHECK(printable("\xe2\x82") == "\\xE2\\x82");                    // cut off
}

TEST_CASE("skip reasons: each has its own words", "[access_log]") {
  std::vector<std::string_view> texts;
  for (std::size_t i = 0; i < kSkipReasons; ++i) {
    texts.push_back(text_of(static_cast<SkipReason>(i)));
    CHECK(std::count(texts.begin(), texts.end(), texts.back()) == 1);
    CHECK(texts.back() != "unknown");
  }
}

}  // namespace
}  // namespace highwater
