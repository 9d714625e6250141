# SPDX-License-Identifier: Apache-2.0
"""One update, over as many links as it takes.

A device of Otter's says how much of the image it has stored, and is sent only the rest. Another device
is sent everything again.
"""

import asyncio
from dataclasses import dataclass, field

from . import service
from .conversation import Conversation, Patience, Refused
from .radio import LinkLost, NoDevice, RadioError
from .signature import lacks_signature


class Mismatch(RadioError):
    """The device and the file do not belong together."""


class Unsure(RadioError):
    """The verdict never arrived, and the device does not tell any more."""


@dataclass
class Options:
    """How to push."""

    find_seconds: float = 15
    write_size: int | None = None  # None: as much as the link takes
    wants_secure: bool = False
    tries: int = 5
    """Connections in a row that may end without a byte more on the device."""
    pause_seconds: float = 1
    """Before connecting anew: a device that restarts is not back at once."""
    patience: Patience = field(default_factory=Patience)


class Push:
    """The update of one device. `events` hears connected(), began(), progress() and lost()."""

    def __init__(self, radio, target, data, options, events):
        self.radio = radio
        self.target = target
        self.data = data
        self.options = options
        self.events = events
        self.links = 0
        self._reached = 0
        self._is_sent = False  # all of it, and a verdict was asked for
        self._idle_tries = 0

    async def run(self):
        """Returns once the device has verified the image. Raises Refused or RadioError."""
        while True:
            reached_before = self._reached
            try:
                return await self._over_one_link()
            except (LinkLost, NoDevice) as trouble:
                was_never_there = self.links == 0 and isinstance(trouble, NoDevice)
                self._idle_tries = 0 if self._reached > reached_before else self._idle_tries + 1
                if was_never_there or self._idle_tries >= self.options.tries:
                    raise
                self.events.lost(trouble)
            await asyncio.sleep(self.options.pause_seconds)

    async def _over_one_link(self):
        found = await self.radio.find(self.target, self.options.find_seconds)
        link = await self.radio.connect(found, self.options.find_seconds)
        async with Conversation(link, self.options.patience) as conversation:
            self.links += 1
            self._check(conversation)
            self.events.connected(found, conversation)
            await self._transfer(conversation)

    def _check(self, conversation):
        if self.options.wants_secure and not conversation.is_secure:
            raise Mismatch("the device offers the service without signatures; push without --secure "
                           "and --sign-key, and with the file unsigned")
        if conversation.is_secure and lacks_signature(self.data):
            raise Mismatch("the device wants a signature behind the image, and there is none; give "
                           "--sign-key, or a file of 'otter-ble sign'")

    async def _transfer(self, conversation):
        details = await conversation.details()
        was_sent = self._is_sent  # over a link that took the verdict along
        if was_sent and details and details.is_verified(len(self.data)):
            return
        try:
            offset = await self._announce(conversation)
            self.events.began(offset, len(self.data))
            size = min(self.options.write_size or conversation.write_size, conversation.write_size)
            await conversation.send(self.data, offset, size, self._on_progress)
            self._is_sent = True
            await conversation.verify(self.data)
        except Refused as refused:
            if was_sent and refused.status in service.AS_AFTER_AN_UPDATE:
                raise Unsure("the link was lost while the device verified the image, and now it takes "
                             f"none ({service.meaning(refused.status)}): look at its version"
                             ) from refused
            if conversation.knows_details:
                details = await conversation.details()
                refused.result = details.result if details else 0
            raise

    async def _announce(self, conversation):
        """Where to go on."""
        await conversation.prepare()
        if conversation.knows_details:
            return await conversation.resume(self.data)
        await conversation.download(len(self.data))
        return 0

    def _on_progress(self, offset):
        self._reached = max(self._reached, offset)
        self.events.progress(offset, len(self.data))
