"""The fixed cast of the tests.

Alice writes to us; Bob works at her company; Carol may see all of that company's tickets; Charlie must
see nothing. Dora answers; Erik is in a closed team (legal); Lena leads; Mara manages; Adam administers.
"""

from dataclasses import dataclass

from people.models import Membership, Organisation, Role, Team, User
from tickets.actions import NewTicket, create_ticket
from tickets.models import Ticket


@dataclass
class Cast:
    """Everybody, by first name."""

    alice: User
    bob: User
    carol: User
    charlie: User
    dora: User
    erik: User
    lena: User
    mara: User
    adam: User
    acme: Organisation
    support: Team
    legal: Team

    def ticket(self, **changes: object) -> Ticket:
        """A ticket of Alice's through the portal."""
        given: dict[str, object] = {
            "requester": self.alice,
            "subject": "Cannot connect my shop",
            "body": "It says that my credentials are wrong.",
            "channel": "portal",
        }
        actor = changes.pop("actor", None)
        return create_ticket(NewTicket(**(given | changes)), actor=actor)  # type: ignore[arg-type]


def make_cast() -> Cast:
    """Everybody, saved. Needs a database."""
    acme = Organisation.objects.create(name="Acme")
    support = Team.objects.create(key="support", name="Support")
    legal = Team.objects.create(key="legal", name="Legal", closed=True)

    def person(name: str, role: Role = Role.CUSTOMER, **fields: object) -> User:
        email = f"{name.lower()}@{'example.com' if role == Role.CUSTOMER else 'desk.example'}"
        return User.objects.create_user(email, f"{name}-password-1", name=name, role=role, **fields)

    cast = Cast(
        alice=person("Alice", organisation=acme),
        bob=person("Bob", organisation=acme),
        carol=person("Carol", organisation=acme, sees_organisation=True),
        charlie=person("Charlie"),
        dora=person("Dora", Role.AGENT),
        erik=person("Erik", Role.AGENT),
        lena=person("Lena", Role.LEAD),
        mara=person("Mara", Role.MANAGER),
        adam=person("Adam", Role.ADMIN),
        acme=acme,
        support=support,
        legal=legal,
    )
    Membership.objects.create(team=support, user=cast.dora)
    Membership.objects.create(team=support, user=cast.lena, leads=True)
    Membership.objects.create(team=legal, user=cast.erik)
    return cast
