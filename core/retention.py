"""The one way to remove events: for the retention job, which states in the database that it may."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

SETTING = "helpdesk.retention"


@contextmanager
def erasing() -> Iterator[None]:
    """A transaction in which UPDATE, DELETE and TRUNCATE of the event log are permitted.

    Only the retention job uses this. The permission ends with the block.
    """
    with transaction.atomic():
        _set("on")
        yield
        _set("off")


def _set(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])
