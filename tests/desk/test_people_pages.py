"""Customers, organisations, one's own profile, notices."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from notifications.actions import notify
from notifications.models import Notice
from people.models import Organisation, User
from tests.cast import Cast


def test_customers_are_listed_and_found_at_a_fixed_cost(dora: Client, cast: Cast) -> None:
    assert "charlie@example.com" in dora.get("/desk/customers/").content.decode()
    with CaptureQueriesContext(connection) as few:
        dora.get("/desk/customers/")
    User.objects.bulk_create(User(email=f"c{n}@example.com", organisation=cast.acme) for n in range(45))
    with CaptureQueriesContext(connection) as many:
        dora.get("/desk/customers/")
    assert len(few) == len(many)
    text = dora.get("/desk/customers/?q=acme").content.decode()
    assert "alice@example.com" in text and "charlie@example.com" not in text


def test_a_customer_is_put_right(dora: Client, cast: Cast) -> None:
    address = f"/desk/customers/{cast.alice.pk}/"
    data = {
        "name": "Alice A.",
        "email": "alice@example.com",
        "phone": "1",
        "notes": "",
        "organisation": "",
        "time_zone": "Asia/Tokyo",
        "is_vip": "1",
    }
    assert dora.post(address, data).status_code == 302
    cast.alice.refresh_from_db()
    assert (cast.alice.name, cast.alice.organisation, cast.alice.is_vip, cast.alice.sees_organisation) == (
        "Alice A.",
        None,
        True,
        False,
    )


@pytest.mark.parametrize(
    "data",
    [
        {"email": "x"},
        {"email": "bob@example.com"},
        {"time_zone": "Moon"},
        {"organisation": "x"},
        {"name": "\x00"},
        {"name": "x" * 300},
    ],
)
def test_what_cannot_be_is_told_and_kept(dora: Client, cast: Cast, data: dict[str, str]) -> None:
    answer = dora.post(f"/desk/customers/{cast.alice.pk}/", {"name": "Kept", "email": "alice@example.com"} | data)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert User.objects.get(pk=cast.alice.pk).name == "Alice"


def test_staff_are_not_customers(dora: Client, cast: Cast) -> None:
    assert dora.get(f"/desk/customers/{cast.adam.pk}/").status_code == 404
    assert dora.post(f"/desk/customers/{cast.adam.pk}/", {"email": "evil@example.com"}).status_code == 404


def test_roles_cannot_be_smuggled_in(dora: Client, cast: Cast) -> None:
    dora.post(
        f"/desk/customers/{cast.alice.pk}/",
        {"name": "Alice", "email": "alice@example.com", "role": "admin", "is_staff": "1"},
    )
    assert User.objects.get(pk=cast.alice.pk).role == "customer"


def test_organisations(dora: Client, cast: Cast) -> None:
    answer = dora.post("/desk/organisations/", {"name": "Blue Fern", "domains": "bluefern.example"})
    made = Organisation.objects.get(name="Blue Fern")
    assert answer.url == f"/desk/organisations/{made.pk}/"
    data = {
        "name": "Blue Fern",
        "domains": "bluefern.example, bf.example",
        "yearly_value": "1,200.50",
        "renewal_on": "2027-01-31",
        "account_agent": str(cast.dora.pk),
    }
    dora.post(answer.url, data)
    made.refresh_from_db()
    assert (str(made.yearly_value), str(made.renewal_on), made.account_agent) == ("1200.50", "2027-01-31", cast.dora)
    assert made.domains.count() == 2
    text = dora.get("/desk/organisations/?q=fern").content.decode()
    assert "Blue Fern" in text and "Acme" not in text


@pytest.mark.parametrize(
    "data",
    [
        {"name": ""},
        {"name": "Acme"},
        {"domains": "not a domain"},
        {"yearly_value": "much"},
        {"yearly_value": "-1"},
        {"yearly_value": "9" * 25},
        {"renewal_on": "soon"},
        {"account_agent": "x"},
        {"name": "\x00"},
        {"notes": "x" * 30_000},
    ],
)
def test_organisations_are_not_put_wrong(dora: Client, cast: Cast, data: dict[str, str]) -> None:
    made = Organisation.objects.create(name="Blue Fern")
    answer = dora.post(f"/desk/organisations/{made.pk}/", {"name": "Blue Fern"} | data)
    assert answer.status_code in (400, 409)
    assert Organisation.objects.get(pk=made.pk).name == "Blue Fern"


def test_the_profile_saves_what_is_mine(dora: Client, cast: Cast) -> None:
    data = {
        "name": "Dora D.",
        "time_zone": "Europe/Lisbon",
        "theme": "dark",
        "signature": "Dora\nSupport",
        "availability": "busy",
        "phone": "",
        "role": "admin",
    }
    assert dora.post("/desk/profile/", data).status_code == 302
    me = User.objects.get(pk=cast.dora.pk)
    assert (me.name, me.time_zone, me.theme, me.signature, me.availability, me.role) == (
        "Dora D.",
        "Europe/Lisbon",
        "dark",
        "Dora\nSupport",
        "busy",
        "agent",
    )
    assert 'data-bs-theme="dark"' in dora.get("/desk/profile/").content.decode()


@pytest.mark.parametrize(
    "data",
    [{"time_zone": "Moon"}, {"theme": "pink"}, {"availability": "x"}, {"name": "\x00"}, {"signature": "x" * 3000}],
)
def test_a_profile_that_cannot_be_is_told(dora: Client, cast: Cast, data: dict[str, str]) -> None:
    answer = dora.post("/desk/profile/", {"name": "Dora", "time_zone": "UTC", "theme": "auto"} | data)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()


def test_notices_ring_and_are_read(dora: Client, cast: Cast) -> None:
    ticket = cast.ticket()
    notify([cast.dora], "ticket.assigned", "A <b>ticket</b> for you", url=f"/desk/tickets/{ticket.number}/")
    text = dora.get("/desk/notices/").content.decode()
    assert "A &lt;b&gt;ticket&lt;/b&gt; for you" in text
    assert "1 new" in text
    notice = Notice.objects.get()
    assert dora.post(f"/desk/notices/{notice.pk}/open/").url == f"/desk/tickets/{ticket.number}/"
    assert "1 new" not in dora.get("/desk/notices/").content.decode()


def test_notices_of_others_stay_theirs(dora: Client, cast: Cast) -> None:
    notify([cast.lena], "ticket.assigned", "For Lena", url="/desk/")
    notice = Notice.objects.get()
    assert dora.post(f"/desk/notices/{notice.pk}/open/").status_code == 404
    dora.post("/desk/notices/read/")
    assert Notice.objects.get().read_at is None
    assert "For Lena" not in dora.get("/desk/notices/").content.decode()


def test_a_notice_leads_nowhere_outside(dora: Client, cast: Cast) -> None:
    notify([cast.dora], "ticket.assigned", "x", url="//evil.example/")
    assert dora.post(f"/desk/notices/{Notice.objects.get().pk}/open/").url == "/desk/notices/"


@pytest.mark.parametrize("address", ["/desk/nothing/", "/desk/tickets/1/", "/desk/attachments/x/"])
def test_what_is_not_there_has_a_page(dora: Client, cast: Cast, address: str) -> None:
    answer = dora.get(address)
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
