"""Tags by name."""

from collections.abc import Iterable

from tickets.models import Tag


def tag_ids(names: Iterable[str]) -> dict[str, int]:
    """Name -> id for every (already validated) name; unknown tags are made. At most three statements."""
    wanted = set(names)
    if not wanted:
        return {}
    known = dict(Tag.objects.filter(name__in=wanted).values_list("name", "pk"))
    missing = sorted(wanted - known.keys())
    if missing:
        Tag.objects.bulk_create([Tag(name=name) for name in missing], ignore_conflicts=True)
        known |= dict(Tag.objects.filter(name__in=missing).values_list("name", "pk"))
    return known
