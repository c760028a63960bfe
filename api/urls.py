"""/api/v1/ …"""

from django.urls import path, re_path

from api import customers, docs, history, messages, organisations, relations, staff, tickets, unknown

app_name = "api"

ticket = "tickets/<int:number>/"

urlpatterns = [
    path("tickets/", tickets.TicketListView.as_view(), name="tickets"),
    path(ticket, tickets.TicketDetailView.as_view(), name="ticket"),
    path(f"{ticket}messages/", messages.MessageListView.as_view(), name="ticket-messages"),
    path(f"{ticket}events/", history.EventListView.as_view(), name="ticket-events"),
    path(f"{ticket}merge/", relations.MergeView.as_view(), name="ticket-merge"),
    path(f"{ticket}split/", relations.SplitView.as_view(), name="ticket-split"),
    path(f"{ticket}links/", relations.LinkListView.as_view(), name="ticket-links"),
    path(f"{ticket}links/<int:pk>/", relations.LinkView.as_view(), name="ticket-link"),
    path(f"{ticket}participants/", relations.ParticipantListView.as_view(), name="ticket-participants"),
    path(f"{ticket}participants/<int:user_id>/", relations.ParticipantView.as_view(), name="ticket-participant"),
    path(f"{ticket}time/", relations.TimeListView.as_view(), name="ticket-time"),
    path("attachments/<uuid:pk>/", messages.AttachmentView.as_view(), name="attachment"),
    path("customers/", customers.CustomerListView.as_view(), name="customers"),
    path("customers/<int:pk>/", customers.CustomerDetailView.as_view(), name="customer"),
    path("organisations/", organisations.OrganisationListView.as_view(), name="organisations"),
    path("organisations/<int:pk>/", organisations.OrganisationDetailView.as_view(), name="organisation"),
    path("teams/", staff.TeamListView.as_view(), name="teams"),
    path("teams/<int:pk>/", staff.TeamDetailView.as_view(), name="team"),
    path("agents/", staff.AgentListView.as_view(), name="agents"),
    path("agents/<int:pk>/", staff.AgentDetailView.as_view(), name="agent"),
    path("schema/", docs.SchemaView.as_view(), name="schema"),
    path("docs/", docs.DocsView.as_view(), name="docs"),
    re_path(r"^", unknown.UnknownView.as_view(), name="unknown"),
]
