#include "viewer/draw/fonts.h"

#include <array>
#include <cstring>
#include <fstream>
#include <span>

#include <imgui_freetype.h>

namespace highwater::viewer {
namespace {

constexpr std::array<float, kTextRoles> kSizes = {12.5F, 15, 15, 18, 24, 14, 12.5F, 12.5F};

// Latin-1, Greek, dashes and quotes, per mille to primes, superscripts, arrows, mathematical signs,
// and the geometric shapes that people put into names.
constexpr std::array<ImWchar, 17> kGlyphs = {0x20,   0xFF,   0x370,  0x3FF,  0x2010, 0x2027,
                                             0x2030, 0x203A, 0x2070, 0x209C, 0x2190, 0x21FF,
                                             0x2200, 0x22FF, 0x25A0, 0x25FF, 0};

struct Face {
  const char* name;  // as designed
  const char* package;
  std::span<const std::string> files;
};

bool can_be_read(const std::string& path) {
  return std::ifstream(path, std::ios::binary).good();
}

const std::string* first_readable(std::span<const std::string> files) {
  for (const std::string& file : files)
    if (can_be_read(file)) return &file;
  return nullptr;
}

std::string file_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// What people are told about a face whose first files are not there.
std::string what_is_missing(const Face& face) {
  const std::string* file = first_readable(face.files);
  const bool as_designed = file != nullptr && file_name(*file).starts_with(face.name);
  if (as_designed) return {};
  const std::string instead = file == nullptr ? "Dear ImGui's bitmap font" : file_name(*file);
  return std::string(face.name) + " is not installed (package " + face.package + "), " + instead +
         " stands in. ";
}

const Face& face_of(TextRole role, const std::array<Face, 3>& faces) {
  switch (role) {
    case TextRole::mono:
    case TextRole::mono_small:
      return faces[2];
    case TextRole::strong:
    case TextRole::card:
    case TextRole::heading:
    case TextRole::headline:
      return faces[1];
    case TextRole::small:
    case TextRole::body:
      break;
  }
  return faces[0];
}

ImFont* add_default(ImFontAtlas& atlas, float size) {
  ImFontConfig config;
  config.SizePixels = size;
  return atlas.AddFontDefault(&config);
}

ImFont* add_font(ImFontAtlas& atlas, const Face& face, float size) {
  const std::string* file = first_readable(face.files);
  if (file == nullptr) return add_default(atlas, size);
  ImFontConfig config;
  config.OversampleH = 1;
  config.OversampleV = 1;
  config.FontBuilderFlags = ImGuiFreeTypeBuilderFlags_LightHinting;
  return atlas.AddFontFromFileTTF(file->c_str(), size, &config, kGlyphs.data());
}

Fonts add_all(ImFontAtlas& atlas, float scale, const std::array<Face, 3>& faces) {
  Fonts fonts;
  atlas.Clear();
  atlas.FontBuilderIO = ImGuiFreeType::GetBuilderForFreeType();
  for (std::size_t i = 0; i < kTextRoles; ++i) {
    const auto role = static_cast<TextRole>(i);
    fonts.fonts[i] = add_font(atlas, face_of(role, faces), text_size(role) * scale);
  }
  return fonts;
}

}  // namespace

float text_size(TextRole role) {
  return kSizes[static_cast<std::size_t>(role)];
}

const FontFiles& installed_fonts() {
  static const FontFiles kFiles = {
      {"/usr/share/fonts/opentype/inter/Inter-Regular.otf",
       "/usr/share/fonts/rsms-inter-fonts/Inter-Regular.otf",
       "/usr/share/fonts/inter/Inter-Regular.otf", "/usr/share/fonts/TTF/Inter-Regular.ttf",
       "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Regular.ttf",
       "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
       "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/TTF/DejaVuSans.ttf",
       "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
       "/System/Library/Fonts/Helvetica.ttc"},
      {"/usr/share/fonts/opentype/inter/Inter-SemiBold.otf",
       "/usr/share/fonts/rsms-inter-fonts/Inter-SemiBold.otf",
       "/usr/share/fonts/inter/Inter-SemiBold.otf", "/usr/share/fonts/TTF/Inter-SemiBold.ttf",
       "/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Medium.ttf",
       "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf",
       "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
       "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf",
       "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf",
       "/System/Library/Fonts/Helvetica.ttc"},
      {"/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Regular.ttf",
       "/usr/share/fonts/jetbrains-mono-fonts/JetBrainsMono-Regular.otf",
       "/usr/share/fonts/TTF/JetBrainsMono-Regular.ttf",
       "/usr/share/fonts/truetype/noto/NotoSansMono-Regular.ttf",
       "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
       "/usr/share/fonts/TTF/DejaVuSansMono.ttf",
       "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf",
       "/System/Library/Fonts/Menlo.ttc"}};
  return kFiles;
}

LoadedFonts load_fonts(ImFontAtlas& atlas, float scale, const FontFiles& files) {
  std::array<Face, 3> faces = {Face{"Inter", "fonts-inter", files.text},
                               Face{"Inter", "fonts-inter", files.strong},
                               Face{"JetBrainsMono", "fonts-jetbrains-mono", files.mono}};
  LoadedFonts loaded;
  loaded.fonts = add_all(atlas, scale, faces);
  if (atlas.Build()) {
    loaded.missing = what_is_missing(faces[0]) + what_is_missing(faces[2]);
    if (!loaded.missing.empty()) loaded.missing.pop_back();  // the space after the last sentence
  } else {
    for (Face& face : faces) face.files = {};
    loaded.fonts = add_all(atlas, scale, faces);
    atlas.Build();
    loaded.missing = "A font file could not be read, Dear ImGui's bitmap font stands in.";
  }
  if (ImGui::GetCurrentContext() != nullptr && ImGui::GetIO().Fonts == &atlas)
    ImGui::GetIO().FontDefault = loaded.fonts.of(TextRole::body);
  return loaded;
}

}  // namespace highwater::viewer
