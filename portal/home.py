"""The first page: a search box that is already useful, topics, and how one's latest requests stand."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from core.paging import page_by_key
from people.models import User
from portal import questions, requests_of
from portal import words as plain
from portal.base import page, portal_view, reader, words
from tickets.models import TicketQuerySet

LATEST = 4
FOUND = 10
SUGGESTED = 4


@portal_view
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Search, topics, latest requests."""
    user = reader(request)
    topics = [choice.category for choice in questions.choices() if len(choice.path) == 1]
    latest = _latest(user) if user else []
    return page(request, "portal/home.html", {"topics": topics, "latest": latest})


@portal_view
@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """What fits the words: topics for everybody, one's own requests when logged in, and the way to write."""
    fragment = "fragment" in request.GET
    found = _found(request, SUGGESTED if fragment else FOUND)
    return page(request, "portal/_suggestions.html" if fragment else "portal/search.html", found)


def _found(request: HttpRequest, limit: int) -> dict[str, object]:
    asked, user = words(request), reader(request)
    rows = _rows(requests_of.visible(user).matching_public(asked), user, limit) if user and asked else []
    return {"q": asked, "rows": rows, "topics": _topics(asked)[:limit]}


def _topics(asked: str) -> list[questions.Choice]:
    """Topics that share a word's beginning with what was asked."""
    wanted = [word for word in asked.casefold().split() if len(word) > 2]
    return [choice for choice in questions.choices() if _fits(choice, wanted)]


def _fits(choice: questions.Choice, wanted: list[str]) -> bool:
    have = f"{choice.category.name} {choice.category.description}".casefold().split()
    return any(word.startswith(start) for word in have for start in wanted)


def _latest(user: User) -> list[plain.Row]:
    """What waits for the reader first, then the newest."""
    mine = requests_of.own(user)
    answered = page_by_key(mine.filter(requests_of.answered()), requests_of.NEWEST, None, LATEST).items
    others = page_by_key(mine.exclude(pk__in=[t.pk for t in answered]), requests_of.NEWEST, None, LATEST).items
    items = (answered + others)[:LATEST]
    return plain.rows(items, requests_of.last_words(items), user)


def _rows(tickets: TicketQuerySet, user: User, limit: int) -> list[plain.Row]:
    items = page_by_key(tickets, requests_of.NEWEST, None, limit).items
    return plain.rows(items, requests_of.last_words(items), user)
