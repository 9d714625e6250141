# SPDX-License-Identifier: Apache-2.0
"""Downloads that are cut at random moments, and what the device asks for afterwards.

The moment is the publisher's to choose: it sends so many chunks and no more, so that a device on a
busy machine is not done before its power is cut.
"""

import random
import time

from .peers import FakePublisher

CHUNK_SIZE = 4096
WINDOW = 4
"""Chunk requests that the example programs have in flight."""

SECTOR_SIZE = 4096
BUFFER_SIZE = 4096
"""The agent's, in the example programs."""

MOST_SECONDS = 0.06
"""From the last chunk to the cut: the device is receiving, writing, or has just asked again."""


class RationingPublisher(FakePublisher):
    """Sends as many chunks as it is allowed to, then none."""

    def __init__(self, broker, board, image, version="1.1.0"):
        super().__init__(broker, board, image, version, alter_chunk=self._spend)
        self.ration = 0

    def _spend(self, _number, message):
        if self.ration == 0:
            return None
        self.ration -= 1
        return message

    def downloads(self):
        """The chunks that were asked for, as lists of (offset, size): one list a connection."""
        asked = {}
        for request in list(self.requests):
            if request["Message"] == "Request Data Chunk":
                place = (int(request["Offset"]), int(request["Size"]))
                asked.setdefault(request["UniqueTopicName"], []).append(place)
        return list(asked.values())


def cut_downloads(device, publisher, times, chance):
    """Start the device so many times, and kill it at a random moment of its download.

    All that is cut together is less than the image.
    """
    most = len(publisher.image) // CHUNK_SIZE // (times + 1)
    for count in range(times):
        publisher.ration = chance.randrange(1, most)
        device.start()
        publisher.wait_until(lambda: publisher.ration == 0
                             and len(publisher.downloads()) > count, timeout=60)  # noqa: B023
        time.sleep(chance.uniform(0, MOST_SECONDS))
        device.kill()
    publisher.ration = len(publisher.image)


def assert_only_the_missing_was_fetched(publisher):
    """No connection may ask for what an earlier one had brought into the slot.

    What was asked for less the window had arrived; less the agent's buffer it was written; and less a
    sector and 1/32 of the image the journal knew (docs/formats/journal.md, "Progress").
    """
    lost = WINDOW * CHUNK_SIZE + BUFFER_SIZE + SECTOR_SIZE + len(publisher.image) // 32
    reached = 0
    for asked in publisher.downloads():
        begin = asked[0][0]
        assert begin >= reached - lost, f"begins at {begin}, {reached} was reached"
        assert min(offset for offset, _ in asked) == begin
        reached = max(offset + size for offset, size in asked)
    assert reached == len(publisher.image)


def seeded():
    """A source of chance whose seed is in the output of a test that fails."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    return random.Random(seed)
