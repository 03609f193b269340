# Runs after a test executable is linked and writes the CTest list of its cases.
# Takes PROGRAM, NAME, LIST (the file to write) and DIRECTORY (where the cases run).
#
# Debian's Catch2 2.13 brings a script for this, but it knows no labels and warns about every
# executable that has no case of a kind.

cmake_minimum_required(VERSION 3.25)

# Catch answers with the number of cases as exit status, so a crash is told by its signal's name.
function(list_cases out)
  execute_process(COMMAND ${PROGRAM} ${ARGN} --list-test-names-only
    OUTPUT_VARIABLE text ERROR_VARIABLE errors RESULT_VARIABLE status)
  if(NOT status MATCHES "^[0-9]+$" OR NOT errors STREQUAL "")
    message(FATAL_ERROR "${PROGRAM} could not list its tests: ${status}\n${errors}")
  endif()
  if(text MATCHES ";")
    message(FATAL_ERROR "${PROGRAM}: CMake takes a name with a semicolon for two:\n${text}")
  endif()
  string(REGEX REPLACE "\n+" ";" text "${text}")
  list(FILTER text EXCLUDE REGEX "^$")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

list_cases(cases)
list_cases(nightly "[nightly]")
list_cases(costly "[costly]")
if(cases STREQUAL "")
  message(FATAL_ERROR "${PROGRAM} contains no test")
endif()

set(script "")
foreach(case IN LISTS cases)
  string(REGEX REPLACE "^\"(#.*)\"$" "\\1" case "${case}")   # Catch quotes names that begin so
  string(REGEX REPLACE "([],\\[\"\\\\])" "\\\\\\1" pattern "${case}")
  # NoTests: without it a name that Catch fails to find again would count as passed.
  string(APPEND script
    "add_test([==[${NAME}: ${case}]==] [==[${PROGRAM}]==] [==[${pattern}]==] --warn NoTests)\n")
  if(case IN_LIST nightly)
    set(properties "LABELS nightly TIMEOUT 3600")
  elseif(case IN_LIST costly)
    set(properties "LABELS costly TIMEOUT 300")
  else()
    set(properties "TIMEOUT 300")
  endif()
  string(APPEND script "set_tests_properties([==[${NAME}: ${case}]==] PROPERTIES "
    "WORKING_DIRECTORY [==[${DIRECTORY}]==] ${properties})\n")
endforeach()
file(WRITE ${LIST} "${script}")
