"""Answers take the same time whether or not the address is known."""

import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

VIEWS = {"account_login", "account_signup", "account_reset_password", "account_request_login_code"}


class SteadyAnswerMiddleware:
    """Hold back the answer to a form that takes an address until STEADY_ANSWER_SECONDS have passed.

    The work for a known address (a row, a mail in the outbox) takes a few milliseconds more than for an unknown one;
    what takes longer than the wait is done for both: a password is always hashed once.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or not _asks_for_address(request.path_info):
            return self.get_response(request)
        until = time.monotonic() + settings.STEADY_ANSWER_SECONDS
        response = self.get_response(request)
        time.sleep(max(0.0, until - time.monotonic()))
        return response


def _asks_for_address(path: str) -> bool:
    try:
        return resolve(path).view_name in VIEWS
    except Resolver404:
        return False
