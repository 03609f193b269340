#include "viewer/draw/theme.h"

#include <span>
#include <vector>

#include <imgui.h>

namespace highwater::viewer {
namespace {

ColorMap map_through(std::span<const std::uint32_t> stops) {
  std::vector<Lab> labs;
  for (const std::uint32_t stop : stops) labs.push_back(to_lab(rgb(stop)));
  return ColorMap(labs);
}

Theme make_dark() {
  static constexpr std::array<std::uint32_t, 7> kDensity = {0x11151b, 0x35205f, 0x7c2a7d, 0xc43d6c,
                                                            0xee7447, 0xf9b858, 0xfff3c4};
  static constexpr std::array<std::uint32_t, 6> kLevel = {0x1a2432, 0x1f4a78, 0x22828c,
                                                          0x62b877, 0xd9d65a, 0xfff5c2};
  return {.mode = Mode::dark,
          .background = rgb(0x0b0e13),
          .panel = rgb(0x11151b),
          .raised = rgb(0x1a212a),
          .border = rgb(0x262e38),
          .control = rgb(0x1f2731),
          .control_hovered = rgb(0x2b3643),
          .control_active = rgb(0x35445a),
          .grid = IM_COL32(255, 255, 255, 20),
          .grid_minor = IM_COL32(255, 255, 255, 9),
          .text = rgb(0xd7dde5),
          .dim = rgb(0x8b96a5),
          .faint = rgb(0x4a5563),
          .accent = rgb(0x4aa8ff),
          .on_accent = rgb(0x06121f),
          .crosshair = IM_COL32(255, 255, 255, 100),
          .shadow = IM_COL32(0, 0, 0, 110),
          .statuses = {rgb(0x3fb68b), rgb(0xf2b134), rgb(0xf2545b), rgb(0x7d8896)},
          .palette = {rgb(0x6197fc), rgb(0xf9a048), rgb(0x0bdab1), rgb(0xc27ab4), rgb(0xe7e161),
                      rgb(0xcf4527), rgb(0x655bdf), rgb(0xd7f9fd)},
          .density = map_through(kDensity),
          .level = map_through(kLevel)};
}

Theme make_light() {
  static constexpr std::array<std::uint32_t, 7> kDensity = {0xffffff, 0xfde7ad, 0xf9b254, 0xe76f4c,
                                                            0xb93a70, 0x6f2780, 0x260f4f};
  static constexpr std::array<std::uint32_t, 6> kLevel = {0xe9eff3, 0xb3dccb, 0x5fb3ac,
                                                          0x2f81a6, 0x2f4c8e, 0x251a55};
  return {.mode = Mode::light,
          .background = rgb(0xeef1f5),
          .panel = rgb(0xffffff),
          .raised = rgb(0xffffff),
          .border = rgb(0xd3dae2),
          .control = rgb(0xe9edf2),
          .control_hovered = rgb(0xdbe2ea),
          .control_active = rgb(0xc8d3e0),
          .grid = IM_COL32(20, 35, 55, 26),
          .grid_minor = IM_COL32(20, 35, 55, 12),
          .text = rgb(0x1b232d),
          .dim = rgb(0x5a6675),
          .faint = rgb(0xb4bec9),
          .accent = rgb(0x0b69c7),
          .on_accent = rgb(0xffffff),
          .crosshair = IM_COL32(20, 35, 55, 120),
          .shadow = IM_COL32(30, 45, 65, 40),
          .statuses = {rgb(0x0f8a63), rgb(0xa86400), rgb(0xcf2f3a), rgb(0x77828f)},
          .palette = {rgb(0x2957a6), rgb(0xcc450e), rgb(0x009078), rgb(0xee59be), rgb(0xb3a11a),
                      rgb(0x3ba1ff), rgb(0x8d3ff3), rgb(0x30332e)},
          .density = map_through(kDensity),
          .level = map_through(kLevel)};
}

void apply_shape(ImGuiStyle& style) {
  style.WindowPadding = {12, 10};
  style.FramePadding = {9, 5};
  style.ItemSpacing = {8, 7};
  style.ItemInnerSpacing = {6, 4};
  style.CellPadding = {6, 3};
  style.IndentSpacing = 16;
  style.ScrollbarSize = 11;
  style.GrabMinSize = 12;
  style.WindowBorderSize = 0;
  style.ChildBorderSize = 1;
  style.PopupBorderSize = 1;
  style.FrameBorderSize = 0;
  style.WindowRounding = 0;
  style.ChildRounding = 6;
  style.FrameRounding = 5;
  style.PopupRounding = 6;
  style.ScrollbarRounding = 6;
  style.GrabRounding = 5;
  style.TabRounding = 5;
  style.AntiAliasedLinesUseTex = true;
}

void apply_colors(const Theme& theme, ImGuiStyle& style) {
  const auto set = [&style](int slot, Color color) { style.Colors[slot] = to_vec4(color); };
  set(ImGuiCol_Text, theme.text);
  set(ImGuiCol_TextDisabled, theme.dim);
  set(ImGuiCol_WindowBg, theme.background);
  set(ImGuiCol_ChildBg, theme.panel);
  set(ImGuiCol_PopupBg, theme.raised);
  set(ImGuiCol_Border, theme.border);
  set(ImGuiCol_BorderShadow, 0);
  set(ImGuiCol_FrameBg, theme.control);
  set(ImGuiCol_FrameBgHovered, theme.control_hovered);
  set(ImGuiCol_FrameBgActive, theme.control_active);
  set(ImGuiCol_TitleBg, theme.panel);
  set(ImGuiCol_TitleBgActive, theme.raised);
  set(ImGuiCol_TitleBgCollapsed, theme.panel);
  set(ImGuiCol_MenuBarBg, theme.panel);
  set(ImGuiCol_ScrollbarBg, 0);
  set(ImGuiCol_ScrollbarGrab, theme.control_hovered);
  set(ImGuiCol_ScrollbarGrabHovered, theme.control_active);
  set(ImGuiCol_ScrollbarGrabActive, theme.accent);
  set(ImGuiCol_CheckMark, theme.accent);
  set(ImGuiCol_SliderGrab, theme.accent);
  set(ImGuiCol_SliderGrabActive, mixed(theme.accent, theme.text, 0.3F));
  set(ImGuiCol_Button, theme.control);
  set(ImGuiCol_ButtonHovered, theme.control_hovered);
  set(ImGuiCol_ButtonActive, theme.control_active);
  set(ImGuiCol_Header, theme.control);
  set(ImGuiCol_HeaderHovered, theme.control_hovered);
  set(ImGuiCol_HeaderActive, theme.control_active);
  set(ImGuiCol_Separator, theme.border);
  set(ImGuiCol_SeparatorHovered, theme.accent);
  set(ImGuiCol_SeparatorActive, theme.accent);
  set(ImGuiCol_ResizeGrip, 0);
  set(ImGuiCol_ResizeGripHovered, theme.accent);
  set(ImGuiCol_ResizeGripActive, theme.accent);
  set(ImGuiCol_Tab, theme.panel);
  set(ImGuiCol_TabHovered, theme.control_hovered);
  set(ImGuiCol_TabActive, theme.control);
  set(ImGuiCol_TabUnfocused, theme.panel);
  set(ImGuiCol_TabUnfocusedActive, theme.control);
  set(ImGuiCol_PlotLines, theme.accent);
  set(ImGuiCol_PlotLinesHovered, theme.text);
  set(ImGuiCol_PlotHistogram, theme.accent);
  set(ImGuiCol_PlotHistogramHovered, theme.text);
  set(ImGuiCol_TableHeaderBg, mixed(theme.panel, theme.control, 0.5F));
  set(ImGuiCol_TableBorderStrong, theme.border);
  set(ImGuiCol_TableBorderLight, mixed(theme.panel, theme.border, 0.7F));
  set(ImGuiCol_TableRowBg, 0);
  set(ImGuiCol_TableRowBgAlt, faded(theme.control, 0.35F));
  set(ImGuiCol_TextSelectedBg, faded(theme.accent, 0.35F));
  set(ImGuiCol_DragDropTarget, theme.accent);
  set(ImGuiCol_NavHighlight, theme.accent);
  set(ImGuiCol_NavWindowingHighlight, theme.accent);
  set(ImGuiCol_NavWindowingDimBg, theme.shadow);
  set(ImGuiCol_ModalWindowDimBg, theme.shadow);
}

}  // namespace

std::string_view word(Status status) {
  static constexpr std::array<std::string_view, 4> kWords = {"ok", "warning", "failing", "idle"};
  return kWords[static_cast<std::size_t>(status)];
}

Icon icon(Status status) {
  static constexpr std::array kIconOf = {Icon::ok, Icon::warning, Icon::cross, Icon::idle};
  return kIconOf[static_cast<std::size_t>(status)];
}

const Theme& dark_theme() {
  static const Theme kTheme = make_dark();
  return kTheme;
}

const Theme& light_theme() {
  static const Theme kTheme = make_light();
  return kTheme;
}

const Theme& theme_of(Mode mode) {
  return mode == Mode::dark ? dark_theme() : light_theme();
}

void apply(const Theme& theme, float scale) {
  ImGuiStyle style;
  apply_shape(style);
  apply_colors(theme, style);
  style.ScaleAllSizes(scale);
  ImGui::GetStyle() = style;
}

}  // namespace highwater::viewer
