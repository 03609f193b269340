# highwater_test(NAME SOURCES… [LINK…] [DEFINE…]): an executable NAME_tests with Catch2's main,
# every case of which becomes a CTest test called "NAME: case".
#
# Tags become labels: a case tagged [nightly] gets the label `nightly` and a limit of an hour, every
# other one must end within five minutes. [costly] is for what repeats the same code so often that
# CI runs it without sanitizers only. Tests run in the folder's build directory, so what they
# write stays out of the checkout; HIGHWATER_SOURCE_DIR (a string literal) is where the checkout is.
function(highwater_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK;DEFINE" ${ARGN})
  set(target ${name}_tests)
  add_executable(${target} ${ARG_SOURCES})
  target_compile_definitions(${target} PRIVATE
    HIGHWATER_SOURCE_DIR="${PROJECT_SOURCE_DIR}" ${ARG_DEFINE})
  target_link_libraries(${target} PRIVATE ${ARG_LINK} highwater_flags Catch2::Catch2WithMain)

  set(list ${CMAKE_CURRENT_BINARY_DIR}/${target}.cmake)
  add_custom_command(TARGET ${target} POST_BUILD
    BYPRODUCTS ${list}
    COMMAND ${CMAKE_COMMAND}
      -D PROGRAM=$<TARGET_FILE:${target}> -D NAME=${name} -D LIST=${list}
      -D DIRECTORY=${CMAKE_CURRENT_BINARY_DIR}
      -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/discover_tests.cmake
    VERBATIM)
  # An executable that was not built must show up as a failure, not as fewer tests.
  file(WRITE ${list}.include
    "if(EXISTS \"${list}\")\n  include(\"${list}\")\n"
    "else()\n  add_test([==[${name}: not built]==] \"${target}-was-not-built\")\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${list}.include)
endfunction()
