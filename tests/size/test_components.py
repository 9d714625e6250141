# SPDX-License-Identifier: Apache-2.0
"""A program holds the transports that it names, and nothing of the others."""

import re

import pytest
from lab import Build
from lab.process import run

PARTS = {
    "aws": r"otter_aws_|otter_cbor_",
    "bluetooth": r"otter_ble_",
    "mqtt": r"otter_mqtt_",
    "http": r"otter_http_",
    "aws": r"otter_aws_",
    "tls": r"mbedtls_(ssl|x509|pk_parse)|otter_tls_",
    "tcp/ip": r"tcp_|pbuf_|netif_|otter_lwip_",
    "json": r"jsmn_|otter_json_|otter_job_parse|otter_message_",
    "bundles": r"otter_bundle_|otter_tar_",
    "encrypted images": r"otter_image_decrypt$",
}
"""What gives each away among the symbols of a program."""

HOLDS = {
    "agent_aws": {"aws", "mqtt", "json"},
    "agent_ble": {"bluetooth"},
    "agent_ble_signed": {"bluetooth"},
    "agent_aws": {"aws", "mqtt", "json"},
    "agent_mqtt": {"mqtt", "json"},
    "agent_http": {"http", "json"},
    "agent_all": {"mqtt", "http", "json", "bundles"},
    "mqtt_ota-1.0.0": {"mqtt", "tls", "tcp/ip", "json", "encrypted images"},
}


def symbols_of(name):
    return [line.split()[-1] for line in run("arm-none-eabi-nm", Build.elf(name)).stdout.splitlines()]


@pytest.mark.parametrize("name", HOLDS)
def test_a_program_holds_what_it_names_and_no_more(name):
    symbols = symbols_of(name)
    found = {part for part, pattern in PARTS.items()
             if any(re.match(pattern, symbol) for symbol in symbols)}
    assert found == HOLDS[name]


@pytest.mark.parametrize("name", ["agent_ble", "agent_ble_signed"])
def test_nothing_of_a_network_was_even_linked_to_a_program_with_bluetooth_alone(name):
    linked = Build.elf(name).with_suffix(".map").read_text().split("Linker script and memory map")[1]
    placed = set(re.findall(r"^ \.(?:text|rodata|data|bss)\S*\s+0x[0-9a-f]+\s+0x[1-9a-f][0-9a-f]*\s+"
                            r"\S*/lib(?:otter_)?(\w+)\.a\(", linked, re.MULTILINE))
    assert "ble_transport" in placed
    assert not placed & {"mqtt", "mqtt_transport", "http", "http_transport", "net", "json", "lwip",
                         "mbedtls_tls", "mbedtls_application", "settings"}
