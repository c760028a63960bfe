"""How far it is: a bar on a terminal, a plain line every few seconds anywhere else."""

from __future__ import annotations

import time
from typing import IO, Any

from tqdm import tqdm

from tickets.importing.running import Summary

EVERY_SECONDS = 3.0


class Progress:
    """Shows a Summary after each batch. ``size``: bytes of the whole file."""

    def __init__(self, size: int, stream: IO[str]) -> None:
        self._size = max(size, 1)
        self._stream = stream
        self._next = time.monotonic() + EVERY_SECONDS
        self._bar: Any = None
        if stream.isatty():
            shape = "{percentage:3.0f} %|{bar}| {desc} [{elapsed}, {remaining} left]"
            self._bar = tqdm(total=self._size, file=stream, bar_format=shape, leave=True)

    def __call__(self, summary: Summary) -> None:
        if self._bar is not None:
            self._bar.set_description_str(_told(summary), refresh=False)
            self._bar.update(summary.reached - self._bar.n)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY_SECONDS
            self._stream.write(f"{summary.reached * 100 // self._size} %: {_told(summary)}\n")
            self._stream.flush()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()


def _told(summary: Summary) -> str:
    told = f"{summary.read:,} read, {summary.added:,} added, {summary.per_second:,.0f}/s"
    return f"{told}, {summary.rejected:,} rejected" if summary.rejected else told
