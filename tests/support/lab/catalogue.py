# SPDX-License-Identifier: Apache-2.0
"""A publisher's catalogue: a folder of images and their job documents."""

import json
from pathlib import Path

from .build import Build
from .process import run


class Catalogue:
    """A folder for images on offer."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def release(self, board, version, image, **keys):
        """Put any bytes on offer, as an image or as something that only claims to be one.

        Further keys go into the job, in place of those that it would have.
        """
        name = f"{board}-{version}"
        job = {"Manufacturer": "Otter", "ManufacturerId": "OTTER", "Product": "Lab",
               "SerialNumber": "", "Board": board, "Version": version, "Connection": "MQTT",
               "Broker": "", "Port": "", "File": f"{name}.bin", **keys}
        (self.folder / f"{name}.bin").write_bytes(image)
        # In place at once: the publisher may look at any moment.
        draft = self.folder / f".{name}.json"
        draft.write_text(json.dumps(job))
        draft.rename(self.folder / f"{name}.json")
        return self.folder / f"{name}.bin"

    def sign(self, program, version, key=Build.signing_key, layout=Build.layout, options=()):
        """Sign a program for the emulated board and put it on offer; returns the image's path.

        Options are further ones of `otter image sign`.
        """
        image = self.folder / f"app-{version}.bin"
        run(Build.otter, "image", "sign", "--layout", layout, "--key", key, "--version", version,
            "--catalogue", self.folder, *options, program, image)
        return image
