"""The people, teams and categories that rows name: found, or made where that is safe; a batch at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

from django.utils.text import slugify

from people.actions import NewCustomer, create_user, deactivate_user, ensure_customers
from people.models import Role, Team, User
from tickets.actions import NewMessage, NewTicket, save_configuration
from tickets.importing.mapping import BadRow, Draft
from tickets.importing.messages import SaidMessage
from tickets.models import OPEN_STATUSES, Category

NAMELESS_AGENT = "imported-agent@import.invalid"


class References:
    """Looks names up; remembers teams and categories from batch to batch."""

    def __init__(self, *, create_categories: bool = True) -> None:
        self._create_categories = create_categories
        self._teams = {name.lower(): team for team in Team.objects.all() for name in (team.name, team.key)}
        self._categories: dict[tuple[str, ...], Category] = {}
        self._by_key: dict[str, Category] = {}
        self._learn_categories()
        self.made_agents: set[str] = set()
        self.made_categories = 0
        self.unassigned = 0

    def resolve(self, drafts: Sequence[Draft], reject: Callable[[Draft, str], None]) -> list[tuple[Draft, NewTicket]]:
        """The tickets to be made of these drafts; those that name what does not exist are rejected."""
        staff = self._staff(drafts)
        customers = ensure_customers(list(_customers(drafts, staff)), actor=None, backfill=True)
        people = customers | staff
        resolved = []
        for draft in drafts:
            try:
                resolved.append((draft, self._ticket(draft, people)))
            except BadRow as problem:
                reject(draft, str(problem))
        return resolved

    def _ticket(self, draft: Draft, people: dict[str, User]) -> NewTicket:
        team = self._teams.get(draft.team.lower()) if draft.team else None
        if draft.team and team is None:
            raise BadRow(f"team: there is no team “{draft.team[:60]}”; make it first.")
        return NewTicket(
            requester=people[draft.requester_email],
            subject=draft.subject,
            body=draft.body,
            channel=draft.channel,
            priority=draft.priority,
            type=draft.type,
            category=self._category(draft.category),
            team=team,
            assignee=self._assignee(draft, people),
            tags=draft.tags,
            fields=draft.fields,
            cc=[people[address] for address in draft.cc],
            source_key=draft.source_key,
            status=draft.status,
            created_at=draft.created_at,
            solved_at=draft.solved_at,
            closed_at=draft.closed_at,
            messages=[self._message(said, draft, people) for said in draft.messages],
        )

    def _assignee(self, draft: Draft, people: dict[str, User]) -> User | None:
        if not draft.assignee_email:
            return None
        assignee = people[draft.assignee_email]
        if not assignee.is_agent:
            raise BadRow(f"assignee_email: {assignee.email} is a customer here.")
        if not assignee.is_active and draft.status in OPEN_STATUSES:
            self.unassigned += 1  # a ticket that waits for us must not hide with somebody who has left
            return None
        return assignee

    def _message(self, said: SaidMessage, draft: Draft, people: dict[str, User]) -> NewMessage:
        author = people[author_address(said, draft)]
        if said.by == "agent" and not author.is_agent:
            raise BadRow(f"messages: {author.email} is a customer here, and cannot have answered as an agent.")
        return NewMessage(author=author, body=said.body, created_at=said.created_at, visibility=said.visibility)

    def _staff(self, drafts: Sequence[Draft]) -> dict[str, User]:
        """Everybody who answered or is assigned. Those we do not know are made, deactivated: they keep their name
        in the history and cannot log in."""
        wanted: dict[str, str] = {}
        for draft in drafts:
            if draft.assignee_email:
                wanted.setdefault(draft.assignee_email, "")
            for said in draft.messages:
                if said.by == "agent":
                    address = author_address(said, draft)
                    wanted[address] = wanted.get(address) or said.author_name
        found = {user.email: user for user in User.objects.filter(email__in=wanted)}
        for address in wanted.keys() - found.keys():
            made = create_user(address, actor=None, name=wanted[address][:150] or _name_of(address), role=Role.AGENT)
            found[address] = deactivate_user(made, actor=None)
            self.made_agents.add(address)
        return found

    def _category(self, path: tuple[str, ...]) -> Category | None:
        if not path:
            return None
        found = self._categories.get(_folded(path)) or (self._by_key.get(path[0].lower()) if len(path) == 1 else None)
        if found is not None:
            return found
        if not self._create_categories:
            raise BadRow(f"category: there is no “{' / '.join(path)[:200]}”; make it first.")
        return self._make_category(path)

    def _make_category(self, path: tuple[str, ...]) -> Category:
        parent = self._category(path[:-1])
        # Customers do not choose it before somebody says that they may.
        category = Category(key=_key(path, self._by_key), name=path[-1], parent=parent, on_portal=False)
        save_configuration(category, actor=None)
        self._categories[_folded(path)] = self._by_key[category.key] = category
        self.made_categories += 1
        return category

    def _learn_categories(self) -> None:
        every = {category.pk: category for category in Category.objects.all()}
        for category in every.values():
            self._by_key[category.key.lower()] = category
            self._categories.setdefault(_folded(_path(category, every)), category)


def author_address(said: SaidMessage, draft: Draft) -> str:
    """Whose message it is: as the row says; else the assignee for agents, the requester for customers."""
    if said.author_email:
        return said.author_email
    return (draft.assignee_email or NAMELESS_AGENT) if said.by == "agent" else draft.requester_email


def _customers(drafts: Iterable[Draft], staff: dict[str, User]) -> Iterable[NewCustomer]:
    for draft in drafts:
        yield NewCustomer(draft.requester_email, draft.requester_name, draft.organisation)
        yield from (NewCustomer(address) for address in draft.cc)
        for said in draft.messages:
            address = author_address(said, draft)
            if address not in staff:
                yield NewCustomer(address, said.author_name)


def _name_of(address: str) -> str:
    if address == NAMELESS_AGENT:
        return "Imported agent"
    return " ".join(part.capitalize() for part in address.partition("@")[0].replace("_", ".").split("."))


def _folded(path: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in path)


def _path(category: Category, every: dict[int, Category]) -> tuple[str, ...]:
    names = [category.name]
    seen = {category.pk}
    while category.parent_id and category.parent_id not in seen:
        category = every[category.parent_id]
        seen.add(category.pk)
        names.append(category.name)
    return tuple(reversed(names))


def _key(path: tuple[str, ...], taken: dict[str, Category]) -> str:
    wanted = slugify("-".join(path[-2:]))[:70] or "category"
    if wanted not in taken:
        return wanted
    digest = hashlib.sha256("/".join(path).encode()).hexdigest()
    return next(key for size in range(4, 60) if (key := f"{wanted[:70]}-{digest[:size]}"[:80]) not in taken)
