# SPDX-License-Identifier: Apache-2.0
# Every option of the build. The presets set them; people seldom need to.

set(OTTER_SANITIZE "" CACHE STRING "Sanitizers for a host build, comma separated")
option(OTTER_COVERAGE "Instrument a host build for gcovr" OFF)
option(OTTER_FUZZ "Build the libFuzzer targets (clang)" OFF)
set(OTTER_BOARD "" CACHE STRING "Board to build firmware for; empty: a host build")
set(OTTER_TOOL "" CACHE FILEPATH "The host's otter command; a firmware build signs with it")
set(OTTER_LAYOUT "${CMAKE_SOURCE_DIR}/boards/mps2-an386/offset-internal.json" CACHE FILEPATH
  "Layout file that firmware is built for; it names the strategy too")
set(OTTER_SIGNING_KEY "" CACHE FILEPATH
  "Private key (PEM) that firmware is signed with; empty: one is made in the build folder")
set(OTTER_TRUSTED_KEYS "" CACHE STRING
  "Keys (PEM, public or private) whose images firmware accepts besides the signing key's; a list")
set(OTTER_DECRYPTION_KEY "" CACHE FILEPATH
  "The device's private P-256 key (PEM); empty: firmware takes no encrypted images")
set(OTTER_MBEDTLS_DIR "${CMAKE_SOURCE_DIR}/.deps/mbedtls" CACHE PATH "Mbed TLS 2.28 sources")
set(OTTER_BEARSSL_DIR "${CMAKE_SOURCE_DIR}/.deps/bearssl" CACHE PATH "BearSSL 0.6 sources")
set(OTTER_MICRO_ECC_DIR "${CMAKE_SOURCE_DIR}/.deps/micro-ecc" CACHE PATH "micro-ecc sources")
set(OTTER_FREERTOS_DIR "${CMAKE_SOURCE_DIR}/.deps/freertos" CACHE PATH
  "FreeRTOS kernel sources; without them the programs with tasks are left out")
set(OTTER_SODIUM_DIR "${CMAKE_SOURCE_DIR}/.deps/libsodium" CACHE PATH "libsodium 1.0.18 sources")
set(OTTER_LWIP_DIR "${CMAKE_SOURCE_DIR}/.deps/lwip" CACHE PATH "lwIP 2.1 sources")
set(OTTER_JSMN_DIR "/usr/include" CACHE PATH "Folder that holds jsmn.h")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT OTTER_BOARD) # editors look for the host build's at the top
  file(CREATE_LINK ${CMAKE_BINARY_DIR}/compile_commands.json
       ${CMAKE_SOURCE_DIR}/compile_commands.json SYMBOLIC)
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
