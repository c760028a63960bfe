"""Rows out of a file, one at a time. A row that cannot be read carries its reason, and the next one is read."""

from __future__ import annotations

import csv
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from core.text import one_line

RECORD_MAX = 8 * 1024 * 1024
"""Bytes of one row, all its lines together."""
DELIMITERS = ",;\t|"
CSV_ENDINGS = (".csv", ".tsv", ".txt")
JSON_ENDINGS = (".jsonl", ".ndjson", ".json")


class UnusableFile(Exception):
    """Nothing of this file can be imported; the message says why."""


@dataclass(slots=True)
class Row:
    """One row: its first line (from 1), the columns that are not empty, how far into the file it reaches."""

    line: int
    end: int
    raw: str
    values: dict[str, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass(slots=True)
class Line:
    number: int
    end: int
    text: str
    problem: str = ""


class Lines:
    """The lines of a binary file, decoded one by one; lines can be put back."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._waiting: deque[Line] = deque()
        self._number = 0
        self._end = 0

    def next(self) -> Line | None:
        """The next line, None at the end. Bad bytes become U+FFFD and a problem."""
        if self._waiting:
            return self._waiting.popleft()
        content = self._file.readline(RECORD_MAX + 1)
        if not content:
            return None
        self._number += 1
        self._end += len(content)
        if len(content) > RECORD_MAX:
            self._skip_line(content)
            return Line(self._number, self._end, "\n", f"The line is longer than {RECORD_MAX // 1024**2} MB.")
        if self._number == 1:
            content = content.removeprefix(b"\xef\xbb\xbf")
        return Line(self._number, self._end, *_decoded(content))

    def put_back(self, lines: list[Line]) -> None:
        """These are next again, in this order."""
        self._waiting.extendleft(reversed(lines))

    def _skip_line(self, content: bytes) -> None:
        while content and not content.endswith(b"\n"):
            content = self._file.readline(RECORD_MAX)
            self._end += len(content)


def _decoded(content: bytes) -> tuple[str, str]:
    problem = "There is a NUL byte in it." if b"\x00" in content else ""
    try:
        return content.decode(), problem
    except UnicodeDecodeError as error:
        return content.decode(errors="replace"), f"Not UTF-8: byte {error.start + 1} of the line."


def guess_format(path: Path) -> str:
    """'csv' or 'jsonl', by the file's ending. Raises UnusableFile for other endings."""
    ending = path.suffix.lower()
    if ending in CSV_ENDINGS:
        return "csv"
    if ending in JSON_ENDINGS:
        return "jsonl"
    raise UnusableFile(f"“{path.name}” ends in neither .csv nor .jsonl: say --format csv or --format jsonl.")


def column_name(name: str) -> str:
    """A heading as we compare it: small letters, _ for blanks and dashes."""
    return one_line(str(name)).lower().replace(" ", "_").replace("-", "_")


class CsvRows:
    """The rows of a CSV file with a heading line; the delimiter is found out."""

    def __init__(self, file: IO[bytes]) -> None:
        csv.field_size_limit(RECORD_MAX)
        self._lines = Lines(file)
        self._delimiter = ","
        self.columns = self._heading()

    def _heading(self) -> list[str]:
        first = self._lines.next()
        while first is not None and not first.text.strip():
            first = self._lines.next()
        if first is None:
            raise UnusableFile("The file is empty.")
        if first.text.startswith(("\ufffd\ufffd", "PK\x03")) or first.problem:
            told = first.problem or "It is not text."
            raise UnusableFile(f"The heading line cannot be read. {told} Save the file as CSV in UTF-8.")
        self._delimiter = max(DELIMITERS, key=first.text.count)
        try:
            names = [
                column_name(name) for name in next(csv.reader([first.text], delimiter=self._delimiter, strict=True))
            ]
        except csv.Error as error:
            raise UnusableFile(f"The heading line cannot be read: {error}.") from None
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            raise UnusableFile(f"Columns with the same heading: {', '.join(twice)}.")
        return names

    def __iter__(self) -> Iterator[Row]:
        while (row := self._record()) is not None:
            if row.values or row.problem:
                yield row

    def _record(self) -> Row | None:
        taken: list[Line] = []
        try:
            cells = next(csv.reader(self._feed(taken), delimiter=self._delimiter, strict=True), None)
        except (csv.Error, _TooLong) as error:
            return self._broken(taken, _csv_problem(error, taken))
        if cells is None or not taken:
            return None
        problem = next((f"{line.problem}" for line in taken if line.problem), "")
        if not any(cells) and not problem:
            return Row(taken[0].number, taken[-1].end, "")
        if len(cells) != len(self.columns) and not problem:
            return self._broken(taken, f"{len(self.columns)} columns expected, {len(cells)} found.")
        values = {name: cell for name, cell in zip(self.columns, cells, strict=False) if name and cell.strip()}
        return Row(taken[0].number, taken[-1].end, _raw(taken), {} if problem else values, problem)

    def _feed(self, taken: list[Line]) -> Iterator[str]:
        size = 0
        while (line := self._lines.next()) is not None:
            taken.append(line)
            size += len(line.text)
            if size > RECORD_MAX:
                raise _TooLong
            yield line.text

    def _broken(self, taken: list[Line], problem: str) -> Row:
        # Only the first line is given up: a stray quote must not swallow the good rows behind it.
        self._lines.put_back(taken[1:])
        return Row(taken[0].number, taken[0].end, taken[0].text, {}, taken[0].problem or problem)


class _TooLong(Exception):
    """A row without an end."""


def _csv_problem(error: Exception, taken: list[Line]) -> str:
    if isinstance(error, _TooLong) or "unexpected end" in str(error):
        return "A quote is opened and never closed."
    if "expected after" in str(error):
        return "A quote stands where none may be: write it twice inside of quotes, and close the cell's quote."
    if "new-line" in str(error):
        return "A carriage return stands alone inside of the row."
    return f"Not readable as CSV: {error}."


def _raw(taken: list[Line]) -> str:
    return "".join(line.text for line in taken)


class JsonRows:
    """The rows of a JSON Lines file: one object a line."""

    columns: list[str] | None = None

    def __init__(self, file: IO[bytes]) -> None:
        self._lines = Lines(file)

    def __iter__(self) -> Iterator[Row]:
        while (line := self._lines.next()) is not None:
            if line.problem or line.text.strip():
                yield self._row(line)

    def _row(self, line: Line) -> Row:
        row = Row(line.number, line.end, line.text, {}, line.problem)
        if row.problem:
            return row
        try:
            content = json.loads(line.text, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            row.problem = f"Not JSON: {error.msg} at character {error.pos + 1}."
        except (ValueError, RecursionError) as error:
            row.problem = f"Not JSON we can use: {str(error)[:120]}."
        else:
            if isinstance(content, dict):
                row.values = {
                    column_name(key): value for key, value in content.items() if value not in (None, "", [], {})
                }
                row.problem = "" if row.values else "The object is empty."
            else:
                row.problem = "Each line has to be one JSON object, in { }."
        return row


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a value")


def open_rows(file: IO[bytes], format_: str) -> CsvRows | JsonRows:
    """A reader over an open binary file. Raises UnusableFile."""
    return CsvRows(file) if format_ == "csv" else JsonRows(file)
