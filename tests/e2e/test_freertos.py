# SPDX-License-Identifier: Apache-2.0
"""FreeRTOS: the port on its own, and the MQTT example as tasks that go on whatever the others do."""

import pytest
from lab import Build, Device, Publisher, run_check

PROGRAM = "mqtt_ota_tasks-1.0.0"
UPDATE = "mqtt_ota_tasks-1.1.0"

pytestmark = pytest.mark.skipif(not Build.has_elf("freertos_check"),
                                reason="FreeRTOS was not fetched (docs/dependencies.md)")


@pytest.mark.parametrize("name", ["pace", "wake", "interrupt", "guard"])
def test_the_port_keeps_its_promises(name, tmp_path):
    status, console = run_check(name, tmp_path, "freertos_check")
    assert status == 0, console


def test_a_task_that_runs_over_its_stack_is_named(tmp_path):
    status, console = run_check("overflow", tmp_path, "freertos_check")
    assert status == 3, console
    assert "FreeRTOS: out of stack: task worker" in console


@pytest.fixture
def device(tmp_path, tls_broker):
    return Device(tmp_path).create(Build.image(PROGRAM), tls_broker)


def test_an_update_is_installed_tried_and_confirmed(tls_broker, catalogue, device):
    with Publisher(tls_broker, catalogue), device:
        device.wait_for(r"app: Otter MQTT example with tasks 1\.0\.0")
        device.wait_for_led(1000)
        catalogue.sign(Build.program(UPDATE), "1.1.0")
        device.press_button()
        device.wait_for(r"update 1\.1\.0: downloaded")
        installed = device.after(r"boot: installed 1\.1\.0, on trial")
        device.wait_for(r"app: 1\.1\.0 confirmed")
        device.wait_for(r"update 1\.1\.0: reported \(confirmed\)")
        device.wait_for_led(100, installed)
    assert device.inspect()["next_boot"] == "none"


def test_without_a_broker_the_light_and_the_watchdog_go_on(tls_broker, device):
    tls_broker.stop()
    with device:
        device.wait_for(r"LED toggles every 1000 ms")
        for _ in range(2):
            device.wait_for(r"connection refused", start=device.mark())
        device.wait_for_led(1000)
        assert device.count(r"reset: watchdog") == 0
