# SPDX-License-Identifier: Apache-2.0
"""The console of the demonstration: live on a terminal, plain lines anywhere else.

Only demonstrations import this: it needs rich, which tests can do without.
"""

import threading
import time
from collections import deque

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

TOOL_LINES = 4
NOTES = 4
OTHER_LINES = 12 + NOTES + TOOL_LINES  # of the picture, beside the device's lines
LED_FRAMES_PER_SECOND = 20  # enough to see a LED that toggles ten times a second

STYLES = {"boot:": "cyan", "app:": "white", "reset:": "bold yellow", "led:": "green"}
"""Colours of a device's lines, by the word that they begin with."""


class Board:
    """What is known of the device at the moment."""

    version = "?"
    resets = 0
    has_led = True
    led_ms = 0
    done = 0
    total = 0

    @property
    def led_is_on(self):
        return self.led_ms > 0 and int(time.monotonic() * 1000 / self.led_ms) % 2 == 0


class Show:
    """Tells the story of the demonstration step by step. Use it with `with`."""

    def __init__(self, title, titles, device="device (QEMU, Cortex-M4)", tool="otter publish"):
        """titles: of the steps; device and tool: of the panels with their lines."""
        self.console = Console(highlight=False)
        self.title = title
        self.titles = titles
        self.device_title = device
        self.tool_title = tool
        self.board = Board()
        self.seconds = {}
        self.failed = None
        self.current = None
        self.notes = deque(maxlen=NOTES)
        self.device_lines = deque(maxlen=max(4, self.console.height - OTHER_LINES - len(titles)))
        self.tool_lines = deque(maxlen=TOOL_LINES)
        self._printing = threading.Lock()
        self._spinner = Spinner("dots")
        self._live = Live(get_renderable=self._render, console=self.console,
                          refresh_per_second=LED_FRAMES_PER_SECOND)

    def __enter__(self):
        if self.console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_):
        if self.console.is_terminal:
            self._live.stop()

    # --- what happens -----------------------------------------------------------------------------

    def begin(self, step):
        self.current = step
        self.notes.clear()
        self._say(f"\nStep {step + 1}: {self.titles[step]}")

    def end(self, step, seconds):
        self.seconds[step] = seconds
        self._say(f"  as expected, after {seconds:.1f} s")

    def fail(self, step, trouble):
        self.failed = step
        self._say(f"  NOT as expected: {trouble}")
        if self.console.is_terminal:
            self._live.stop()
            self.console.print(Text(str(trouble), style="red"))

    def note(self, text):
        """A fact of the present step."""
        self.notes.append(text)
        self._say(f"  {text}")

    def device_line(self, text):
        self.device_lines.append(text)
        self._say(f"  device     {text}")

    def tool_line(self, text, name):
        """A line of the host program that the story has beside the device."""
        self.tool_lines.append(text)
        self._say(f"  {name:10} {text}")

    def linger(self, seconds):
        """Give somebody who watches the time to see it."""
        if self.console.is_terminal:
            time.sleep(seconds)

    def table(self, rows):
        """The closing table: a heading and rows of texts."""
        table = Table(title="What happened", title_justify="left")
        for number, heading in enumerate(rows[0]):
            table.add_column(heading, justify="left" if number < 2 else "right")
        for row in rows[1:]:
            table.add_row(*row)
        self.console.print()
        self.console.print(table)

    def _say(self, text):
        if not self.console.is_terminal:
            # Not by rich, which would fold lines at 80 columns; whole, whoever else has something.
            with self._printing:
                print(text, flush=True)

    # --- the live picture -------------------------------------------------------------------------

    def _render(self):
        panels = [
            Panel(self._steps(), title=self.title, title_align="left"),
            Panel(Group(self._board(), self._bar(), Text(), *map(self._coloured,
                                                                 self.device_lines)),
                  title=self.device_title, title_align="left"),
        ]
        if self.tool_lines:
            panels.append(Panel(Group(*(Text(line, no_wrap=True, overflow="ellipsis")
                                        for line in self.tool_lines)),
                                title=self.tool_title, title_align="left"))
        return Group(*panels)

    def _steps(self):
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=2)
        grid.add_column(ratio=1)
        grid.add_column(justify="right")
        for step, title in enumerate(self.titles):
            grid.add_row(*self._step(step, title))
            if step == self.current:
                for note in self.notes:
                    grid.add_row("", Text(f"  {note}", style="dim"), "")
        return grid

    def _step(self, step, title):
        if step == self.failed:
            return Text("✗", style="bold red"), Text(title, style="red"), ""
        if step in self.seconds:
            return Text("✓", style="bold green"), Text(title), f"{self.seconds[step]:.1f} s"
        if step == self.current:
            return self._spinner, Text(title, style="bold"), ""
        return "", Text(title, style="dim"), ""

    def _board(self):
        board = self.board
        return Text.assemble("version ", (board.version, "bold"), *self._led(),
                             f"    resets {board.resets}")

    def _led(self):
        board = self.board
        if not board.has_led:
            return ()
        led = Text("●", style="bold green") if board.led_is_on else Text("○", style="dim")
        blinking = f" toggles every {board.led_ms} ms" if board.led_ms else " is off"
        return "    LED ", led, blinking

    def _bar(self):
        board = self.board
        if not board.total:
            return Text()
        grid = Table.grid(padding=(0, 1))
        grid.add_row("download", ProgressBar(total=board.total, completed=board.done, width=40),
                     f"{board.done:,} of {board.total:,} bytes")
        return grid

    @staticmethod
    def _coloured(line):
        word = line.partition("] ")[2].partition(" ")[0]
        return Text(line, style=STYLES.get(word, "dim"), no_wrap=True, overflow="ellipsis")
