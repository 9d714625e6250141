# SPDX-License-Identifier: Apache-2.0
"""`otter publish` in the background."""

import json

from .build import Build
from .process import Process


class Publisher(Process):
    """A publisher. start() returns when it listens, unless told not to wait for that."""

    def __init__(self, broker, catalogue, *options, client="publisher", wait=True):
        self.wait_until_ready = wait
        super().__init__([Build.otter, "publish", catalogue.folder, *broker.options_for(client),
                          *options])

    def start(self):
        super().start()
        if self.wait_until_ready:
            self.wait_for(r'publishing \d+ image|"event":"ready"', timeout=20)

    def events(self, kind):
        """What it told with --json, of one kind."""
        parsed = [json.loads(line) for line in list(self.lines) if line.startswith("{")]
        return [event for event in parsed if event["event"] == kind]
