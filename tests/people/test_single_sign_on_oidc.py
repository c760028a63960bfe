"""OpenID Connect, against a small provider on this machine that speaks the real protocol."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from jwt.algorithms import RSAAlgorithm

from people.models import Role, User
from tests.people.conftest import logged_in

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider(ThreadingHTTPServer):
    """Hands out one code at a time, for the person it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.person: dict[str, Any] = {}
        self.tokens_asked: list[dict[str, list[str]]] = []
        self.token_status = 200


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *args: Any) -> None:
        pass

    def _json(self, data: object, status: int = 200) -> None:
        body = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        url = self.server.url
        if self.path == "/.well-known/openid-configuration":
            self._json(
                {
                    "issuer": url, "authorization_endpoint": f"{url}/authorize", "token_endpoint": f"{url}/token",
                    "userinfo_endpoint": f"{url}/userinfo", "jwks_uri": f"{url}/jwks",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )  # fmt: skip
        elif self.path == "/jwks":
            self._json({"keys": [{**json.loads(RSAAlgorithm.to_jwk(KEY.public_key())), "kid": "k1", "alg": "RS256"}]})
        elif self.path == "/userinfo" and self.headers["Authorization"] == "Bearer token-1":
            self._json(self.server.person)
        else:
            self._json({"error": "no"}, 404)

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.tokens_asked.append(form)
        if self.server.token_status != 200 or form["code"] != ["good"] or form["client_secret"] != ["secret-1"]:
            self._json({"error": "invalid_grant"}, 400)
            return
        now = int(time.time())
        claims = {"iss": self.server.url, "aud": "client-1", "iat": now, "exp": now + 60, **self.server.person}
        token = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "k1"})
        self._json({"access_token": "token-1", "token_type": "Bearer", "id_token": token, "expires_in": 60})


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    server = Provider()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso", "name": "House login", "client_id": "client-1", "secret": "secret-1",
                    "settings": {
                        "server_url": server.url, "verified_email": ["house.test"], "email_authentication": True,
                    },
                }
            ],
        }
    }  # fmt: skip
    yield server
    server.shutdown()
    server.server_close()


def come_back(browser: Client, provider: Provider, person: dict[str, Any], code: str = "good") -> Any:
    """From our button to the provider and back with its answer."""
    provider.person = person
    answer = browser.post("/accounts/oidc/sso/login/?process=login")
    assert answer.status_code == 302, answer.content
    target = urlsplit(answer["Location"])
    asked = parse_qs(target.query)
    assert f"{target.scheme}://{target.netloc}{target.path}" == f"{provider.url}/authorize"
    assert asked["code_challenge_method"] == ["S256"]
    return browser.get("/accounts/oidc/sso/login/callback/", {"code": code, "state": asked["state"][0]})


DORA = {"sub": "1", "email": "dora@shop.test", "email_verified": True, "name": "Dora Dahl"}


def test_the_button_is_shown(browser: Client, provider: Provider) -> None:
    assert b"House login" in browser.get("/accounts/login/").content


def test_who_is_new_becomes_a_customer(browser: Client, provider: Provider) -> None:
    answer = come_back(browser, provider, {**DORA, "role": "admin", "is_staff": True, "groups": ["admin"]})
    assert answer["Location"] == "/"
    user = User.objects.get()
    assert (user.email, user.name, user.role) == ("dora@shop.test", "Dora Dahl", Role.CUSTOMER)
    assert not user.has_usable_password()
    assert logged_in(browser)
    assert "code_verifier" in provider.tokens_asked[0]
    again = Client()
    come_back(again, provider, {**DORA, "name": "Other"})
    assert User.objects.get().name == "Dora Dahl"
    assert logged_in(again)


def test_a_trusted_domain_s_people_get_their_accounts(browser: Client, provider: Provider, bob: User) -> None:
    answer = come_back(browser, provider, {"sub": "7", "email": bob.email, "email_verified": True, "name": "B"})
    assert answer["Location"] == "/desk/"
    assert User.objects.get().role == Role.AGENT


def test_another_domain_s_do_not(browser: Client, provider: Provider, charlie: User) -> None:
    """A provider that calls any address verified must not open a foreign account."""
    come_back(browser, provider, {"sub": "8", "email": charlie.email, "email_verified": True, "name": "Mallory"})
    assert not logged_in(browser)
    assert list(User.objects.values_list("pk", "name")) == [(charlie.pk, "Charlie Cole")]


@pytest.mark.parametrize("person", [{**DORA, "email": "not an address"}, {"sub": "9"},
                                    {**DORA, "name": "x" * 500},
                                    {**DORA, "name": "a\0b"}, {**DORA, "name": 7},
                                    {**DORA, "email": None}])  # fmt: skip
def test_odd_answers_give_no_error(browser: Client, provider: Provider, person: dict[str, Any]) -> None:
    assert come_back(browser, provider, person).status_code in {200, 302, 400}


def test_a_wrong_code_state_or_secret_lets_nobody_in(browser: Client, provider: Provider) -> None:
    come_back(browser, provider, DORA, code="bad")
    assert not logged_in(browser)
    answer = browser.get("/accounts/oidc/sso/login/callback/", {"code": "good", "state": "forged"})
    assert answer.status_code in {200, 302, 401}
    provider.token_status = 500
    come_back(browser, provider, DORA)
    assert not logged_in(browser)
    assert not User.objects.exists()


def test_a_provider_that_is_away_is_told(browser: Client, provider: Provider, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"][0]["settings"]["server_url"] = "http://127.0.0.1:9"
    answer = browser.post("/accounts/oidc/sso/login/?process=login", follow=True)
    assert answer.status_code == 502
    assert b"did not confirm" in answer.content


def test_a_provider_that_is_not_configured_is_not_found(browser: Client, db: None) -> None:
    assert browser.post("/accounts/oidc/sso/login/").status_code == 404
