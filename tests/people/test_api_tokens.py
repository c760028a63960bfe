"""Tokens: shown once, found by digest, ended at once."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from core.errors import Invalid, NotAllowed
from core.models import Event
from people import actions, queries
from people.models import ApiToken, User


def test_only_the_digest_is_kept(bob: User) -> None:
    token, clear = actions.create_api_token(bob, ["tickets:read"], "CI", actor=bob)
    assert queries.find_token(clear) == token
    row = ApiToken.objects.values().get()
    assert clear not in str(row)
    assert clear not in str(list(Event.objects.values_list("payload", flat=True)))
    assert token.digest not in str(list(Event.objects.values_list("payload", flat=True)))


@pytest.mark.parametrize("guess", ["", "hd_", "hd_" + "a" * 43, "\0", "é", "x" * 100_000])
def test_a_guess_finds_nothing(bob: User, guess: str) -> None:
    actions.create_api_token(bob, [], actor=bob)
    assert queries.find_token(guess) is None


def test_revoked_expired_and_deactivated_are_dead(alice: User, bob: User) -> None:
    revoked, clear_revoked = actions.create_api_token(bob, [], actor=bob)
    actions.revoke_api_token(revoked, actor=alice)
    assert queries.find_token(clear_revoked) is None
    _, clear_short = actions.create_api_token(bob, [], actor=bob, expires_at=timezone.now() + timedelta(days=1))
    assert queries.find_token(clear_short) is not None
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert queries.find_token(clear_short) is None
    _, clear = actions.create_api_token(bob, [], actor=bob)
    actions.deactivate_user(bob, actor=alice)
    assert queries.find_token(clear) is None


def test_nobody_makes_or_ends_another_s_token(alice: User, bob: User, charlie: User) -> None:
    token, clear = actions.create_api_token(alice, [], actor=alice)
    for actor in (bob, charlie):
        with pytest.raises(NotAllowed):
            actions.create_api_token(alice, [], actor=actor)
        with pytest.raises(NotAllowed):
            actions.revoke_api_token(token, actor=actor)
    with pytest.raises(NotAllowed):
        actions.create_api_token(charlie, [], actor=charlie)
    assert queries.find_token(clear) == token


def test_odd_scopes_are_refused(bob: User) -> None:
    for scope in ("", "Tickets", "tickets:read; drop", "é:read", "x" * 100):
        with pytest.raises(Invalid):
            actions.create_api_token(bob, [scope], actor=bob)


def test_use_is_noted_once_a_minute(bob: User) -> None:
    token, clear = actions.create_api_token(bob, [], actor=bob)
    actions.touch_api_token(token)
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    again = queries.find_token(clear)
    assert again is not None
    actions.touch_api_token(again)
    assert ApiToken.objects.get().last_used_at == first


def test_the_command_prints_the_token_alone_on_its_last_line(bob: User) -> None:
    out = StringIO()
    call_command("create_token", bob.email, "--scope", "tickets:read", "--scope", "tickets:write", stdout=out)
    token = queries.find_token(out.getvalue().splitlines()[-1])
    assert token is not None
    assert (token.user, token.scopes) == (bob, ["tickets:read", "tickets:write"])


def test_the_command_says_what_is_wrong(charlie: User) -> None:
    for email in ("nobody@house.test", charlie.email):
        with pytest.raises(CommandError):
            call_command("create_token", email)
    assert not ApiToken.objects.exists()
