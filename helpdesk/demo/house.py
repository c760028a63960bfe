"""The organisation: staff, teams, customers, categories, fields, forms, tags. Everything through actions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any

from allauth.account.models import EmailAddress

from helpdesk.demo.content import Data
from helpdesk.demo.logins import DOMAIN, LOGINS
from people import actions as people
from people.models import Organisation, Skill, Team, User
from tickets.actions import save_configuration
from tickets.models import Category, CustomField, FormField, Tag, TicketForm


@dataclass
class House:
    """Everybody and everything by its short name."""

    staff: dict[str, User] = field(default_factory=dict)
    customers: list[User] = field(default_factory=list)
    teams: dict[str, Team] = field(default_factory=dict)
    members: dict[str, list[User]] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    forms: dict[str, TicketForm] = field(default_factory=dict)

    def customer(self, email: str) -> User:
        return next(user for user in self.customers if user.email == email)


def build(data: Data, random: Random, password: str) -> House:
    """Make what is missing; what is there (by key or address) stays as it is."""
    house = House()
    _staff(house, data, password)
    _teams(house, data)
    _customers(house, data, random, password)
    _categories(house, data["categories"], None)
    _fields_and_forms(house, data)
    for group, names in data["tags"].items():
        known = set(Tag.objects.filter(name__in=names).values_list("name", flat=True))
        for name in names:
            if name not in known:
                save_configuration(Tag(name=name, group=group), actor=None)
    return house


def _staff(house: House, data: Data, password: str) -> None:
    passwords = {email: password for _, email, _ in LOGINS}
    for given in data["staff"]:
        email = f"{given['handle']}@{DOMAIN}"
        house.staff[given["handle"]] = people.create_user(
            email,
            actor=None,
            name=given["name"],
            role=given["role"],
            password=passwords.get(email),
            signature=given.get("signature", f"{given['name']}\nQuickSell Support"),
        )
        if "availability" in given:
            people.set_availability(house.staff[given["handle"]], given["availability"], actor=None)
    for key, name in data["skills"].items():
        if not Skill.objects.filter(key=key).exists():
            people.create_skill(key, name, actor=None)
    for handle, levels in data["skill_levels"].items():
        people.set_skills(house.staff[handle], levels, actor=None)


def _teams(house: House, data: Data) -> None:
    for given in data["teams"]:
        team = Team.objects.filter(key=given["key"]).first() or people.create_team(
            given["key"],
            given["name"],
            actor=None,
            tier_level=given["tier_level"],
            description=given["description"],
        )
        members = [house.staff[handle] for handle in [given["lead"], *given["members"]]]
        people.set_members(team, members, actor=None, leads=members[:1])
        house.teams[team.key], house.members[team.key] = team, members


def _customers(house: House, data: Data, random: Random, password: str) -> None:
    tiers = {given["key"]: people.create_tier(actor=None, **given) for given in data["tiers"]}
    for given in data["organisations"]:
        if not Organisation.objects.filter(domains__domain=given["domain"]).exists():
            people.create_organisation(
                given["name"],
                actor=None,
                domains=[given["domain"]],
                tier=tiers[given["tier"]],
                yearly_value=Decimal(given["yearly_value"]),
                account_agent=house.staff.get(given.get("account", "")),
            )
    wanted = [
        people.NewCustomer(f"{name.lower().replace(' ', '.')}@{domain}", name)
        for domain, names in data["customers"].items()
        for name in names
    ]
    found = people.ensure_customers(wanted, actor=None, backfill=True)
    house.customers = [found[customer.email] for customer in wanted]
    login = next(email for role, email, _ in LOGINS if role == "customer")
    people.set_password(house.customer(login), password, actor=None)
    EmailAddress.objects.filter(email=login).update(verified=True)  # no mail leaves a demo: no code to enter
    people.update_user(house.customer(login), actor=None, sees_organisation=True)
    for user in random.sample(house.customers, 4):
        people.update_user(user, actor=None, is_vip=True)


def _categories(house: House, given: Iterable[dict[str, Any]], parent: Category | None) -> None:
    for position, row in enumerate(given):
        category = Category.objects.filter(key=row["key"]).first()
        if category is None:
            described = {"icon": row["icon"], "description": row.get("description", "")}
            category = Category(key=row["key"], name=row["name"], parent=parent, position=position, **described)
            save_configuration(category, actor=None)
        house.categories[category.key] = category
        _categories(house, row.get("children", []), category)


def _fields_and_forms(house: House, data: Data) -> None:
    fields = {given["key"]: _field(house, data, given, position) for position, given in enumerate(data["fields"])}
    for position, given in enumerate(data["forms"]):
        form = TicketForm.objects.filter(key=given["key"]).first()
        house.forms[given["key"]] = form or _form(house, given, fields, position)


def _field(house: House, data: Data, given: dict[str, Any], position: int) -> CustomField:
    known = CustomField.objects.filter(key=given["key"]).first()
    if known:
        return known
    choices = given.get("choices", [])
    made = CustomField(
        key=given["key"],
        label=given["label"],
        kind=given["kind"],
        help_text=given["help_text"],
        pattern=given.get("pattern", ""),
        choices=data[choices] if isinstance(choices, str) else choices,
        for_customers=given.get("for_customers", True),
        position=position,
    )
    categories = [house.categories[key] for key in given["categories"]]
    save_configuration(made, actor=None, then=lambda: made.categories.set(categories))
    return made


def _form(house: House, given: dict[str, Any], fields: dict[str, CustomField], position: int) -> TicketForm:
    form = TicketForm(
        key=given["key"], name=given["name"], intro=given["intro"], ticket_type=given["type"], position=position
    )

    def then() -> None:
        form.categories.set([house.categories[key] for key in given["categories"]])
        FormField.objects.bulk_create(
            FormField(form=form, field=fields[key], required=required, position=place)
            for place, (key, required) in enumerate(given["fields"])
        )

    save_configuration(form, actor=None, then=then)
    return form
