# SPDX-License-Identifier: Apache-2.0
"""The HTTP example with code executed in place: one program in two images."""

import json
import tarfile
from pathlib import Path

from .build import Build
from .device import HOST, QUICK, Device
from .process import run

FILES = ("app-fw-0.bin", "app-fw-1.bin")
BUNDLE = "app-fw.tar"

PART_ADDRESS = 0x21200000
"""Where image 1 lies, and is executed."""


def form(name):
    """The folder with the two images of a form of the program: "boot", "upgrade"."""
    return Build.mps2 / "images" / f"http_xip-{name}"


class XipDevice(Device):
    """The device of that example, which knows an HTTP server and no broker."""

    def __init__(self, folder, **options):
        super().__init__(folder, layout=Build.board("http-xip"),
                         bootloader=Build.elf("bootloader_http_xip"), **options)

    def create(self, server, certificates=None, flow="direct", **settings):
        """Make its flash file: the BOOT form, and what it needs for that server.

        Settings are those of the documentation, with "_" for "-" and "__" for ".".
        """
        values = {"device.name": self.name, "device.serial": self.name, "agent.flow": flow,
                  "agent.jobs": "http", "http.host": HOST, "http.port": server.port,
                  "http.tls": "yes" if certificates else "no", "http.image-path": f"/{BUNDLE}",
                  **QUICK}
        for key, value in settings.items():
            values[key.replace("__", ".").replace("_", "-")] = value
        words = []
        for key, value in values.items():
            words += ["--setting", f"{key}={value}"]
        if certificates:
            words += ["--setting", "http.server-name=localhost",
                      "--setting-file", f"http.ca={certificates.ca}"]
        launcher, part = (form("boot") / name for name in FILES)
        run(Build.otter, "device", "create", "--layout", self.layout, *words, "--image", launcher,
            "--output", self.flash)
        return self.program("primary-1", part)


class Pairs:
    """A folder for pairs of images, signed as they are wanted."""

    layout = Build.board("http-xip")

    def __init__(self, folder):
        self.folder = Path(folder)

    def sign(self, image, version, needs=None, padding=b""):
        """Sign an image of the UPGRADE form anew: another version, another need, or larger."""
        folder = self.folder / version
        folder.mkdir(parents=True, exist_ok=True)
        program = folder / f"program-{image}.bin"
        program.write_bytes(Build.program(f"http_xip-upgrade-{image}").read_bytes() + padding)
        run(Build.otter, "image", "sign", "--layout", self.layout, "--key", Build.signing_key,
            "--version", version, "--image-number", image,
            "--dependency", f"{1 - image},{needs or version}", program, folder / FILES[image])
        return folder / FILES[image]

    @staticmethod
    def bundle(server, images):
        """Offer them together, in place of what was offered before."""
        run(Build.otter, "image", "bundle", "--out", server.root / BUNDLE, *images)
        return server.root / BUNDLE

    def bundle_unchecked(self, server, version, images):
        """The same by another tool, which looks at nothing: otter refuses what could never be installed."""
        files = [{"fileName": image.name, "fileType": kind, "fileSize": str(image.stat().st_size)}
                 for image, kind in zip(images, ("NSPE", "SPE"), strict=True)]
        files.insert(0, {"fileName": "components.json", "fileType": "component_list"})
        manifest = self.folder / "components.json"
        manifest.write_text(json.dumps({"numberOfComponents": str(len(files)), "version": version,
                                        "files": files}))
        with tarfile.open(server.root / BUNDLE, "w", format=tarfile.GNU_FORMAT) as archive:
            for path in (manifest, *images):
                archive.add(path, path.name)
