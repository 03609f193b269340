#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <imgui.h>

namespace highwater::viewer {

/// What a text is for decides how it is set.
enum class TextRole : std::uint8_t {
  small,       ///< Axes, captions, legends.
  body,        ///< Ordinary text.
  strong,      ///< Ordinary text that leads: titles of charts and cards.
  heading,     ///< Titles of panels.
  headline,    ///< The one number of a card.
  mono,        ///< Numbers in columns.
  mono_small,  ///< Numbers in tooltips and on cards.
  card,        ///< Names of cards where there is little room.
};

inline constexpr std::size_t kTextRoles = 8;

/// Height of a role's font in pixels before scaling.
float text_size(TextRole role);

/// One font of the atlas for each role.
struct Fonts {
  std::array<ImFont*, kTextRoles> fonts{};

  /// Never null once load_fonts() made it.
  ImFont* of(TextRole role) const { return fonts[static_cast<std::size_t>(role)]; }
};

/// Where the typefaces are looked for, in order of preference.
struct FontFiles {
  std::vector<std::string> text;
  std::vector<std::string> strong;
  std::vector<std::string> mono;
};

/// Inter and JetBrains Mono where Debian, Fedora, Arch and macOS put them, then other common faces.
const FontFiles& installed_fonts();

struct LoadedFonts {
  Fonts fonts;
  /// What was missing and what stands in for it, for people; empty when all is as designed.
  std::string missing;
};

/// Adds every role's font to `atlas`, rendered by FreeType at its size times `scale`, with Latin-1,
/// Greek, punctuation, arrows and mathematical signs, and makes the text font the default. Where no
/// file is found Dear ImGui's own bitmap font stands in. Clears what the atlas held before; the
/// renderer must upload its texture again.
LoadedFonts load_fonts(ImFontAtlas& atlas, float scale, const FontFiles& files = installed_fonts());

}  // namespace highwater::viewer
