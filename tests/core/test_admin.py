"""The admin reads the log and retries dead letters; nobody edits either."""

import pytest
from django.test import Client
from django.urls import reverse

from core.event_log import EventKind, record
from core.models import Delivery, Event
from core.testing import consuming
from people.models import User
from tests.cast import Cast, make_cast
from tests.core.world import Effects

DELIVERIES = "admin:core_delivery_changelist"
EVENTS = "admin:core_event_changelist"


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def dead(cast: Cast, happened: EventKind) -> Delivery:
    """A dead letter of a subject named in no other event."""
    with consuming(Effects.add, kinds=[happened], name="tests.effect"):
        event = record(happened, 4711)
    Delivery.objects.filter(event=event).update(state="dead", attempts=8, last_error="ValueError: <b>no</b>\nmore")
    return Delivery.objects.get(event=event)


def browser(user: User) -> Client:
    """Logged in as that user."""
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def retry(client: Client, delivery: Delivery) -> int:
    """Choose the action for the delivery; return the status."""
    return client.post(reverse(DELIVERIES), {"action": "retry", "_selected_action": [delivery.pk]}).status_code


def test_an_admin_finds_dead_letters_with_their_error(cast: Cast, dead: Delivery) -> None:
    page = browser(cast.adam).get(reverse(DELIVERIES), {"state__exact": "dead", "consumer": "tests.effect"})
    assert page.status_code == 200
    assert "ValueError: &lt;b&gt;no&lt;/b&gt;" in page.content.decode()


def test_an_admin_retries_one(cast: Cast, dead: Delivery) -> None:
    assert retry(browser(cast.adam), dead) == 302
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("waiting", 0)
    retried = Event.objects.get(kind="core.delivery_retried")
    assert (retried.subject_id, retried.actor_id, retried.channel) == (dead.pk, cast.adam.pk, "admin")


def test_others_can_not(cast: Cast, dead: Delivery) -> None:
    for user in (cast.dora, cast.mara, cast.alice):
        assert retry(browser(user), dead) in (302, 403)
        dead.refresh_from_db()
        assert dead.state == "dead"
    assert not Event.objects.filter(kind="core.delivery_retried").exists()


def test_the_log_is_searched_by_subject_and_correlation_id(cast: Cast, dead: Delivery) -> None:
    client = browser(cast.adam)
    for term, found in (("4711", 1), (dead.event.correlation_id, 1), ("4712", 0), ("9" * 30, 0)):
        page = client.get(reverse(EVENTS), {"q": term})
        assert (page.status_code, page.context["cl"].result_count) == (200, found)
    assert client.get(reverse(EVENTS), {"q": "\0x"}).status_code == 200


@pytest.mark.parametrize("model", ["event", "delivery"])
def test_nothing_is_added_changed_or_deleted_by_hand(cast: Cast, dead: Delivery, model: str) -> None:
    client = browser(cast.adam)
    pk = dead.pk if model == "delivery" else dead.event_id
    assert client.get(reverse(f"admin:core_{model}_add")).status_code == 403
    for page in ("change", "delete"):
        assert client.post(reverse(f"admin:core_{model}_{page}", args=[pk]), {"post": "yes"}).status_code == 403
    assert client.get(reverse(f"admin:core_{model}_change", args=[pk])).status_code == 200
    assert Delivery.objects.filter(pk=dead.pk, state="dead").exists()
