"""An API token for a user: `create_token EMAIL [--scope S]… [--name N] [--days D]`."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core.errors import DomainError
from people import actions
from people.models import User

DEFAULT_SCOPES = ("*",)


class Command(BaseCommand):
    help = "Make an API token for one of the staff. The token stands alone on the last line; it is not shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--scope", action="append", default=[], help="e.g. tickets:read; all scopes when left out")
        parser.add_argument("--name", default="made by create_token", help="what it is for")
        parser.add_argument("--days", type=int, help="ends after so many days; never when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.with_email(options["email"]).first()
        if user is None:
            raise CommandError(f"There is no user {options['email']}.")
        if not user.is_agent:
            raise CommandError(f"{user.email} is a customer; tokens are for staff.")
        days = options["days"]
        expires_at = timezone.now() + timedelta(days=days) if days else None
        scopes = options["scope"] or list(DEFAULT_SCOPES)
        try:
            token, clear = actions.create_api_token(user, scopes, options["name"], actor=None, expires_at=expires_at)
        except DomainError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"Token of {user.email} for {', '.join(token.scopes)}:")
        self.stdout.write(clear)
