# SPDX-License-Identifier: Apache-2.0
"""A certificate authority and what it signed, made by `otter certs new`."""

from pathlib import Path

from .build import Build
from .process import run


class Certificates:
    """A folder with an authority, a server's certificate for the loopback interface, and clients'.

    Devices in QEMU reach the loopback interface as 10.0.2.2, so the server answers for that too.
    """

    def __init__(self, folder, clients=("publisher", "device")):
        self.folder = Path(folder)
        names = [word for client in clients for word in ("--client", client)]
        run(Build.otter, "certs", "new", "--server", "localhost", "--address", "127.0.0.1",
            "--address", "10.0.2.2", *names, self.folder)

    @property
    def ca(self):
        return self.folder / "ca.pem"

    def certificate(self, name):
        return self.folder / f"{name}.pem"

    def key(self, name):
        return self.folder / f"{name}.key"
