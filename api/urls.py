"""/api/v1/ …"""

from django.urls import path, re_path

from api import docs, tickets, unknown

app_name = "api"

urlpatterns = [
    path("tickets/", tickets.TicketListView.as_view(), name="tickets"),
    path("tickets/<int:number>/", tickets.TicketDetailView.as_view(), name="ticket"),
    path("schema/", docs.SchemaView.as_view(), name="schema"),
    path("docs/", docs.DocsView.as_view(), name="docs"),
    re_path(r"^", unknown.UnknownView.as_view(), name="unknown"),
]
