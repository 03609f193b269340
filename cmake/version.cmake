# highwater_version: the target to link for `#include "version.h"`, which says what was built.
#
# The header is looked at in every build, so that it names the commit that was built, but written
# only when something in it changed: a commit recompiles the file that includes it, nothing more.
set(header ${PROJECT_BINARY_DIR}/generated/version.h)
add_custom_target(highwater_version_header
  BYPRODUCTS ${header}
  COMMAND ${CMAKE_COMMAND}
    -D SOURCE=${PROJECT_SOURCE_DIR} -D HEADER=${header}
    -D VERSION=${PROJECT_VERSION} -D BUILD_TYPE=${CMAKE_BUILD_TYPE}
    -D "COMPILER=${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}"
    -D SYSTEM=${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}
    -P ${CMAKE_CURRENT_LIST_DIR}/write_version.cmake
  COMMENT "Looking at the version" VERBATIM)
add_library(highwater_version INTERFACE)
add_dependencies(highwater_version highwater_version_header)
target_include_directories(highwater_version INTERFACE ${PROJECT_BINARY_DIR}/generated)
