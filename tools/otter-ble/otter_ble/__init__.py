# SPDX-License-Identifier: Apache-2.0
"""Update devices over Bluetooth LE: the host of Otter's update service, and of AnyCloud OTA's."""

__version__ = "0.1.0"
