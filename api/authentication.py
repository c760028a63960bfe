"""``Authorization: Token KEY``. Sessions are not accepted, so that no browser can be made to write."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from api.throttling import count_failure
from people.actions import touch_api_token
from people.models import ApiToken, User
from people.queries import find_token

KEY_MAX = 200


class TokenAuthentication(BaseAuthentication):
    """The token's user, and the token as ``request.auth``."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken]:
        """Raises NotAuthenticated or AuthenticationFailed (401), Throttled (429) after many failures."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"token":
            count_failure(request)
            raise NotAuthenticated("Send the header “Authorization: Token KEY”.")
        token = _token(parts[1]) if len(parts) == 2 else None
        if token is None:
            count_failure(request)
            raise AuthenticationFailed("This token is unknown, revoked or has expired.", code="invalid_token")
        touch_api_token(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Token realm="api"'


def _token(raw: bytes) -> ApiToken | None:
    if len(raw) > KEY_MAX or not raw.isascii():
        return None
    return find_token(raw.decode("ascii"))
