"""The rules of every address: who may call it, with which methods, and what a valid call sends.

``tests/test_routes.py`` takes the list of addresses from the URL configuration and fails for one without a rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.cast import Cast
from tickets.models import Attachment, Message, Ticket, TicketLink

NOBODY: frozenset[str] = frozenset()
ANYBODY = frozenset({"anonymous", "alice", "bob", "carol", "charlie", "dora", "erik", "lena", "mara", "adam"})
CUSTOMERS = frozenset({"alice", "bob", "carol", "charlie"})
STAFF = frozenset({"dora", "erik", "lena", "mara", "adam"})
USERS = CUSTOMERS | STAFF
ADMINS = frozenset({"adam"})
READERS = frozenset({"alice", "carol"})
"""Customers who see the secret ticket: its requester, and Carol who sees her organisation's."""
WORKERS = frozenset({"erik", "mara", "adam"})
"""Staff who see the secret ticket: a member of its closed team, and those who see every team."""


@dataclass
class World:
    """Alice's ticket in a closed team, full of secrets, and what hangs on it."""

    cast: Cast
    ticket: Ticket
    plain: Ticket
    note: Message
    said: Message
    file: Attachment
    note_file: Attachment
    link: TicketLink
    notice_id: int
    upload: Attachment
    token: str


@dataclass(frozen=True)
class Rule:
    """``get`` and ``post`` (or another method) name who is served; everybody else is refused.

    ``data``: what a valid call sends. ``names``: the address's arguments."""

    get: frozenset[str] = NOBODY
    post: frozenset[str] = NOBODY
    patch: frozenset[str] = NOBODY
    delete: frozenset[str] = NOBODY
    names: Callable[[World], dict[str, Any]] = field(default=lambda _: {})
    data: Callable[[World], dict[str, Any]] = field(default=lambda _: {})

    def served(self, method: str) -> frozenset[str]:
        found: frozenset[str] = getattr(self, method.lower(), NOBODY)
        return found


def _number(world: World) -> dict[str, Any]:
    return {"number": world.ticket.number}


def _file(name: str) -> Callable[[World], dict[str, Any]]:
    return lambda world: {name: world.file.pk}


def _token(world: World) -> dict[str, Any]:
    return {"token": world.token}


def _body(_: World) -> dict[str, Any]:
    return {"body": "Somebody else's words", "client_token": "routes", "visibility": "public"}


def desk_get(**more: Any) -> Rule:
    return Rule(get=STAFF, **more)


def deed(**data: Any) -> Rule:
    """Something that is done to one ticket on the desk."""
    return Rule(post=WORKERS, names=_number, data=lambda _: data)


DESK: dict[str, Rule] = {
    "desk:home": desk_get(),
    "desk:list": desk_get(names=lambda _: {"key": "all"}),
    "desk:columns": Rule(post=STAFF, data=lambda _: {"column": "priority"}),
    "desk:next": desk_get(),
    "desk:bulk": Rule(post=STAFF, data=lambda w: {"ticket": [w.ticket.pk], "priority": "high"}),
    "desk:new": Rule(get=STAFF, post=STAFF),
    "desk:find-people": desk_get(),
    "desk:mentions": desk_get(),
    "desk:ticket": Rule(get=WORKERS, names=_number),
    "desk:history": Rule(get=WORKERS, names=_number),
    "desk:change": deed(field="priority", value="high"),
    "desk:message": Rule(post=WORKERS, names=_number, data=_body),
    "desk:draft": deed(body="mine", visibility="public"),
    "desk:take": deed(),
    "desk:follow": deed(on="1"),
    "desk:cc": deed(email="new@example.com", name="New"),
    "desk:follower": Rule(post=WORKERS, names=_number, data=lambda w: {"user": w.cast.erik.pk}),
    "desk:remove-participant": Rule(post=WORKERS, names=_number, data=lambda w: {"user": w.cast.charlie.pk}),
    "desk:link": Rule(post=WORKERS, names=_number, data=lambda w: {"target": f"#{w.plain.number}", "kind": "related"}),
    "desk:unlink": Rule(post=WORKERS, names=_number, data=lambda w: {"link": w.link.pk}),
    "desk:merge": Rule(post=WORKERS, names=_number, data=lambda w: {"target": f"#{w.plain.number}"}),
    "desk:split": Rule(post=WORKERS, names=_number, data=lambda w: {"message": [w.said.pk], "subject": "Split"}),
    "desk:follow-up": deed(body="go on", client_token="routes"),
    "desk:time": deed(minutes="5", seconds="300", note="x"),
    "desk:upload": Rule(post=STAFF),
    "desk:discard-upload": Rule(post=NOBODY, names=lambda w: {"pk": w.upload.pk}),
    "desk:attachment": Rule(get=WORKERS, names=_file("pk")),
    "desk:customers": desk_get(),
    "desk:customer": Rule(get=STAFF, post=STAFF, names=lambda w: {"pk": w.cast.alice.pk}, data=lambda _: {"name": "A"}),
    "desk:organisations": Rule(get=STAFF, post=STAFF, data=lambda _: {"name": "New Ltd"}),
    "desk:organisation": Rule(
        get=STAFF, post=STAFF, names=lambda w: {"pk": w.cast.acme.pk}, data=lambda _: {"name": "Acme"}
    ),
    "desk:notices": desk_get(),
    "desk:notices-read": Rule(post=STAFF),
    "desk:notice": Rule(post=frozenset({"erik"}), names=lambda w: {"pk": w.notice_id}),
    "desk:profile": Rule(get=STAFF, post=STAFF),
}

PORTAL: dict[str, Rule] = {
    "portal:home": Rule(get=ANYBODY),
    "portal:search": Rule(get=ANYBODY),
    "portal:new": Rule(get=ANYBODY, post=ANYBODY),
    "portal:questions": Rule(get=ANYBODY),
    "portal:sent": Rule(get=ANYBODY),
    "portal:upload": Rule(post=ANYBODY),
    "portal:upload_remove": Rule(post=frozenset({"alice"}), names=lambda w: {"upload_id": w.upload.pk}),
    "portal:requests": Rule(get=USERS),
    "portal:organisation": Rule(get=frozenset({"carol"})),
    "portal:request": Rule(get=READERS, names=_number),
    "portal:reply": Rule(post=READERS, names=_number, data=_body),
    "portal:draft": Rule(post=READERS, names=_number, data=_body),
    "portal:solve": Rule(post=READERS, names=_number),
    "portal:reopen": Rule(post=READERS, names=_number),
    "portal:copy": Rule(post=frozenset({"alice"}), names=_number, data=lambda _: {"email": "charlie@example.com"}),
    "portal:leave": Rule(post=READERS, names=_number),
    "portal:attachment": Rule(get=READERS, names=_file("attachment_id")),
    "portal:profile": Rule(get=USERS, post=USERS),
    # A signed link is the right itself: whoever holds it reads and answers, and nobody gets in without one.
    "portal:guest": Rule(get=ANYBODY, names=_token),
    "portal:guest_reply": Rule(post=ANYBODY, names=_token, data=_body),
    "portal:guest_draft": Rule(post=ANYBODY, names=_token, data=_body),
    "portal:guest_solve": Rule(post=ANYBODY, names=_token),
    "portal:guest_reopen": Rule(post=ANYBODY, names=_token),
    "portal:guest_upload": Rule(post=ANYBODY, names=_token),
    "portal:guest_upload_remove": Rule(post=ANYBODY, names=lambda w: {"token": w.token, "upload_id": w.upload.pk}),
    "portal:guest_attachment": Rule(get=ANYBODY, names=lambda w: {"token": w.token, "attachment_id": w.file.pk}),
}

SEERS = READERS | WORKERS


def _api_number(world: World) -> dict[str, Any]:
    return {"number": world.ticket.number}


API: dict[str, Rule] = {
    "api:tickets": Rule(
        get=USERS, post=STAFF, data=lambda w: {"subject": "S", "body": "B", "requester": {"email": "zoe@example.com"}}
    ),
    "api:ticket": Rule(get=SEERS, patch=SEERS, names=_api_number, data=lambda _: {"status": "solved"}),
    "api:ticket-messages": Rule(get=SEERS, post=SEERS, names=_api_number, data=lambda _: {"body": "hello"}),
    "api:ticket-events": Rule(get=SEERS, names=_api_number),
    "api:ticket-merge": Rule(post=WORKERS, names=_api_number, data=lambda w: {"into": w.plain.number}),
    "api:ticket-split": Rule(
        post=WORKERS, names=_api_number, data=lambda w: {"messages": [w.said.pk], "subject": "Split"}
    ),
    "api:ticket-links": Rule(
        get=WORKERS, post=WORKERS, names=_api_number, data=lambda w: {"target": w.plain.number, "kind": "related"}
    ),
    "api:ticket-link": Rule(delete=WORKERS, names=lambda w: {"number": w.ticket.number, "pk": w.link.pk}),
    "api:ticket-participants": Rule(
        get=SEERS, post=SEERS, names=_api_number, data=lambda _: {"email": "zoe@example.com"}
    ),
    "api:ticket-participant": Rule(
        delete=WORKERS, names=lambda w: {"number": w.ticket.number, "user_id": w.cast.mara.pk}
    ),
    "api:ticket-time": Rule(get=WORKERS, post=WORKERS, names=_api_number, data=lambda _: {"seconds": 60}),
    "api:attachment": Rule(get=SEERS, names=_file("pk")),
    "api:customers": Rule(get=STAFF, post=STAFF, data=lambda _: {"email": "zoe@example.com", "name": "Zoe"}),
    "api:customer": Rule(
        get=STAFF, patch=STAFF, names=lambda w: {"pk": w.cast.alice.pk}, data=lambda _: {"name": "Alice B."}
    ),
    "api:organisations": Rule(get=STAFF, post=STAFF, data=lambda _: {"name": "New Ltd"}),
    "api:organisation": Rule(
        get=STAFF, patch=STAFF, names=lambda w: {"pk": w.cast.acme.pk}, data=lambda _: {"name": "Acme 2"}
    ),
    "api:teams": Rule(get=STAFF),
    "api:team": Rule(get=STAFF, names=lambda w: {"pk": w.cast.support.pk}),
    "api:agents": Rule(get=STAFF),
    "api:agent": Rule(get=STAFF, names=lambda w: {"pk": w.cast.dora.pk}),
    "api:schema": Rule(get=ANYBODY),
    "api:docs": Rule(get=ANYBODY),
    "api:unknown": Rule(),
}

PUBLIC: dict[str, Rule] = {
    "health": Rule(get=ANYBODY),
    "health-live": Rule(get=ANYBODY),
}

RULES = DESK | PORTAL | API | PUBLIC

BY_PREFIX = {
    "admin:": ADMINS,
    # allauth's pages are about the one who calls them, and hold nothing of anybody else.
    "account_": ANYBODY,
    "mfa_": ANYBODY,
    "socialaccount_": ANYBODY,
    "usersessions_": ANYBODY,
    "openid_connect_": ANYBODY,
    "saml_": ANYBODY,
    "unnamed /accounts/": ANYBODY,
}
