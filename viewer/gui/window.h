#pragma once

#include <memory>
#include <string>
#include <vector>

#include "viewer/draw/color.h"
#include "viewer/draw/image.h"

namespace highwater::viewer {

/// Where frames are shown.
class Screen {
 public:
  virtual ~Screen() = default;
  /// Pixels of the screen for one of the design.
  virtual float scale() const = 0;
  /// Takes input. @return false when it is to be closed.
  virtual bool begin_frame() = 0;
  /// It is not to be closed after all.
  virtual void keep_open() = 0;
  /// The atlas of fonts is another one.
  virtual void upload_fonts() = 0;
  /// Draws what ImGui::Render() made.
  virtual void draw(Color background) = 0;
  /// What was drawn since begin_frame(). Before end_frame().
  virtual Image picture() = 0;
  /// Shows what was drawn.
  virtual void end_frame() = 0;
  /// Files that were dropped on it since the last time.
  virtual std::vector<std::string> take_dropped() = 0;
  virtual void set_title(const std::string& title) = 0;
};

/// A window of GLFW with OpenGL 3.3.
/// @param why  Says why there is none where null is returned.
std::unique_ptr<Screen> open_window(int width, int height, std::string& why);

/// Tells Dear ImGui where GLFW's keys stand; a window does so by itself.
void map_keys();

}  // namespace highwater::viewer
