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

# lwIP is for devices; hosts have sockets. Its configuration is the port's.
if(OTTER_BOARD)
  set(OTTER_LWIP_FILES
    core/def.c core/dns.c core/inet_chksum.c core/init.c core/ip.c core/mem.c core/memp.c
    core/netif.c core/pbuf.c core/tcp.c core/tcp_in.c core/tcp_out.c core/timeouts.c core/udp.c
    core/ipv4/dhcp.c core/ipv4/etharp.c core/ipv4/icmp.c core/ipv4/ip4.c core/ipv4/ip4_addr.c
    core/ipv4/ip4_frag.c netif/ethernet.c)
  otter_require_sources("lwIP 2.1" ${OTTER_LWIP_DIR} src/core/tcp.c)
  list(TRANSFORM OTTER_LWIP_FILES PREPEND ${OTTER_LWIP_DIR}/src/)
  add_library(lwip STATIC EXCLUDE_FROM_ALL ${OTTER_LWIP_FILES})
  target_include_directories(lwip SYSTEM PUBLIC ${OTTER_LWIP_DIR}/src/include
    ${CMAKE_SOURCE_DIR}/ports/lwip/config)
  target_compile_options(lwip PRIVATE -ffunction-sections -fdata-sections -g)
endif()

# Mbed TLS, compiled once a configuration of ports/mbedtls/config. Without sanitizers and always
# optimized: the arithmetic would take most of the tests' time otherwise.
function(otter_mbedtls target config)
  list(TRANSFORM ARGN PREPEND ${OTTER_MBEDTLS_DIR}/library/ OUTPUT_VARIABLE sources)
  list(TRANSFORM sources APPEND .c)
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} SYSTEM PUBLIC
    ${OTTER_MBEDTLS_DIR}/include ${CMAKE_SOURCE_DIR}/ports/mbedtls/config)
  target_compile_definitions(${target} PUBLIC MBEDTLS_CONFIG_FILE=<${config}>)
  if(OTTER_BOARD)
    target_compile_definitions(${target} PUBLIC OTTER_MBEDTLS_BARE)
  endif()
  # The pool installs itself with our function, which counts its failures (ports/mbedtls/src/memory.c).
  set_source_files_properties(${OTTER_MBEDTLS_DIR}/library/memory_buffer_alloc.c PROPERTIES
    COMPILE_DEFINITIONS mbedtls_platform_set_calloc_free=otter_mbedtls_install_pool)
  target_compile_options(${target} PRIVATE -w -g -ffunction-sections -fdata-sections
    $<$<CONFIG:Debug>:-O2>)
endfunction()

otter_mbedtls(mbedtls_bootloader otter_mbedtls_bootloader.h
  aes asn1parse asn1write bignum constant_time ecdh ecdsa ecp ecp_curves hkdf hmac_drbg md
  memory_buffer_alloc platform platform_util rsa rsa_internal sha256)
otter_mbedtls(mbedtls_application otter_mbedtls_application.h
  aes asn1parse asn1write base64 bignum cipher cipher_wrap constant_time ctr_drbg ecdh ecdsa ecp
  ecp_curves entropy entropy_poll gcm hkdf hmac_drbg md memory_buffer_alloc oid pem pk pk_wrap pkparse
  platform platform_util rsa rsa_internal sha256 ssl_ciphersuites ssl_cli ssl_msg ssl_tls x509
  x509_crt)
