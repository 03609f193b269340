#include "viewer/draw/fonts.h"

#include <fstream>

#include <catch2/catch.hpp>

#include "tests/support/scratch_file.h"

namespace highwater::viewer {
namespace {

TEST_CASE("fonts: every role has a font of its size, times the scale", "[drawing][fonts]") {
  for (const float scale : {1.0F, 1.5F, 2.0F}) {
    ImFontAtlas atlas;
    const LoadedFonts loaded = load_fonts(atlas, scale);
    for (std::size_t i = 0; i < kTextRoles; ++i) {
      const auto role = static_cast<TextRole>(i);
      REQUIRE(loaded.fonts.of(role) != nullptr);
      CHECK(loaded.fonts.of(role)->FontSize == Approx(text_size(role) * scale));
    }
    CHECK(atlas.IsBuilt());
  }
}

TEST_CASE("fonts: the signs that texts use are there", "[drawing][fonts]") {
  ImFontAtlas atlas;
  const LoadedFonts loaded = load_fonts(atlas, 1);
  if (!loaded.missing.empty()) {
    WARN("skipped: " << loaded.missing);
    return;
  }
  for (std::size_t i = 0; i < kTextRoles; ++i)
    for (const char16_t sign : {u'a', u'é', u'µ', u'λ', u'–', u'…', u'−', u'±', u'×', u'∞', u'≤',
                                u'≥', u'→', u'↑', u'↓', u'·'}) {
      INFO(i << " " << static_cast<int>(sign));
      CHECK(loaded.fonts.fonts[i]->FindGlyphNoFallback(sign) != nullptr);
    }
}

TEST_CASE("fonts: what is missing is said, and something stands in", "[drawing][fonts]") {
  ImFontAtlas atlas;
  const LoadedFonts none = load_fonts(atlas, 1, {{"/nowhere/Inter.otf"}, {}, {}});
  CHECK(none.missing ==
        "Inter is not installed (package fonts-inter), Dear ImGui's bitmap font stands in. "
        "JetBrainsMono is not installed (package fonts-jetbrains-mono), Dear ImGui's bitmap font "
        "stands in.");
  for (ImFont* font : none.fonts.fonts) {
    REQUIRE(font != nullptr);
    CHECK(font->FindGlyphNoFallback('a') != nullptr);
  }

  const std::string dejavu = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
  if (!std::ifstream(dejavu)) return;
  const LoadedFonts other = load_fonts(atlas, 1, {{dejavu}, {dejavu}, {dejavu}});
  CHECK(other.missing.find("DejaVuSans.ttf stands in.") != std::string::npos);
}

TEST_CASE("fonts: a file that is no font does no harm", "[drawing][fonts]") {
  const ScratchFile file("this is no font");
  const std::string path = file.path().string();
  ImFontAtlas atlas;
  const LoadedFonts loaded = load_fonts(atlas, 1, {{path}, {path}, {path}});
  CHECK(loaded.missing == "A font file could not be read, Dear ImGui's bitmap font stands in.");
  CHECK(atlas.IsBuilt());
  CHECK(loaded.fonts.of(TextRole::body)->FindGlyphNoFallback('a') != nullptr);
}

}  // namespace
}  // namespace highwater::viewer
