"""Misspelt names in templates are noticed by the tests."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.template import Context, Origin, Template, engines


def show(source: str, **given: object) -> str:
    origin = Origin(str(Path(settings.BASE_DIR) / "templates" / "made_up.html"))
    return Template(source, origin=origin, engine=engines["django"].engine).render(Context(given))


@pytest.mark.parametrize("source", ["{{ tikcet }}", "{{ ticket.subjcet }}", "{{ tikcet|upper }}"])
def test_a_misspelt_name_fails(source: str) -> None:
    with pytest.raises(AssertionError, match="there is no variable"):
        show(source, ticket=SimpleNamespace(subject="Hello"))


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ ticket.subject }}", "Hello"),
        ("{{ errors.subject }}", ""),
        ("{{ class|default:'wide' }}", "wide"),
        ("{% if nothing %}a{% else %}b{% endif %}", "b"),
    ],
)
def test_what_is_meant_to_be_optional_does_not(source: str, shown: str) -> None:
    assert show(source, ticket=SimpleNamespace(subject="Hello"), errors={}) == shown
