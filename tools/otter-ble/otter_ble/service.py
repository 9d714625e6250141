# SPDX-License-Identifier: Apache-2.0
"""The update service as it is on the wire: identifiers, commands, statuses.

docs/formats/ble.md of Otter is the specification.
"""

SERVICE = "ae5d1e47-5c13-43a0-8635-82ad38a1381f"
SECURE_SERVICE = "c7261110-f425-447a-a1bd-9d7246768bd8"
CONTROL_POINT = "a3dd50bf-f7a7-4e99-838e-570a086c661b"
DATA = "a2e86c7a-d961-4091-b74f-2409e72efe26"
APPLICATION_INFO = "a47f7608-2e2d-47eb-913b-75d4edc4de4b"
"""Only devices of the older SDK (BTSDK) have it: so they can be told from AnyCloud's."""

SERVICES = frozenset({SERVICE, SECURE_SERVICE})

PREPARE = 1
DOWNLOAD = 2
VERIFY = 3
ABORT = 4
BTSDK_ABORT = 7

DIGEST = 0x20
RESUME = 0x21
DETAILS = 0x22
"""Of Otter's devices only, which go on where a transfer was broken off."""

DIGEST_PART_SIZE = 16

OK = 0
CONTINUE = 9
"""Says nothing: peers pass over it."""

MEANINGS = {
    0: "done",
    1: "it failed, or is not supported",
    2: "not now: out of turn, or an update is pending or on trial",
    3: "the verification failed",
    4: "not an image",
    5: "a size that does not fit",
    6: "bytes are missing",
    7: "made for another board, product or layout",
    8: "not newer than what runs, or reverted before",
}
"""An AnyCloud device only ever says 0 and 1."""

AS_AFTER_AN_UPDATE = frozenset({2, 8})
"""What a device says that has installed the image meanwhile, or is about to."""

MAX_WRITE = 512
"""The longest value that an attribute can have."""

ATT_HEADER_SIZE = 3
SIGNATURE_SIZE = 64

ATT_MEANINGS = {
    0x03: "the attribute cannot be written",
    0x05: "it wants an authenticated link",
    0x06: "request not supported",
    0x07: "invalid offset",
    0x08: "it wants an authorization",
    0x0D: "the value has a length that it does not take",
    0x0E: "unlikely error",
    0x0F: "it wants an encrypted link",
    0x11: "it has no room",
    0xFD: "neither notifications nor indications are enabled",
    0xFE: "the command before is not answered yet",
}

ATT_SERVICE = 0x80
"""Plus a status: an error of the service itself."""

PAIRING_WANTED = frozenset({0x05, 0x0F})


def meaning(status):
    """A status in words."""
    return MEANINGS.get(status, "unknown status")
