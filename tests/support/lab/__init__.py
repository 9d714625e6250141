# SPDX-License-Identifier: Apache-2.0
"""A laboratory on one machine: a real broker, certificates, a publisher, emulated devices.

Tests, the demonstration and the benchmarks share it. Everything listens on the loopback interface
only, lives in folders that its maker gives it, and ends with the `with` block that began it.
"""

from .alpn import SharedPort
from .aws import Standin
from .broker import Broker
from .build import Build
from .catalogue import Catalogue
from .certificates import Certificates
from .check import run_check
from .device import BareDevice, Device
from .plaintext import blocks, leaks
from .process import Process, ProcessError, free_port, run
from .publisher import Publisher
from .web import LongWay, OddServer, WebServer

__all__ = ["BareDevice", "Broker", "Build", "Catalogue", "Certificates", "Device", "LongWay",
           "OddServer", "Process", "ProcessError", "Publisher", "SharedPort", "Standin", "WebServer",
           "blocks", "free_port", "leaks", "run", "run_check"]
