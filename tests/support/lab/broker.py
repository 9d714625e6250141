# SPDX-License-Identifier: Apache-2.0
"""A real Mosquitto on the loopback interface."""

import getpass
import shutil
import socket
import time
from pathlib import Path

from .process import Process, ProcessError, free_port

START_SECONDS = 10
SYSTEM_FOLDERS = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/sbin"


class Broker(Process):
    """A broker: TLS with required client certificates, or plain if there are no certificates.

    It keeps its port over stop() and start(), so that clients find it again.
    """

    def __init__(self, folder, certificates=None):
        self.port = free_port()
        self.certificates = certificates
        self.config = Path(folder) / f"mosquitto-{self.port}.conf"
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path=SYSTEM_FOLDERS)
        super().__init__([program or "mosquitto", "-c", self.config])
        self.config.write_text("\n".join(self._settings()) + "\n")

    def _settings(self):
        # As root, Mosquitto would become a user that may not read the server's key.
        yield f"user {getpass.getuser()}"
        yield "persistence false"
        yield "allow_anonymous true"
        yield "set_tcp_nodelay true"
        # Room for a whole image on its way to a device slower than its publisher, and for the
        # requests of a fleet.
        yield "max_queued_messages 0"
        yield f"listener {self.port} 127.0.0.1"
        if self.certificates:
            yield f"cafile {self.certificates.ca}"
            yield f"certfile {self.certificates.certificate('server')}"
            yield f"keyfile {self.certificates.key('server')}"
            yield "require_certificate true"
            yield "use_identity_as_username true"

    def start(self):
        """Start, and wait until it accepts connections."""
        super().start()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.is_running:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise ProcessError(self.describe("does not accept connections"))

    def options_for(self, client):
        """The options with which `otter publish` and `otter fetch` connect as that client."""
        where = ["--host", "127.0.0.1", "--port", self.port]
        if not self.certificates:
            return where + ["--plain"]
        return where + ["--ca", self.certificates.ca,
                        "--cert", self.certificates.certificate(client),
                        "--key", self.certificates.key(client)]
