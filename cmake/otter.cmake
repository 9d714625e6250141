# SPDX-License-Identifier: Apache-2.0
# How our own targets are built: the same warnings, sanitizers and conventions for all of them.

add_library(otter_flags INTERFACE)
target_compile_options(otter_flags INTERFACE
  -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla -Wpointer-arith
  -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wswitch-enum
  -ffunction-sections -fdata-sections -fno-common -g
  # Assertions name files: the same in whatever folder the tree is, and short.
  -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/=)

# For devices, objects hold both: code, and what can be optimized as a whole by programs that link with
# -flto (bootloader_small).
add_library(otter_whole INTERFACE)
if(OTTER_BOARD)
  target_compile_options(otter_whole INTERFACE -flto -ffat-lto-objects)
endif()

if(OTTER_SANITIZE)
  target_compile_options(otter_flags INTERFACE -fsanitize=${OTTER_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${OTTER_SANITIZE})
endif()
if(OTTER_COVERAGE)
  target_compile_options(otter_flags INTERFACE --coverage)
  add_link_options(--coverage)
endif()
if(OTTER_FUZZ)
  target_compile_options(otter_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# otter_library(<name> [APART] SOURCES ... [PUBLIC ...] [PRIVATE ...])
# A library in the shape that all of ours have: include/ is public, src/ is private.
# Without sources it is an interface: headers only. APART: it is never optimized together with others, as the
# processor or assembler code calls it by name.
function(otter_library name)
  cmake_parse_arguments(ARG "APART" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  set(target otter_${name})
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    target_include_directories(${target} PUBLIC include PRIVATE src)
    target_link_libraries(${target} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} otter_flags
      $<$<NOT:$<BOOL:${ARG_APART}>>:otter_whole>)
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE include)
    target_link_libraries(${target} INTERFACE ${ARG_PUBLIC})
  endif()
  add_library(otter::${name} ALIAS ${target})
endfunction()

# otter_program(<name> SOURCES ... [LIBRARIES ...])
# A host program under bin/.
function(otter_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} otter_flags)
endfunction()
