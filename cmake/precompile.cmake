# highwater_precompile(TARGET FROM): where HIGHWATER_PRECOMPILE is on, the target takes the headers
# that FROM, which has the same flags, has read already.
#
# Without optimization most of the time goes into reading headers. The presets with clang turn it
# on; other builds leave it off, so that a file which forgets an include still fails somewhere.
option(HIGHWATER_PRECOMPILE "Read headers that everybody includes once (PCH)" OFF)

# highwater_precompiled(NAME HEADERS…): the target to take them from.
function(highwater_precompiled name)
  if(NOT HIGHWATER_PRECOMPILE)
    return()
  endif()
  set(source ${PROJECT_BINARY_DIR}/generated/${name}.cpp)
  file(GENERATE OUTPUT ${source} CONTENT "")
  add_library(${name} OBJECT ${source})
  target_precompile_headers(${name} PRIVATE ${ARGN})
  target_link_libraries(${name} PRIVATE highwater_flags)
endfunction()

function(highwater_precompile target from)
  if(HIGHWATER_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM ${from})
  endif()
endfunction()
