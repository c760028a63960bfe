"""allauth's forms with a limit on passwords that holds before anything is hashed."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.fields import PasswordField
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django import forms
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest

from people.models import User
from people.validators import PASSWORD_MAX_LENGTH

LABELS = {"login": "E-mail address", "email": "E-mail address", "remember": "Keep me logged in"}


class LimitedPasswords:
    """Mixin: every password field refuses more than PASSWORD_MAX_LENGTH characters. Labels in our words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in LABELS.items():
            if name in self.fields:  # type: ignore[attr-defined]
                self.fields[name].label = label  # type: ignore[attr-defined]
        for field in self.fields.values():  # type: ignore[attr-defined]
            if isinstance(field, PasswordField):
                field.validators.append(
                    MaxLengthValidator(PASSWORD_MAX_LENGTH, f"A password has at most {PASSWORD_MAX_LENGTH} characters.")
                )
                field.widget.attrs["maxlength"] = PASSWORD_MAX_LENGTH


class LoginForm(LimitedPasswords, allauth_forms.LoginForm):
    pass


class ChangePasswordForm(LimitedPasswords, allauth_forms.ChangePasswordForm):
    def clean_oldpassword(self) -> str:
        return super().clean_oldpassword() if "oldpassword" in self.cleaned_data else ""


class SetPasswordForm(LimitedPasswords, allauth_forms.SetPasswordForm):
    pass


class ResetPasswordKeyForm(LimitedPasswords, allauth_forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(LimitedPasswords, allauth_forms.ReauthenticateForm):
    pass


class SignupForm(LimitedPasswords, allauth_forms.SignupForm):
    """A customer's sign-up: name, address, password."""

    name = forms.CharField(
        label="Your name",
        max_length=150,
        validators=[ProhibitNullCharactersValidator()],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    field_order = ("name", "email", "password1")
    account_already_exists: bool

    def try_save(self, request: HttpRequest) -> Any:
        """As allauth's; somebody who signs up with a known address waits as long as a new customer.

        Two sign-ups of one address at the same moment: the second is told by mail that the account exists.
        """
        if self.account_already_exists:
            User().set_password(self.cleaned_data.get("password1"))
            return super().try_save(request)
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:
            self.account_already_exists = True
            return super().try_save(request)


class RequestLoginCodeForm(LimitedPasswords, allauth_forms.RequestLoginCodeForm):
    pass


class ResetPasswordForm(LimitedPasswords, allauth_forms.ResetPasswordForm):
    pass


class ChangeEmailForm(allauth_forms.AddEmailForm):
    """A new address for one's own account."""

    def save(self, request: HttpRequest) -> EmailAddress:
        """Send the code; for somebody else's address do as if, so that nobody learns whose is known."""
        email = self.cleaned_data["email"]
        if not User.objects.with_email(email).exclude(pk=self.user.pk).exists():
            return super().save(request)
        address = EmailAddress(email=email)
        send_verification_email_to_address(request, address)
        return address
