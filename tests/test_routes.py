"""Every address × role × method: the answer, what is in it, and that a refusal changed nothing.

Each case asks for an existing object of somebody else that is full of secrets. The addresses come from the URL
configuration: a new one without a rule in ``tests/routes.py`` fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from notifications.models import Notice
from people.actions import create_api_token
from tests.cast import make_cast
from tests.routes import ADMINS, ANYBODY, BY_PREFIX, CUSTOMERS, READERS, RULES, SEERS, STAFF, Rule, World
from tickets import actions
from tickets.guest_links import make_token
from tickets.models import CustomField

pytestmark = pytest.mark.django_db

MARKER = "Kumquat7Secret"
NOTE_MARKER = "Durian8Internal"
OUR_TABLES = ("core_", "tickets_", "messaging_", "notifications_", "people_", "api_")
COUNTERS = ("people_apitoken", "api_requestcount")  # how often somebody called
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ROLES = sorted(ANYBODY)


def addresses() -> dict[str, str]:
    """Full name -> pattern of every address of the URL configuration."""
    found: dict[str, str] = {}

    def walk(resolver: URLResolver, prefix: str, path: str) -> None:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
                walk(entry, inner, path + str(entry.pattern))
            elif isinstance(entry, URLPattern):
                found[f"{prefix}{entry.name or f'unnamed {path}{entry.pattern}'}"] = path + str(entry.pattern)

    walk(get_resolver(), "", "/")
    return found


def _prefix(name: str) -> str:
    return next((prefix for prefix in BY_PREFIX if name.startswith(prefix)), "")


def _groups(names: list[str], size: int = 8) -> list[list[str]]:
    """A world is worth a few addresses: building one for each would take most of the time."""
    return [names[start : start + size] for start in range(0, len(names), size)]


OURS = sorted(RULES)
OTHERS = sorted(name for name in addresses() if _prefix(name))


def test_every_address_has_a_rule_and_every_rule_an_address() -> None:
    names = set(addresses())
    without = {name for name in names - set(RULES) if not _prefix(name) and "__unnamed" not in name}
    assert without == set()
    assert set(RULES) - names == set()


@pytest.fixture
def world() -> World:
    """Alice's ticket in Legal, a closed team, with a secret in every place that can hold one."""
    cast = make_cast()
    CustomField.objects.create(key="device", label="Device")
    file, note_file, upload = (
        actions.store_upload(SimpleUploadedFile(f"{name}.txt", f"{name} content".encode()), actor=actor)
        for name, actor in ((MARKER, cast.alice), (NOTE_MARKER, cast.erik), (MARKER, cast.alice))
    )
    ticket = cast.ticket(
        subject=f"About {MARKER}", body=f"{MARKER} in the text", attachment_ids=[file.pk], actor=cast.alice
    )
    plain = cast.ticket(subject="Nothing special", body="Nothing special")
    said = actions.add_message(ticket, actor=cast.alice, body=f"More {MARKER}", channel="portal")
    note = actions.add_message(
        ticket,
        actor=cast.erik,
        body=f"{NOTE_MARKER} @mara",
        visibility="internal",
        channel="web",
        attachment_ids=[note_file.pk],
    )
    changes = {"team": cast.legal, "add_tags": [NOTE_MARKER], "fields": {"device": MARKER}, "root_cause": NOTE_MARKER}
    ticket = actions.change_ticket(ticket, changes, actor=cast.mara)
    actions.save_draft(ticket, actor=cast.erik, body=f"{NOTE_MARKER} draft")
    actions.follow(ticket, actor=cast.mara, on=True)
    link = actions.link_tickets(ticket, plain, "related", actor=cast.mara)
    notice = Notice.objects.create(
        user=cast.erik, kind="replied", text=MARKER, subject_kind="ticket", subject_id=ticket.pk
    )
    token = make_token(ticket, cast.alice)
    for kept in (file, note_file, upload):
        kept.refresh_from_db()
    return World(cast, ticket, plain, note, said, file, note_file, link, notice.pk, upload, token)


def snapshot() -> str:
    """A digest of every row of ours, but for sessions, counters and when a token was last used."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        names = [row[0] for row in cursor.fetchall() if row[0].startswith(OUR_TABLES) and row[0] not in COUNTERS]
        row = "(to_jsonb(t) - 'last_login' - 'search')::text"
        digest = f"(SELECT md5(coalesce(string_agg({row}, '|' ORDER BY {row}), '')) FROM %s t)"
        cursor.execute(f"SELECT concat_ws(',', {', '.join(digest % name for name in names)})")
        return str(cursor.fetchone()[0])


def call(client: Client, method: str, url: str, data: dict[str, Any], headers: dict[str, str]) -> HttpResponse:
    """One request; the API speaks JSON, the pages forms."""
    if headers or url.startswith("/api/"):
        content = "" if method == "GET" else json.dumps(data)
        return client.generic(method, url, content, content_type="application/json", headers=headers)  # type: ignore[return-value]
    if method == "POST":
        return client.post(url, data)  # type: ignore[return-value]
    return client.generic(method, url)  # type: ignore[return-value]


def body_of(answer: HttpResponse) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return bytes(content).decode("utf-8", "replace")


class undone:
    """A savepoint that is always rolled back."""

    def __enter__(self) -> None:
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def __exit__(self, *given: Any) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(*given)


def visitor(world: World, role: str, api: bool) -> tuple[Client, dict[str, str]]:
    client = Client(raise_request_exception=True)
    if role == "anonymous":
        return client, {}
    user = getattr(world.cast, role)
    if api:
        _, key = create_api_token(user, scopes=["read", "write"], name="t", actor=None)
        return client, {"Authorization": f"Token {key}"}
    client.force_login(user)
    return client, {}


@pytest.mark.parametrize("names", _groups(OURS), ids=lambda names: names[0])
def test_the_answer_to_every_role_and_method(names: list[str], world: World) -> None:
    problems: list[str] = []
    for role in ROLES:
        for api in (False, True):
            client, headers = visitor(world, role, api)
            before = snapshot()
            for name in names:
                if name.startswith("api:") == api and (name != "health" or role in ("anonymous", "adam")):
                    problems += answers(name, role, world, client, headers, before)
    assert not problems, "\n".join(problems)


def answers(name: str, role: str, world: World, client: Client, headers: dict[str, str], before: str) -> Iterator[str]:
    """What is wrong with the answers to one role, method by method, each undone again."""
    rule = RULES[name]
    url = reverse(name, kwargs=rule.names(world))
    if name == "api:unknown":
        url = f"/api/v1/nowhere/{world.ticket.number}/"
    for method in METHODS:
        with undone():
            answer = call(client, method, url, rule.data(world), headers)
            for what in faults(rule, name, role, method, answer, before):
                yield f"{method} {url} as {role}: {what}"


def faults(rule: Rule, name: str, role: str, method: str, answer: HttpResponse, before: str) -> Iterator[str]:
    """What is wrong with an answer."""
    served = role in rule.served(method)
    text = body_of(answer)
    status = answer.status_code
    if name == "health" and status == 503:  # tests run without worker and beat
        status = 200
    if served and not (status < 400 or (status in (400, 404, 409, 422) and not _of_object(name) and method != "GET")):
        yield f"{status} instead of being served: {text[:300]}"
    if not served and status not in refusals(name, role, rule):
        yield f"{status} instead of a refusal"
    if not served and snapshot() != before:
        yield "refused, yet the database changed"
    if _blind(name, role) and MARKER in text:
        yield "shows the secret"
    if (role in CUSTOMERS or role == "anonymous" or _blind(name, role)) and NOTE_MARKER in text:
        yield "shows what is internal"
    if name.startswith("api:") and status >= 400 and answer.headers["Content-Type"] != "application/problem+json":
        yield f"a {status} that is no problem+json"
    if "Content-Security-Policy" not in answer.headers and answer.headers.get("Content-Type", "").startswith(
        "text/html"
    ):
        yield "HTML without a content security policy"


def _of_object(name: str) -> bool:
    return name.startswith(("desk:ticket", "portal:request", "api:ticket"))


def _blind(name: str, role: str) -> bool:
    """Whether this role must not see the secret at this address; a signed link is the right itself."""
    return role not in SEERS and not name.startswith("portal:guest")


def refusals(name: str, role: str, rule: Rule) -> set[int]:
    """The statuses a refusal may have: not found, log in first, no such method."""
    if name.startswith("api:"):
        return {401, 404, 405} if role == "anonymous" else {403, 404, 405}
    login = {302} if role == "anonymous" else set()
    seen = {403} if name.startswith("portal:") and role in READERS else set()  # sees it, but may not do this
    return {404, 405} | login | seen | ({400} if name.endswith("upload") else set())


@pytest.mark.parametrize("names", _groups(OTHERS, 16), ids=lambda names: names[0])
def test_pages_of_libraries_show_nothing_of_others(names: list[str], world: World, settings: Any) -> None:
    """The admin answers admins only; allauth's pages know only the one who calls them."""
    settings.STEADY_ANSWER_SECONDS = 0
    for role in ROLES:
        client, _ = visitor(world, role, False)
        before = snapshot()
        for name in names:
            url = _address_of(name, world)
            if url is not None and "logout" not in url:
                hold_library_page(client, url, role, BY_PREFIX[_prefix(name)], before)


def hold_library_page(client: Client, url: str, role: str, allowed: frozenset[str], before: str) -> None:
    """GET and POST: never a 500, refused where it must be, nothing of anybody else."""
    for method in ("GET", "POST"):
        with undone():
            answer = call(client, method, url, {}, {})
            text = body_of(answer)
            where = f"{method} {url} as {role}: {answer.status_code}"
            assert answer.status_code < 500, where
            if role not in allowed:
                assert answer.status_code in (302, 403, 404, 405), where
                assert snapshot() == before, where
            if role not in ADMINS or allowed is not ADMINS:
                assert MARKER not in text and NOTE_MARKER not in text, where


def _address_of(name: str, world: World) -> str | None:
    """An address with arguments of existing objects, where it takes any."""
    if name.startswith("unnamed "):
        return name.removeprefix("unnamed ")
    from django.urls import NoReverseMatch

    pks = {
        "ticket": world.ticket.pk,
        "message": world.note.pk,
        "attachment": world.note_file.pk,
        "user": world.cast.alice.pk,
    }
    model = name.removeprefix("admin:").rpartition("_")[0].partition("_")[2]
    tries: list[dict[str, Any]] = [
        {},
        {"object_id": pks.get(model, 1)},
        {"app_label": "tickets"},
        {"content_type_id": 1, "object_id": 1},
        {"url": "nowhere"},
        {"key": "abc"},
        {"pk": 1},
        {"provider_id": "nobody"},
        {"organization_slug": "nobody"},
        {"uidb36": "1", "key": "a-b"},
        {"id": str(uuid4())},
    ]
    for kwargs in tries:
        try:
            return reverse(name, kwargs=kwargs)
        except NoReverseMatch:
            continue
    return None


def test_the_readers_do_see_it(world: World) -> None:
    """The secret is really there: those who may, find it (else the tests above prove nothing)."""
    for role in sorted(READERS):
        client, _ = visitor(world, role, False)
        text = body_of(client.get(reverse("portal:request", args=[world.ticket.number])))  # type: ignore[arg-type]
        assert MARKER in text and NOTE_MARKER not in text
    for role in sorted(SEERS & STAFF):
        client, _ = visitor(world, role, False)
        text = body_of(client.get(reverse("desk:ticket", args=[world.ticket.number])))  # type: ignore[arg-type]
        assert MARKER in text and NOTE_MARKER in text
