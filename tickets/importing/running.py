"""An import from beginning to end: batches, each one whole transaction, so that a kill loses at most one batch."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from django.db import DatabaseError, OperationalError

from core.errors import DomainError
from tickets.actions import NewTicket, create_tickets
from tickets.importing.mapping import BadRow, Draft, Rules, content_key, draft_of, given_id, is_known
from tickets.importing.references import References
from tickets.importing.rejects import Rejects
from tickets.importing.rows import CsvRows, JsonRows, Row
from tickets.models import Ticket

logger = logging.getLogger(__name__)
BATCH = 500


@dataclass
class Summary:
    """What a run came to."""

    read: int = 0
    added: int = 0
    present: int = 0
    rejected: int = 0
    seconds: float = 0.0
    stopped: bool = False
    reached: int = 0
    other_subject: int = 0
    ignored_columns: set[str] = field(default_factory=set)

    @property
    def per_second(self) -> float:
        return self.read / self.seconds if self.seconds else 0.0


class Import:
    """One run over one file. ``stop()`` ends it after the batch at work."""

    def __init__(
        self,
        rows: CsvRows | JsonRows,
        rules: Rules,
        references: References,
        rejects: Rejects,
        *,
        progress: Callable[[Summary], None] = lambda _: None,
        batch: int = BATCH,
    ) -> None:
        self._rows, self._rules, self._references, self._rejects = rows, rules, references, rejects
        self._progress, self._size = progress, batch
        self._stopping = False
        self._lines_by_id: dict[str, int] = {}
        self._seen_content: Counter[str] = Counter()
        self.summary = Summary()

    def stop(self) -> None:
        """Finish the batch, then end. May be called from a signal handler."""
        self._stopping = True

    def run(self) -> Summary:
        """Import everything that is not there yet. What was rejected stands in the rejects' file."""
        started = time.monotonic()
        rows = iter(self._rows)
        while not self._stopping and (batch := list(islice(rows, self._size))):
            self._import(batch)
            self.summary.reached = batch[-1].end
            self.summary.seconds = time.monotonic() - started
            self._rejects.flush()
            self._progress(self.summary)
        self.summary.stopped = self._stopping
        self.summary.seconds = time.monotonic() - started
        return self.summary

    def _import(self, batch: Sequence[Row]) -> None:
        self.summary.read += len(batch)
        keyed = list(self._keyed(batch))
        keys = [key for _, key in keyed]
        present = dict(Ticket.objects.filter(source_key__in=keys).values_list("source_key", "subject"))
        drafts = []
        for row, key in keyed:
            try:
                draft = draft_of(row, key, self._rules)
            except BadRow as problem:
                self._reject(row, str(problem))
                continue
            if key in present:
                self.summary.present += 1
                self.summary.other_subject += present[key] != draft.subject
            else:
                drafts.append(draft)
        if drafts:
            self._store(self._references.resolve(drafts, self._reject_draft))

    def _keyed(self, batch: Sequence[Row]) -> Iterator[tuple[Row, str]]:
        """Each readable row with its key: its id, or what it says and how often that was said before."""
        for row in batch:
            self.summary.ignored_columns.update(name for name in row.values if not is_known(name, self._rules))
            try:
                if row.problem:
                    raise BadRow(row.problem)
                identifier = given_id(row, self._rules)
                if identifier:
                    first = self._lines_by_id.setdefault(identifier, row.line)
                    if first != row.line:
                        raise BadRow(f"id: “{identifier}” stands on line {first} already.")
                    yield row, f"{self._rules.source}:{identifier}"
                else:
                    content = content_key(row)
                    self._seen_content[content] += 1
                    yield row, f"sha256:{content}:{self._seen_content[content]}"
            except BadRow as problem:
                self._reject(row, str(problem))

    def _store(self, pairs: Sequence[tuple[Draft, NewTicket]]) -> None:
        """All in one transaction; what a batch stumbles over is found by halving it."""
        if not pairs:
            return
        try:
            create_tickets([new for _, new in pairs], actor=None, backfill=True)
        except OperationalError:
            raise  # the database is gone or full: not a matter of rows
        except (DomainError, DatabaseError, ValueError) as error:
            if len(pairs) == 1:
                self._refused(pairs[0][0], error)
                return
            middle = len(pairs) // 2
            self._store(pairs[:middle])
            self._store(pairs[middle:])
        else:
            self.summary.added += len(pairs)

    def _refused(self, draft: Draft, error: Exception) -> None:
        if Ticket.objects.filter(source_key=draft.source_key).exists():
            self.summary.present += 1  # another import of the same rows, at the same time, was first
        elif isinstance(error, DomainError):
            details = " ".join(message for messages in error.fields.values() for message in messages)
            self._reject_draft(draft, f"{error} {details}".strip())
        else:
            logger.warning("Line %d was not accepted: %s", draft.row.line, error)
            self._reject_draft(draft, f"Not accepted by the database: {str(error).splitlines()[0][:200]}")

    def _reject_draft(self, draft: Draft, reason: str) -> None:
        self._reject(draft.row, reason)

    def _reject(self, row: Row, reason: str) -> None:
        self._rejects.add(row, reason)
        self.summary.rejected += 1
