#include "viewer/gui/window.h"

#include <algorithm>
#include <utility>

#define GLFW_INCLUDE_NONE
#include <GL/gl.h>
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

namespace highwater::viewer {
namespace {

std::string& last_error() {
  static std::string error;
  return error;
}

class Window final : public Screen {
 public:
  explicit Window(GLFWwindow* window) : window_(window) {
    glfwMakeContextCurrent(window_);
    glfwSwapInterval(1);
    glfwSetWindowUserPointer(window_, this);
    glfwSetDropCallback(window_, [](GLFWwindow* of, int count, const char** files) {
      auto& self = *static_cast<Window*>(glfwGetWindowUserPointer(of));
      self.dropped_.insert(self.dropped_.end(), files, files + count);
    });
    // Dear ImGui's own callback calls it first.
    glfwSetKeyCallback(window_, [](GLFWwindow* of, int key, int, int action, int mods) {
      auto& self = *static_cast<Window*>(glfwGetWindowUserPointer(of));
      if (action == GLFW_PRESS && key >= 0) self.pressed_.push_back({key, mods});
    });
    ImGui_ImplGlfw_InitForOpenGL(window_, true);
    ImGui_ImplOpenGL3_Init("#version 330");
  }
  ~Window() override {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    glfwDestroyWindow(window_);
    glfwTerminate();
  }

  float scale() const override {
    float x = 1, y = 1;
    glfwGetWindowContentScale(window_, &x, &y);
    return std::max(x, y);
  }

  bool begin_frame() override {
    let_go();
    glfwPollEvents();
    if (glfwWindowShouldClose(window_) != 0) return false;
    if (glfwGetWindowAttrib(window_, GLFW_ICONIFIED) != 0) glfwWaitEventsTimeout(0.1);
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    hold();
    return true;
  }

  void keep_open() override { glfwSetWindowShouldClose(window_, GLFW_FALSE); }

  void upload_fonts() override {
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
  }

  void draw(Color background) override {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    glViewport(0, 0, width, height);
    const ImVec4 color = to_vec4(background);
    glClearColor(color.x, color.y, color.z, 1);
    glClear(GL_COLOR_BUFFER_BIT);
    ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  }

  Image picture() override {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    Image image(width, height, 0);
    glReadBuffer(GL_BACK);
    glPixelStorei(GL_PACK_ALIGNMENT, 1);
    glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, image.pixels.data());
    for (int y = 0; y < height / 2; ++y)
      for (int x = 0; x < width; ++x) std::swap(image.at(x, y), image.at(x, height - 1 - y));
    for (Color& pixel : image.pixels) pixel |= IM_COL32_A_MASK;
    return image;
  }

  void end_frame() override { glfwSwapBuffers(window_); }

  std::vector<std::string> take_dropped() override { return std::exchange(dropped_, {}); }
  void set_title(const std::string& title) override { glfwSetWindowTitle(window_, title.c_str()); }

 private:
  struct Press {
    int key, mods;
  };

  /// A key that was pressed and let go since the frame before is down in this one: Dear ImGui looks
  /// at keys once a frame, and would not see it where frames take long.
  void hold() {
    ImGuiIO& io = ImGui::GetIO();
    for (const Press& press : pressed_) {
      io.KeysDown[press.key] = true;
      io.KeyCtrl |= (press.mods & GLFW_MOD_CONTROL) != 0;
      io.KeyShift |= (press.mods & GLFW_MOD_SHIFT) != 0;
    }
  }
  void let_go() {
    ImGuiIO& io = ImGui::GetIO();
    const auto is_down = [&](int key) { return glfwGetKey(window_, key) == GLFW_PRESS; };
    for (const Press& press : std::exchange(pressed_, {}))
      if (!is_down(press.key)) io.KeysDown[press.key] = false;
    io.KeyCtrl = is_down(GLFW_KEY_LEFT_CONTROL) || is_down(GLFW_KEY_RIGHT_CONTROL);
    io.KeyShift = is_down(GLFW_KEY_LEFT_SHIFT) || is_down(GLFW_KEY_RIGHT_SHIFT);
  }

  GLFWwindow* window_;
  std::vector<Press> pressed_;  // since the frame before
  std::vector<std::string> dropped_;
};

}  // namespace

std::unique_ptr<Screen> open_window(int width, int height, std::string& why) {
  glfwSetErrorCallback([](int, const char* text) { last_error() = text; });
  if (glfwInit() == 0) {
    why = last_error();
    return nullptr;
  }
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
  GLFWwindow* const window = glfwCreateWindow(width, height, "Highwater", nullptr, nullptr);
  if (window == nullptr) {
    why = last_error();
    glfwTerminate();
    return nullptr;
  }
  return std::make_unique<Window>(window);
}

void map_keys() {
  ImGuiIO& io = ImGui::GetIO();
  io.KeyMap[ImGuiKey_Tab] = GLFW_KEY_TAB;
  io.KeyMap[ImGuiKey_LeftArrow] = GLFW_KEY_LEFT;
  io.KeyMap[ImGuiKey_RightArrow] = GLFW_KEY_RIGHT;
  io.KeyMap[ImGuiKey_UpArrow] = GLFW_KEY_UP;
  io.KeyMap[ImGuiKey_DownArrow] = GLFW_KEY_DOWN;
  io.KeyMap[ImGuiKey_PageUp] = GLFW_KEY_PAGE_UP;
  io.KeyMap[ImGuiKey_PageDown] = GLFW_KEY_PAGE_DOWN;
  io.KeyMap[ImGuiKey_Home] = GLFW_KEY_HOME;
  io.KeyMap[ImGuiKey_End] = GLFW_KEY_END;
  io.KeyMap[ImGuiKey_Delete] = GLFW_KEY_DELETE;
  io.KeyMap[ImGuiKey_Backspace] = GLFW_KEY_BACKSPACE;
  io.KeyMap[ImGuiKey_Space] = GLFW_KEY_SPACE;
  io.KeyMap[ImGuiKey_Enter] = GLFW_KEY_ENTER;
  io.KeyMap[ImGuiKey_Escape] = GLFW_KEY_ESCAPE;
  io.KeyMap[ImGuiKey_KeyPadEnter] = GLFW_KEY_KP_ENTER;
  io.KeyMap[ImGuiKey_A] = GLFW_KEY_A;
  io.KeyMap[ImGuiKey_C] = GLFW_KEY_C;
  io.KeyMap[ImGuiKey_V] = GLFW_KEY_V;
  io.KeyMap[ImGuiKey_X] = GLFW_KEY_X;
  io.KeyMap[ImGuiKey_Y] = GLFW_KEY_Y;
  io.KeyMap[ImGuiKey_Z] = GLFW_KEY_Z;
}

}  // namespace highwater::viewer
