"""What allauth asks us: who may sign up, what is stored, where links and people go."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest
from django.urls import reverse

from core.errors import DomainError
from core.text import storable
from people import actions
from people.login.links import current_site, on_site
from people.models import User

logger = logging.getLogger("people.login")


def display_name(user: User) -> str:
    """How allauth's pages and mails call a user."""
    return user.display_name


class AccountAdapter(DefaultAccountAdapter):
    """Customers sign up; everything that is stored goes through people's actions."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The address or the password is wrong.",
        "too_many_login_attempts": "Too many attempts. Wait a few minutes, then try again.",
        "incorrect_code": "That is not the code.",
        "incorrect_password": "That is not your password.",
        "rate_limited": "Too many attempts. Wait a few minutes, then try again.",
    }

    def save_user(
        self, request: HttpRequest, user: AbstractBaseUser, form: BaseForm, commit: bool = True
    ) -> AbstractBaseUser:
        """A new customer from the sign-up form: address, name and password, nothing else that was sent."""
        data = form.cleaned_data
        assert isinstance(user, User)
        user.email, user.name = data["email"], data.get("name") or user.name
        user.set_password(data.get("password1") or None)
        if commit:
            actions.sign_up_customer(user)
        return user

    def clean_email(self, email: str) -> str:
        """The address as people keeps it. Raises ValidationError for what cannot be stored."""
        try:
            return actions.clean_email(email)
        except DomainError as error:
            raise ValidationError(error.fields["email"]) from None

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The desk for staff, the portal for customers."""
        return "/desk/" if request.user.is_authenticated and request.user.is_agent else "/"

    get_signup_redirect_url = get_login_redirect_url

    def is_safe_url(self, url: str | None) -> bool:
        """Only paths on this site, so that no Host header and no odd scheme can lead away."""
        return bool(url) and str(url).startswith("/") and super().is_safe_url(url)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The sender's address; X-Forwarded-For counts behind a trusted proxy only. A Unix socket has none."""
        try:
            return super().get_client_ip(request)
        except PermissionDenied:
            return "127.0.0.1"

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # allauth puts the Host in front, and would give a fresh allowance for every host and port that is let in.
        return str(credentials.get("email") or credentials.get("username") or "").strip().lower()

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Links and the site's name come from the settings, never from the request's Host."""
        links = {key: on_site(value) for key, value in context.items() if key.endswith("_url")}
        try:
            super().send_mail(template_prefix, email, {**context, **links, "current_site": current_site()})
        except DomainError as error:  # an address that the outbox will not take; the page says the same as ever
            logger.warning("no mail %s: %s", template_prefix, error)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Somebody signed up with a known address: its owner learns the ways in."""
        links = {"login_code_url": "account_request_login_code", "password_reset_url": "account_reset_password"}
        self.send_mail(
            "account/email/account_already_exists", email, {key: reverse(view) for key, view in links.items()}
        )

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Store the password and record that it was changed, without a trace of it."""
        assert isinstance(user, User)
        actions.set_password(user, password, actor=user)


class SocialAdapter(DefaultSocialAccountAdapter):
    """OIDC and SAML: who is new becomes a customer, never staff."""

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Address and name of the provider's answer."""
        said = {key: storable(str(value))[:500] for key, value in data.items() if value is not None}
        user: User = super().populate_user(request, sociallogin, said)
        user.name = said.get("name") or f"{said.get('first_name', '')} {said.get('last_name', '')}"
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: BaseForm | None = None) -> User:
        """Store the new customer, and the provider's account with them."""
        user = sociallogin.user
        assert isinstance(user, User)
        if form:
            user.email = form.cleaned_data["email"]
        user.set_unusable_password()
        with transaction.atomic():
            actions.sign_up_customer(user)
            sociallogin.save(request)
        return user

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        """Only for the domains for which the provider is trusted, whatever else it calls verified."""
        app = login.provider.app
        domains = (app.settings if app else {}).get("verified_email") or []
        return email.rpartition("@")[2].lower() in domains and super().can_authenticate_by_email(login, email)
