"""How people log in (django-allauth): password, mailed code, second factor, passkey, OIDC, SAML."""

from pathlib import Path
from urllib.parse import urlsplit

from helpdesk import env

_site_url = env.text("SITE_URL", f"http://localhost:{env.number('PORT', 8000, low=1, high=65535)}")
_site_name = env.text("SITE_NAME", "Helpdesk")

# X-Forwarded-For is believed only behind a proxy of our own, and only as many hops as are ours.
TRUST_PROXY = env.flag("TRUST_PROXY")
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUST_PROXY_HOPS", 1, low=1, high=10) if TRUST_PROXY else 0

ACCOUNT_ADAPTER = "people.login.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "people.login.adapters.display_name"
ACCOUNT_FORMS = {
    "login": "people.login.forms.LoginForm",
    "signup": "people.login.forms.SignupForm",
    "request_login_code": "people.login.forms.RequestLoginCodeForm",
    "reset_password": "people.login.forms.ResetPasswordForm",
    "add_email": "people.login.forms.ChangeEmailForm",
    "change_password": "people.login.forms.ChangePasswordForm",
    "set_password": "people.login.forms.SetPasswordForm",
    "reset_password_from_key": "people.login.forms.ResetPasswordKeyForm",
    "reauthenticate": "people.login.forms.ReauthenticateForm",
}
ACCOUNT_PREVENT_ENUMERATION = True
# Strangers' addresses get no mail from us: anybody could type them in.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 10 * 60
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"{_site_name}: "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "signup": "10/m/ip,50/h/ip",
    "reset_password": "10/m/ip,3/300s/key",
    "request_login_code": "20/m/ip,3/m/key,10/h/key",
    "reset_password_from_key": "20/m/ip",
}
STEADY_ANSWER_SECONDS = 0.3
"""Answers that could tell a known address from an unknown one by their time take at least this long."""

REQUIRE_STAFF_MFA = env.flag("REQUIRE_STAFF_MFA")
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = _site_name
MFA_TOTP_TOLERANCE = 1
# Browsers treat localhost as secure without TLS.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = urlsplit(_site_url).hostname in {"localhost", "127.0.0.1"}

SOCIALACCOUNT_ADAPTER = "people.login.adapters.SocialAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_QUERY_EMAIL = True


def _oidc() -> dict[str, object]:
    """The provider's entry, empty while it is switched off or half configured (which is a system check)."""
    names = ("OIDC_SERVER_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    values = {name: env.text(name) for name in names}
    missing = [name for name in names if not values[name]]
    if missing and (len(missing) < len(names) or env.text("OIDC_NAME")):
        env.problems.extend((name, "is needed as well for OpenID Connect") for name in missing)
    if missing:
        return {}
    server = values["OIDC_SERVER_URL"].rstrip("/")
    if not server.startswith(("https://", "http://")):
        env.problems.append(("OIDC_SERVER_URL", f"{server!r} is not an http(s) address"))
        return {}
    settings = {"server_url": server, **_trusted("OIDC_EMAIL_DOMAINS")}
    return {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "sso",
                "name": env.text("OIDC_NAME", "Single sign-on"),
                "client_id": values["OIDC_CLIENT_ID"],
                "secret": values["OIDC_CLIENT_SECRET"],
                "settings": settings,
            }
        ],
    }


def _trusted(variable: str) -> dict[str, object]:
    """Mail domains for which the provider's word counts: its people log in to the accounts that exist already."""
    domains = [domain.lower() for domain in env.words(variable)]
    return {"verified_email": domains, "email_authentication": True} if domains else {}


def _saml() -> dict[str, object]:
    url, file = env.text("SAML_IDP_METADATA_URL"), env.text("SAML_IDP_METADATA_FILE")
    if not url and not file:
        others = [name for name in ("SAML_NAME", "SAML_IDP_ENTITY_ID", "SAML_EMAIL_DOMAINS") if env.text(name)]
        if others:
            env.problems.append(("SAML_IDP_METADATA_URL", f"or SAML_IDP_METADATA_FILE is needed besides {others[0]}"))
        return {}
    if url and file:
        env.problems.append(("SAML_IDP_METADATA_FILE", "is set together with SAML_IDP_METADATA_URL; unset one"))
    idp = _idp_at(url) if url else _idp_of(Path(file))
    if not idp:
        return {}
    settings = {
        "idp": idp,
        "sp": {"entity_id": env.text("SAML_ENTITY_ID")},
        "advanced": {"want_assertion_signed": True},
        "attribute_mapping": {
            "uid": env.words("SAML_ATTRIBUTE_UID", ("urn:oasis:names:tc:SAML:attribute:subject-id",)),
            "email": env.words("SAML_ATTRIBUTE_EMAIL", _EMAIL_ATTRIBUTES),
            "first_name": env.words("SAML_ATTRIBUTE_FIRST_NAME", _FIRST_NAME_ATTRIBUTES),
            "last_name": env.words("SAML_ATTRIBUTE_LAST_NAME", _LAST_NAME_ATTRIBUTES),
        },
        **_trusted("SAML_EMAIL_DOMAINS"),
    }
    name = env.text("SAML_NAME", "Company login")
    return {"APPS": [{"provider_id": "saml-sso", "name": name, "client_id": "sso", "settings": settings}]}


_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
_EMAIL_ATTRIBUTES = ("urn:oid:0.9.2342.19200300.100.1.3", _CLAIMS + "emailaddress", "email", "mail")
_FIRST_NAME_ATTRIBUTES = ("urn:oid:2.5.4.42", _CLAIMS + "givenname", "givenName", "first_name")
_LAST_NAME_ATTRIBUTES = ("urn:oid:2.5.4.4", _CLAIMS + "surname", "sn", "last_name")


def _idp_at(url: str) -> dict[str, object]:
    if not url.startswith(("https://", "http://")):
        env.problems.append(("SAML_IDP_METADATA_URL", f"{url!r} is not an http(s) address"))
        return {}
    return {"metadata_url": url, "entity_id": env.text("SAML_IDP_ENTITY_ID") or None, "metadata_request_timeout": 5}


def _idp_of(path: Path) -> dict[str, object]:
    """What the identity provider's metadata file says about it."""
    from onelogin.saml2.idp_metadata_parser import (
        OneLogin_Saml2_IdPMetadataParser as Parser,
    )

    try:
        data = Parser.parse(path.read_bytes(), entity_id=env.text("SAML_IDP_ENTITY_ID") or None).get("idp", {})
        found = {
            "entity_id": data["entityId"],
            "sso_url": data["singleSignOnService"]["url"],
            "x509cert": data.get("x509cert") or data["x509certMulti"]["signing"][0],
        }
    except OSError as error:
        env.problems.append(("SAML_IDP_METADATA_FILE", f"{path} cannot be read ({error.strerror})"))
    except Exception:  # the parser raises whatever lxml and its own code happen to raise
        env.problems.append(("SAML_IDP_METADATA_FILE", f"{path} is not the metadata of an identity provider"))
    else:
        return found
    return {}


SOCIALACCOUNT_PROVIDERS = {name: entry for name, entry in {"openid_connect": _oidc(), "saml": _saml()}.items() if entry}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


LOGIN_FORM_ORIGINS = sorted(
    {
        _origin(url)
        for provider in SOCIALACCOUNT_PROVIDERS.values()
        for app in provider["APPS"]  # type: ignore[attr-defined]
        for url in (
            app["settings"].get("server_url"),
            app["settings"].get("idp", {}).get("sso_url") or app["settings"].get("idp", {}).get("metadata_url"),
        )
        if url
    }
    | set(env.words("LOGIN_FORM_ORIGINS"))
)
"""Where a login form's answer may redirect to; browsers hold redirects to the policy's form-action as well."""
