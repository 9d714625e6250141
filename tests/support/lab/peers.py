# SPDX-License-Identifier: Apache-2.0
"""MQTT peers that share no code with ours, on paho: what other people's devices and publishers do."""

import json
import queue
import random
import ssl
import struct
import threading
import time

import paho.mqtt.client as mqtt

HEADER = struct.Struct("<8s5H2I3H")
MAGIC = b"OTAImage"


def chunk(data, offset, total, index=0, count=1, version=(1, 1, 0), magic=MAGIC, size=None,
          data_start=32):
    """A chunk message; by default a right one."""
    size = len(data) if size is None else size
    return HEADER.pack(magic, data_start, 0, *version, total, offset, size, count, index) + data


class Peer:
    """A client that keeps what it receives. Use it with `with`."""

    def __init__(self, broker, client="device"):
        self.broker = broker
        self.received = []
        self._changed = threading.Condition()
        self._acknowledged = set()
        self._subscribed = threading.Event()
        self._client = mqtt.Client()
        if broker.certificates:
            certificates = broker.certificates
            self._client.tls_set(str(certificates.ca), str(certificates.certificate(client)),
                                 str(certificates.key(client)),
                                 tls_version=ssl.PROTOCOL_TLS_CLIENT)
        self._client.max_inflight_messages_set(1000)
        self._client.on_message = self._on_message
        self._client.on_subscribe = lambda *_: self._subscribed.set()

    def __enter__(self):
        self._client.connect("127.0.0.1", self.broker.port)
        self._client.loop_start()
        return self

    def __exit__(self, *_):
        self._client.disconnect()
        self._client.loop_stop()

    def _on_message(self, _client, _userdata, message):
        with self._changed:
            self.received.append((message.topic, message.payload))
            self._changed.notify_all()
        self.on_message(message.topic, message.payload)

    def on_message(self, topic, payload):
        """For a subclass: called in the client's thread."""

    def subscribe(self, topic):
        self._subscribed.clear()
        self._client.subscribe(topic, qos=1)
        assert self._subscribed.wait(10), f"no SUBACK for {topic}"

    def publish(self, topic, payload):
        if isinstance(payload, dict):
            payload = json.dumps(payload)
        return self._client.publish(topic, payload, qos=1)

    def wait_until(self, condition, timeout=20):
        """Wait until the condition holds; looks at it after each message."""
        with self._changed:
            assert self._changed.wait_for(condition, timeout), \
                f"still waiting after {len(self.received)} messages"


class OldSubscriber(Peer):
    """A device as the AnyCloud library's subscriber script plays it, weaknesses included.

    It reads every message as JSON first, wants chunks strictly in order, keys spelt exactly, and
    a UniqueTopicName in every JSON message.
    """

    def __init__(self, broker, board, version="1.0.0", company="anycloud", chunk_size=None):
        super().__init__(broker)
        self.requests = f"{company}/{board}/publish_notify"
        self.topic = f"{company}/{board}/subscriber/image{random.randrange(2**30)}"
        self.identity = {"Manufacturer": "Express Widgits Corporation", "ManufacturerId": "EWCO",
                         "Product": "Easy Widgit", "SerialNumber": "ABC213450001", "Board": board,
                         "Version": version}
        self.chunk_size = chunk_size
        self.job = None
        self.image = b""
        self.next_index = 0
        self.outcome = None
        self.trouble = None

    def run(self, timeout=60):
        """Ask, download, report; returns the image, or None if there is no update."""
        self.subscribe(self.topic)
        self._ask(self.identity, "Update Availability")
        self.wait_until(lambda: self.outcome or self.trouble, timeout)
        assert self.trouble is None, self.trouble
        return self.image if self.outcome == "Result Received" else None

    def _ask(self, keys, message, **more):
        # The script echoes the whole job in its later messages, offered version included.
        self.publish(self.requests, {**keys, "Message": message, "UniqueTopicName": self.topic,
                                     **more})

    def on_message(self, topic, payload):
        try:
            self._on_json(json.loads(payload.decode("utf-8")))
        except ValueError:
            self._on_chunk(payload)
        with self._changed:
            self._changed.notify_all()

    def _on_json(self, message):
        if "UniqueTopicName" not in message:
            self.trouble = "a message without UniqueTopicName"
        elif message["Message"] == "Update Available":
            self.job = message
            if self.chunk_size:
                self._ask_for_chunk(0)
            else:
                self._ask(self.job, "Request Update")
        else:
            self.outcome = message["Message"]

    def _ask_for_chunk(self, offset):
        self._ask(self.job, "Request Data Chunk", Offset=str(offset), Size=str(self.chunk_size))

    def _on_chunk(self, payload):
        magic, start, _, *_, total, offset, size, count, index = HEADER.unpack_from(payload)
        if (magic, start, size) != (MAGIC, HEADER.size, len(payload) - HEADER.size):
            self.trouble = f"chunk {index} is malformed"
        elif index != self.next_index or offset != len(self.image):
            self.trouble = f"chunk {index} came out of order"
        else:
            self.image += payload[HEADER.size:]
            self.next_index += 1
            self._go_on(index == count - 1, total)

    def _go_on(self, is_last, total):
        if is_last:
            self.trouble = None if len(self.image) == total else "bytes are missing"
            self._ask(self.job, "Success")
        elif self.chunk_size:
            self._ask_for_chunk(len(self.image))


class FakePublisher(Peer):
    """A publisher that a test can spoil: it may change the job, and change or hold back chunks.

    alter_job(job) returns the job to send, as a dict or as bytes. alter_chunk(number, message)
    returns the message to send as the n-th chunk, or None to send nothing. Requests whose Message is in
    silent_to get no answer.
    """

    def __init__(self, broker, board, image, version="1.1.0", alter_job=None, alter_chunk=None,
                 silent_to=()):
        super().__init__(broker, client="publisher")
        self.board = board
        self.image = image
        self.version = version
        self.alter_job = alter_job or (lambda job: job)
        self.alter_chunk = alter_chunk or (lambda _number, message: message)
        self.silent_to = silent_to
        self.chunks_made = 0
        self.requests = []

    def __enter__(self):
        super().__enter__()
        self.subscribe(f"anycloud/{self.board}/publish_notify")
        return self

    def results(self):
        """What the device said about its outcome."""
        return [request for request in list(self.requests)
                if request["Message"] in ("Success", "Failure")]

    def wait_for_result(self, timeout=60):
        self.wait_until(self.results, timeout)
        return self.results()[0]

    def on_message(self, topic, payload):
        request = json.loads(payload)
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
        answers = {"Update Availability": self._offer, "Request Update": self._send_all,
                   "Request Data Chunk": self._send_one}
        if request["Message"] in self.silent_to:
            return
        answers.get(request["Message"], self._take_result)(request, request["UniqueTopicName"])

    def _offer(self, _request, topic):
        job = {"Message": "Update Available", "Manufacturer": "Otter", "ManufacturerId": "OTTER",
               "Product": "Lab", "SerialNumber": "", "Board": self.board, "Version": self.version,
               "Connection": "MQTT", "UniqueTopicName": topic}
        self.publish(topic, self.alter_job(job))

    def _take_result(self, _request, topic):
        self.publish(topic, {"Message": "Result Received", "UniqueTopicName": topic})

    def _send(self, topic, offset, size):
        data = self.image[offset:offset + size]
        numbers = tuple(int(part) for part in self.version.split("."))
        message = chunk(data, offset, len(self.image), offset // size,
                        -(-len(self.image) // size), numbers)
        message = self.alter_chunk(self.chunks_made, message)
        self.chunks_made += 1
        if message is not None:
            self.publish(topic, message)

    def _send_all(self, _request, topic):
        for offset in range(0, len(self.image), 4096):
            self._send(topic, offset, 4096)

    def _send_one(self, request, topic):
        self._send(topic, int(request["Offset"]), int(request["Size"]))


class OldPublisher(Peer):
    """A publisher as the AnyCloud library's script plays it, weaknesses included.

    It has one image and one job for everybody and looks at nothing that a device says about itself.
    The chunk headers say 2.0.0 until it has sent a job. What it cannot read kills it: `died_of` says
    what; a chunk that it cannot cut gets no answer. The pauses between its chunks are shorter here.
    """

    CHUNK_SIZE = 4096
    JOB = {"Message": "Update Available", "Manufacturer": "Express Widgits Corporation",
           "ManufacturerId": "EWCO", "Product": "Easy Widgit", "SerialNumber": "ABC213450001",
           "Version": "1.6.0", "Connection": "MQTT", "Broker": "", "Port": "1883",
           "UniqueTopicName": "replace"}

    def __init__(self, broker, board, image, company="anycloud", pause=0.002, **keys):
        super().__init__(broker, client="publisher")
        self.requests = f"{company}/{board}/publish_notify"
        self.direct = f"{company}/{board}/OTAImage"
        self.job = {**self.JOB, "Board": board, **keys}
        self.image = image
        self.pause = pause
        self.header_version = (2, 0, 0)
        self.died_of = None
        self.results = []
        self._inbox = queue.SimpleQueue()
        self._worker = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        super().__enter__()
        self.subscribe(self.requests)
        self._worker.start()
        return self

    def __exit__(self, *arguments):
        self._inbox.put(None)
        self._worker.join(10)
        super().__exit__(*arguments)

    def on_message(self, topic, payload):
        self._inbox.put(payload)

    def _work(self):
        for payload in iter(self._inbox.get, None):
            try:
                self._serve(payload)
            except (ValueError, KeyError, IndexError) as error:
                self.died_of = f"{type(error).__name__}: {payload[:60]}"
                return

    def _serve(self, payload):
        text = payload.decode("utf-8")
        if text[0] != "{":
            return
        request = json.loads(text)
        message = request["Message"]
        if message == "Send Direct Update":
            self._send_all(self.direct)
            return
        topic = request["UniqueTopicName"]
        if "#" in topic or "+" in topic:
            raise ValueError(topic)
        if message == "Update Availability":
            self.header_version = tuple(int(part) for part in self.job["Version"].split("."))
            self.publish(topic, {**self.job, "UniqueTopicName": topic})
        elif message == "Request Update":
            self._send_all(topic)
        elif message == "Request Data Chunk":
            self._send_requested(topic, request)
        elif message in ("Success", "Failure"):
            self.results.append(request)
            self.publish(topic, {**self.job, "Message": "Result Received",
                                 "UniqueTopicName": topic})

    def _send(self, topic, offset, size):
        self.publish(topic, chunk(self.image[offset:offset + size], offset, len(self.image),
                                  offset // size, -(-len(self.image) // size),
                                  self.header_version)).wait_for_publish()
        time.sleep(self.pause)

    def _send_all(self, topic):
        for offset in range(0, len(self.image), self.CHUNK_SIZE):
            self._send(topic, offset, self.CHUNK_SIZE)

    def _send_requested(self, topic, request):
        # A thread of its own for each chunk: what it cannot do ends only that.
        try:
            size = int(request["Size"])
            if size <= 0xFFFF:
                self._send(topic, int(request["Offset"]), size)
        except (ValueError, KeyError, ZeroDivisionError, struct.error):
            return
