"""Saving configuration: what somebody else changed meanwhile stays."""

import pytest

from core.errors import NotFound
from core.models import Event
from tests.cast import Cast
from tickets import actions
from tickets.models import Category


def test_two_admins_with_the_same_page_open_do_not_undo_each_other(cast: Cast) -> None:
    actions.save_configuration(Category(key="shop", name="Shop"), actor=cast.adam)
    mine, theirs = Category.objects.get(key="shop"), Category.objects.get(key="shop")
    mine.name, theirs.description = "Shops", "All about shops"
    actions.save_configuration(mine, actor=cast.adam, changed=["name"])
    actions.save_configuration(theirs, actor=cast.adam, changed=["description"])
    saved = Category.objects.get(key="shop")
    assert (saved.name, saved.description) == ("Shops", "All about shops")
    last = Event.objects.filter(kind="tickets.configuration_changed").order_by("-id")[0]
    assert last.payload["changes"] == {"description": ["", "All about shops"]}


def test_what_is_gone_is_not_made_again(cast: Cast) -> None:
    category = Category.objects.create(key="shop", name="Shop")
    open_page = Category.objects.get(key="shop")
    actions.delete_configuration(category, actor=cast.adam)
    with pytest.raises(NotFound):
        actions.save_configuration(open_page, actor=cast.adam, changed=["name"])
    assert not Category.objects.exists()
