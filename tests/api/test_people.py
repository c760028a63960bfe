"""customers/, organisations/, teams/, agents/."""

from typing import Any

import pytest

from core.models import Event
from people.models import CustomerTier, Organisation, User
from tests.cast import Cast


def test_customers_are_added_found_and_changed(cast: Cast, dora: Any) -> None:
    given = {
        "email": "Zoe@new.example", "name": "Zoe", "organisation": cast.acme.pk, "sees_organisation": True,
        "is_vip": True,
        "phone": "123", "notes": "Nice", "time_zone": "Europe/Madrid", "language": "es", "external_id": "crm-1",
    }  # fmt: skip
    made = dora.post("customers/", given)
    assert made.status_code == 201, made.data
    assert {name: made.data[name] for name in given} == given | {
        "email": "zoe@new.example", "organisation": {"id": cast.acme.pk, "name": "Acme"},
    }  # fmt: skip
    path = f"customers/{made.data['id']}/"
    assert dora.get(path).data == made.data
    changed = dora.patch(path, {"name": "Zoë", "organisation": None, "external_id": ""})
    assert (
        changed.data["name"] == "Zoë" and changed.data["organisation"] is None and changed.data["external_id"] is None
    )
    event = Event.objects.about("user", made.data["id"]).last()
    assert event and event.channel == "api" and event.actor_id == cast.dora.pk
    assert User.objects.get(pk=made.data["id"]).role == "customer"
    for query in ("q=zo", "email=ZOE@new.example"):
        assert [row["id"] for row in dora.get(f"customers/?{query}").data["results"]] == [made.data["id"]], query
    assert len(dora.get(f"customers/?organisation={cast.acme.pk}").data["results"]) == 3


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ({"email": "alice@example.com"}, "email"), ({"email": "nope"}, "email"), ({"email": 1}, "email"), ({}, "email"),
        ({"email": "n@new.example", "time_zone": "Mars"}, "time_zone"),
        ({"email": "n@new.example", "organisation": 10**9}, "organisation"),
        ({"email": "n@new.example", "name": "x" * 151}, "name"),
        ({"email": "n@new.example", "is_vip": "maybe"}, "is_vip"),
        ({"email": "n@new.example", "notes": "x" * 20_001}, "notes"),
        ({"email": "n@new.example", "role": "admin"}, "role"),
    ],
)  # fmt: skip
def test_bad_customers_are_refused_by_field(cast: Cast, dora: Any, body: dict[str, Any], name: str) -> None:
    users = User.objects.count()
    answer = dora.post("customers/", body)
    assert answer.status_code == 400 and list(answer.data["errors"]) == [name], answer.data
    assert User.objects.count() == users


def test_organisations_are_added_found_and_changed(cast: Cast, dora: Any) -> None:
    CustomerTier.objects.create(key="gold", name="Gold", rank=2)
    given = {
        "name": "Initech", "tier": "gold", "yearly_value": "12000.50", "account_agent": cast.dora.pk,
        "renewal_on": "2027-01-31",
        "notes": "TPS", "domains": ["initech.example", "Initrode.example"], "external_id": "sf-9",
    }  # fmt: skip
    made = dora.post("organisations/", given)
    assert made.status_code == 201, made.data
    assert made.data["domains"] == ["initech.example", "initrode.example"] and made.data["tier"] == "gold"
    assert made.data["yearly_value"] == "12000.50" and made.data["account_agent"]["name"] == "Dora"
    path = f"organisations/{made.data['id']}/"
    changed = dora.patch(
        path, {"domains": ["initech.example"], "tier": None, "yearly_value": None, "account_agent": None}
    )
    assert changed.data["domains"] == ["initech.example"] and changed.data["tier"] is None
    for query in ("q=inite", "domain=initech.example", "external_id=sf-9"):
        assert [row["name"] for row in dora.get(f"organisations/?{query}").data["results"]] == ["Initech"], query
    new = dora.post("tickets/", {"subject": "s", "body": "b", "requester": {"email": "p@initech.example"}})
    assert new.data["organisation"]["name"] == "Initech"


@pytest.mark.parametrize(
    ("body", "status", "name"),
    [
        ({"name": "acme"}, 400, None), ({"name": ""}, 400, "name"), ({"name": "N", "tier": "nope"}, 400, "tier"),
        ({"name": "N", "yearly_value": -1}, 400, "yearly_value"),
        ({"name": "N", "yearly_value": "1e30"}, 400, "yearly_value"),
        ({"name": "N", "account_agent": "alice@example.com"}, 400, "account_agent"),
        ({"name": "N", "domains": ["x"]}, 400, "domains"),
        ({"name": "N", "renewal_on": "soon"}, 400, "renewal_on"),
        ({"name": "N", "domains": ["acme.example"]}, 409, "domains"),
    ],
)  # fmt: skip
def test_bad_organisations_are_refused_by_field(
    cast: Cast, dora: Any, body: Any, status: int, name: str | None
) -> None:
    cast.acme.domains.create(domain="acme.example")
    answer = dora.post("organisations/", body)
    assert answer.status_code == status and (name is None or list(answer.data["errors"]) == [name]), answer.data
    assert Organisation.objects.count() == 1


def test_teams_and_agents(cast: Cast, dora: Any) -> None:
    assert [team["key"] for team in dora.get("teams/").data["results"]] == ["support", "legal"]
    assert dora.get(f"teams/{cast.legal.pk}/").data["closed"] is True
    assert [row["email"] for row in dora.get("agents/?team=support").data["results"]] == [
        "dora@desk.example",
        "lena@desk.example",
    ]
    shown = dora.get(f"agents/{cast.dora.pk}/").data
    assert shown["teams"] == ["support"] and shown["role"] == "agent"
    assert len(dora.get("agents/?role=manager,admin").data["results"]) == 2
    assert dora.get(f"agents/{cast.alice.pk}/").status_code == 404
    assert not {"password", "notes", "phone"} & set(shown)
