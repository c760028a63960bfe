"""Mail bodies: the text as it is, the HTML escaped."""

from typing import Any

from django.utils.safestring import mark_safe

from messaging.rendering import render_mail


def test_the_text_is_plain_and_the_html_is_escaped(settings: Any) -> None:
    settings.SITE_NAME, settings.SITE_URL = "Acme Help", "https://help.acme.test"
    body = render_mail(
        context={
            "heading": "Re: <b>R&D</b>",
            "body": "Line 1 <script>\n\nLine 2 {{ 7|add:7 }}",
            "action_url": "https://help.acme.test/t/1?a=1&b=2",
            "action_label": "See it",
        }
    )
    assert body.text == (
        "Re: <b>R&D</b>\n\nLine 1 <script>\n\nLine 2 {{ 7|add:7 }}\n\nSee it:\nhttps://help.acme.test/t/1?a=1&b=2\n\n"
        "-- \nAcme Help · https://help.acme.test\n"
    )
    assert "<script>" not in body.html
    assert "Re: &lt;b&gt;R&amp;D&lt;/b&gt;" in body.html
    assert 'href="https://help.acme.test/t/1?a=1&amp;b=2"' in body.html


def test_cleaned_html_replaces_the_plain_body() -> None:
    body = render_mail(context={"body": "It works", "body_html": mark_safe("<p>It <b>works</b></p>")})  # noqa: S308
    assert "<p>It <b>works</b></p>" in body.html
    assert "It works\n" in body.text


def test_everything_may_be_left_out() -> None:
    assert render_mail().text.startswith("-- \n")
