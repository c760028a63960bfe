"""What people do to deliveries."""

from collections.abc import Iterable
from typing import Any, Protocol

from django.db import transaction
from django.db.models.functions import Now

from core.bell import wake
from core.event_log import NewEvent, record_many
from core.events import DELIVERY_RETRIED
from core.models import Delivery
from core.policies import Allowed, Denied, Result


class Actor(Protocol):
    """The user, as far as core needs to know one."""

    pk: Any
    is_active: bool

    def has_perm(self, perm: str, /) -> bool:
        """Whether the user holds a Django permission."""
        ...


def may_retry(actor: Actor | None) -> Result:
    """Whether the actor may retry dead letters; None is the system and may."""
    if actor is None or (actor.is_active and actor.has_perm("core.change_delivery")):
        return Allowed()
    return Denied("Only an admin can retry dead letters.")


@transaction.atomic
def retry_deliveries(*, actor: Actor | None, ids: Iterable[int]) -> int:
    """Give dead letters a fresh set of attempts, starting now; return how many of the ids were dead letters.

    Deliveries that are not dead are left alone. Raises NotAllowed.
    """
    may_retry(actor).require()
    dead = list(Delivery.objects.dead().filter(pk__in=list(ids)).order_by("pk").select_for_update())
    if not dead:
        return 0
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in dead]).update(
        state=Delivery.State.WAITING, attempts=0, crashes=0, next_attempt_at=Now()
    )
    record_many([_retried(delivery, actor) for delivery in dead])
    wake()
    return len(dead)


def _retried(delivery: Delivery, actor: Actor | None) -> NewEvent:
    return NewEvent(
        DELIVERY_RETRIED,
        delivery.pk,
        actor_id=actor.pk if actor else None,
        payload={
            "consumer": delivery.consumer,
            "event_id": delivery.event_id,
            "event_subject_kind": delivery.subject_kind,
            "event_subject_id": delivery.subject_id,
            "attempts": delivery.attempts,
            "last_error": delivery.last_error,
        },
    )
