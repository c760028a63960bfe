"""Foreign keys point downwards, also those given as strings, which import-linter can't see."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db.models import Field

ROOT = Path(__file__).resolve().parent.parent


def floors() -> dict[str, int]:
    """App label -> floor, 0 at the top, from the import contract itself."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(contract["layers"] for contract in options["contracts"] if contract["type"] == "layers")
    return {name.strip(" ()"): number for number, layer in enumerate(layers) for name in layer.split("|")}


def relations() -> Iterator[tuple[str, str, str]]:
    """(app of the model, app it points to, where) of each relation between our apps."""
    known = floors()
    for model in apps.get_models():
        for field in model._meta.get_fields(include_hidden=True):
            target = field.related_model
            if isinstance(field, Field) and target is not None and target != "self":
                ours, theirs = model._meta.app_label, target._meta.app_label
                if ours in known and theirs in known and ours != theirs:
                    yield ours, theirs, f"{model._meta.label}.{field.name}"


def test_every_app_of_ours_has_a_floor() -> None:
    ours = {config.label for config in apps.get_app_configs() if Path(config.path).is_relative_to(ROOT / config.label)}
    assert ours <= set(floors())


def test_relations_point_downwards() -> None:
    known = floors()
    upward = [f"{where} -> {theirs}" for ours, theirs, where in relations() if known[theirs] <= known[ours]]
    assert upward == []


def test_there_are_relations_to_look_at() -> None:
    assert ("tickets", "people") in {(ours, theirs) for ours, theirs, _ in relations()}
