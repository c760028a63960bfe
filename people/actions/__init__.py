"""The verbs of people. Each is one transaction, takes its actor by keyword (None is the system) and records an event.

They raise core.errors.Invalid for what cannot be stored, NotAllowed or NotFound when the actor may not.
"""

from people.actions.customers import NewCustomer, clean_email, ensure_customer, ensure_customers, sign_up_customer
from people.actions.organisations import create_organisation, create_tier, update_organisation, update_tier
from people.actions.teams import create_skill, create_team, set_members, set_skills, update_skill, update_team
from people.actions.tokens import create_api_token, revoke_api_token, touch_api_token
from people.actions.users import (
    create_user,
    deactivate_user,
    forget_password,
    reactivate_user,
    record_address_change,
    record_second_factor,
    reset_second_factor,
    set_availability,
    set_password,
    update_user,
)

__all__ = [
    "NewCustomer",
    "clean_email",
    "create_api_token",
    "create_organisation",
    "create_skill",
    "create_team",
    "create_tier",
    "create_user",
    "deactivate_user",
    "ensure_customer",
    "ensure_customers",
    "forget_password",
    "reactivate_user",
    "record_address_change",
    "record_second_factor",
    "reset_second_factor",
    "revoke_api_token",
    "set_availability",
    "set_members",
    "set_password",
    "set_skills",
    "sign_up_customer",
    "touch_api_token",
    "update_organisation",
    "update_skill",
    "update_team",
    "update_tier",
    "update_user",
]
