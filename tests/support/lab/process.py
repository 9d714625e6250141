# SPDX-License-Identifier: Apache-2.0
"""Processes whose lines are read while they run, and which never outlive their `with` block."""

import re
import socket
import subprocess
import threading
import time

STOP_SECONDS = 5


class ProcessError(AssertionError):
    """A process ended, stayed silent or failed; the text has its last lines."""


def free_port():
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(*command, timeout=60, expect=0, **options):
    """Run a command to its end. Returns it with stdout and stderr as text.

    expect is the exit status that it must have; None: any.
    """
    words = [str(word) for word in command]
    result = subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False,
                            **options)
    if expect is not None and result.returncode != expect:
        raise ProcessError(f"{' '.join(words)}\n  ended with {result.returncode}, not {expect}\n"
                           f"{result.stdout}{result.stderr}")
    return result


class Console:
    """Lines that somebody says, as the list `lines`; others wait for them."""

    speaker = "console"

    def __init__(self):
        self.lines = []
        self._changed = threading.Condition()

    def on_line(self, line):
        """Called for each line, in the thread of who says it; a subclass may look at it first."""
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def is_silent(self):
        """Whether no line will ever come again."""
        return False

    def mark(self):
        """How many lines there are: pass it to wait_for() to look only at later ones."""
        with self._changed:
            return len(self.lines)

    def wait_for(self, pattern, timeout=30, start=0):
        """The first line from `start` on in which the regular expression is found, as a match."""
        return self._find(pattern, timeout, start)[1]

    def after(self, pattern, timeout=30, start=0):
        """Wait likewise; returns the number of the next line, a `start` for what follows."""
        return self._find(pattern, timeout, start)[0] + 1

    def _find(self, pattern, timeout, start):
        deadline = time.monotonic() + timeout
        expression = re.compile(pattern)
        with self._changed:
            while True:
                for at in range(start, len(self.lines)):
                    match = expression.search(self.lines[at])
                    if match:
                        return at, match
                start = max(start, len(self.lines))
                left = deadline - time.monotonic()
                if left <= 0:
                    raise ProcessError(self.describe(f"no line has '{pattern}' in {timeout} s"))
                if self.is_silent():
                    raise ProcessError(self.describe(f"ended without a line that has '{pattern}'"))
                self._changed.wait(min(left, 0.2))

    def count(self, pattern, start=0):
        """How many lines have the expression so far."""
        with self._changed:
            return sum(1 for line in self.lines[start:] if re.search(pattern, line))

    def describe(self, trouble):
        last = "\n".join("    " + line for line in self.lines[-40:])
        return f"{self.speaker}: {trouble}; its last lines:\n{last}"


class Process(Console):
    """A command in the background. Its output, stderr included, becomes the list `lines`."""

    def __init__(self, command, **options):
        super().__init__()
        self.command = [str(word) for word in command]
        self.speaker = f"{' '.join(self.command[:3])} ..."
        self._options = options
        self._process = None
        self._reader = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self._process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                         text=True, errors="replace", bufsize=1, **self._options)
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def _read(self, process):
        for line in process.stdout:
            self.on_line(line.rstrip("\r\n"))
        with self._changed:
            self._changed.notify_all()

    @property
    def pid(self):
        return self._process.pid

    @property
    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def is_silent(self):
        return not self._reader.is_alive()

    def wait(self, timeout=30):
        """Wait for the end of the process; returns its exit status."""
        status = self._process.wait(timeout)
        self._reader.join(timeout)
        return status

    def send_line(self, text):
        """Type a line into it."""
        self._process.stdin.write(text + "\n")

    def send_signal(self, number):
        self._process.send_signal(number)

    def stop(self):
        """Ask it to end, make it end if it does not, and wait. Returns its exit status."""
        if self._process is None:
            return None
        if self.is_running:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._finish()

    def kill(self):
        """End it as a loss of power would: at once, between any two instructions."""
        self._process.kill()
        return self._finish()

    def _finish(self):
        status = self._process.wait()
        self._reader.join(STOP_SECONDS)
        self._process.stdout.close()
        self._process.stdin.close()
        return status
