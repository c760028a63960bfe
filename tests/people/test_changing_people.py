"""Users, organisations, teams: who may change what, and what is recorded."""

from datetime import date
from decimal import Decimal

import pytest
from allauth.account.models import EmailAddress

from core.errors import Conflict, Invalid, NotAllowed, NotFound
from core.models import Event
from people import actions, queries
from people.models import ApiToken, Membership, Role, User


def test_a_change_is_recorded_field_by_field(alice: User, charlie: User) -> None:
    actions.update_user(charlie, actor=alice, name="Charlie Kohl", phone="+49 30 1", notes="Rings at night")
    event = Event.objects.about("user", charlie.pk).last()
    assert event is not None
    assert event.actor_id == alice.pk
    assert event.payload == {
        "changes": {"name": ["Charlie Cole", "Charlie Kohl"], "phone": ["", "+49 30 1"]}, "texts": ["notes"],
    }  # fmt: skip


def test_no_change_records_nothing(alice: User, charlie: User) -> None:
    before = Event.objects.count()
    actions.update_user(charlie, actor=alice, name=charlie.name)
    assert Event.objects.count() == before


def test_only_admins_give_roles(alice: User, bob: User, charlie: User) -> None:
    for actor in (bob, charlie):
        with pytest.raises((NotAllowed, NotFound)):
            actions.update_user(bob, actor=actor, role=Role.ADMIN)
        with pytest.raises((NotAllowed, NotFound)):
            actions.update_user(charlie, actor=actor, role=Role.AGENT)
    assert set(User.objects.values_list("role", flat=True)) == {"admin", "agent", "customer"}
    assert actions.update_user(bob, actor=alice, role=Role.MANAGER).is_overseer


def test_a_customer_changes_their_own_profile_only(bob: User, charlie: User) -> None:
    assert actions.update_user(charlie, actor=charlie, name="C", theme="dark").theme == "dark"
    for fields in ({"is_vip": True}, {"sees_organisation": True}, {"email": "x@y.test"}, {"capacity": 3}):
        with pytest.raises(NotAllowed):
            actions.update_user(charlie, actor=charlie, **fields)
    with pytest.raises(NotFound):
        actions.update_user(bob, actor=charlie, name="Boo")


def test_fields_that_do_not_exist_or_are_not_ours_are_refused(alice: User, charlie: User) -> None:
    for field in ("is_staff", "is_active", "password", "created_at", "id", "last_login"):
        with pytest.raises(Invalid):
            actions.update_user(charlie, actor=alice, **{field: True})


def test_the_address_of_the_log_in_follows(alice: User, charlie: User) -> None:
    actions.update_user(charlie, actor=alice, email="Charlie@New.test")
    address = EmailAddress.objects.get(user=charlie)
    assert (address.email, address.primary) == ("charlie@new.test", True)


def test_a_taken_address_is_refused(alice: User, bob: User, charlie: User) -> None:
    with pytest.raises(Invalid) as refused:
        actions.update_user(charlie, actor=alice, email=bob.email)
    assert "email" in refused.value.fields
    with pytest.raises(Invalid):
        actions.create_user(bob.email, actor=alice)


@pytest.mark.parametrize("bad", [{"time_zone": "Mars/Olympus"}, {"theme": "pink"}, {"name": "x" * 151},
                                 {"name": "a\0b"}, {"role": "king"}])  # fmt: skip
def test_bad_values_are_named(alice: User, charlie: User, bad: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        actions.update_user(charlie, actor=alice, **bad)
    assert set(refused.value.fields) == set(bad)


def test_a_weak_password_is_refused(alice: User) -> None:
    for password in ("short", "password123", "x" * 129):
        with pytest.raises(Invalid):
            actions.create_user("new@house.test", actor=alice, role=Role.AGENT, password=password)
    assert not User.objects.filter(email="new@house.test").exists()


def test_the_last_admin_stays(alice: User, bob: User) -> None:
    with pytest.raises(Conflict):
        actions.update_user(alice, actor=alice, role=Role.AGENT)
    with pytest.raises(Conflict):
        actions.deactivate_user(alice, actor=None)
    bob = actions.update_user(bob, actor=alice, role=Role.ADMIN)
    assert actions.update_user(alice, actor=bob, role=Role.AGENT).role == Role.AGENT


def test_who_stops_being_staff_leaves_teams_and_tokens(alice: User, bob: User) -> None:
    team = actions.create_team("first-line", "First line", actor=alice)
    actions.set_members(team, [bob], actor=alice)
    token, _ = actions.create_api_token(bob, ["tickets:read"], "", actor=bob)
    actions.update_user(bob, actor=alice, role=Role.CUSTOMER)
    assert not Membership.objects.filter(user=bob).exists()
    assert ApiToken.objects.get(pk=token.pk).revoked_at is not None


def test_an_organisation_owns_its_domains(bob: User) -> None:
    shop = actions.create_organisation("Shop", actor=bob, domains=["@Shop.test", "shop.example"])
    assert list(shop.domains.values_list("domain", flat=True)) == ["shop.example", "shop.test"]
    with pytest.raises(Conflict):
        actions.create_organisation("Thief", actor=bob, domains=["shop.test"])
    with pytest.raises(Invalid):
        actions.create_organisation("SHOP", actor=bob)
    for domain in ("", "shop", "a b.test", "-x.test", "x.test/evil"):
        with pytest.raises(Invalid):
            actions.update_organisation(shop, actor=bob, domains=[domain])
    changed = actions.update_organisation(
        shop, actor=bob, domains=["shop.test"], yearly_value=Decimal("1200.50"), renewal_on=date(2027, 1, 31),
        account_agent=bob,
    )  # fmt: skip
    assert changed.account_agent == bob
    event = Event.objects.about("organisation", shop.pk).last()
    assert event is not None
    assert event.payload["changes"] == {
        "domains": [["shop.example", "shop.test"], ["shop.test"]],
        "yearly_value": [None, "1200.50"], "renewal_on": [None, "2027-01-31"], "account_agent_id": [None, bob.pk],
    }  # fmt: skip


def test_customers_change_no_organisation(charlie: User) -> None:
    with pytest.raises(NotAllowed):
        actions.create_organisation("Shop", actor=charlie)


def test_members_are_staff_and_a_lead_may_set_them(alice: User, bob: User, charlie: User) -> None:
    team = actions.create_team("first-line", "First line", actor=alice, closed=True)
    with pytest.raises(Invalid):
        actions.set_members(team, [charlie], actor=alice)
    with pytest.raises(NotAllowed):
        actions.set_members(team, [bob], actor=bob)
    actions.set_members(team, [alice], leads=[bob], actor=alice)
    actions.set_members(team, [], leads=[bob], actor=bob)
    assert list(queries.led_teams(bob)) == [team]
    assert list(team.members.all()) == [bob]
    event = Event.objects.about("team", team.pk).last()
    assert event is not None
    assert event.payload == {
        "old": {"members": sorted([alice.pk, bob.pk]), "leads": [bob.pk]},
        "new": {"members": [bob.pk], "leads": [bob.pk]},
    }


def test_skills_have_levels(alice: User, bob: User) -> None:
    actions.create_skill("sql", "SQL", actor=alice)
    actions.create_skill("french", "French", actor=alice)
    actions.set_skills(bob, {"sql": 3, "french": 5}, actor=alice)
    actions.set_skills(bob, {"sql": 4}, actor=alice)
    assert list(bob.skills.values_list("skill__key", "level")) == [("sql", 4)]
    for levels in ({"sql": 0}, {"sql": 6}, {"cobol": 1}):
        with pytest.raises(Invalid):
            actions.set_skills(bob, levels, actor=alice)


def test_availability_is_one_s_own_or_a_lead_s_to_set(alice: User, bob: User, charlie: User) -> None:
    assert actions.set_availability(bob, "away", actor=bob).availability_changed_at is not None
    actions.set_availability(bob, "available", actor=alice)
    with pytest.raises(NotAllowed):
        actions.set_availability(alice, "away", actor=bob)
    with pytest.raises(NotAllowed):
        actions.set_availability(charlie, "away", actor=alice)
    with pytest.raises(Invalid):
        actions.set_availability(bob, "asleep", actor=bob)


def test_customers_see_only_themselves(bob: User, charlie: User) -> None:
    assert list(queries.visible_users(charlie)) == [charlie]
    assert set(queries.visible_users(bob)) == {bob, charlie}
    assert not queries.visible_users(None).exists()
