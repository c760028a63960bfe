"""What is said on a ticket, with its files."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.http import FileResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.base import ApiView, Input, ListView, Text
from api.idempotency import idempotent
from api.pagination import orders
from api.parsers import LimitedMultiPartParser, StrictJSONParser
from api.people_data import PersonSerializer
from api.schema import IDEMPOTENCY_KEY, paging
from api.tickets import TicketView
from core.errors import Invalid, NotFound
from tickets import actions
from tickets.models import Attachment, Channel, Message, Status, Ticket, Visibility

OCTETS = "application/octet-stream"
MESSAGE_ORDERS = orders(created_at="created_at")


class AttachmentSerializer(serializers.Serializer[Attachment]):
    """A file; ``url`` needs the token like everything else."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    content_type = serializers.CharField(help_text="Detected from the content.")
    url = serializers.SerializerMethodField()

    @extend_schema_field(serializers.URLField)
    def get_url(self, attachment: Attachment) -> str:
        """Where to fetch it."""
        path = reverse("api:attachment", args=[attachment.pk])
        return str(self.context["request"].build_absolute_uri(path))


class MessageSerializer(serializers.Serializer[Message]):
    """A message. ``ticket`` differs from the one written to when that was merged, or was closed and got a follow-up."""

    id = serializers.IntegerField()
    ticket = serializers.IntegerField(source="ticket.number")
    visibility = serializers.ChoiceField(Visibility.choices)
    body = serializers.CharField()
    html = serializers.CharField(help_text="Cleaned HTML; empty for plain text.")
    author = PersonSerializer(allow_null=True)
    by_staff = serializers.BooleanField()
    channel = serializers.ChoiceField(Channel.choices)
    created_at = serializers.DateTimeField()
    attachments = AttachmentSerializer(many=True)


class MessageInput(Input):
    """A message. Files come with multipart/form-data."""

    staff_fields = frozenset({"then_status"})

    body = Text(trim_whitespace=False)
    visibility = serializers.ChoiceField([Visibility.PUBLIC, Visibility.INTERNAL], required=False)
    then_status = serializers.ChoiceField(Status.choices, required=False, help_text="Move the ticket on.")
    attachments = serializers.ListField(child=serializers.FileField(allow_empty_file=True), required=False)


class MessageListView(TicketView, ListView):
    """The conversation of a ticket."""

    orders = MESSAGE_ORDERS
    ordering = "created_at"
    parser_classes = (StrictJSONParser, LimitedMultiPartParser)

    @extend_schema(
        parameters=paging(MESSAGE_ORDERS), responses=MessageSerializer(many=True), summary="Read the conversation"
    )
    def get(self, request: Request, number: int) -> Response:
        """Messages, oldest first; customers see public ones."""
        messages = self.ticket(number).messages.visible_to(self.actor)
        shown = messages.select_related("author", "ticket").prefetch_related("attachments")
        return self.page(shown, MessageSerializer)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request={"application/json": MessageInput, "multipart/form-data": MessageInput},
        responses={201: MessageSerializer},
        summary="Reply, or add a note",
    )
    @idempotent
    def post(self, request: Request, number: int) -> Response:
        """A public reply unless ``visibility`` is ``internal``. A customer's reply reopens or opens a follow-up."""
        ticket = self.ticket(number)
        given = self.read(MessageInput)
        files = self._stored(given.pop("attachments", []))
        message = actions.add_message(ticket, actor=self.actor, channel=Channel.API, attachment_ids=files, **given)
        shown = Message.objects.select_related("author", "ticket").prefetch_related("attachments").get(pk=message.pk)
        return Response(self.show(MessageSerializer, shown), status=201)

    def _stored(self, uploads: list[UploadedFile]) -> list[UUID]:
        if len(uploads) > settings.ATTACHMENTS_PER_MESSAGE:
            told = f"At most {settings.ATTACHMENTS_PER_MESSAGE} files a message; this has {len(uploads)}."
            raise Invalid("Too many files.", fields={"attachments": [told]})
        return [actions.store_upload(upload, actor=self.actor).pk for upload in uploads]


class AttachmentView(ApiView):
    """A file's bytes."""

    scope = "tickets"

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}, summary="Download a file")
    def get(self, request: Request, pk: UUID) -> FileResponse:
        """Always a download: a browser shows nothing of it in place."""
        attachment = Attachment.objects.filter(self._readable(), pk=pk).first()
        if attachment is None:
            raise NotFound("There is no such file.")
        try:
            content = attachment.file.open("rb")
        except OSError:
            raise NotFound("This file is no longer kept.", code="file_gone") from None
        answer = FileResponse(content, as_attachment=True, filename=attachment.name)
        answer["Content-Type"] = attachment.content_type if attachment.is_image else OCTETS
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
        answer["Cache-Control"] = "private, no-store"
        return answer

    def _readable(self) -> Q:
        """Of a message that the token's user may read, or their own that is not sent yet."""
        tickets = Ticket.objects.visible_to(self.actor).values("pk")
        messages = Message.objects.filter(ticket__in=tickets).visible_to(self.actor).values("pk")
        return Q(message__in=messages) | Q(message=None, uploaded_by=self.actor)
