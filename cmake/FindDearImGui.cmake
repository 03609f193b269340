# Dear ImGui as Debian has it: one static archive, with the backends for GLFW and OpenGL and the
# renderer of fonts with FreeType compiled in, and no CMake configuration. The target is an imported
# static library, so that what it needs stands after it on the linker's line.
find_path(DearImGui_INCLUDE_DIR imgui.h PATH_SUFFIXES imgui)
find_library(DearImGui_LIBRARY NAMES imgui)
find_path(DearImGui_STB_INCLUDE_DIR stb/stb_image_write.h)
find_library(DearImGui_STB_LIBRARY NAMES stb)
mark_as_advanced(DearImGui_INCLUDE_DIR DearImGui_LIBRARY DearImGui_STB_INCLUDE_DIR
  DearImGui_STB_LIBRARY)
if(DearImGui_INCLUDE_DIR)
  file(STRINGS "${DearImGui_INCLUDE_DIR}/imgui.h" version REGEX "define IMGUI_VERSION +\"")
  string(REGEX REPLACE ".*\"([0-9.]+).*" "\\1" DearImGui_VERSION "${version}")
endif()
find_package(glfw3 3.3 QUIET)
find_package(OpenGL QUIET)
find_package(Freetype QUIET)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(DearImGui
  REQUIRED_VARS DearImGui_LIBRARY DearImGui_INCLUDE_DIR DearImGui_STB_LIBRARY
    DearImGui_STB_INCLUDE_DIR glfw3_FOUND OpenGL_FOUND Freetype_FOUND
  VERSION_VAR DearImGui_VERSION)
if(DearImGui_FOUND AND NOT TARGET DearImGui::DearImGui)
  add_library(DearImGui::DearImGui STATIC IMPORTED)
  set_target_properties(DearImGui::DearImGui PROPERTIES
    IMPORTED_LOCATION "${DearImGui_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${DearImGui_INCLUDE_DIR};${DearImGui_STB_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES
      "glfw;OpenGL::GL;Freetype::Freetype;${DearImGui_STB_LIBRARY};${CMAKE_DL_LIBS}")
endif()
