"""Log records that say which request, channel and user they belong to."""

import logging

from core import context


class ContextFilter(logging.Filter):
    """Adds `correlation_id`, `channel` and `actor_id` to each record, '-' where unknown. Lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.correlation_id = context.bound_correlation_id() or "-"
        record.channel = context.channel()
        record.actor_id = context.actor_id() or "-"
        return True
