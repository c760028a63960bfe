"""Customers found by their address, or made: one by one for faces and mail, in sets for imports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

from core.errors import Invalid
from core.event_log import NewEvent, record, record_many
from people import events
from people.actions.changes import NUL_MESSAGE, actor_id
from people.models import Organisation, OrganisationDomain, Role, User, normalise_email

NAME_MAX = 150


@dataclass(frozen=True)
class NewCustomer:
    """A customer as an import knows them."""

    email: str
    name: str = ""
    organisation_name: str = ""


def clean_email(email: str) -> str:
    """The address in lower case. Raises Invalid for what is not a mail address."""
    address = normalise_email(email)
    try:
        validate_email(address)
    except ValidationError:
        address = ""
    if not address or len(address) > 254 or "\0" in address:
        raise Invalid(f"“{email[:254]}” is not a mail address.", fields={"email": ["Enter a valid mail address."]})
    return address


def clean_name(name: str) -> str:
    """The name on one line, cut to what fits. Raises Invalid for characters that cannot be stored."""
    if "\0" in name:
        raise Invalid(NUL_MESSAGE, fields={"name": [NUL_MESSAGE]})
    return " ".join(name.split())[:NAME_MAX].strip()


@transaction.atomic
def ensure_customer(email: str, name: str = "", *, actor: User | None) -> User:
    """The user of that address, made as a customer when there is none; an existing user keeps role and name.

    A new customer belongs to the organisation that owns the mail domain, has no password, and logs in by mailed code.
    Two callers at once get the same user. Raises Invalid for a bad address.
    """
    address, name = clean_email(email), clean_name(name)
    existing = User.objects.with_email(address).first()
    if existing is not None:
        return _named(existing, name, actor)
    user = User(email=address, name=name, organisation=_organisation_of(address))
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        return User.objects.get(email=address)
    EmailAddress.objects.create(user=user, email=address, verified=False, primary=True)
    record(events.USER_CREATED, user.pk, actor_id=actor_id(actor), payload=_created(user))
    return user


def _named(user: User, name: str, actor: User | None) -> User:
    """The existing user; a customer without a name gets the one that was given."""
    if name and not user.name and user.role == Role.CUSTOMER:
        named = User.objects.filter(pk=user.pk, name="", role=Role.CUSTOMER).update(name=name)
        if named:
            payload = {"changes": {"name": ["", name]}}
            record(events.USER_UPDATED, user.pk, actor_id=actor_id(actor), payload=payload)
            user.name = name
    return user


def _organisation_of(address: str) -> Organisation | None:
    domain = address.rpartition("@")[2]
    return Organisation.objects.filter(domains__domain=domain).first()


def _created(user: User) -> dict[str, object]:
    return {"email": user.email, "name": user.name, "role": user.role, "organisation_id": user.organisation_id}


@transaction.atomic
def sign_up_customer(user: User) -> User:
    """Store somebody who signed up, with their chosen password if any: always a customer.

    Raises IntegrityError when the address has been taken in the meantime.
    """
    user.email, user.name = clean_email(user.email), clean_name(user.name)
    user.role, user.organisation = Role.CUSTOMER, _organisation_of(user.email)
    user.save(force_insert=True)
    record(events.USER_CREATED, user.pk, actor_id=user.pk, payload=_created(user))
    return user


@transaction.atomic
def ensure_customers(
    customers: Sequence[NewCustomer | tuple[str, ...]], *, actor: User | None, backfill: bool = False
) -> dict[str, User]:
    """Many at once, in a number of statements that does not depend on how many: address -> user.

    A named organisation is made when it does not exist; without one the mail domain decides. Existing users keep
    what they have. customers: NewCustomer, or tuples (address, name[, organisation]). Raises Invalid for a bad address.
    """
    wanted = _by_address(customers)
    users = _found(wanted)
    missing = {address: customer for address, customer in wanted.items() if address not in users}
    if not missing:
        return users
    organisations = _ensure_organisations({c.organisation_name for c in missing.values()} - {""}, actor, backfill)
    by_domain = _organisations_by_domain(missing)
    rows = {}
    for address, customer in missing.items():
        organisation_id = organisations.get(customer.organisation_name.lower()) or by_domain.get(
            address.rpartition("@")[2]
        )
        rows[address] = User(email=address, name=customer.name, organisation_id=organisation_id)
        rows[address].set_unusable_password()
    User.objects.bulk_create(rows.values(), ignore_conflicts=True, batch_size=1000)
    fresh = _found(missing)
    # An unusable password is random: ours in the table means that the row is ours and not a concurrent caller's.
    made = [user for address, user in fresh.items() if user.password == rows[address].password]
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=False, primary=True) for user in made], batch_size=1000
    )
    record_many(
        [NewEvent(events.USER_CREATED, user.pk, actor_id(actor), _created(user)) for user in made], backfill=backfill
    )
    return users | fresh


def _by_address(customers: Iterable[NewCustomer | tuple[str, ...]]) -> dict[str, NewCustomer]:
    """Cleaned, one per address; the first that names something wins."""
    wanted: dict[str, NewCustomer] = {}
    for given in customers:
        customer = given if isinstance(given, NewCustomer) else NewCustomer(*given)
        address = clean_email(customer.email)
        known = wanted.get(address, NewCustomer(address))
        wanted[address] = NewCustomer(
            address,
            known.name or clean_name(customer.name),
            known.organisation_name or " ".join(customer.organisation_name.replace("\0", "").split())[:200].strip(),
        )
    return wanted


def _found(addresses: Iterable[str]) -> dict[str, User]:
    return {user.email: user for user in User.objects.filter(email__in=list(addresses))}


def _organisations_by_domain(addresses: Iterable[str]) -> dict[str, int]:
    domains = {address.rpartition("@")[2] for address in addresses}
    return dict(OrganisationDomain.objects.filter(domain__in=domains).values_list("domain", "organisation_id"))


def _ensure_organisations(names: set[str], actor: User | None, backfill: bool) -> dict[str, int]:
    """Name in lower case -> id, made when missing."""
    wanted = {name.lower(): name for name in sorted(names)}

    def found() -> dict[str, int]:
        known = Organisation.objects.annotate(lower=Lower("name")).filter(lower__in=wanted)
        return dict(known.values_list("lower", "pk"))

    known = found() if wanted else {}
    missing = [name for lower, name in wanted.items() if lower not in known]
    if not missing:
        return known
    Organisation.objects.bulk_create([Organisation(name=name) for name in missing], ignore_conflicts=True)
    after = found()
    made = [(after[name.lower()], name) for name in missing if name.lower() in after]
    record_many(
        [
            NewEvent(events.ORGANISATION_CREATED, pk, actor_id(actor), {"name": name, "domains": []})
            for pk, name in made
        ],
        backfill=backfill,
    )
    return after
