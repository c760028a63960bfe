"""Who can log in to the demo. Away from localhost the password is a random one instead of this."""

import json
import os
from pathlib import Path

DOMAIN = "quicksell.example"
PASSWORD = "sell-it-quick-2026"  # noqa: S105 (a demo's, and only on localhost)
LOGINS: list[tuple[str, str, str]] = [
    ("admin", f"admin@{DOMAIN}", PASSWORD),
    ("manager", f"manager@{DOMAIN}", PASSWORD),
    ("lead", f"lead@{DOMAIN}", PASSWORD),
    ("agent", f"agent@{DOMAIN}", PASSWORD),
    ("customer", "maya.lindgren@harbourfinds.example", PASSWORD),
]
FILE = "demo-logins.json"


def write(folder: Path, password: str) -> Path:
    """Leave the logins for the supervisor to print: a JSON list of [address, password], readable by us alone."""
    path = folder / FILE
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as out:
        json.dump([[email, password] for _, email, _ in LOGINS], out)
    return path
