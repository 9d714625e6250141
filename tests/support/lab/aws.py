# SPDX-License-Identifier: Apache-2.0
"""AWS IoT in a folder: `otter aws-standin` at a broker of the laboratory, and things for it."""

import json
import time
from pathlib import Path

from .build import Build
from .device import Device
from .process import Process, ProcessError, run

CLIENTS = ("publisher", "device", "signer")
"""Who needs a certificate: the stand-in, a device, and whoever signs the files of jobs."""

ENDED = ("SUCCEEDED", "FAILED", "TIMED_OUT", "REJECTED", "REMOVED", "CANCELED")


class Standin(Process):
    """The stand-in. Its folder lives on over stop() and start(), as a cloud does.

    With a port for files it serves pre-signed URLs, over HTTPS with the server's certificate of the
    broker's authority.
    """

    manner = ("--verbose", "--json")

    def __init__(self, folder, broker, *options, thing, url_port=None, url_name="localhost"):
        self.folder = Path(folder) / "cloud"
        self.thing = thing
        words = [*self.manner, *options]
        if url_port:
            certificates = broker.certificates
            words += ["--url-port", url_port, "--url-name", url_name,
                      "--url-cert", certificates.certificate("server"),
                      "--url-key", certificates.key("server")]
        run(Build.otter, "aws-standin", "add", self.folder, "--thing", thing)
        super().__init__([Build.otter, "aws-standin", "run", self.folder,
                          *broker.options_for("publisher"), *words])

    def start(self):
        super().start()
        self.wait_for('"event":"ready"|answering for', timeout=20)

    def create(self, *files, sign_key=None, **options):
        """Queue a job with these files. Further options are those of the command, with "_" for "-".
        Returns its name."""
        words = [word for file in files for word in ("--file", file)]
        if sign_key:
            words += ["--sign-key", sign_key]
        for name, values in options.items():
            for value in values if isinstance(values, list | tuple) else [values]:
                words += [f"--{name.replace('_', '-')}", value]
        return run(Build.otter, "aws-standin", "create", self.folder, "--thing", self.thing,
                   *words).stdout.split()[-1]

    def cancel(self, job):
        run(Build.otter, "aws-standin", "cancel", self.folder, job, "--force")

    def execution(self, job):
        """What `otter aws-standin status` says of a job on the thing."""
        text = run(Build.otter, "aws-standin", "status", self.folder, job, "--json").stdout
        return json.loads(text)[-1]

    def wait_until_ended(self, job, timeout=60):
        """Returns the execution once it has reached a status that does not change any more."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            execution = self.execution(job)
            if execution["status"] in ENDED:
                return execution
            time.sleep(0.1)
        raise ProcessError(self.describe(f"{job} is still {execution}"))

    def events(self, kind=None):
        """What it told since it was made, of one kind."""
        parsed = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [event for event in parsed if kind in (None, event["event"])]


class Thing(Device):
    """The emulated device with the AWS IoT example."""

    def create_thing(self, image, broker, **settings):
        """Make its flash file: an image, its name, and the certificate of whoever signs files."""
        signer = broker.certificates.certificate("signer").read_text()
        return self.create(image, broker, agent__jobs="aws", aws__code_signing_certificate=signer,
                           **settings)


class Pair(Thing):
    """The same in the four slots of a PSoC 64: image 0 for the CM0+, image 1 for the CM4."""

    def __init__(self, folder, **options):
        super().__init__(folder, layout=Build.board("psoc64"),
                         bootloader=Build.elf("bootloader-psoc64"), **options)

    @staticmethod
    def images(form):
        """Both images of a form of the example: "1.0.0"."""
        folder = Build.mps2 / "images" / f"aws_ota-psoc64-{form}"
        return folder / "cm0.bin", folder / "cm4.bin"

    def create_pair(self, broker, **settings):
        cm0, cm4 = self.images("1.0.0")
        return self.create_thing(cm0, broker, **settings).program("primary-1", cm4)
