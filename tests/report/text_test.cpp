#include "engine/report/text.h"

#include <string>

#include <catch2/catch.hpp>

namespace highwater {
namespace {

TEST_CASE("text: code points are taken whole, broken ones a byte at a time", "[report][text]") {
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";  // a é € 😀
  std::u32string taken;
  for (std::size_t i = 0; i < text.size();) taken += take_code_point(text, i);
  CHECK(taken == U"aé€😀");
  // Truncated, overlong, surrogate, beyond U+10FFFF, stray continuation.
  for (const std::string bad :
       {"\xe2\x82", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\x80"}) {
    CAPTURE(bad.size());
    std::size_t at = 0;
    std::size_t count = 0;
    while (at < bad.size()) {
      CHECK(take_code_point(bad, at) == U'\xFFFD');
      ++count;
    }
    CHECK(count == bad.size());
  }
}

TEST_CASE("text: append_utf8 undoes take_code_point", "[report][text]") {
  for (const char32_t c : U"\x7f\x80\x7ff\x800\xffff\x10000\x10ffff") {
    if (c == 0) continue;
    std::string text;
    append_utf8(text, c);
    std::size_t at = 0;
    CHECK(take_code_point(text, at) == c);
    CHECK(at == text.size());
  }
}

TEST_CASE("text: one line carries no control character", "[report][text]") {
  CHECK(one_line("a\tb\nc\r") == "a b c ");
  CHECK(one_line("\x1b[31mred") == "\xef\xbf\xbd[31mred");
  CHECK(one_line(std::string("\xc2\x9b", 2)) == "\xef\xbf\xbd");  // C1: a terminal's CSI
  CHECK(one_line("\xe2\x80\xae"
                 "abc") ==
        "\xef\xbf\xbd"
        "abc");  // right-to-left override
  CHECK(one_line("é ✓ 日本") == "é ✓ 日本");
}

TEST_CASE("text: ASCII keeps the signs of our own", "[report][text]") {
  CHECK(ascii_line("±0.5 µs – ×3 ✓ ✗ ▲") == "+-0.5 us - x3 + x !");
  CHECK(ascii_line("naïve 日") == "na?ve ?");
}

TEST_CASE("text: width and truncation count columns", "[report][text]") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("日本") == 4);
  CHECK(display_width("e\xcc\x81") == 1);  // e and a combining acute accent
  CHECK(truncated("users-api", 9) == "users-api");
  CHECK(truncated("users-api", 6) == "users…");
  CHECK(truncated("日本語", 5) == "日本…");
  CHECK(truncated("日本語", 4) == "日…");  // half of a wide character does not fit
  CHECK(truncated("users-api", 6, "...") == "use...");
  CHECK(truncated("users-api", 2, "...").empty());
}

TEST_CASE("text: nothing leaves HTML text, an attribute or a script element", "[report][text]") {
  CHECK(html_escaped("<b a=\"1\" b='2'>&</b>") ==
        "&lt;b a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;&lt;/b&gt;");
  CHECK(html_escaped(std::string("a\0b", 3)) ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(script_safe(R"(["</script>","<!--"])") == R"(["\u003c/script>","\u003c!--"])");
}

TEST_CASE("text: base64 as in RFC 4648", "[report][text]") {
  CHECK(base64("").empty());
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe\xfd") == "//79");
}

}  // namespace
}  // namespace highwater
