# SPDX-License-Identifier: Apache-2.0
"""The command line."""

import argparse
import asyncio
import json
import logging
import sys
import time
from pathlib import Path

from . import results, service
from .conversation import Conversation, Refused
from .push import Mismatch, Options, Push
from .radio import RadioError
from .screen import screen_for
from .signature import KeyTrouble, load_key, signed

DONE, NO, WRONG = 0, 1, 2
MIN_MTU, MAX_MTU = 23, 517
ABORTS = {"4": service.ABORT, "7": service.BTSDK_ABORT, "auto": None}

EXAMPLES = """\
examples:
  otter-ble scan
  otter-ble push app-1.1.0.bin --device Kettle
  otter-ble push app-1.1.0.bin --device C0:11:22:33:44:55 --sign-key ble.pem
  otter-ble sign app-1.1.0.bin --key ble.pem --out app-1.1.0.signed
  otter-ble status --device Kettle --json
  otter-ble abort --device Kettle

exit status:
  0 done, 1 the device refused, 2 it could not be asked: no adapter, no device, no such file
"""


def say(options, words, **facts):
    """A result: words for people, or facts for scripts."""
    print(json.dumps(facts) if options.json else words)


def open_radio(options):
    """The radio that the options name. Either stack is only imported if it is used."""
    if options.hci:
        from .with_bumble import MTU_TO_ASK_FOR, BumbleRadio
        return BumbleRadio(options.hci, getattr(options, "mtu", None) or MTU_TO_ASK_FOR)
    from .with_bleak import BleakRadio
    return BleakRadio(options.adapter)


# --- the commands ---------------------------------------------------------------------------------

async def scan(options):
    async with open_radio(options) as radio:
        heard = await radio.scan(options.seconds)
    chosen = sorted((found for found in heard if options.all or found.is_updatable),
                    key=lambda found: -found.rssi)
    if options.json:
        print(json.dumps([{"name": found.name, "address": found.address, "rssi": found.rssi,
                           "updatable": found.is_updatable, "secure": found.is_secure}
                          for found in chosen]))
    elif not chosen:
        print(f"no device with the update service was heard in {options.seconds:g} s, among "
              f"{len(heard)} devices; not all advertise it: --all lists every one")
    else:
        print_found(chosen)
    return DONE if chosen else NO


def print_found(chosen):
    width = max(len(found.name) for found in chosen) + 2
    for found in chosen:
        variant = "signed" if found.is_secure else "CRC" if found.is_updatable else ""
        print(f"{found.name:{width}}{found.address}  {found.rssi:4} dBm  {variant}".rstrip())


async def push(options):
    data = Path(options.file).read_bytes()
    if not data:
        raise Mismatch(f"{options.file} is empty")
    if options.sign_key:
        data = signed(data, load_key(options.sign_key))
    began = time.monotonic()
    async with open_radio(options) as radio:
        with screen_for(options.json) as screen:
            work = Push(radio, options.device, data, push_options(options), screen)
            await work.run()
    seconds = time.monotonic() - began
    say(options, f"{options.device}: {len(data):,} bytes verified in {seconds:.1f} s, over "
        f"{work.links} connection{'s' if work.links > 1 else ''}",
        result="verified", device=options.device, bytes=len(data), seconds=round(seconds, 3),
        connections=work.links)
    return DONE


def push_options(options):
    return Options(find_seconds=options.find, tries=options.tries,
                   write_size=options.mtu and options.mtu - service.ATT_HEADER_SIZE,
                   wants_secure=options.secure or bool(options.sign_key))


async def talk(options, act):
    """Have a conversation with the device, once."""
    async with open_radio(options) as radio:
        found = await radio.find(options.device, options.find)
        link = await radio.connect(found, options.find)
        async with Conversation(link) as conversation:
            return await act(options, conversation)


async def status(options):
    async def act(options, conversation):
        details = await conversation.details()
        if details is None:
            say(options, f"{options.device}: does not tell; it is no device of Otter's",
                result="unknown", device=options.device, secure=conversation.is_secure)
            return NO
        say(options, f"{options.device}: {words_of(details)}", result="told",
            device=options.device, secure=conversation.is_secure, status=details.status,
            code=details.result, received=details.received, size=details.size)
        return DONE
    return await talk(options, act)


def words_of(details):
    words = f"status {details.status}, {service.meaning(details.status)}"
    if details.result:
        words += f" ({results.describe(details.result)})"
    if details.size:
        words += f"; {details.received:,} of {details.size:,} bytes are here"
    return words


async def abort(options):
    async def act(options, conversation):
        await conversation.abort(ABORTS[options.abort_value])
        say(options, f"{options.device}: told to abort", result="aborted", device=options.device)
        return DONE
    return await talk(options, act)


async def sign(options):
    image = Path(options.file).read_bytes()
    data = signed(image, load_key(options.key))
    Path(options.out).write_bytes(data)
    say(options, f"{options.out}: {len(data):,} bytes, of which {service.SIGNATURE_SIZE} are the "
        "signature", result="signed", file=options.out, bytes=len(data))
    return DONE


# --- the options ----------------------------------------------------------------------------------

def number(least, most):
    """A type of argument."""
    def parse(text):
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {least} to {most}")
        return int(text)
    return parse


def add_common(parser, has_device=True):
    parser.add_argument("--json", action="store_true", help="say the result as JSON")
    parser.add_argument("--adapter", metavar="NAME", help="which adapter, on Linux: hci1")
    parser.add_argument("--hci", metavar="TRANSPORT",
                        help="use a controller that the system does not manage, through bumble: "
                        "usb:0, serial:/dev/ttyUSB0, tcp-client:HOST:PORT")
    parser.add_argument("--verbose", action="store_true", help="tell what the stack does")
    if has_device:
        parser.add_argument("--device", required=True, metavar="NAME|ADDRESS")
        parser.add_argument("--find", type=float, default=15, metavar="SECONDS",
                            help="how long to look for the device (15)")


def add_scan(commands):
    command = commands.add_parser("scan", help="list devices that can be updated",
                                  epilog="example: otter-ble scan --seconds 10")
    command.add_argument("--seconds", type=float, default=5, help="how long to listen (5)")
    command.add_argument("--all", action="store_true", help="list all other devices too")
    add_common(command, has_device=False)
    command.set_defaults(run=scan)


def add_push(commands):
    command = commands.add_parser("push", help="send an image; goes on where it was broken off",
                                  epilog="example: otter-ble push app-1.1.0.bin --device Kettle")
    command.add_argument("file", metavar="FILE", help="an image of 'otter image sign'")
    add_common(command)
    command.add_argument("--secure", action="store_true",
                         help="only to a device that wants a signature behind the image")
    command.add_argument("--sign-key", metavar="PEM",
                         help="make that signature now, with this key for ECDSA P-256")
    command.add_argument("--mtu", type=number(MIN_MTU, MAX_MTU), metavar="BYTES",
                         help=f"no larger packets than this, from {MIN_MTU} to {MAX_MTU}")
    command.add_argument("--tries", type=number(1, 1000), default=5,
                         help="give up after so many connections without progress (5)")
    command.set_defaults(run=push)


def add_status(commands):
    command = commands.add_parser("status", help="ask a device how far an update came",
                                  epilog="example: otter-ble status --device Kettle")
    add_common(command)
    command.set_defaults(run=status)


def add_abort(commands):
    command = commands.add_parser("abort", help="tell a device to forget an update",
                                  epilog="example: otter-ble abort --device Kettle")
    add_common(command)
    command.add_argument("--abort-value", choices=ABORTS, default="auto",
                         help="the command: 4 for AnyCloud devices, 7 for those of the BTSDK; auto "
                         "chooses by what the device offers (auto)")
    command.set_defaults(run=abort)


def add_sign(commands):
    command = commands.add_parser("sign", help="put the signature behind an image",
                                  epilog="example: otter-ble sign app-1.1.0.bin --key ble.pem --out app-1.1.0.signed")
    command.add_argument("file", metavar="FILE")
    command.add_argument("--key", required=True, metavar="PEM", help="a key for ECDSA P-256")
    command.add_argument("--out", required=True, metavar="FILE")
    command.add_argument("--json", action="store_true", help="say the result as JSON")
    command.set_defaults(run=sign, verbose=False)


def make_parser():
    parser = argparse.ArgumentParser(
        prog="otter-ble", description="Update devices over Bluetooth LE.", epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (add_scan, add_push, add_status, add_abort, add_sign):
        add(commands)
    return parser


def refuse(options, status, trouble):
    if options.json:
        print(json.dumps({"result": "refused" if status == NO else "failed", "reason": str(trouble),
                          "status": getattr(trouble, "status", None),
                          "code": getattr(trouble, "result", None)}))
    print(f"otter-ble: {trouble}", file=sys.stderr)
    return status


def main(arguments=None):
    options = make_parser().parse_args(arguments)
    logging.basicConfig(level=logging.DEBUG if options.verbose else logging.CRITICAL)
    try:
        return asyncio.run(options.run(options))
    except Refused as trouble:
        return refuse(options, NO, trouble)
    except (RadioError, KeyTrouble) as trouble:
        return refuse(options, WRONG, trouble)
    except OSError as trouble:
        return refuse(options, WRONG, f"{trouble.filename}: {trouble.strerror}; check the name and "
                      "the folder" if trouble.filename else trouble)
    except KeyboardInterrupt:
        print("otter-ble: interrupted; the same command goes on from here, 'abort' forgets it",
              file=sys.stderr)
        return 130
