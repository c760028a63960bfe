"""Customers and organisations: found, looked at, put right."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods

from core.errors import DomainError, Invalid
from core.paging import Order, page_by_key
from desk.access import member, staff_only
from desk.reading import identifier, listed, words
from desk.shell import desk_page
from people.actions import create_organisation, update_organisation, update_user
from people.models import CustomerTier, Organisation, User
from people.queries import visible_organisations, visible_users
from tickets.models import Ticket

PAGE_SIZE = 50
_BY_EMAIL = Order("email", "Address", "email", descending=False)
_BY_NAME = Order("name", "Name", "name", descending=False)


@require_GET
@staff_only
def customers(request: HttpRequest) -> HttpResponse:
    """Everybody who writes to us."""
    text = words(request.GET.get("q"), 80)
    people = visible_users(member(request)).customers().select_related("organisation")
    if text:
        people = people.filter(
            Q(name__icontains=text) | Q(email__icontains=text) | Q(organisation__name__icontains=text)
        )
    page = page_by_key(people, _BY_EMAIL, request.GET.get("cursor"), PAGE_SIZE)
    return desk_page(request, "desk/customers.html", {"page": page, "q": text}, area="customers")


@require_http_methods(["GET", "POST"])
@staff_only
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """One customer with their tickets; POST changes what staff may change."""
    user = member(request)
    person = get_object_or_404(visible_users(user).customers().select_related("organisation__tier"), pk=pk)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        try:
            update_user(person, actor=user, **_changes(request.POST, user))
            messages.success(request, "Saved.")
            return redirect("desk:customer", pk=pk)
        except DomainError as error:
            errors, status = _texts(error), error.status
    tickets = page_by_key(
        Ticket.objects.visible_to(user).filter(requester=person).select_related("assignee"),
        _TICKETS,
        request.GET.get("cursor"),
        20,
    )
    context = {
        "person": person, "errors": errors, "values": request.POST if errors else _values(person), "tickets": tickets,
        "organisations": _organisations(person, user),
    }  # fmt: skip
    return desk_page(request, "desk/customer.html", context, area="customers", status=status)


_TICKETS = Order("number", "Number", "number")


def _organisations(person: User, user: User) -> list[tuple[int, str]]:
    """The choices: the first 2,000 by name, and always the person's own."""
    found = list(visible_organisations(user).order_by("name").values_list("pk", "name")[:2_000])
    own = person.organisation
    return found if own is None or (own.pk, own.name) in found else [(own.pk, own.name), *found]


def _values(person: User) -> dict[str, Any]:
    return {
        "name": person.name, "email": person.email, "phone": person.phone, "notes": person.notes,
        "organisation": str(person.organisation_id or ""), "time_zone": person.time_zone,
        "sees_organisation": "1" if person.sees_organisation else "", "is_vip": "1" if person.is_vip else "",
    }  # fmt: skip


def _changes(data: QueryDict, user: User) -> dict[str, Any]:
    changes: dict[str, Any] = {
        name: data.get(name, "").strip() for name in ("name", "email", "phone", "notes") if name in data
    }
    if data.get("time_zone"):
        changes["time_zone"] = data.get("time_zone", "").strip()
    if "organisation" in data:
        changes["organisation"] = _organisation(data.get("organisation", ""), user)
    return changes | {name: data.get(name) == "1" for name in ("sees_organisation", "is_vip")}


def _organisation(value: str, user: User) -> Organisation | None:
    if not value:
        return None
    found = visible_organisations(user).filter(pk=identifier(value)).first()
    if found is None:
        raise Invalid("There is no such organisation.", fields={"organisation": ["Choose one from the list."]})
    return found


def _texts(error: DomainError) -> dict[str, str]:
    return {name: " ".join(texts) for name, texts in error.fields.items()} or {"form": error.message}


@require_http_methods(["GET", "POST"])
@staff_only
def organisations(request: HttpRequest) -> HttpResponse:
    """All organisations; POST adds one."""
    user = member(request)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        try:
            made = create_organisation(
                words(request.POST.get("name"), 300), actor=user, domains=listed(request.POST.get("domains"))
            )
            return redirect("desk:organisation", pk=made.pk)
        except DomainError as error:
            errors, status = _texts(error), error.status
    text = words(request.GET.get("q"), 80)
    rows = visible_organisations(user).select_related("tier", "account_agent").annotate(size=Count("people"))
    rows = rows.filter(name__icontains=text) if text else rows
    page = page_by_key(rows, _BY_NAME, request.GET.get("cursor"), PAGE_SIZE)
    context = {"page": page, "q": text, "errors": errors, "values": request.POST}
    return desk_page(request, "desk/organisations.html", context, area="organisations", status=status)


@require_http_methods(["GET", "POST"])
@staff_only
def organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """One organisation with its people and tickets; POST changes it."""
    user = member(request)
    found = get_object_or_404(visible_organisations(user).select_related("tier", "account_agent"), pk=pk)
    errors: dict[str, str] = {}
    status = 200
    if request.method == "POST":
        try:
            update_organisation(
                found,
                actor=user,
                domains=listed(request.POST.get("domains")),
                **_organisation_changes(request.POST, user),
            )
            messages.success(request, "Saved.")
            return redirect("desk:organisation", pk=pk)
        except DomainError as error:
            errors, status = _texts(error), error.status
    tickets = page_by_key(
        Ticket.objects.visible_to(user).filter(organisation=found).select_related("assignee", "requester"),
        _TICKETS, request.GET.get("cursor"), 20,
    )  # fmt: skip
    context = {
        "organisation": found, "people": list(found.people.order_by("name", "email")[:50]), "tickets": tickets,
        "errors": errors,
        "values": request.POST if errors else _organisation_values(found), "tiers": list(CustomerTier.objects.all()),
        "staff": list(User.objects.active().staff().order_by("name")),
    }  # fmt: skip
    return desk_page(request, "desk/organisation.html", context, area="organisations", status=status)


def _organisation_values(found: Organisation) -> dict[str, Any]:
    return {
        "name": found.name, "tier": str(found.tier_id or ""), "account_agent": str(found.account_agent_id or ""),
        "yearly_value": "" if found.yearly_value is None else str(found.yearly_value), "notes": found.notes,
        "renewal_on": found.renewal_on.isoformat() if found.renewal_on else "",
        "domains": ", ".join(found.domains.values_list("domain", flat=True)),
    }  # fmt: skip


def _organisation_changes(data: QueryDict, user: User) -> dict[str, Any]:
    from desk.choosing import chosen_assignee

    tier = CustomerTier.objects.filter(pk=identifier(data.get("tier"))).first() if data.get("tier") else None
    return {
        "name": data.get("name", ""), "tier": tier, "notes": data.get("notes", ""),
        "account_agent": chosen_assignee(data.get("account_agent", ""), user),
        "yearly_value": _amount(data.get("yearly_value", "")), "renewal_on": _day(data.get("renewal_on", "")),
    }  # fmt: skip


def _amount(value: str) -> Any:
    from decimal import Decimal, InvalidOperation

    text = value.strip().replace(",", "").replace(" ", "")[:30]
    if not text:
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise Invalid("This is not an amount.", fields={"yearly_value": ["Write a number, like 12000."]})
    return amount


def _day(value: str) -> Any:
    from datetime import date

    if not value.strip():
        return None
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        raise Invalid("This is not a date.", fields={"renewal_on": ["Write a date as YYYY-MM-DD."]}) from None
