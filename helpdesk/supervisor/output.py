"""Lines with a prefix that says whose they are, coloured on a terminal."""

import contextlib
import os
from typing import TextIO

COLOURS = {"web": 32, "worker": 36, "beat": 35, "sweep": 34, "prepare": 33, "helpdesk": 1}
WIDTH = 8


class Output:
    """Writes to a stream; goes on silently when nobody reads any more."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._colour = stream.isatty() and "NO_COLOR" not in os.environ

    def line(self, name: str, text: str) -> None:
        """A line of a child."""
        prefix = f"{name:<{WIDTH}}|"
        if self._colour:
            prefix = f"\x1b[{COLOURS.get(name, 37)}m{prefix}\x1b[0m"
        self.plain(f"{prefix} {text}")

    def say(self, text: str, *, error: bool = False) -> None:
        """A line of our own."""
        for part in text.splitlines():
            self.line("helpdesk", f"\x1b[31m{part}\x1b[0m" if error and self._colour else part)

    def plain(self, text: str) -> None:
        """A line without prefix."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text + "\n")
            self._stream.flush()
