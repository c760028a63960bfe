"""A second run adds nothing; a run that was killed goes on where it was; two at once do not meet."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import connection

from tests.sample_files import write_csv
from tests.tickets.importing import csv_file, json_file, rejected, run_import, shared
from tickets.importing.mapping import Rules
from tickets.importing.references import References
from tickets.importing.rejects import Rejects
from tickets.importing.rows import open_rows
from tickets.importing.running import Import
from tickets.management.commands.import_tickets import _only_one
from tickets.models import Message, Ticket


@pytest.mark.django_db
def test_the_real_desk_runs_to_the_end_and_again_adds_nothing(tmp_path: Path) -> None:
    path = shared("endava_it_tickets.csv")
    told = run_import(path, rejects=tmp_path / "rejected.csv")
    assert "5,431 read: 5,431 added, 0 already there, 0 rejected" in told
    assert Ticket.objects.count() == Message.objects.count() == 5_431
    types = [Ticket.objects.filter(type=kind).count() for kind in ("incident", "task")]
    assert types == [576, 4855]
    assert Ticket.objects.filter(tags__name="service-32").count() == 1_106
    assert not Ticket.objects.filter(category=None).exists()
    again = run_import(path, rejects=tmp_path / "rejected.csv")
    assert "5,431 read: 0 added, 5,431 already there, 0 rejected" in again
    assert Ticket.objects.count() == 5_431


@pytest.mark.django_db
def test_the_real_bank_messages(tmp_path: Path) -> None:
    with shared("banking77_messages.csv").open(encoding="utf-8") as file:
        lines = [next(file) for _ in range(601)]
    run_import(csv_file(tmp_path, "".join(lines)))
    assert Ticket.objects.count() == 600
    ticket = Ticket.objects.select_related("category__parent").order_by("number")[0]
    assert ticket.category is not None
    assert (ticket.subject, str(ticket.category), str(ticket.category.parent)) == (
        "I am still waiting on my card?",
        "Card arrival",
        "Bank messages",
    )


@pytest.mark.django_db
def test_rows_that_are_the_same_are_both_kept_and_only_once(tmp_path: Path) -> None:
    run_import(csv_file(tmp_path, "subject,body\nsame,text\nsame,text\nother,text\n"))
    assert Ticket.objects.count() == 3
    # The order of columns, the format and the place in the file do not matter.
    told = run_import(csv_file(tmp_path, "body;subject\ntext;new\ntext;same\ntext;other\ntext;same\n"))
    assert "1 added, 3 already there" in told
    told = run_import(json_file(tmp_path, *[{"subject": "same", "body": "text"}] * 3))
    assert "1 added, 2 already there" in told


@pytest.mark.django_db
def test_an_id_stands_once_in_a_file_and_belongs_to_a_source(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "id,subject\n1,a\n1,b\n2,c\n")
    run_import(path)
    assert rejected(path) == {3: "id: “1” stands on line 2 already."}
    other = csv_file(tmp_path, "id,subject\n1,another system\n")
    told = run_import(other)
    assert "0 added, 1 already there" in told
    assert "--source NAME" in told
    assert "1 added" in run_import(other, source="other desk")


@pytest.mark.django_db
def test_a_stop_finishes_the_batch_and_the_next_run_the_rest(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "tickets.csv", 60)
    with path.open("rb") as file:
        rejects = Rejects(tmp_path / "rejected.csv")
        run = Import(open_rows(file, "csv"), Rules(requester_email="a@example.com"), References(), rejects, batch=20)
        run._progress = lambda _: run.stop()
        assert run.run().stopped
    assert Ticket.objects.count() == 20
    assert "60 read: 40 added, 20 already there" in run_import(path)


def _command(path: Path, *options: str) -> list[str]:
    program = str(settings.BASE_DIR / "manage.py")
    return [sys.executable, program, "import_tickets", str(path), "--skip-checks", *options]


def _environment() -> dict[str, str]:
    """This process's, with the test database in place of the real one."""
    place = connection.settings_dict
    host, port = str(place["HOST"]), str(place["PORT"])
    query = urlencode({"host": host, **({"port": port} if port else {}), **place["OPTIONS"]})
    login = f"{quote(str(place['USER']))}:{quote(str(place['PASSWORD']))}"
    machine = "" if host.startswith("/") else host
    return os.environ | {"DATABASE_URL": f"postgresql://{login}@{machine}/{place['NAME']}?{query}"}


def _rows_of_all_tickets() -> list[tuple[object, ...]]:
    return list(
        Ticket.objects.order_by("source_key").values_list(
            "source_key", "subject", "status", "created_at", "solved_at", "requester__email", "messages__body"
        ).order_by("source_key", "messages__created_at")
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_and_run_again_is_as_if_never_killed(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "tickets.csv", 1_200)
    process = subprocess.Popen(_command(path, "--batch", "25"), env=_environment(), stderr=subprocess.PIPE)
    deadline = time.monotonic() + 30
    while Ticket.objects.count() < 75 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    there = Ticket.objects.count()
    assert 75 <= there < 1_200
    assert there % 25 == 0  # whole batches only
    deadline = time.monotonic() + 10
    while True:  # the server notices a moment later that the killed one, and its lock, are gone
        try:
            told = run_import(path)
            break
        except CommandError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert f"{1_200 - there:,} added, {there:,} already there" in told
    resumed = _rows_of_all_tickets()
    assert len(resumed) == 3_600
    _check_same_as_unbroken(path, resumed)


def _check_same_as_unbroken(path: Path, resumed: list[tuple[object, ...]]) -> None:
    from tests.sample_files import rows

    expected = {f"import:{row['id']}": row["subject"] for row in rows(1_200)}
    assert {row[0]: row[1] for row in resumed} == expected
    assert len(set(resumed)) == 3_600
    assert "1,200 read: 0 added, 1,200 already there" in run_import(path)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_ctrl_c_finishes_the_batch_and_says_how_to_go_on(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "tickets.csv", 1_200)
    process = subprocess.Popen(
        _command(path, "--batch", "25"), env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    while Ticket.objects.count() < 50 and process.poll() is None:
        time.sleep(0.005)
    with pytest.raises(CommandError, match="is being imported already"):
        run_import(path)
    process.send_signal(signal.SIGINT)
    told, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"Go on with: manage.py import_tickets {path}" in told
    assert "Stopping after this batch" in errors
    assert "Traceback" not in errors
    assert Ticket.objects.count() % 25 == 0


@pytest.mark.django_db
def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "colour\nred\n")
    for _ in range(2):
        with pytest.raises(CommandError, match="no column"):
            run_import(path)
    with _only_one(path):
        pass
