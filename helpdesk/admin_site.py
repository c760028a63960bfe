"""How the admin looks (django-unfold's settings), and the one exception it needs from the content security policy."""

from collections.abc import Callable
from typing import Any

from csp.constants import UNSAFE_EVAL
from django.http import HttpRequest, HttpResponse
from django.templatetags.static import static
from django.urls import reverse_lazy

PREFIX = "/admin/"


class AdminPolicyMiddleware:
    """Below /admin/ alone, scripts of our own may build functions from text: Alpine, which unfold uses, does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path.startswith(PREFIX):
            response._csp_update = {"script-src": [UNSAFE_EVAL]}  # type: ignore[attr-defined]
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Django's admin hands filters and choices on as they came: what no column can hold is a bad request."""
        told = str(exception)[:500]
        unusable = "NUL (0x00)" in told or "expected a number but got" in told
        if not (request.path.startswith(PREFIX) and isinstance(exception, ValueError) and unusable):
            return None
        from portal.errors import bad_request  # needs the settings, which import this module

        return bad_request(request, exception)


def shared_context(_: HttpRequest) -> dict[str, Any]:
    """Colours come from css/admin.css: the policy forbids the style element that unfold would write."""
    return {"colors": None}


def _link(title: str, icon: str, model: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist")}


def _group(title: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "collapsible": True, "items": list(items)}


UNFOLD = {
    "SITE_TITLE": "Helpdesk admin",
    "SITE_HEADER": "Helpdesk",
    "SITE_SUBHEADER": "Administration",
    "SITE_SYMBOL": "support_agent",
    "SITE_URL": "/desk/",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/icon.svg")}],
    "SHOW_HISTORY": False,
    "GLOBAL_CALLBACK": "helpdesk.admin_site.shared_context",
    "STYLES": [lambda request: static("css/admin.css")],
    "SCRIPTS": [lambda request: static("js/admin.js")],
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": True,
        "navigation": [
            {
                "title": "",
                "items": [
                    {"title": "Overview", "icon": "dashboard", "link": reverse_lazy("admin:index")},
                    {"title": "Desk", "icon": "inbox", "link": "/desk/"},
                ],
            },
            _group(
                "Tickets",
                _link("Tickets", "confirmation_number", "tickets_ticket"),
                _link("Messages", "chat", "tickets_message"),
                _link("Attachments", "attach_file", "tickets_attachment"),
                _link("Links", "link", "tickets_ticketlink"),
                _link("Handle time", "timer", "tickets_handletime"),
            ),
            _group(
                "Forms & fields",
                _link("Categories", "account_tree", "tickets_category"),
                _link("Tags", "sell", "tickets_tag"),
                _link("Custom fields", "edit_note", "tickets_customfield"),
                _link("Forms", "list_alt", "tickets_ticketform"),
            ),
            _group(
                "People",
                _link("Users", "person", "people_user"),
                _link("Organisations", "apartment", "people_organisation"),
                _link("Customer tiers", "workspace_premium", "people_customertier"),
                _link("Teams", "groups", "people_team"),
                _link("Skills", "school", "people_skill"),
                _link("API tokens", "key", "people_apitoken"),
            ),
            _group(
                "System",
                _link("Outbox", "outgoing_mail", "messaging_outgoingmail"),
                _link("Events", "history", "core_event"),
                _link("Deliveries", "sync", "core_delivery"),
                _link("Notices", "notifications", "notifications_notice"),
            ),
        ],
    },
}
