"""Reads across models. Everything starts from what the user may see."""

from core.paging import Order, Page, page_by_key
from tickets.queries.history import (
    HistoryLine,
    TimelineItem,
    history,
    messages_of,
    timeline,
)
from tickets.queries.lists import (
    COUNT_CAP,
    ORDERS,
    View,
    counts,
    mentionable,
    next_for,
    previous_tickets,
    ticket_by_number,
    view_by_key,
    views,
)

__all__ = [
    "COUNT_CAP",
    "ORDERS",
    "HistoryLine",
    "Order",
    "Page",
    "TimelineItem",
    "View",
    "counts",
    "history",
    "mentionable",
    "messages_of",
    "next_for",
    "page_by_key",
    "previous_tickets",
    "ticket_by_number",
    "timeline",
    "view_by_key",
    "views",
]
