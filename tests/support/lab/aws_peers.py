# SPDX-License-Identifier: Apache-2.0
"""Devices of AWS IoT that share no code with ours: on paho, with another CBOR codec.

One behaves as AWS's OTA agent (release 3.4.0), the other as the libraries that replaced it; both with
the weaknesses that those have.
"""

import json
import subprocess
from base64 import b64decode

import cbor2

from .peers import Peer


class Gone(Exception):
    """The device has something better to do than what it is at: another job, or none."""


class AwsClient(Peer):
    """A thing's connection: it subscribes to all that a broker has for it, and asks."""

    def __init__(self, broker, thing):
        super().__init__(broker)
        self.thing = thing
        self.base = f"$aws/things/{thing}/"
        self.answers = []
        self.blocks = []
        self.errors = []
        self.notifications = []

    def __enter__(self):
        super().__enter__()
        for level in ("jobs/notify", "jobs/notify-next", "jobs/+/accepted", "jobs/+/rejected",
                      "jobs/+/+/accepted", "jobs/+/+/rejected", "streams/+/data/+",
                      "streams/+/rejected/+", "streams/+/description/+"):
            self.subscribe(self.base + level)
        return self

    def on_message(self, topic, payload):
        level = topic.removeprefix(self.base)
        if level.startswith("streams/"):
            kept = self.blocks if "/data/" in level else self.errors
            read = cbor2.loads if level.endswith("cbor") else json.loads
            kept.append((level.split("/")[1], read(payload)))
        elif level in ("jobs/notify", "jobs/notify-next"):
            self.notifications.append((level.removeprefix("jobs/"), json.loads(payload)))
        else:
            self.answers.append((level, json.loads(payload)))
        with self._changed:
            self._changed.notify_all()

    def tell(self, level, payload="", qos=1):
        if isinstance(payload, dict):
            payload = json.dumps(payload)
        self._client.publish(self.base + level, payload, qos=qos)

    def ask(self, level, payload="", timeout=20):
        """Ask Jobs, and wait. Returns "accepted" or "rejected", and the answer."""
        levels = [f"jobs/{level}/{outcome}" for outcome in ("accepted", "rejected")]
        del self.answers[:]
        self.tell(f"jobs/{level}", payload)
        self.wait_until(lambda: any(at in levels for at, _ in self.answers), timeout)
        at, answer = next(pair for pair in self.answers if pair[0] in levels)
        return at.rsplit("/", 1)[1], answer

    def update(self, job, status, **more):
        return self.ask(f"{job}/update", {"status": status, **more})

    def ask_blocks(self, stream, request, form="cbor"):
        """Ask a stream, without waiting."""
        payload = cbor2.dumps(request) if form == "cbor" else json.dumps(request)
        self.tell(f"streams/{stream}/get/{form}", payload, qos=0)

    def next_execution(self):
        outcome, answer = self.ask("$next/get", {"clientToken": f"0:{self.thing}"})
        assert outcome == "accepted" and answer["clientToken"] == f"0:{self.thing}", answer
        return answer.get("execution") or None

    def head(self):
        """The job that the last notify-next named; "" if there was none, None without any."""
        for kind, message in reversed(self.notifications):
            if kind == "notify-next":
                return message.get("execution", {}).get("jobId", "")
        return None


def is_signed(data, signature, certificate, folder):
    """Is it a signature over the data by the key of a certificate? OpenSSL decides."""
    (folder / "signed.bin").write_bytes(data)
    (folder / "signature.bin").write_bytes(b64decode(signature))
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-pubkey", "-noout"],
                         capture_output=True, check=True).stdout
    (folder / "signer.pem").write_bytes(key)
    verdict = subprocess.run(["openssl", "dgst", "-sha256", "-verify", folder / "signer.pem",
                              "-signature", folder / "signature.bin", folder / "signed.bin"],
                             capture_output=True, check=False)
    return verdict.returncode == 0


class OldAgent(AwsClient):
    """AWS's OTA agent: asks for all missing blocks in batches, and counts on nothing but a timer.

    run() goes on until it restarts, or until there is nothing to do; what it received is in
    `received_file`; on_block(number of blocks so far) may raise Gone. It is made again for each start of the device, with the version that runs then.
    """

    BATCH = 8
    MOMENTUM_MAX = 32
    REPORT_EVERY = 64

    def __init__(self, broker, thing, folder, certificate=None, version=(0, 9, 2),
                 block_size=4096, timer=0.3):
        super().__init__(broker, thing)
        self.folder = folder
        self.certificate = certificate
        self.version = version
        self.block_size = block_size
        self.timer = timer
        self.received_file = None
        self.job = None
        self.requests = 0
        self.duplicates = 0
        self.on_block = lambda done: None

    @property
    def updated_by(self):
        major, minor, build = self.version
        return f"0x{major << 24 | minor << 16 | build:08x}"

    def run(self):
        execution = self.next_execution()
        if not execution:
            return "no job"
        self.job = execution["jobId"]
        document = execution["jobDocument"].get("afr_ota")
        if not document:
            return "custom job"
        if "self_test" in execution.get("statusDetails", {}):
            return self._test(execution["statusDetails"])
        try:
            return self._update(document)
        except Gone:
            return "aborted"

    def _report(self, status, details, qos=1):
        # Its answer is ignored.
        self.tell(f"jobs/{self.job}/update", {"status": status, "statusDetails": details}, qos)

    def _fail(self, reason):
        self._report("FAILED", {"reason": reason})
        return "failed"

    def _test(self, details):
        if details["updatedBy"] == self.updated_by:
            return self._fail("rejected: 0x00000010")
        if int(details["updatedBy"], 16) > int(self.updated_by, 16):
            return self._fail("rejected: 0x0000000f")
        self._report("IN_PROGRESS", {"self_test": "active", "updatedBy": self.updated_by})
        version = ".".join(map(str, self.version))
        self._report("SUCCEEDED", {"reason": f"accepted  v{version}", "updatedBy": "  v0.9.2"})
        return "accepted"

    def _update(self, document):
        file = document["files"][0]
        if self.certificate and "sig-sha256-ecdsa" not in file:
            return self._fail("0x0000000c: 0x00000004")
        data = self._download(document["streamname"], file)
        if data is None:
            return self._fail("aborted: 0x00000000")
        self.received_file = data
        if self.certificate and not is_signed(data, file["sig-sha256-ecdsa"], self.certificate,
                                              self.folder):
            return self._fail("0x000000e3: 0x00000000")
        self._report("IN_PROGRESS", {"self_test": "ready", "updatedBy": self.updated_by})
        return "restart"

    def _download(self, stream, file):
        size, file_id = file["filesize"], file["fileid"]
        count = -(-size // self.block_size)
        missing = set(range(count))
        data = bytearray(size)
        momentum = 0
        while missing:
            momentum = 0 if self._fetch_batch(stream, file_id, data, missing, count) else momentum + 1
            if momentum == self.MOMENTUM_MAX:
                return None
        return bytes(data)

    def _fetch_batch(self, stream, file_id, data, missing, count):
        """Returns how many new blocks came before the timer ran out or the batch was complete."""
        bitmap = bytearray(-(-count // 8))
        for block in missing:
            bitmap[block // 8] |= 1 << block % 8
        seen = len(self.blocks)
        new = 0
        self.requests += 1
        self.ask_blocks(stream, {"c": "rdy", "f": file_id, "l": self.block_size, "o": 0,
                                 "b": bytes(bitmap), "n": self.BATCH})
        while new < self.BATCH and missing:
            try:
                self.wait_until(lambda at=seen: len(self.blocks) > at, self.timer)
            except AssertionError:
                break
            while seen < len(self.blocks):
                new += self._take(stream, file_id, self.blocks[seen], data, missing, count)
                seen += 1
            if self.head() not in (None, self.job):
                raise Gone
        return new

    def _take(self, stream, file_id, block, data, missing, count):
        origin, message = block
        index = message.get("i", -1)
        right = min(self.block_size, len(data) - index * self.block_size)
        if origin != stream or message["f"] != file_id or not 0 <= index < count \
                or message["l"] != right or len(message["p"]) != right:
            return 0
        if index not in missing:
            self.duplicates += 1
            return 0
        data[index * self.block_size:index * self.block_size + right] = message["p"]
        missing.remove(index)
        done = count - len(missing)
        self.on_block(done)
        if done == 1 or done % self.REPORT_EVERY == 0:
            self._report("IN_PROGRESS", {"receive": f"{done}/{count}"}, qos=0)
        return 1


class NewLibrary(AwsClient):
    """The libraries that replaced the agent, as their example ties them together: start-next, a block
    at a time with a bitmap that is base64 text by mistake, no report before the last."""

    def run(self, block_size=1024):
        outcome, answer = self.ask("start-next", {"clientToken": "test"})
        assert outcome == "accepted" and answer["clientToken"] == "test"
        if not answer.get("execution"):
            return None
        execution = answer["execution"]
        document = execution["jobDocument"]["afr_ota"]
        file = document["files"][0]
        data = bytearray()
        while len(data) < file["filesize"]:
            at = len(self.blocks)
            self.ask_blocks(document["streamname"], {
                "c": "rdy", "f": file["fileid"], "l": block_size, "o": len(data) // block_size,
                "b": b"MQ==", "n": 1})
            self.wait_until(lambda at=at: len(self.blocks) > at or self.errors)
            assert not self.errors, self.errors
            data += self.blocks[at][1]["p"]
        outcome, _ = self.update(execution["jobId"], "SUCCEEDED",
                                 expectedVersion=str(execution["versionNumber"]))
        assert outcome == "accepted"
        return bytes(data)
