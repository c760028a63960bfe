"""Helpers of the importer's tests."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

SHARED = Path(os.environ.get("HELPDESK_SHARED") or Path(settings.BASE_DIR).parent / "shared") / "data"


def shared(name: str) -> Path:
    """A real file; skips the test where there is none."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is not here")
    return path


def run_import(path: Path, **options: Any) -> str:
    """Import a file; what the command told."""
    told, errors = io.StringIO(), io.StringIO()
    options.setdefault("rejects", path.parent / "rejected.csv")
    call_command("import_tickets", path, stdout=told, stderr=errors, **options)
    return told.getvalue()


def rejected(path: Path) -> dict[int, str]:
    """Line -> reason of the side file."""
    side = path.parent / "rejected.csv"
    if not side.exists():
        return {}
    with side.open(newline="", encoding="utf-8") as file:
        return {int(row["line"]): row["reason"] for row in csv.DictReader(file)}


def csv_file(folder: Path, text: str | bytes) -> Path:
    """A CSV file of that content."""
    path = folder / "tickets.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def json_file(folder: Path, *rows: Any) -> Path:
    """A JSON Lines file; text goes in as it is."""
    path = folder / "tickets.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n")
    return path
