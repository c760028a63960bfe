"""Who is who: users, organisations, teams, skills, API tokens. No I/O here."""

from __future__ import annotations

import zoneinfo
from typing import Any, ClassVar

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from people.validators import PASSWORD_MAX_LENGTH


class Role(models.TextChoices):
    CUSTOMER = "customer", "Customer"
    AGENT = "agent", "Agent"
    LEAD = "lead", "Team lead"
    MANAGER = "manager", "Manager"
    ADMIN = "admin", "Admin"


STAFF_ROLES = (Role.AGENT, Role.LEAD, Role.MANAGER, Role.ADMIN)
OVERSEER_ROLES = (Role.MANAGER, Role.ADMIN)


class Availability(models.TextChoices):
    AVAILABLE = "available", "Available"
    BUSY = "busy", "Busy"
    AWAY = "away", "Away"
    OFFLINE = "offline", "Offline"


class CustomerTier(models.Model):
    """A level of service that a customer's contract buys; the pack names them."""

    key = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    rank = models.PositiveSmallIntegerField(default=0, help_text="Higher is more important.")

    class Meta:
        ordering = ["-rank", "name"]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """A company whose people write to us."""

    name = models.CharField(max_length=200)
    tier = models.ForeignKey(CustomerTier, null=True, blank=True, on_delete=models.SET_NULL)
    yearly_value = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)],
        help_text="Yearly contract value (ARR), in the currency the house reports in.",
    )  # fmt: skip
    account_agent = models.ForeignKey(
        "people.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="accounts"
    )
    renewal_on = models.DateField(null=True, blank=True)
    notes = models.TextField(blank=True, max_length=20_000)
    external_id = models.CharField(max_length=200, null=True, blank=True, unique=True)  # noqa: DJ001 (unique)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="organisation_name_once")]

    def __str__(self) -> str:
        return self.name


class OrganisationDomain(models.Model):
    """Mail domain by which new customers find their organisation."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="domains")
    domain = models.CharField(max_length=253, unique=True)

    class Meta:
        ordering = ["domain"]
        constraints = [models.CheckConstraint(condition=models.Q(domain=Lower("domain")), name="domain_is_lower_case")]

    def __str__(self) -> str:
        return self.domain


class UserQuerySet(models.QuerySet["User"]):
    """Verbs of the domain over users."""

    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def staff(self) -> UserQuerySet:
        return self.filter(role__in=STAFF_ROLES)

    def customers(self) -> UserQuerySet:
        return self.filter(role=Role.CUSTOMER)

    def with_email(self, email: str) -> UserQuerySet:
        return self.filter(email=normalise_email(email))


class UserManager(BaseUserManager.from_queryset(UserQuerySet)):  # type: ignore[misc]
    """Creates users; everything else is on the QuerySet."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with a usable password only when one is given."""
        user: User = self.model(email=normalise_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """An admin (``createsuperuser``)."""
        user = self.create_user(email, password, role=Role.ADMIN, **fields)
        # Whoever runs the command vouches for the address: no code is mailed at the first login.
        EmailAddress = apps.get_model("account", "EmailAddress")
        EmailAddress.objects.using(self._db).create(user=user, email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normalise_email(username or ""))


def normalise_email(email: str) -> str:
    """Lower case without surrounding blanks: one mailbox, one user."""
    return email.strip().lower()


def validate_time_zone(value: str) -> None:
    """Raise ValidationError unless ``value`` is an IANA zone."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(f"“{value}” is not a time zone. Use a name like Europe/Madrid.")


class User(AbstractBaseUser):
    """A person: customer or staff. The role decides; there are no permission tables."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.CUSTOMER)
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.SET_NULL, related_name="people"
    )
    sees_organisation = models.BooleanField(
        default=False, help_text="This customer may see all tickets of their organisation."
    )
    is_vip = models.BooleanField("VIP", default=False)
    phone = models.CharField(max_length=40, blank=True)
    notes = models.TextField(blank=True, max_length=20_000, help_text="For agents only.")
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_time_zone])
    language = models.CharField(max_length=10, default="en")
    theme = models.CharField(
        max_length=5, choices=[("auto", "As the device"), ("light", "Light"), ("dark", "Dark")], default="auto"
    )
    signature = models.TextField(blank=True, max_length=2_000)
    availability = models.CharField(max_length=10, choices=Availability.choices, default=Availability.AVAILABLE)
    availability_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    capacity = models.PositiveSmallIntegerField(default=25, help_text="Most active tickets at a time.")
    teams = models.ManyToManyField("people.Team", through="people.Membership", related_name="members", blank=True)
    external_id = models.CharField(max_length=200, null=True, blank=True, unique=True)  # noqa: DJ001 (unique)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["email"]
        constraints = [models.CheckConstraint(condition=models.Q(email=Lower("email")), name="email_is_lower_case")]
        indexes = [models.Index(fields=["organisation", "email"], name="user_organisation")]

    def __str__(self) -> str:
        return self.display_name

    def check_password(self, raw_password: str | None) -> bool:
        """False at once, without hashing, for more characters than a password may have."""
        return len(raw_password or "") <= PASSWORD_MAX_LENGTH and super().check_password(raw_password or "")

    @property
    def display_name(self) -> str:
        """The name, or the part of the address before the @."""
        return self.name or self.email.partition("@")[0]

    @property
    def initials(self) -> str:
        """One or two letters for the avatar."""
        parts = [part for part in self.display_name.replace(".", " ").split() if part]
        return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper() or "?"

    @property
    def is_agent(self) -> bool:
        """Works tickets (agent, lead, manager or admin)."""
        return self.role in STAFF_ROLES

    @property
    def is_overseer(self) -> bool:
        """Sees every team's tickets (manager or admin)."""
        return self.role in OVERSEER_ROLES

    @property
    def is_staff(self) -> bool:
        """Django admin's gate: admins only."""
        return self.role == Role.ADMIN

    is_superuser = is_staff

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.role == Role.ADMIN

    def has_perms(self, perm_list: list[str], obj: object = None) -> bool:
        return self.is_active and self.role == Role.ADMIN

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.role == Role.ADMIN


class Team(models.Model):
    """People who share a queue."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    tier_level = models.PositiveSmallIntegerField(
        default=1, validators=[MaxValueValidator(9)], help_text="0 self-service … 4 engineering, management above."
    )
    closed = models.BooleanField(default=False, help_text="Only members, managers and admins see its tickets.")
    description = models.TextField(blank=True, max_length=5_000)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["tier_level", "name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A user in a team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    leads = models.BooleanField(default=False, help_text="Leads this team.")

    class Meta:
        ordering = ["team", "user"]
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="member_once")]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.team_id}"


class Skill(models.Model):
    """A tool, product or language that tickets may ask for."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class UserSkill(models.Model):
    """How well an agent knows a skill: 1 (basics) to 5 (expert)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="holders")
    level = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1), MaxValueValidator(5)])

    class Meta:
        ordering = ["user", "-level"]
        constraints = [
            models.UniqueConstraint(fields=["user", "skill"], name="skill_once"),
            models.CheckConstraint(condition=models.Q(level__range=(1, 5)), name="skill_level_1_to_5"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.skill_id} level {self.level}"


class ApiToken(models.Model):
    """A program's key. Only its SHA-256 is kept; the clear text is shown once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=120, blank=True)
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = ArrayField(models.CharField(max_length=40), default=list)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name or 'no name'})"
