# SPDX-License-Identifier: Apache-2.0
"""What of a program can be read outside of the primary slot."""

BLOCK = 16
"""Bytes that AES encrypts at once; slots, headers and sectors are multiples of it."""


def blocks(content):
    """What stands in it, block by block; those of one repeated byte say nothing."""
    every = (content[at:at + BLOCK] for at in range(0, len(content) - BLOCK + 1, BLOCK))
    return {block for block in every if len(set(block)) > 1}


def leaks(device, *programs):
    """Blocks of these programs (files) that lie in the clear where a move or a download puts them."""
    layout = device.layout_facts()
    public = bytes.fromhex(layout["digest"])  # in each program, and in a TLV of each image
    secret = set().union(*(blocks(program.read_bytes()) for program in programs))
    outside = [area["name"] for area in layout["areas"] if area["role"] in ("secondary", "scratch")]
    readable = set().union(*(blocks(device.area(name)) for name in outside))
    return {block for block in secret & readable if block not in public}
