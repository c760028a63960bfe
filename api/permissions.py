"""What a token may do at all. What its user may do to a thing is the domain's to say."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request


class ScopedToken(BasePermission):
    """The token holds one of: ``*``, ``read`` / ``write``, the resource, or ``resource:read`` / ``resource:write``.

    Where the view says ``staff_only``, its user is staff."""

    message = ""
    code = "not_allowed"

    def has_permission(self, request: Request, view: Any) -> bool:
        """False with ``message`` and ``code`` set."""
        token: Any = request.auth
        if token is None:
            return False
        action = "read" if request.method in SAFE_METHODS else "write"
        if not {"*", action, view.scope, f"{view.scope}:{action}"} & set(token.scopes):
            self.message = f"This token lacks the scope {view.scope}:{action}."
            self.code = "missing_scope"
            return False
        if view.staff_only and not token.user.is_agent:
            self.message = "Only staff can do this."
            return False
        return True
