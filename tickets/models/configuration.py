"""Categories, tags, custom fields and the forms that show them: configuration, loaded from packs later."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower

key_validator = RegexValidator(r"^[a-z][a-z0-9_]*\Z", "Use small letters, digits and _, starting with a letter.")


class Category(models.Model):
    """A node of the category tree."""

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    description = models.CharField(max_length=300, blank=True)
    icon = models.CharField(max_length=40, blank=True, help_text="Name of a Tabler icon, e.g. plug.")
    on_portal = models.BooleanField(default=True, help_text="Customers may choose it.")
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("pk")) | models.Q(parent=None),
                name="category_not_its_own_parent",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    """A word that groups tickets. Names are lower case and unique."""

    name = models.CharField(max_length=60, unique=True)
    description = models.CharField(max_length=300, blank=True)
    group = models.CharField(
        max_length=60,
        blank=True,
        help_text="Tag standard it belongs to, e.g. sentiment.",
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=models.Q(name=Lower("name")), name="tag_is_lower_case")]

    def __str__(self) -> str:
        return self.name


class FieldKind(models.TextChoices):
    TEXT = "text", "Text"
    NUMBER = "number", "Number"
    CHOICE = "choice", "One of a list"
    MULTI_CHOICE = "multi_choice", "Several of a list"
    DATE = "date", "Date"
    CHECKBOX = "checkbox", "Yes or no"
    USER_ID = "user_id", "Account or user id"
    LOG = "log", "Log or error text"
    BROWSER = "browser", "Browser and operating system"


class CustomField(models.Model):
    """A question a ticket can answer beyond the built-in fields. Values live in ``Ticket.fields``."""

    key = models.CharField(max_length=60, unique=True, validators=[key_validator])
    label = models.CharField(max_length=120)
    help_text = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=12, choices=FieldKind.choices, default=FieldKind.TEXT)
    choices = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    pattern = models.CharField(
        max_length=200,
        blank=True,
        help_text="Regular expression that text and ids must match.",
    )
    required = models.BooleanField(default=False)
    for_customers = models.BooleanField(default=True, help_text="Customers see and fill it in.")
    categories = models.ManyToManyField(
        Category,
        blank=True,
        related_name="custom_fields",
        help_text="Asked for these and below; empty: for all.",
    )
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "label"]

    def __str__(self) -> str:
        return self.label


class TicketForm(models.Model):
    """What the portal asks for one kind of request."""

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=120)
    intro = models.TextField(blank=True, max_length=2_000)
    categories = models.ManyToManyField(Category, blank=True, related_name="forms")
    fields = models.ManyToManyField(CustomField, through="tickets.FormField", related_name="forms")
    ticket_type = models.CharField(max_length=10, default="question")
    on_portal = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class FormField(models.Model):
    """A custom field on a form; ``required`` here adds to the field's own."""

    form = models.ForeignKey(TicketForm, on_delete=models.CASCADE, related_name="form_fields")
    field = models.ForeignKey(CustomField, on_delete=models.CASCADE, related_name="form_fields")
    required = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["form", "field"], name="field_once_per_form")]

    def __str__(self) -> str:
        return f"{self.form_id}: {self.field_id}"
