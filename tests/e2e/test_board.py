# SPDX-License-Identifier: Apache-2.0
"""The drivers of the emulated board, each proved by a run of firmware/board_check in real QEMU."""

import socket
import threading

import pytest
from lab import run_check

@pytest.mark.parametrize("name", ["clock", "random", "flash", "reset", "watchdog"])
def test_the_driver_works(name, tmp_path):
    status, console = run_check(name, tmp_path)
    assert status == 0, console


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("programming-twice", "panic: flash internal at 0x00000000: programmed without an erase"),
        ("stray-write", "access to 0x21000100"),
        ("null-write", "access to 0x00000000"),
        ("stack-overflow", "fault: "),
    ],
)
def test_a_wrong_access_is_reported_and_resets_the_board(name, complaint, tmp_path):
    status, console = run_check(name, tmp_path)
    assert status == 0, console
    assert complaint in console


def test_a_byte_on_the_second_uart_is_a_press_of_the_button(tmp_path):
    status, console = run_check("button", tmp_path, button=b"b")
    assert status == 0, console


class EchoServer:
    """Sends back what it gets, on a free port of the loopback interface."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _serve(self):
        connection, _ = self.listener.accept()
        with connection:
            while piece := connection.recv(65536):
                connection.sendall(piece)


def test_tcp_carries_every_byte_and_a_closed_port_is_named(tmp_path):
    with EchoServer() as echo:
        network = f"user,model=lan9118,guestfwd=tcp:10.0.2.100:7-tcp:127.0.0.1:{echo.port}"
        status, console = run_check("network", tmp_path, network=network)
    assert status == 0, console
    assert "connection refused: nothing listens on that port" in console
