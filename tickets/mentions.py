"""@mentions of staff in internal notes: the part of their address before the @."""

import re

from people.models import User

_MENTION = re.compile(r"(?<![\w@.])@([\w.+-]{2,64})")
MENTIONS_MAX = 20


def mentioned_staff(body: str) -> list[User]:
    """Active staff named as @handle in the text, each once."""
    handles = list(dict.fromkeys(name.lower().rstrip(".") for name in _MENTION.findall(body[:100_000])))[:MENTIONS_MAX]
    if not handles:
        return []
    from django.db.models import Q

    wanted = Q()
    for handle in handles:
        wanted |= Q(email__startswith=f"{handle}@")
    return list(User.objects.active().staff().filter(wanted).order_by("pk"))
