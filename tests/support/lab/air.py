# SPDX-License-Identifier: Apache-2.0
"""Bluetooth LE without a radio: controllers of Google's bumble on a virtual link.

Each host has a controller of its own, as a dongle that is plugged in: by HCI over TCP for another
process, or directly. Everything runs in one event loop in a thread of its own, so that tests need
not be coroutines.
"""

import asyncio
import concurrent.futures
import itertools
import logging
import threading

from bumble import hci
from bumble.controller import Controller
from bumble.host import Host
from bumble.link import LocalLink
from bumble.transport.common import AsyncPipeSink, StreamPacketSource

CALL_SECONDS = 120

# It complains of what comes late over a link that was just broken, which is what is done here.
logging.getLogger("bumble").setLevel(logging.CRITICAL)


class Loop:
    """An event loop in a thread. Use it with `with`; call() runs a coroutine there to its end."""

    def __enter__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.call(self._cancel_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def call(self, coroutine, timeout=CALL_SECONDS):
        waiting = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return waiting.result(timeout)
        except concurrent.futures.TimeoutError:
            waiting.cancel()
            raise

    @staticmethod
    async def _cancel_all():
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class HostPort(StreamPacketSource):
    """A controller at the end of a TCP connection; it is gone when the connection is."""

    def __init__(self, air):
        super().__init__()
        self._air = air
        self._controller = None

    def connection_made(self, transport):
        self._transport = transport
        self._controller = self._air.plug_in(self, self)

    def connection_lost(self, _):
        self._air.unplug(self._controller)

    def on_packet(self, packet):
        self._transport.write(packet)


class CountingLink(LocalLink):
    """Counts what the hosts have sent: L2CAP packets with their headers."""

    def __init__(self):
        super().__init__()
        self.packets = 0
        self.bytes = 0

    def send_acl_data(self, sender, destination, transport, data):
        self.packets += 1
        self.bytes += len(data)
        super().send_acl_data(sender, destination, transport, data)


class Air:
    """What carries from one controller to the others. All of it runs in the event loop."""

    def __init__(self):
        self._link = CountingLink()
        self._numbers = itertools.count(1)
        self._server = None

    async def open(self):
        """Offer controllers over TCP. Returns how an HCI host names them."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: HostPort(self), "127.0.0.1", 0)
        return f"tcp-client:127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def traffic(self):
        """Packets and bytes so far, of all hosts."""
        return self._link.packets, self._link.bytes

    async def close(self):
        if self._server:
            self._server.close()

    def plug_in(self, source=None, sink=None):
        return Controller(f"controller {next(self._numbers)}", source, sink, self._link)

    def unplug(self, controller):
        self.drop(controller)
        for advertiser in (controller.le_legacy_advertiser, *controller.advertising_sets.values()):
            advertiser.stop()
        self._link.remove_controller(controller)

    def plug_in_directly(self):
        """A controller, and the host that drives it in this process."""
        controller = self.plug_in()
        return controller, Host(controller, AsyncPipeSink(controller))

    def drop(self, controller):
        """Break its connections, as when one goes out of reach: both sides notice a time-out."""
        reason = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
        for connection in list(controller.le_connections.values()):
            other = self._link.find_le_controller(connection.peer_address)
            controller.on_le_disconnected(connection, reason)
            if other and (end := other.le_connections.get(connection.self_address)):
                other.on_le_disconnected(end, reason)
