# SPDX-License-Identifier: Apache-2.0
"""What the two say to each other over one link: commands, data, statuses.

A status may come before or after the response to the write that it answers, as a notification or as
an indication; of a verification that failed a device may send both a status and an error.
"""

import asyncio
import contextlib
import hashlib
import struct
import zlib
from dataclasses import dataclass

from . import results, service
from .radio import GattRefusal, LinkLost, NoDevice

LATE_SECONDS = 0.5
"""How long a status may come after its write's error, or a response after its status."""

CLOSED = object()
"""In the queue of statuses: the link is gone."""


class Silence(LinkLost):
    """The link is there, and nothing comes: to be begun anew."""


@dataclass
class Patience:
    """How long a device may take, in seconds. To prepare, it erases a whole slot."""

    prepare: float = 120
    verify: float = 120
    command: float = 30
    probe: float = 5
    write: float = 30


class Refused(Exception):
    """The device said no. `status` is its word, None if it answered with an attribute error;
    `result` is its reason, one of docs/formats/reasons.md, if it was asked for that."""

    def __init__(self, what, status=None, refusal=None):
        super().__init__(what)
        self.status = status
        self.result = 0
        self._words = (str(refusal) if status is None else
                       f"status {status}, {service.meaning(status)}")

    def __str__(self):
        because = f" ({results.describe(self.result)})" if self.result else ""
        return f"the device refused {self.args[0]}: {self._words}{because}"


@dataclass
class Details:
    """What a device of Otter's tells of its last transfer."""

    status: int
    result: int
    received: int
    size: int

    LAYOUT = struct.Struct("<BhII")

    def is_verified(self, size):
        return self.status == service.OK and self.received == self.size == size


class Conversation:
    """Use it with `async with`: it subscribes, and closes the link in the end."""

    def __init__(self, link, patience=None):
        self.link = link
        self.patience = patience or Patience()
        self.is_secure = service.SECURE_SERVICE in link.characteristics
        self._characteristics = frozenset().union(*link.characteristics.values())
        self.knows_details = False
        """Whether it is a device of Otter's; known after details()."""
        self._statuses = asyncio.Queue()

    async def __aenter__(self):
        try:
            return await self._begin()
        except BaseException:
            await self.link.close()
            raise

    async def __aexit__(self, *trouble):
        await self.link.close()

    async def _begin(self):
        if not {service.CONTROL_POINT, service.DATA} <= self._characteristics:
            raise NoDevice("the device does not have the update service")
        await self._paired(self.link.subscribe, service.CONTROL_POINT, self._statuses.put_nowait,
                           lambda: self._statuses.put_nowait(CLOSED))
        return self

    async def _paired(self, act, *arguments):
        """A device that wants an encrypted link says so when it is written to."""
        try:
            await act(*arguments)
        except GattRefusal as refusal:
            if refusal.code not in service.PAIRING_WANTED:
                raise
            await self.link.pair()
            await act(*arguments)

    # --- commands ---------------------------------------------------------------------------------

    async def prepare(self):
        await self._ask("the preparation of a download", bytes([service.PREPARE]), self.patience.prepare)

    async def download(self, size):
        await self._ask(f"a download of {size:,} bytes",
                        bytes([service.DOWNLOAD]) + size.to_bytes(4, "little"),
                        self.patience.command)

    async def verify(self, image):
        await self._ask("the image", bytes([service.VERIFY])
                        + zlib.crc32(image).to_bytes(4, "little"), self.patience.verify)

    async def abort(self, value=None):
        """Not answered by a status. value: None for the one that this make of device understands."""
        if value is None:
            is_btsdk = service.APPLICATION_INFO in self._characteristics
            value = service.BTSDK_ABORT if is_btsdk else service.ABORT
        try:
            async with asyncio.timeout(self.patience.command):
                await self._paired(self.link.write, service.CONTROL_POINT, bytes([value]))
        except GattRefusal as refusal:
            raise self._refused("to abort", refusal) from refusal
        except TimeoutError as error:
            raise Silence("the device does not answer to an abort") from error

    # --- commands of Otter's devices --------------------------------------------------------------

    async def details(self):
        """Details of the last transfer; None if the device is another's, which refuses the command."""
        try:
            reply = await self._ask("details", bytes([service.DETAILS]), self.patience.probe)
        except (Refused, Silence):
            return None
        self.knows_details = len(reply) == Details.LAYOUT.size
        return Details(*Details.LAYOUT.unpack(reply)) if self.knows_details else None

    async def resume(self, data):
        """After prepare(), in place of download(): how many bytes of this file the device has.

        The digest by which it knows the file leaves the signature out.
        """
        digest = hashlib.sha256(data[:-service.SIGNATURE_SIZE] if self.is_secure else data).digest()
        for first in range(0, len(digest), service.DIGEST_PART_SIZE):
            await self._ask("a digest", bytes([service.DIGEST, first])
                            + digest[first:first + service.DIGEST_PART_SIZE], self.patience.command)
        reply = await self._ask(f"an image of {len(data):,} bytes", bytes([service.RESUME])
                                + len(data).to_bytes(4, "little"), self.patience.command)
        return int.from_bytes(reply, "little")

    # --- a command and its answer -----------------------------------------------------------------

    async def _ask(self, what, command, seconds):
        """Write a command and have its answer. Returns what is behind the status."""
        self._forget_statuses()
        try:
            async with asyncio.timeout(seconds):
                answer = await self._answer_to(what, command)
        except TimeoutError as error:
            raise Silence(f"the device did not answer in {seconds:g} s ({what})") from error
        if answer[0] != service.OK:
            raise Refused(what, answer[0])
        return answer[1:]

    async def _answer_to(self, what, command):
        writing = asyncio.create_task(self._paired(self.link.write, service.CONTROL_POINT, command))
        hearing = asyncio.create_task(self._next_answer())
        try:
            await asyncio.wait({writing, hearing}, return_when=asyncio.FIRST_COMPLETED)
            if not hearing.done():
                await self._response_of(what, writing, hearing)
            answer = await hearing
            # A device that restarts once its verdict is confirmed may never get to respond.
            await asyncio.wait({writing}, timeout=LATE_SECONDS)
            return answer
        finally:
            for task in (writing, hearing):
                task.cancel()
            await asyncio.gather(writing, hearing, return_exceptions=True)

    async def _response_of(self, what, writing, hearing):
        """An error as response only counts if no status follows, which says more."""
        try:
            await writing
        except GattRefusal as refusal:
            await asyncio.wait({hearing}, timeout=LATE_SECONDS)
            if not hearing.done():
                raise self._refused(what, refusal) from refusal

    def _refused(self, what, refusal):
        """Devices of Otter's say a status in the error; those of others mean what they like by it."""
        status = refusal.code - service.ATT_SERVICE
        is_status = self.knows_details and status in service.MEANINGS
        return Refused(what, status if is_status else None, refusal)

    async def _next_answer(self):
        while True:
            value = await self._statuses.get()
            if value is CLOSED:
                raise LinkLost("the connection to the device was lost")
            if value and value != bytes([service.CONTINUE]):
                return value

    def _forget_statuses(self):
        """Late answers to older questions; not that the link is gone."""
        waiting = []
        with contextlib.suppress(asyncio.QueueEmpty):
            while True:
                waiting.append(self._statuses.get_nowait())
        if CLOSED in waiting:
            self._statuses.put_nowait(CLOSED)

    # --- data -------------------------------------------------------------------------------------

    @property
    def write_size(self):
        return min(self.link.mtu - service.ATT_HEADER_SIZE, service.MAX_WRITE)

    async def send(self, image, offset, size, on_progress):
        """The image from an offset on, in writes of `size` bytes."""
        while offset < len(image):
            piece = image[offset:offset + size]
            await self._send_piece(piece, offset)
            offset += len(piece)
            on_progress(offset)

    async def _send_piece(self, piece, offset):
        what = f"the data at {offset:,}"
        try:
            async with asyncio.timeout(self.patience.write):
                await self._paired(self.link.write, service.DATA, piece)
        except GattRefusal as refusal:
            await self._hear_more(what)
            raise self._refused(what, refusal) from refusal
        except TimeoutError as error:
            raise Silence(f"the device does not take {what} any more") from error
        # It may stop at any time, by a status that nobody asked for.
        if not self._statuses.empty():
            await self._hear_of(what)

    async def _hear_more(self, what):
        """A status that comes with an error says more than the error."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LATE_SECONDS):
                await self._hear_of(what)

    async def _hear_of(self, what):
        answer = await self._next_answer()
        if answer[0] != service.OK:
            raise Refused(what, answer[0])
