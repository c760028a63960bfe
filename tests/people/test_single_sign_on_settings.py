"""OIDC and SAML are switched on by environment variables; half of them is a system check. SAML's pages answer."""

import datetime
import importlib
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.test import Client

from helpdesk import checks, env, login
from people.models import User

OIDC = {"OIDC_SERVER_URL": "https://id.house.test/", "OIDC_CLIENT_ID": "c", "OIDC_CLIENT_SECRET": "s"}


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> tuple[dict[str, Any], list[str]]:
    """The providers that these variables make, and the names of those that were complained about."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(env, "problems", [])
    importlib.reload(login)
    named = [message.msg for message in checks.environment()]
    assert all(message.hint for message in checks.environment())
    return login.SOCIALACCOUNT_PROVIDERS, [text.partition(":")[0] for text in named]


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Any:
    yield
    monkeypatch.undo()
    importlib.reload(login)


def test_nothing_set_is_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch) == ({}, [])


def test_oidc_wants_three(monkeypatch: pytest.MonkeyPatch) -> None:
    providers, named = read(monkeypatch, **OIDC, OIDC_NAME="House", OIDC_EMAIL_DOMAINS="House.test")
    app = providers["openid_connect"]["APPS"][0]
    assert named == []
    assert (app["name"], app["settings"]["server_url"]) == ("House", "https://id.house.test")
    assert app["settings"]["verified_email"] == ["house.test"]
    assert login.LOGIN_FORM_ORIGINS == ["https://id.house.test"]


@pytest.mark.parametrize("missing", sorted(OIDC))
def test_half_of_oidc_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    providers, named = read(monkeypatch, **{k: v for k, v in OIDC.items() if k != missing})
    assert (providers, named) == ({}, [missing])


def test_a_server_that_is_no_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, **{**OIDC, "OIDC_SERVER_URL": "id.house.test"}) == ({}, ["OIDC_SERVER_URL"])


def test_half_of_saml_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert read(monkeypatch, SAML_NAME="House") == ({}, ["SAML_IDP_METADATA_URL"])
    monkeypatch.delenv("SAML_NAME")
    (tmp_path / "no.xml").write_text("<html>login</html>")
    for path in (tmp_path / "no.xml", tmp_path / "absent.xml"):
        assert read(monkeypatch, SAML_IDP_METADATA_FILE=str(path)) == ({}, ["SAML_IDP_METADATA_FILE"])


def certificate() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp.house.test")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    return "".join(made.public_bytes(serialization.Encoding.PEM).decode().splitlines()[1:-1])


METADATA = """<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.house.test/meta">
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
<ds:X509Certificate>{certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
 Location="https://sso.house.test/saml"/></md:IDPSSODescriptor></md:EntityDescriptor>"""


@pytest.fixture
def saml(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Any) -> None:
    path = tmp_path / "idp.xml"
    path.write_text(METADATA.format(certificate=certificate()))
    providers, named = read(monkeypatch, SAML_NAME="House SAML", SAML_IDP_METADATA_FILE=str(path))
    assert named == []
    assert login.LOGIN_FORM_ORIGINS == ["https://sso.house.test"]
    settings.SOCIALACCOUNT_PROVIDERS = providers


def test_saml_shows_its_button_and_its_metadata(browser: Client, saml: None) -> None:
    assert b"House SAML" in browser.get("/accounts/login/", HTTP_HOST="localhost").content
    page = browser.get("/accounts/saml/sso/metadata/", HTTP_HOST="localhost")
    assert page.status_code == 200
    assert b"AssertionConsumerService" in page.content
    assert b'WantAssertionsSigned="true"' in page.content


def test_saml_sends_people_to_their_provider(browser: Client, saml: None) -> None:
    answer = browser.post("/accounts/saml/sso/login/?process=login", HTTP_HOST="localhost")
    assert answer["Location"].startswith("https://sso.house.test/saml?SAMLRequest=")


@pytest.mark.parametrize("response", ["", "nonsense", "PHNhbWw+", "a" * 100_000])
def test_a_forged_saml_answer_lets_nobody_in(browser: Client, saml: None, response: str) -> None:
    answer = browser.post("/accounts/saml/sso/acs/", {"SAMLResponse": response}, HTTP_HOST="localhost", follow=True)
    assert answer.status_code < 500
    assert not User.objects.exists()
