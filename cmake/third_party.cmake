# SPDX-License-Identifier: Apache-2.0
# Sources that scripts/setup fetches, as targets. They are compiled without our warnings.

function(otter_require_sources what directory probe)
  if(NOT EXISTS ${directory}/${probe})
    message(FATAL_ERROR
      "${what} was not found: there is no ${probe} in ${directory}.\n"
      "Run scripts/setup, which fetches it, or name a folder of your own with -D.")
  endif()
endfunction()

otter_require_sources("Mbed TLS 2.28" ${OTTER_MBEDTLS_DIR} library/ssl_tls.c)
otter_require_sources("jsmn" ${OTTER_JSMN_DIR} jsmn.h)

# One JSON tokenizer for every device. jsmn is a single header; a copy of it alone keeps the rest of
# the host's include folder out of firmware builds.
add_library(jsmn INTERFACE)
configure_file(${OTTER_JSMN_DIR}/jsmn.h ${CMAKE_BINARY_DIR}/third_party/jsmn/jsmn.h COPYONLY)
target_include_directories(jsmn SYSTEM INTERFACE ${CMAKE_BINARY_DIR}/third_party/jsmn)
