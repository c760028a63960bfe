"""Files with every column, made up: for the importer's tests and its benchmark."""

import csv
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SUBJECTS = ("Cannot log in", "Invoice is wrong", "Export never ends", "Printer says no", "Please add a user")
STATUSES = ("new", "open", "pending", "on_hold", "solved", "closed", "closed", "closed")
LAST_DAY = datetime(2026, 11, 1, tzinfo=UTC)
COMPANIES = ("Birch & Co", "Northlight", "Oakfield GmbH", "Pinewood", "Rowan Labs", "Silverlake")


def rows(count: int, seed: int = 7) -> Iterator[dict[str, Any]]:
    """``count`` tickets over two years, three messages each (the opening one and two later ones)."""
    chance = random.Random(seed)
    for number in range(1, count + 1):
        opened = LAST_DAY - timedelta(minutes=chance.randrange(2 * 365 * 24 * 60))
        status = chance.choice(STATUSES)
        company = chance.choice(COMPANIES)
        person = chance.randrange(40)
        domain = company.split()[0].lower() + ".example"
        solved = opened + timedelta(hours=chance.randrange(5, 200))
        yield {
            "id": f"OLD-{number}",
            "subject": f"{chance.choice(SUBJECTS)} ({number})",
            "body": f"Good morning,\nthis is about case {number}. It began on {opened:%A}.",
            "requester_email": f"person{person}@{domain}",
            "requester_name": f"Person {person} of {company}",
            "organisation": company,
            "channel": chance.choice(("email", "portal", "phone")),
            "status": status,
            "priority": chance.choice(("critical", "high", "normal", "low")),
            "type": chance.choice(("question", "incident", "problem", "task")),
            "category": chance.choice(("Software / Log-in", "Software / Export", "Hardware / Printer", "Billing")),
            "tags": "old," + chance.choice(("vip", "first-contact", "phone-in")),
            "created_at": opened.isoformat(),
            "solved_at": solved.isoformat() if status in ("solved", "closed") else "",
            "closed_at": (solved + timedelta(days=7)).isoformat() if status == "closed" else "",
            "assignee_email": f"agent{chance.randrange(5)}@desk.example",
            "messages": [
                {
                    "author_email": f"agent{chance.randrange(5)}@desk.example",
                    "author_name": "Ada Agent",
                    "by": "agent",
                    "body": "We are on it.",
                    "created_at": (opened + timedelta(hours=1)).isoformat(),
                },
                {
                    "author_email": f"person{person}@{domain}",
                    "by": "customer",
                    "body": "Thank you, it works again.",
                    "created_at": (opened + timedelta(hours=4)).isoformat(),
                },
            ],
        }


def write_csv(path: Path, count: int) -> Path:
    """The rows as CSV, the messages as JSON in their cell."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer: Any = None
        for row in rows(count):
            flat = row | {"messages": json.dumps(row["messages"])}
            if writer is None:
                writer = csv.DictWriter(file, list(flat))
                writer.writeheader()
            writer.writerow(flat)
    return path


def write_json_lines(path: Path, count: int) -> Path:
    """The rows as JSON Lines."""
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows(count)), encoding="utf-8")
    return path
