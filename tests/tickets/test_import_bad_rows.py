"""A row that cannot be used is put aside with its line and the reason; all others are imported."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError

from tests.tickets.importing import csv_file, json_file, rejected, run_import
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def subjects() -> list[str]:
    return list(Ticket.objects.order_by("number").values_list("subject", flat=True))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'"never closed,some text\n', "A quote"),
        (b'"closed" and on,text\n', "A quote stands where none may be"),
        (b"only one column\n", "2 columns expected, 1 found"),
        (b"one,two,three\n", "2 columns expected, 3 found"),
        (b"nul,a\x00b\n", "NUL byte"),
        (b"latin,caf\xe9\n", "Not UTF-8"),
        (b"big," + b"x" * 1_048_576 + b"\n", "At most 500,000 characters"),
        (b"huge," + b"x" * (9 * 1024 * 1024) + b"\n", "longer than 8 MB"),
    ],
)
def test_a_malformed_line_takes_no_other_with_it(tmp_path: Path, bad: bytes, reason: str) -> None:
    path = csv_file(tmp_path, b"subject,body\nfirst,text\n" + bad + b'last,"text, of\ntwo lines"\n')
    told = run_import(path)
    assert subjects() == ["first", "last"]
    assert list(rejected(path)) == [3]
    assert reason in rejected(path)[3]
    assert "3 read: 2 added, 0 already there, 1 rejected" in told


def test_a_quote_open_until_the_end_gives_up_its_own_line_only(tmp_path: Path) -> None:
    path = csv_file(tmp_path, 'subject,body\n"open,text\n' + "".join(f"row {n},text\n" for n in range(50)))
    run_import(path)
    assert len(subjects()) == 50
    assert list(rejected(path)) == [2]


@pytest.mark.parametrize(
    "text", ["\ufeffSubject;Body\r\nEins;Text\r\n", "subject\tbody\nEins\tText\n", "body|subject\nText|Eins"]
)
def test_other_delimiters_line_ends_and_a_byte_order_mark(tmp_path: Path, text: str) -> None:
    run_import(csv_file(tmp_path, text))
    assert subjects() == ["Eins"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"subject": "cut off', "Not JSON"),
        ("[1, 2]", "one JSON object"),
        ('"text"', "one JSON object"),
        ('{"subject": "a", "priority": NaN}', "NaN is not a value"),
        ("[" * 100_000, "Not JSON"),
        ('{"subject": {"a": 1}}', "subject: text expected, not an object"),
        ('{"subject": "a", "tags": [["b"]]}', "tags: text expected"),
        ('{"subject": "a", "messages": "no list"}', "messages: not JSON"),
        ('{"subject": "a", "messages": [{"body": ""}]}', "message 1: Write something first"),
        ('{"subject": "a", "status": "lost"}', "status: “lost” is not one of"),
        ('{"subject": "a", "requester_email": "nobody"}', "requester_email: “nobody” is not a mail address"),
        ('{"subject": "a", "created_at": "03/04/2025"}', "created_at: “03/04/2025” is not a moment"),
        ('{"subject": "a", "created_at": "2099-01-01"}', "created_at: “2099-01-01” is in the future"),
        ('{"subject": "a", "created_at": "0001-01-01"}', "is before 1970"),
        ('{"subject": "a", "created_at": "2025-02-01", "solved_at": "2025-01-01"}', "solved_at: it lies before"),
        ('{"subject": "a", "team": "nobody"}', "there is no team “nobody”"),
        ('{"subject": "a", "id": [1]}', "id: text expected"),
        ('{"tags": "a", "body": " "}', "neither a subject nor a text"),
        ("{}", "The object is empty"),
    ],
)
def test_a_bad_json_line_is_told_with_its_number(tmp_path: Path, bad: str, reason: str) -> None:
    path = json_file(tmp_path, {"subject": "first"}, bad, {"subject": "last"})
    run_import(path)
    assert subjects() == ["first", "last"]
    assert reason in rejected(path)[2]


def test_blank_rows_are_nothing(tmp_path: Path) -> None:
    told = run_import(csv_file(tmp_path, "subject,body\n\n,  \na,b\n,\n"))
    assert "1 read: 1 added" in told


def test_all_mistakes_of_a_row_are_told_at_once(tmp_path: Path) -> None:
    path = json_file(tmp_path, {"subject": "a", "priority": "huge", "channel": "pigeon"})
    run_import(path)
    assert "channel: “pigeon”" in rejected(path)[1]
    assert "priority: “huge”" in rejected(path)[1]


def test_the_side_file_holds_no_formula_and_goes_when_nothing_is_rejected(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "subject,body\n=cmd|' /C calc'!A0\n")
    run_import(path)
    with (tmp_path / "rejected.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    assert row["row"].startswith("'=cmd")
    csv_file(tmp_path, "subject,body\na,b\n")
    run_import(path)
    assert not (tmp_path / "rejected.csv").exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "The file is empty"),
        ("colour,size\nred,5\n", "no column for the subject"),
        ("subject,body,Subject\na,b,c\n", "same heading: subject"),
        ("subject,body\n".encode("utf-16"), "Save the file as CSV in UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: str | bytes, told: str) -> None:
    with pytest.raises(CommandError, match=told):
        run_import(csv_file(tmp_path, content))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        run_import(tmp_path / "missing.csv")
    with pytest.raises(CommandError, match="--format"):
        (tmp_path / "tickets.xyz").write_text("subject\na\n")
        run_import(tmp_path / "tickets.xyz")


def test_unknown_columns_are_named_once(tmp_path: Path) -> None:
    told = run_import(csv_file(tmp_path, "subject,colour,fields.nothing\na,red,1\nb,blue,2\n"))
    assert "Columns that were not read: colour, fields.nothing" in told
    assert subjects() == ["a", "b"]


def test_the_side_file_goes_to_the_data_folder_when_it_cannot_lie_beside(tmp_path: Path) -> None:
    from tickets.importing.rejects import place_for

    assert place_for(Path("/proc/tickets.csv"), tmp_path / "kept") == tmp_path / "kept" / "tickets.csv.rejected.csv"
    assert place_for(tmp_path / "a.csv", tmp_path / "kept") == tmp_path / "a.csv.rejected.csv"
    assert not (tmp_path / "a.csv.rejected.csv").exists()
