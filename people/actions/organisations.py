"""Organisations and customer tiers."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from core.errors import Conflict, Invalid
from core.event_log import record
from people import events, policies
from people.actions.changes import actor_id, change, check_known, locked, validate
from people.models import CustomerTier, Organisation, OrganisationDomain, User

FIELDS = {"name", "tier", "yearly_value", "account_agent", "renewal_on", "notes", "external_id"}
_DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,59})")


def clean_domain(domain: str) -> str:
    """Lower case, without a leading @, IDNA-encoded. Raises Invalid for what is not a mail domain."""
    name = domain.strip().lower().removeprefix("@").rstrip(".")
    try:
        name = name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError:
        name = ""
    if not _DOMAIN.fullmatch(name):
        raise Invalid(
            f"“{domain[:80]}” is not a mail domain.", fields={"domains": ["Enter a domain like example.com."]}
        )
    return name


def _clean(fields: dict[str, Any]) -> None:
    check_known(fields, FIELDS)
    if "name" in fields:
        fields["name"] = " ".join(str(fields["name"]).split())
    agent = fields.get("account_agent")
    if agent is not None and not agent.is_agent:
        message = "The account agent must be one of the staff."
        raise Invalid(message, fields={"account_agent": [message]})
    if fields.get("external_id") == "":
        fields["external_id"] = None


@transaction.atomic
def create_organisation(name: str, *, actor: User | None, domains: Iterable[str] = (), **fields: Any) -> Organisation:
    """A new organisation. fields: tier, yearly_value, account_agent, renewal_on, notes, external_id.

    Raises Invalid (taken name or external id, bad value), Conflict (domain of another), NotAllowed.
    """
    policies.may_manage_customers(actor).require()
    fields["name"] = name
    _clean(fields)
    organisation = Organisation(**fields)
    validate(organisation)
    organisation.save(force_insert=True)
    set_to = _set_domains(organisation, domains)
    payload = {"name": organisation.name, "domains": set_to}
    record(events.ORGANISATION_CREATED, organisation.pk, actor_id=actor_id(actor), payload=payload)
    return organisation


@transaction.atomic
def update_organisation(
    organisation: Organisation, *, actor: User | None, domains: Iterable[str] | None = None, **changes: Any
) -> Organisation:
    """Change the given fields, and the domains when they are given. Raises as create_organisation, and NotFound."""
    policies.may_manage_customers(actor).require()
    _clean(changes)
    row = locked(organisation)
    payload = change(row, changes, texts=("notes",)) or {"changes": {}, "texts": []}
    if domains is not None:
        old = sorted(row.domains.values_list("domain", flat=True))
        new = _set_domains(row, domains)
        if new != old:
            payload["changes"]["domains"] = [old, new]
    if payload["changes"] or payload["texts"]:
        record(events.ORGANISATION_UPDATED, row.pk, actor_id=actor_id(actor), payload=payload)
    return row


def _set_domains(organisation: Organisation, domains: Iterable[str]) -> list[str]:
    wanted = sorted({clean_domain(domain) for domain in domains})
    taken = OrganisationDomain.objects.filter(domain__in=wanted).exclude(organisation=organisation).first()
    if taken is not None:
        message = f"{taken.domain} belongs to another organisation."
        raise Conflict(message, code="domain_taken", fields={"domains": [message]})
    organisation.domains.exclude(domain__in=wanted).delete()
    known = set(organisation.domains.values_list("domain", flat=True))
    OrganisationDomain.objects.bulk_create(
        OrganisationDomain(organisation=organisation, domain=domain) for domain in wanted if domain not in known
    )
    return wanted


@transaction.atomic
def create_tier(key: str, name: str, *, actor: User | None, rank: int = 0) -> CustomerTier:
    """A new customer tier. Raises Invalid, NotAllowed."""
    policies.may_manage_people(actor).require()
    tier = CustomerTier(key=key, name=name, rank=rank)
    validate(tier)
    tier.save(force_insert=True)
    record(events.TIER_CREATED, tier.pk, actor_id=actor_id(actor), payload={"key": key, "name": name, "rank": rank})
    return tier


@transaction.atomic
def update_tier(tier: CustomerTier, *, actor: User | None, **changes: Any) -> CustomerTier:
    """Change key, name or rank. Raises Invalid, NotAllowed, NotFound."""
    policies.may_manage_people(actor).require()
    check_known(changes, {"key", "name", "rank"})
    row = locked(tier)
    payload = change(row, changes)
    if payload:
        record(events.TIER_UPDATED, row.pk, actor_id=actor_id(actor), payload=payload)
    return row
