"""The OpenAPI document and its page."""

from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import get_resolver

from tests.api.caller import Caller


def test_the_document_is_valid_and_complete(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))


def test_everybody_may_read_it(db: None) -> None:
    answer = Caller().get("schema/")
    assert answer.status_code == 200 and answer.data["openapi"].startswith("3.")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.data["info"]["title"] == "Helpdesk API"
    yaml = Caller().get("schema/?format=yaml")
    assert yaml.status_code == 200 and yaml.content.startswith(b"openapi: 3.")


def test_it_names_every_route_and_method(db: None) -> None:
    paths = Caller().get("schema/").data["paths"]
    [api] = [found for found in get_resolver().url_patterns if getattr(found, "namespace", "") == "api"]
    for route in api.url_patterns:
        view = route.callback.cls
        if route.name in ("schema", "docs", "unknown"):
            continue
        described = {name for path, found in paths.items() for name in found if matches(path, str(route.pattern))}
        assert described == {name for name in ("get", "post", "patch", "delete") if hasattr(view, name)}, route.name


def matches(path: str, pattern: str) -> bool:
    def bare(text: str) -> list[str]:
        return ["*" if part[:1] in "{<" else part for part in text.removeprefix("/api/v1/").split("/") if part]

    return bare(path) == bare(pattern)


def test_every_operation_may_answer_with_a_problem(db: None) -> None:
    for path in Caller().get("schema/").data["paths"].values():
        for operation in path.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_nobody_reads_it_without_end(db: None, settings: Any) -> None:
    rates = {"DEFAULT_THROTTLE_RATES": {"token": "9/min", "anonymous": "2/hour"}}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | rates
    assert [Caller().get("schema/").status_code for _ in range(3)] == [200, 200, 429]


def test_the_page_tells_every_operation_with_its_fields_and_an_example(client: Client, db: None) -> None:
    page = client.get("/api/v1/docs/").content.decode()
    for path, operations in Caller().get("schema/").data["paths"].items():
        for method, operation in operations.items():
            assert f'id="{operation["operationId"]}"' in page
            assert f"<code>{path}</code>" in page and f">{method.upper()}</span>" in page
    for words in ("requester.email", "Idempotency-Key", "messages", "one of critical, high, normal, low"):
        assert words in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_works_under_its_own_policy_and_asks_nobody_else(live_server: Any) -> None:
    from playwright.sync_api import sync_playwright

    asked, complaints = [], []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        answer = page.goto(f"{live_server.url}/api/v1/docs/")
        assert answer and "default-src 'none'" in answer.headers["content-security-policy"]
        page.get_by_text("List tickets", exact=True).wait_for()
        page.get_by_text("Open a ticket", exact=True).click()
        page.locator("#tickets_create pre").wait_for()
        browser.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))] == []


def test_refusals_are_problems_too(db: None) -> None:
    for path in ("schema/", "docs/"):
        assert Caller()("POST", path, {}).status_code == 405
        assert Caller().get(path, lang='"><script>alert(1)</script>').status_code == 400
