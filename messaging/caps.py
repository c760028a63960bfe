"""Limits on automatic mail, so that neither a loop of two machines nor strangers' addresses can make us a nuisance.

A mail over a limit is kept with status 'held': visible, not sent, released by hand.
"""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from messaging.addresses import our_sender
from messaging.models import OutgoingMail

Held = OutgoingMail.Held

# Login codes and account mails have the limits of the login; notices go to our own people.
UNCAPPED_KINDS = frozenset({"login_code", "account", "notice"})

# (most mails to one address, in how long)
PER_ADDRESS = ((10, timedelta(minutes=10)), (100, timedelta(hours=10)))
NEW_ADDRESS_WINDOW = timedelta(hours=1)


def new_addresses_per_hour() -> int:
    """How many addresses may get their first automatic mail from us in one hour."""
    return int(getattr(settings, "MAIL_NEW_ADDRESSES_PER_HOUR", 100))


def apply_caps(mail: OutgoingMail) -> None:
    """Hold the (unsaved) mail if it is automatic and over a limit; else note whether it is the first to its address.

    To be called in the transaction that saves it: locks make the count exact among those that queue at once.
    """
    if not mail.automatic or mail.kind in UNCAPPED_KINDS:
        return
    if mail.to_address == our_sender()[1].lower():
        _hold(mail, Held.OWN_ADDRESS)
        return
    _lock(f"mail to {mail.to_address}")
    earlier = OutgoingMail.objects.counted().filter(to_address=mail.to_address).exclude(kind__in=UNCAPPED_KINDS)
    now = timezone.now()
    automatic = earlier.filter(automatic=True)
    if any(automatic.filter(created_at__gt=now - window).count() >= most for most, window in PER_ADDRESS):
        _hold(mail, Held.TOO_MANY)
    elif not earlier.exists():
        _apply_new_address_cap(mail)


def _apply_new_address_cap(mail: OutgoingMail) -> None:
    _lock("mail to new addresses")
    since = timezone.now() - NEW_ADDRESS_WINDOW
    recent = OutgoingMail.objects.counted().filter(first_contact=True, created_at__gt=since).count()
    if recent >= new_addresses_per_hour():
        _hold(mail, Held.NEW_ADDRESSES)
    else:
        mail.first_contact = True


def _hold(mail: OutgoingMail, why: OutgoingMail.Held) -> None:
    mail.status = OutgoingMail.Status.HELD
    mail.held_because = why


def _lock(name: str) -> None:
    """Wait for the others that count the same, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
