"""The side file: every row that was not imported, with its line and the reason."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import IO, Any

from tickets.importing.rows import Row

RAW_MAX = 5_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def place_for(path: Path, fallback: Path) -> Path:
    """Beside the file when its folder can be written to, else in ``fallback`` (made when missing)."""
    beside = path.with_name(f"{path.name}.rejected.csv")
    try:
        with beside.open("a"):
            pass
        if not beside.stat().st_size:
            beside.unlink()
        return beside
    except OSError:
        fallback.mkdir(parents=True, exist_ok=True, mode=0o700)
        return fallback / beside.name


class Rejects:
    """Written anew by every run, since every run reads the whole file; without rejects there is no file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[str] | None = None
        self._writer: Any = None

    def add(self, row: Row, reason: str) -> None:
        """Note one row."""
        if self._writer is None:
            self._file = self.path.open("w", newline="", encoding="utf-8")
            self._writer = csv.writer(self._file)
            self._writer.writerow(["line", "reason", "row"])
        raw = row.raw.rstrip("\r\n").replace("\x00", "\ufffd").encode(errors="replace").decode()[:RAW_MAX]
        self._writer.writerow([row.line, _harmless(reason), _harmless(raw)])
        self.count += 1

    def flush(self) -> None:
        if self._file:
            self._file.flush()

    def close(self) -> None:
        """Finish; an older run's file goes when this one rejected nothing."""
        if self._file:
            self._file.close()
        else:
            self.path.unlink(missing_ok=True)


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
