# SPDX-License-Identifier: Apache-2.0
"""A certificate authority and what it signed, made by `otter certs new`."""

from pathlib import Path

from .build import Build
from .process import run


SERVER_NAMES = ("localhost", "127.0.0.1", "10.0.2.2")


class Certificates:
    """A folder with an authority, a server's certificate for the loopback interface, and clients'.

    Devices in QEMU reach the loopback interface as 10.0.2.2, so the server answers for that too.
    """

    def __init__(self, folder, clients=("publisher", "device"), servers=SERVER_NAMES,
                 is_expired=False):
        self.folder = Path(folder)
        names = [word for name in servers for word in ("--server", name)]
        names += [word for client in clients for word in ("--client", client)]
        if is_expired:
            names.append("--expired")
        run(Build.otter, "certs", "new", *names, self.folder)

    @property
    def ca(self):
        return self.folder / "ca.crt"

    def certificate(self, name):
        return self.folder / f"{name}.crt"

    def key(self, name):
        return self.folder / f"{name}.key"
