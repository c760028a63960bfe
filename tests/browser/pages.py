"""Every page there is, group by group, and a house full of awkward things to show on them."""

from dataclasses import dataclass

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.core.files.uploadedfile import SimpleUploadedFile

from core.models import Delivery, Event
from messaging.models import OutgoingMail
from notifications.models import Notice
from people.models import CustomerTier, User
from tests.cast import Cast
from tests.portal.helpers import PNG
from tickets import actions
from tickets.guest_links import make_token
from tickets.models import Attachment, Category, CustomField, FormField, LinkKind, Message, Ticket, TicketForm

LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 3


@dataclass
class House:
    """A ticket with everything on it, a closed one, a merged one, and what surrounds them."""

    cast: Cast
    ticket: Ticket
    closed: Ticket
    merged: Ticket
    category: Category


def build(cast: Cast) -> House:
    """Needs a database; the events have not taken effect yet."""
    tier = CustomerTier.objects.create(key="gold", name="Gold")
    cast.acme.tier, cast.acme.yearly_value, cast.acme.notes = tier, 12_000, f"Careful. {LONG}"
    cast.acme.save()
    cast.alice.is_vip, cast.alice.phone, cast.alice.notes = True, "+44 20 7946 0000", "Calls before she writes."
    cast.alice.save()
    category = Category.objects.create(key="shop", name="Shop", description="Connections, orders", icon="plug")
    below = Category.objects.create(key="sync", name="Synchronisation of listings", parent=category)
    kinds = ["text", "number", "date", "choice", "multi_choice", "checkbox", "log", "user_id"]
    form = TicketForm.objects.create(key="shop", name="Shop", intro="Tell us more.")
    form.categories.add(category)
    for kind in kinds:
        choices = ["First", "Second"] if "choice" in kind else []
        field = CustomField.objects.create(
            key=kind, label=f"A {kind}", kind=kind, choices=choices, help_text="Where it stands."
        )
        field.categories.add(category)
        FormField.objects.create(form=form, field=field)
    ticket = cast.ticket(
        subject=f"Cannot connect {LONG[:120]}",
        category=below,
        priority="critical",
        type="incident",
        team=cast.support,
        tags=["outage", "shop"],
        attachment_ids=[_file(cast.alice, "screen.png", PNG).pk],
    )
    _say(ticket, cast.dora, f"Please look here: https://example.com/{LONG} " + "and then again " * 60)
    _say(ticket, cast.lena, "Talk to @dora first.\n" + LONG, visibility="internal")
    _say(
        ticket,
        cast.alice,
        "العربية 👩‍👩‍👧 <b>bold?</b>",
        attachment_ids=[_file(cast.alice, f"{LONG[:90]}.txt", b"x").pk],
    )
    actions.add_participants(ticket, [cast.bob], role="cc", actor=cast.dora)
    actions.follow(ticket, actor=cast.lena, on=True)
    actions.log_time(ticket, actor=cast.dora, seconds=300, note="Looked at it")
    other = cast.ticket(subject="Another one", assignee=cast.dora)
    actions.link_tickets(ticket, other, LinkKind.RELATED, actor=cast.dora)
    closed = cast.ticket(subject="Long ago")
    for status in ("solved", "closed"):
        actions.change_ticket(closed, {"status": status}, actor=cast.mara)
    merged = cast.ticket(subject="The same again")
    actions.merge_tickets(merged, ticket, actor=cast.dora)
    actions.save_draft(ticket, actor=cast.dora, visibility="internal", body="Half a thought")
    for number in range(30):
        cast.ticket(subject=f"Number {number}", priority=("low", "normal", "high")[number % 3])
    Notice.objects.create(user=cast.dora, kind="mention", text=f"Lena mentioned you {LONG[:100]}", url="/desk/")
    for user in (cast.dora, cast.adam, cast.alice):
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    ticket.refresh_from_db()
    return House(cast, ticket, closed, merged, category)


def _file(user: User, name: str, content: bytes) -> Attachment:
    return actions.store_upload(SimpleUploadedFile(name, content), actor=user)


def _say(ticket: Ticket, user: User, body: str, **more: object) -> Message:
    return actions.add_message(
        ticket,
        actor=user,
        body=body,
        channel="web" if user.is_agent else "portal",
        **more,  # type: ignore[arg-type]
    )


def desk(house: House) -> list[str]:
    ticket = f"/desk/tickets/{house.ticket.number}/"
    return [
        "/desk/views/all/",
        "/desk/views/all/?priority=high&order=priority",
        "/desk/views/all/?q=nothing-like-this",
        "/desk/views/following/",
        ticket,
        f"{ticket}?split=1",
        f"{ticket}history/",
        f"/desk/tickets/{house.closed.number}/",
        f"/desk/tickets/{house.merged.number}/",
        "/desk/new/?category=shop",
        "/desk/customers/",
        f"/desk/customers/{house.cast.alice.pk}/",
        "/desk/organisations/",
        f"/desk/organisations/{house.cast.acme.pk}/",
        "/desk/notices/",
        "/desk/profile/",
    ]


def portal(house: House) -> list[str]:
    """For Carol, who sees her organisation's."""
    return [
        "/",
        "/search/?q=connect",
        "/search/?q=nothing-like-this",
        "/new/",
        "/new/?category=shop",
        "/requests/",
        "/organisation/",
        "/organisation/?show=all&q=nothing-like-this",
        f"/requests/{house.ticket.number}/",
        f"/requests/{house.closed.number}/",
        f"/requests/{house.merged.number}/",
        "/profile/",
    ]


def anonymous(house: House) -> list[str]:
    """For anybody, and for whoever holds a signed link."""
    key = f"{user_pk_to_url_str(house.cast.dora)}-{default_token_generator.make_token(house.cast.dora)}"
    return [
        "/",
        "/new/",
        "/api/v1/docs/",
        f"/t/{make_token(house.ticket, house.cast.alice)}/",
        "/accounts/login/",
        "/accounts/login/code/",
        "/accounts/signup/",
        "/accounts/inactive/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        f"/accounts/password/reset/key/{key}/",
        "/accounts/password/reset/key/done/",
        "/accounts/password/reset/key/1-nonsense/",
        "/accounts/confirm-email/",
        "/accounts/3rdparty/login/cancelled/",
        "/accounts/3rdparty/login/error/",
    ]


def account(_: House) -> list[str]:
    """For somebody who has just logged in with a password."""
    return [
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/3rdparty/",
        "/accounts/sessions/",
        "/accounts/reauthenticate/",
        "/accounts/logout/",
    ]


def admin(house: House) -> list[str]:
    event = Event.objects.filter(kind="ticket.created").earliest("id")
    Delivery.objects.create(event=event, consumer="test.dead", subject_kind="ticket", subject_id=1, state="dead")
    mail = OutgoingMail.objects.earliest("id")
    field = CustomField.objects.earliest("pk")
    return [
        "/admin/",
        "/admin/tickets/ticket/",
        f"/admin/tickets/ticket/{house.ticket.pk}/change/",
        f"/admin/tickets/customfield/{field.pk}/change/",
        "/admin/people/user/",
        f"/admin/people/user/{house.cast.dora.pk}/change/",
        "/admin/core/event/",
        f"/admin/core/event/{event.pk}/change/",
        "/admin/core/delivery/",
        "/admin/messaging/outgoingmail/",
        f"/admin/messaging/outgoingmail/{mail.pk}/change/",
    ]
