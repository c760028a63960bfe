import os
import signal
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils import timezone
from django.utils.text import slugify

from core import context
from people.actions.customers import clean_email
from tickets.importing.mapping import KNOWN, Rules, is_known
from tickets.importing.presets import PRESETS, Preset, detect
from tickets.importing.progress import Progress
from tickets.importing.references import References
from tickets.importing.rejects import Rejects, place_for
from tickets.importing.rows import CsvRows, JsonRows, UnusableFile, guess_format, open_rows
from tickets.importing.running import BATCH, Import, Summary
from tickets.importing.values import BadValue, checked
from tickets.models import CustomField

LOCK_SPACE = 1_229_804_105
"""First key of the advisory lock; the second one is the file's."""
INTERRUPTED = 130


class Command(BaseCommand):
    help = (
        "Import tickets with their history from a CSV or JSON Lines file (docs/import.md has the columns). "
        "Run it again after a stop: what is there already is left alone. Nobody is mailed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", choices=["csv", "jsonl"], help="by the file's ending when left out")
        parser.add_argument("--preset", choices=["auto", "none", *PRESETS], default="auto")
        parser.add_argument("--source", default="import", help="the system the ids are of (default: %(default)s)")
        parser.add_argument("--requester", default="", metavar="EMAIL", help="for rows without a requester")
        parser.add_argument("--rejects", type=Path, metavar="FILE", help="default: beside the file")
        parser.add_argument("--time-zone", default=settings.TIME_ZONE, help="of moments without one (%(default)s)")
        parser.add_argument("--date-format", default="", help="like %%d/%%m/%%Y %%H:%%M, instead of ISO 8601")
        parser.add_argument("--batch", type=int, default=BATCH, help="rows a transaction (%(default)s)")
        parser.add_argument("--no-create-categories", action="store_true", help="reject rows of unknown categories")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            with path.open("rb") as file, context.bind(channel="import"), _only_one(path):
                rows = open_rows(file, options["format"] or guess_format(path))
                self._run(path, rows, options)
        except OSError as error:
            raise CommandError(f"{error.filename or path}: {error.strerror}") from None
        except UnusableFile as error:
            raise CommandError(str(error)) from None

    def _run(self, path: Path, rows: CsvRows | JsonRows, options: dict[str, Any]) -> None:
        rules = self._rules(path, rows, options)
        rejects = Rejects(options["rejects"] or place_for(path, Path(settings.DATA_DIR) / "rejected"))
        references = References(create_categories=not options["no_create_categories"])
        progress = Progress(path.stat().st_size, cast("IO[str]", self.stderr._out))
        run = Import(rows, rules, references, rejects, progress=progress, batch=max(1, options["batch"]))
        try:
            with _stopped_by_signals(run, self.stderr):
                summary = run.run()
        finally:
            progress.close()
            rejects.close()
        self._tell(summary, references, rejects, path)
        if summary.stopped:
            raise SystemExit(INTERRUPTED)

    def _rules(self, path: Path, rows: CsvRows | JsonRows, options: dict[str, Any]) -> Rules:
        try:
            zone = ZoneInfo(options["time_zone"])
        except (ZoneInfoNotFoundError, ValueError):
            raise CommandError(f"{options['time_zone']!r} is not a time zone.") from None
        default = options["requester"] or f"importer@{slugify(path.stem.replace('_', '-')) or 'file'}.invalid"
        try:
            requester = checked(clean_email, default)
        except BadValue as error:
            raise CommandError(f"--requester: {error}") from None
        rules = Rules(
            zone=zone,
            date_format=options["date_format"],
            source=slugify(options["source"])[:40] or "import",
            # The file's own age rather than now: a resumed run dates like the first one.
            default_moment=min(timezone.now(), datetime.fromtimestamp(path.stat().st_mtime, UTC)),
            requester_email=requester,
            preset=self._preset(rows, options["preset"]),
            custom_fields={custom.key: custom for custom in CustomField.objects.filter(is_active=True)},
        )
        _require_content(rows, rules)
        return rules

    def _preset(self, rows: CsvRows | JsonRows, wanted: str) -> Preset | None:
        preset = detect(rows.columns) if wanted == "auto" else PRESETS.get(wanted)
        if preset and wanted == "auto":
            self.stdout.write(f"The columns of the preset “{preset.name}” (--preset none: take them as ours).")
        return preset

    def _tell(self, summary: Summary, references: References, rejects: Rejects, path: Path) -> None:
        tell = self.stdout.write
        tell(
            f"{summary.read:,} read: {summary.added:,} added, {summary.present:,} already there, "
            f"{summary.rejected:,} rejected, in {summary.seconds:.1f} s ({summary.per_second:,.0f}/s)."
        )
        if summary.rejected:
            tell(f"The rejected rows, each with its line and the reason: {rejects.path}")
        if summary.ignored_columns:
            tell(f"Columns that were not read: {', '.join(sorted(summary.ignored_columns)[:50])}")
        if references.made_categories:
            tell(f"New categories, hidden on the portal: {references.made_categories:,}")
        if references.made_agents:
            named = ", ".join(sorted(references.made_agents)[:10])
            tell(f"Agents unknown here, made as deactivated: {len(references.made_agents):,} ({named})")
        if references.unassigned:
            tell(f"Unsolved tickets left unassigned, since their agent is not active: {references.unassigned:,}")
        if summary.other_subject:
            tell(
                f"{summary.other_subject:,} of those already there have another subject. If the ids are of another "
                "system than before, give it a name of its own: --source NAME"
            )
        if summary.stopped:
            tell(f"Stopped. Go on with: manage.py import_tickets {path}")


def _require_content(rows: CsvRows | JsonRows, rules: Rules) -> None:
    columns = rows.columns
    if columns is None or rules.preset:
        return
    if not {KNOWN.get(name) for name in columns} & {"subject", "body"}:
        unknown = ", ".join(name for name in columns if not is_known(name, rules))[:300]
        raise CommandError(
            f"There is no column for the subject or the text (title, body, description …). Found: {unknown}."
        )


@contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """At most one import of a file at a time, on all machines of this database."""
    key = zlib.crc32(os.fsencode(path.resolve())) - 2**31
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_SPACE, key])
        if not cursor.fetchone()[0]:
            raise CommandError(f"{path} is being imported already.")
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_SPACE, key])


@contextmanager
def _stopped_by_signals(run: Import, stream: Any) -> Iterator[None]:
    """Ctrl-C and SIGTERM let the batch at work finish; a second Ctrl-C does not."""

    def stop(number: int, _: object) -> None:
        stream.write("\nStopping after this batch …")
        run.stop()
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

    try:
        before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread (a test): nothing to catch
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
