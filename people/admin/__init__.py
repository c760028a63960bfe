"""People in the admin. Everything is saved through the actions; nothing is deleted, people are deactivated."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from people.admin import login, organisations, teams, tokens, users

__all__ = ["login", "organisations", "teams", "tokens", "users"]

# The admin's own log-in page knows no second factor and no limits: people log in where everybody does.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
