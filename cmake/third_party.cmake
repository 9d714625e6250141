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
otter_require_sources("BearSSL 0.6" ${OTTER_BEARSSL_DIR} src/ec/ecdsa_i31_vrfy_asn1.c)
otter_require_sources("micro-ecc" ${OTTER_MICRO_ECC_DIR} uECC.c)
otter_require_sources("libsodium 1.0.18" ${OTTER_SODIUM_DIR}
  src/libsodium/crypto_sign/ed25519/ref10/open.c)
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

# FreeRTOS, for the device's programs with tasks. Its configuration is the port's.
if(OTTER_BOARD AND EXISTS ${OTTER_FREERTOS_DIR}/tasks.c)
  add_library(freertos STATIC EXCLUDE_FROM_ALL ${OTTER_FREERTOS_DIR}/tasks.c
    ${OTTER_FREERTOS_DIR}/list.c ${OTTER_FREERTOS_DIR}/queue.c
    ${OTTER_FREERTOS_DIR}/portable/GCC/ARM_CM3/port.c
    ${CMAKE_SOURCE_DIR}/ports/freertos/config/hooks.c)
  target_include_directories(freertos SYSTEM PUBLIC ${OTTER_FREERTOS_DIR}/include
    ${OTTER_FREERTOS_DIR}/portable/GCC/ARM_CM3 ${CMAKE_SOURCE_DIR}/ports/freertos/config)
  target_link_libraries(freertos PUBLIC otter::mps2)
  target_compile_options(freertos PRIVATE -ffunction-sections -fdata-sections -g)
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

# BearSSL: SHA-256 and the check of ECDSA P-256 signatures.
set(OTTER_BEARSSL_FILES
  codec/ccopy codec/dec32be codec/enc32be
  ec/ec_p256_m31 ec/ec_secp256r1 ec/ecdsa_atr
  hash/sha2small
  int/i31_add int/i31_bitlen int/i31_decmod int/i31_decode int/i31_encode int/i31_fmont int/i31_iszero
  int/i31_modpow int/i31_montmul int/i31_muladd int/i31_ninv31 int/i31_rshift int/i31_sub
  int/i31_tmont int/i32_div32)
list(TRANSFORM OTTER_BEARSSL_FILES PREPEND ${OTTER_BEARSSL_DIR}/src/)
list(TRANSFORM OTTER_BEARSSL_FILES APPEND .c)
add_library(bearssl STATIC EXCLUDE_FROM_ALL ${OTTER_BEARSSL_FILES})
target_include_directories(bearssl SYSTEM PUBLIC ${OTTER_BEARSSL_DIR}/inc
  PRIVATE ${OTTER_BEARSSL_DIR}/src)
target_compile_options(bearssl PRIVATE -w -g -ffunction-sections -fdata-sections
  $<$<CONFIG:Debug>:-O2>)
# Hashing is most of a boot's time: 46 bytes of code take 10 % off it (ports/bearssl/README.md).
if(OTTER_BOARD)
  set_source_files_properties(${OTTER_BEARSSL_DIR}/src/hash/sha2small.c PROPERTIES
    COMPILE_OPTIONS "-O3;-fno-tree-loop-ivcanon")
endif()

# micro-ecc: the check of ECDSA P-256 signatures. The other curves' constants need not be in a bootloader.
# Level 3 takes the multiplication that is written for the processor (ports/micro_ecc/README.md).
add_library(micro_ecc STATIC EXCLUDE_FROM_ALL ${OTTER_MICRO_ECC_DIR}/uECC.c)
target_include_directories(micro_ecc SYSTEM PUBLIC ${OTTER_MICRO_ECC_DIR})
target_compile_definitions(micro_ecc PRIVATE uECC_OPTIMIZATION_LEVEL=3 uECC_SUPPORT_COMPRESSED_POINT=0
  uECC_SUPPORTS_secp160r1=0 uECC_SUPPORTS_secp192r1=0 uECC_SUPPORTS_secp224r1=0
  uECC_SUPPORTS_secp256k1=0)
target_compile_options(micro_ecc PRIVATE -w -g -ffunction-sections -fdata-sections
  $<$<CONFIG:Debug>:-O2>)

# libsodium: the check of Ed25519 signatures. Its utilities, needed for comparing and clearing, hold
# more that calls what is not compiled here; the linker drops that before it could miss it.
set(OTTER_SODIUM_FILES
  crypto_core/ed25519/ref10/ed25519_ref10.c crypto_hash/sha512/cp/hash_sha512_cp.c
  crypto_sign/ed25519/ref10/open.c crypto_sign/ed25519/ref10/sign.c crypto_verify/sodium/verify.c
  sodium/utils.c)
list(TRANSFORM OTTER_SODIUM_FILES PREPEND ${OTTER_SODIUM_DIR}/src/libsodium/)
add_library(sodium STATIC EXCLUDE_FROM_ALL ${OTTER_SODIUM_FILES})
target_include_directories(sodium SYSTEM
  PUBLIC ${OTTER_SODIUM_DIR}/src/libsodium/include/sodium
  PRIVATE ${OTTER_SODIUM_DIR}/src/libsodium/include)
target_compile_definitions(sodium PRIVATE CONFIGURED=1 SODIUM_STATIC=1)
target_compile_options(sodium PRIVATE -w -g -ffunction-sections -fdata-sections
  $<$<CONFIG:Debug>:-O2>)
target_link_options(sodium INTERFACE -Wl,--gc-sections)
