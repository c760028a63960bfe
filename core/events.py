"""What core itself records."""

from core.event_log import event_kind

DELIVERY_RETRIED = event_kind(
    "core.delivery_retried",
    subject="delivery",
    label="Dead letter retried",
    payload=("consumer", "event_id", "event_subject_kind", "event_subject_id", "attempts", "last_error"),
)
