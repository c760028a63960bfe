"""Who may what in the admin, and the first look at a password."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from people.models import Role, User
from people.validators import PASSWORD_MAX_LENGTH


class RoleBackend(BaseBackend):
    """Permissions follow the role alone. It stands first, so that no later backend hashes an oversized password."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Log nobody in; raise PermissionDenied, which ends the attempt, for an oversized password."""
        if len(credentials.get("password") or "") > PASSWORD_MAX_LENGTH:
            raise PermissionDenied

    def get_user(self, user_id: int) -> User | None:
        """The user of a session that was opened without a password (``force_login``)."""
        return User.objects.active().filter(pk=user_id).first()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return isinstance(user_obj, User) and user_obj.is_active and user_obj.role == Role.ADMIN

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """True for admins."""
        return self.has_perm(user_obj, app_label)
