"""A customer is found by their address or made, once, whoever asks at the same time."""

import threading
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import Invalid
from core.models import Event
from people import actions
from people.actions import NewCustomer
from people.models import Organisation, Role, User


def test_makes_a_customer_without_a_password(db: None) -> None:
    user = actions.ensure_customer(" Dora@Shop.test ", "Dora  Dahl", actor=None)
    assert (user.email, user.name, user.role) == ("dora@shop.test", "Dora Dahl", Role.CUSTOMER)
    assert not user.has_usable_password()
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.primary, address.verified) == ("dora@shop.test", True, False)
    assert Event.objects.about("user", user.pk).get().kind == "user.created"


def test_finds_the_same_customer_again(db: None) -> None:
    first = actions.ensure_customer("dora@shop.test", actor=None)
    again = actions.ensure_customer("DORA@shop.test", "Dora Dahl", actor=None)
    assert again.pk == first.pk
    assert User.objects.get().name == "Dora Dahl"
    assert actions.ensure_customer("dora@shop.test", "Somebody Else", actor=None).name == "Dora Dahl"


def test_leaves_staff_as_they_are(bob: User) -> None:
    before = User.objects.values().get(pk=bob.pk)
    assert actions.ensure_customer("bob@house.test", "Mallory", actor=None) == bob
    assert User.objects.values().get(pk=bob.pk) == before


def test_belongs_to_the_organisation_of_the_mail_domain(db: None) -> None:
    shop = actions.create_organisation("Shop", actor=None, domains=["shop.test"])
    assert actions.ensure_customer("dora@shop.test", actor=None).organisation == shop
    assert actions.ensure_customer("dora@other.shop.test", actor=None).organisation is None


@pytest.mark.parametrize("address", ["", "dora", "dora@", "a b@shop.test", "d\0@shop.test", "x" * 300 + "@shop.test",
                                     "dora@shop.test\nBcc: eve@evil.test"])  # fmt: skip
def test_refuses_what_is_no_address(db: None, address: str) -> None:
    with pytest.raises(Invalid):
        actions.ensure_customer(address, actor=None)
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_get_one_user() -> None:
    found: list[int] = []
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        found.append(actions.ensure_customer("dora@shop.test", "Dora", actor=None).pk)
        connection.close()

    _run(8, ask)
    assert len(found) == 8
    assert len(set(found)) == 1
    assert Event.objects.filter(kind="user.created", subject_id=found[0]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_sets_and_single_ones_at_once_agree() -> None:
    addresses = [f"p{i}@shop.test" for i in range(40)]
    start = threading.Barrier(4)
    failures: list[BaseException] = []

    def ask() -> None:
        start.wait()
        try:
            actions.ensure_customers([NewCustomer(a, "P", "Shop") for a in addresses], actor=None)
            for address in addresses[:5]:
                actions.ensure_customer(address, actor=None)
        except BaseException as error:
            failures.append(error)
        connection.close()

    _run(4, ask)
    assert failures == []
    assert User.objects.count() == EmailAddress.objects.count() == 40
    assert Event.objects.filter(kind="user.created").count() == 40


def test_a_set_takes_the_same_statements_for_ten_as_for_a_thousand(db: None) -> None:
    actions.create_organisation("Shop", actor=None, domains=["shop.test"])

    def count(start: int, number: int) -> int:
        rows = [NewCustomer(f"c{i}@shop.test", "C", "Mill") for i in range(start, start + number)]
        with CaptureQueriesContext(
            connection,
        ) as queries:
            users = actions.ensure_customers(rows, actor=None, backfill=True)
        assert len(users) == number
        return len(queries)

    count(0, 1)  # makes the organisation
    assert count(10, 10) == count(100, 900)
    assert Organisation.objects.get(name="Mill").people.count() == 911


def test_a_set_keeps_whom_it_finds(bob: User) -> None:
    rows = [("bob@house.test", "Mallory"), ("new@shop.test", ""), ("NEW@shop.test", "Nora", "Shop")]
    users = actions.ensure_customers(rows, actor=None)
    assert users["bob@house.test"].role == Role.AGENT
    assert users["bob@house.test"].name == "Bob Beck"
    assert users["new@shop.test"].name == "Nora"
    assert users["new@shop.test"].organisation == Organisation.objects.get(name="Shop")


def _run(number: int, work: Callable[[], None]) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
