# SPDX-License-Identifier: Apache-2.0
"""A small client of GDB's remote protocol, enough to take QEMU's Cortex-M by the hand."""

import socket
import struct
import time

from .process import ProcessError

CORE = ("r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "r12", "sp", "lr",
        "pc", "xpsr")
PIECE = 1024
"""Bytes of memory in one packet; QEMU's largest holds 4096 characters."""

ANSWER_S = 10


class Gdb:
    """A connection to a stopped processor. Registers are a dict by the names of CORE."""

    def __init__(self, port):
        self._socket = self._connect(port)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._ask("qXfer:features:read:target.xml:0,ffb")  # from now on its registers are a Cortex-M's
        self._demand("Qqemu.PhyMemMode:1")  # memory as it is, whatever the MPU lets the program see

    @staticmethod
    def _connect(port):
        """QEMU listens a moment after its start."""
        deadline = time.monotonic() + ANSWER_S
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port), timeout=ANSWER_S)
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def close(self):
        self._socket.close()

    def _send(self, text):
        body = text.encode()
        self._socket.sendall(b"$%s#%02x" % (body, sum(body) & 0xFF))

    def _receive(self):
        """The body of the next packet. Acknowledgements, theirs and ours, decide nothing here."""
        while True:
            start = self._received.find(b"$")
            end = self._received.find(b"#", start + 1)
            if start >= 0 and 0 <= end and len(self._received) >= end + 3:
                body = self._received[start + 1:end].decode()
                self._received = self._received[end + 3:]
                self._socket.sendall(b"+")
                return body
            more = self._socket.recv(65536)
            if not more:
                raise ProcessError("QEMU closed the connection to its debugger")
            self._received += more

    def _ask(self, text):
        self._send(text)
        return self._receive()

    def _demand(self, text):
        answer = self._ask(text)
        if answer != "OK":
            raise ProcessError(f"QEMU answered '{answer}' to its debugger's '{text[:40]}'")

    def registers(self):
        return dict(zip(CORE, struct.unpack("<17I", bytes.fromhex(self._ask("g"))[:68])))

    def set_registers(self, registers):
        self._demand("G" + struct.pack("<17I", *(registers[name] for name in CORE)).hex())

    def read(self, address, size):
        return b"".join(
            bytes.fromhex(self._ask(f"m{address + at:x},{min(PIECE, size - at):x}"))
            for at in range(0, size, PIECE))

    def write(self, address, content):
        for at in range(0, len(content), PIECE):
            piece = content[at:at + PIECE]
            self._demand(f"M{address + at:x},{len(piece):x}:{piece.hex()}")

    def write_changes(self, address, content):
        """The same, for memory that has these bytes already but for a few pieces of it."""
        present = self.read(address, len(content))
        for at in range(0, len(content), PIECE):
            if present[at:at + PIECE] != content[at:at + PIECE]:
                self.write(address + at, content[at:at + PIECE])

    def stop_at(self, address):
        self._demand(f"Z0,{address:x},2")

    def stop_no_more_at(self, address):
        self._demand(f"z0,{address:x},2")

    def step(self):
        self._ask("s")

    def go_on(self, seconds):
        """Run to the next stop. False if there was none for so long; it is stopped then."""
        self._send("c")
        self._socket.settimeout(seconds)
        try:
            self._receive()
            return True
        except TimeoutError:
            self._socket.settimeout(ANSWER_S)
            self._socket.sendall(b"\x03")
            self._receive()
            return False
        finally:
            self._socket.settimeout(ANSWER_S)
