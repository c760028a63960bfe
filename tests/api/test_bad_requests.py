"""Whatever is sent: a problem that says what is wrong, never a 500, nothing stored."""

import json
from typing import Any

import pytest
from django.db import DataError, IntegrityError, OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from people.models import Organisation, User
from tests.api.caller import Caller
from tests.cast import Cast
from tickets.models import Ticket

NEW = {"subject": "s", "body": "b", "requester": {"email": "zoe@new.example"}}


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"{", 400), (b"", 400), (b"[1]", 400), (b'"x"', 400), (b"null", 400), (b"\xff\xfe{", 400),
        (b'{"subject": "\xff"}', 400),
        (b'{"subject": NaN}', 400), (b'{"subject": Infinity}', 400), (b'{"subject": 1e999}', 400), (b"1" * 10_000, 400),
        (b'{"subject": "a", "subject": "b"}', 400), (b"[" * 100_000, 400), (b'{"fields":' * 50 + b"1" + b"}" * 50, 400),
        (b'{"subject": "a\\u0000b"}', 400), (b'{"subject": "\\ud800"}', 400), (b'{"\\ud800": 1}', 400),
        (b'{"fields": {"a": ["\\u0000"]}}', 400), (b'{"subject": ' + b"9" * 30 + b"}", 400),
        (json.dumps(NEW | {"subject": "x" * 1_000_000}).encode(), 400),
        (json.dumps(NEW | {"body": "x" * 1_000_000}).encode(), 400),
        (json.dumps(NEW | {"tags": ["x"] * 100_000 + ["y"]}).encode(), 201),
        (b'{"a": "' + b"x" * 5_000_000 + b'"}', 413),
        (json.dumps(NEW | {"tags": [str(i) for i in range(1000)]}).encode(), 400),
        (b"{" + b'"a":1,' * 9 + b'"b":1}', 400),
    ],
)  # fmt: skip
def test_bodies(cast: Cast, dora: Any, raw: bytes, status: int) -> None:
    answer = dora.post("tickets/", raw=raw)
    assert answer.status_code == status, answer.data
    assert Ticket.objects.count() == (status == 201)


def test_the_place_at_fault_is_named(cast: Cast, dora: Any) -> None:
    answer = dora.post("tickets/", NEW | {"fields": {"a": ["x", {"b": "\0"}]}})
    assert list(answer.data["errors"]) == ["fields.a.1.b"]


def test_other_media(cast: Cast, dora: Any) -> None:
    form = "application/x-www-form-urlencoded"
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x", form, "?"):
        assert dora.post("tickets/", raw=b"x", content_type=kind).status_code == 415
    assert dora.post("tickets/", NEW, headers={"Accept": "text/html"}).status_code == 201
    assert dora.get("tickets/?format=xml").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "nope/",
        "tickets/abc/",
        "tickets/-1/",
        "tickets/1/nope/",
        "tickets/%00/",
        "articles/",
        "reports/x/",
        "tickets/1/clocks/",
    ]
    + ["", "attachments/1/", "../admin/", "tickets/%ff/", "customers/abc/"],
)
def test_unknown_addresses(cast: Cast, dora: Any, path: str) -> None:
    for caller in (dora, Caller()):
        for method in ("GET", "POST", "DELETE"):
            answer = caller(method, path)
            assert answer.status_code == 404 and answer.data["code"] == "not_found"


def test_a_missing_slash_is_told(cast: Cast, dora: Any) -> None:
    for method in ("GET", "POST"):
        answer = dora(method, "tickets")
        assert answer.status_code == 404 and answer.data["code"] == "slash_missing"


def test_other_methods(cast: Cast, dora: Any) -> None:
    number = cast.ticket().number
    paths = {"PUT": "tickets/", "DELETE": f"tickets/{number}/", "OPTIONS": "tickets/", "POST": "teams/"}
    for method, path in (
        paths | {"TRACE": "tickets/", "PATCH": "agents/1/", "GET": f"tickets/{number}/merge/"}
    ).items():
        answer = dora(method, path)
        assert answer.status_code == 405, (method, path)
    assert Ticket.objects.count() == 1


def test_parameters_on_writes(cast: Cast, dora: Any) -> None:
    answer = dora.post("tickets/?actor=1", NEW)
    assert answer.status_code == 400 and list(answer.data["errors"]) == ["actor"]


def test_the_unexpected_is_told_barely(cast: Cast, dora: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("tickets.actions.create_ticket", broken)
    answer = dora.post("tickets/", NEW, headers={"X-Request-ID": "find-me-please"})
    assert answer.status_code == 500 and answer.data["code"] == "error"
    assert "secret" not in str(answer.data) and answer.data["correlation_id"] == "find-me-please"
    assert not User.objects.filter(email="zoe@new.example").exists()


@pytest.mark.parametrize(("error", "status"), [(OperationalError, 503), (IntegrityError, 409), (DataError, 400)])
def test_what_the_database_says_stays_inside(
    cast: Cast, dora: Any, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int
) -> None:
    def failing(*args: Any, **kwargs: Any) -> None:
        raise error("marker")

    monkeypatch.setattr("tickets.actions.create_ticket", failing)
    answer = dora.post("tickets/", NEW)
    assert answer.status_code == status and "marker" not in str(answer.data)
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_markup_stays_text_and_json_is_not_sniffed(cast: Cast, dora: Any) -> None:
    markup = "<img src=x onerror=alert(1)>"
    requester = {"email": "zoe@new.example", "name": markup}
    answer = dora.post("tickets/", {"subject": markup, "body": "{{7*7}}", "tags": [markup], "requester": requester})
    shown = dora.get(f"tickets/{answer.data['number']}/")
    assert (shown.data["subject"], shown.data["tags"], shown.data["requester"]["name"]) == (markup, [markup], markup)
    assert shown.headers["Content-Type"] == "application/json"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert dora.get(f"tickets/{answer.data['number']}/messages/").data["results"][0]["body"] == "{{7*7}}"


def test_forged_request_ids_are_not_echoed(cast: Cast, dora: Any) -> None:
    answer = dora("GET", "tickets/0/", headers={"X-Request-ID": "<script>alert(1)</script>"})
    assert "alert(1)" not in str(answer.data) + str(answer.headers)


WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["new", "high", "me", "none", "alice@example.com", "dora@desk.example", "\0", "support"]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.just("x" * 700)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "subject",
        "body",
        "requester",
        "channel",
        "priority",
        "type",
        "category",
        "tags",
        "fields",
        "cc",
        "status",
        "team",
        "assignee",
        "resolution_summary",
        "root_cause",
        "resolution_type",
        "version",
        "visibility",
        "then_status",
        "attachments",
        "into",
        "messages",
        "target",
        "kind",
        "email",
        "role",
        "seconds",
        "note",
        "started_at",
        "name",
        "organisation",
        "sees_organisation",
        "is_vip",
        "phone",
        "notes",
        "time_zone",
        "language",
        "external_id",
        "tier",
        "yearly_value",
        "account_agent",
        "renewal_on",
        "domains",
        "id",
        "password",
        "is_staff",
    ]
)
BODIES = st.one_of(st.dictionaries(NAMES, VALUES, max_size=6), VALUES)
ROUTES = [
    ("POST", "tickets/"), ("PATCH", "tickets/{t}/"), ("POST", "tickets/{t}/messages/"), ("POST", "tickets/{t}/merge/"),
    ("POST", "tickets/{t}/split/"), ("POST", "tickets/{t}/links/"), ("POST", "tickets/{t}/participants/"),
    ("POST", "tickets/{t}/time/"), ("POST", "customers/"), ("PATCH", "customers/{c}/"), ("POST", "organisations/"),
    ("PATCH", "organisations/{o}/"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_any_json_is_answered(cast: Cast, dora: Any, method: str, path: str) -> None:
    ticket = cast.ticket()
    url = path.format(t=ticket.number, c=cast.alice.pk, o=cast.acme.pk)
    base: dict[str, Any] = {
        "tickets/": NEW, "tickets/{t}/messages/": {"body": "b"},
        "tickets/{t}/split/": {"subject": "s", "messages": [1]},
        "tickets/{t}/links/": {"target": ticket.number, "kind": "child"},
        "tickets/{t}/participants/": {"email": "a@b.example"},
        "customers/": {"email": "n@new.example"}, "organisations/": {"name": "N"}, "tickets/{t}/time/": {"seconds": 5},
    }.get(path, {})  # fmt: skip

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(BODIES, st.booleans())
    def answered(body: Any, complete: bool) -> None:
        if complete and isinstance(body, dict):
            body = base | body
        raw = json.dumps(body).encode("utf-8", "surrogatepass")
        answer = dora(method, url, raw=raw)
        assert answer.status_code < 500, (body, answer.data)

    answered()


@pytest.mark.parametrize("path", ["tickets/", "customers/", "organisations/", "agents/", "teams/"])
def test_any_query_is_answered(cast: Cast, dora: Any, path: str) -> None:
    cast.ticket()
    names = st.sampled_from(
        [
            "q",
            "status",
            "priority",
            "type",
            "requester",
            "organisation",
            "category",
            "created_since",
            "updated_since",
            "channel",
            "team",
            "assignee",
            "tag",
            "view",
            "cursor",
            "page_size",
            "ordering",
            "email",
            "external_id",
            "domain",
            "tier",
            "role",
            "availability",
        ]
    )
    odd = st.sampled_from(["1,2", ",", "none,me", "%", "%s", "'\""])
    values = st.one_of(st.text(max_size=20), st.integers().map(str), WORDS, odd)

    @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(names, values, max_size=3))
    def answered(query: dict[str, str]) -> None:
        safe = {name: value.encode("utf-8", "replace").decode() for name, value in query.items()}
        answer = dora.get(path, **safe)
        assert answer.status_code < 500, (query, answer.data)

    answered()


def test_nothing_of_all_that_made_an_admin(cast: Cast, dora: Any) -> None:
    forbidden = {"role": "admin", "is_staff": True, "password": "x", "is_superuser": True, "is_active": False}
    for body in ({name: value} for name, value in forbidden.items()):
        assert dora.patch(f"customers/{cast.alice.pk}/", body).status_code == 400
        assert dora.post("customers/", {"email": "n@new.example"} | body).status_code == 400
    assert dora.patch(f"customers/{cast.erik.pk}/", {"name": "x"}).status_code == 404
    assert dora.patch(f"customers/{cast.adam.pk}/", {"email": "x@new.example"}).status_code == 404
    assert Organisation.objects.count() == 1 and User.objects.get(pk=cast.adam.pk).email == "adam@desk.example"
