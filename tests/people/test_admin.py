"""The admin saves people through the actions and shows no secret."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from core.models import Event
from people import actions
from people.models import ApiToken, Organisation, Role, Team, User
from tests.people.conftest import PASSWORD, log_in

MODELS = [
    "people_user", "people_organisation", "people_customertier", "people_team", "people_skill", "people_apitoken",
    "account_emailaddress", "mfa_authenticator", "socialaccount_socialaccount", "usersessions_usersession",
]  # fmt: skip


@pytest.fixture
def desk(alice: User) -> Client:
    client = Client()
    log_in(client, alice)
    return client


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_listed_and_searched(desk: Client, charlie: User, model: str) -> None:
    url = reverse(f"admin:{model}_changelist")
    assert desk.get(url).status_code == 200
    assert desk.get(url, {"q": "a\x00b"}).status_code in {200, 302}
    assert desk.get(url, {"q": "charlie"}).status_code == 200


def test_only_admins_come_in(bob: User, charlie: User) -> None:
    for user in (bob, charlie):
        client = Client()
        log_in(client, user)
        assert client.get("/admin/people/user/").status_code in {302, 403}
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")


def form_of(client: Client, url: str) -> dict[str, Any]:
    """What the form on a page would send as it is."""
    context = client.get(url).context
    data: dict[str, Any] = {}
    for form in [context["adminform"].form, *(f for s in context["inline_admin_formsets"] for f in s.formset.forms)]:
        for bound in form:
            value = bound.value()
            if value not in (None, False):
                data[bound.html_name] = value
    for inline in context["inline_admin_formsets"]:
        data |= {field.html_name: field.value() for field in inline.formset.management_form}
    return data


def saved(answer: Any) -> bool:
    """Whether the form was taken; its mistakes otherwise."""
    assert answer.status_code == 302, answer.context["errors"]
    return True


def test_adding_a_user(desk: Client, alice: User) -> None:
    url = reverse("admin:people_user_add")
    data = form_of(desk, url) | {"email": "New@House.test", "name": "New", "role": "agent", "new_password": PASSWORD}
    assert saved(desk.post(url, data))
    user = User.objects.get(email="new@house.test")
    assert user.check_password(PASSWORD)
    event = Event.objects.about("user", user.pk).get()
    assert (event.kind, event.actor_id, event.channel) == ("user.created", alice.pk, "admin")
    assert log_in(Client(), user)["Location"] == "/desk/"


def test_changing_a_user_changes_what_was_changed(desk: Client, alice: User, charlie: User) -> None:
    url = reverse("admin:people_user_change", args=[charlie.pk])
    data = form_of(desk, url) | {"name": "Charlie Kohl"}
    assert saved(desk.post(url, data))
    event = Event.objects.about("user", charlie.pk).last()
    assert event is not None
    assert event.kind == "user.updated"
    assert event.payload == {"changes": {"name": ["Charlie Cole", "Charlie Kohl"]}, "texts": []}
    assert User.objects.get(pk=charlie.pk).check_password(PASSWORD)
    del data["is_active"]
    desk.post(url, data)
    assert not User.objects.get(pk=charlie.pk).is_active


def test_a_refusal_stands_beside_its_field(desk: Client, alice: User, charlie: User) -> None:
    url = reverse("admin:people_user_change", args=[alice.pk])
    answer = desk.post(url, form_of(desk, url) | {"role": "agent"})
    assert answer.status_code == 200
    assert "last admin" in answer.content.decode()
    url = reverse("admin:people_user_change", args=[charlie.pk])
    answer = desk.post(url, form_of(desk, url) | {"email": alice.email, "new_password": "short"})
    assert answer.status_code == 200
    assert answer.context["errors"]
    assert Event.objects.filter(kind="user.updated").count() == 0


def test_an_organisation_with_its_domains(desk: Client) -> None:
    url = reverse("admin:people_organisation_add")
    data = form_of(desk, url) | {
        "name": "Shop", "yearly_value": "1200.50", "domains-TOTAL_FORMS": "1", "domains-0-domain": "Shop.test",
    }  # fmt: skip
    assert saved(desk.post(url, data))
    shop = Organisation.objects.get()
    assert [d.domain for d in shop.domains.all()] == ["shop.test"]
    url = reverse("admin:people_organisation_change", args=[shop.pk])
    assert saved(desk.post(url, form_of(desk, url) | {"domains-0-DELETE": "on"}))
    assert not shop.domains.exists()
    kinds = list(Event.objects.about("organisation", shop.pk).values_list("kind", flat=True))
    assert kinds == ["organisation.created", "organisation.updated", "organisation.updated"]


def test_a_domain_of_another_is_refused(desk: Client) -> None:
    actions.create_organisation("Shop", actor=None, domains=["shop.test"])
    mill = actions.create_organisation("Mill", actor=None)
    url = reverse("admin:people_organisation_change", args=[mill.pk])
    data = form_of(desk, url) | {"domains-TOTAL_FORMS": "1", "domains-0-domain": "not a domain"}
    answer = desk.post(url, data, follow=True)
    assert "is not a mail domain" in answer.content.decode()
    assert not mill.domains.exists()


def test_a_team_with_its_members(desk: Client, bob: User, charlie: User) -> None:
    team = actions.create_team("first", "First line", actor=None)
    url = reverse("admin:people_team_change", args=[team.pk])
    row = {"memberships-TOTAL_FORMS": "1", "memberships-0-user": bob.pk, "memberships-0-leads": "on"}
    assert saved(desk.post(url, form_of(desk, url) | row))
    assert Team.objects.get().memberships.get().leads
    answer = desk.post(url, form_of(desk, url) | {"memberships-0-user": charlie.pk}, follow=True)
    assert "Only active staff" in answer.content.decode()
    assert [m.user for m in team.memberships.all()] == [bob]


def test_skills_of_staff(desk: Client, bob: User, charlie: User) -> None:
    skill = actions.create_skill("sql", "SQL", actor=None)
    url = reverse("admin:people_user_change", args=[bob.pk])
    row = {"skills-TOTAL_FORMS": "1", "skills-0-skill": skill.pk, "skills-0-level": "4"}
    assert saved(desk.post(url, form_of(desk, url) | row))
    assert bob.skills.get().level == 4


def test_tokens_are_shown_without_their_digest_and_revoked(desk: Client, bob: User) -> None:
    token, clear = actions.create_api_token(bob, ["tickets:read"], actor=None)
    for url in ("/admin/people/apitoken/", f"/admin/people/apitoken/{token.pk}/change/"):
        page = desk.get(url).content.decode()
        assert token.digest not in page
        assert clear not in page
    desk.post("/admin/people/apitoken/", {"action": "revoke", "_selected_action": [token.pk]})
    assert ApiToken.objects.get().revoked_at is not None


def test_nothing_is_deleted_here(desk: Client, charlie: User) -> None:
    assert desk.post(f"/admin/people/user/{charlie.pk}/delete/", {"post": "yes"}).status_code == 403
    desk.post("/admin/people/user/", {"action": "delete_selected", "_selected_action": [charlie.pk], "post": "yes"})
    assert User.objects.filter(pk=charlie.pk).exists()


def test_secrets_are_not_registered() -> None:
    names = {model.__name__ for model in admin.site._registry}
    assert not names & {"SocialApp", "SocialToken"}


def test_roles_are_changed_by_admins(desk: Client, charlie: User) -> None:
    url = reverse("admin:people_user_change", args=[charlie.pk])
    assert saved(desk.post(url, form_of(desk, url) | {"role": "lead"}))
    assert User.objects.get(pk=charlie.pk).role == Role.LEAD
