"""What the demo's organisation says, out of ``quicksell.json``; nothing here knows its words."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

Data = dict[str, Any]
FILE = Path(__file__).with_name("quicksell.json")
LEVELS = ("new-user", "experienced", "power-seller")


def load() -> Data:
    """The whole file."""
    data: Data = json.loads(FILE.read_text(encoding="utf-8"))
    return data


@dataclass(frozen=True)
class Story:
    """What one ticket is about, its words filled in but for the agent's name."""

    category: str
    team: str
    type: str
    priority: str
    tags: list[str]
    subject: str
    body: str
    answer: str
    more: str
    notes: list[str]
    fix: str
    thanks: str
    goodbye: str
    reminder: str
    resolution: str
    resolution_type: str
    angry: bool
    fields: dict[str, Any] = field(default_factory=dict)
    error: str = ""


class Stories:
    """Deals out stories, the same ones for the same ``random``."""

    def __init__(self, data: Data, random: Random) -> None:
        self._data, self._random = data, random
        self._stories = data["stories"]
        self._weights = [story["weight"] for story in self._stories]

    def next(self, first_name: str) -> Story:
        """A story told by somebody of that first name."""
        told = self._random.choices(self._stories, self._weights)[0]
        words = self._words(first_name)
        subject, body = self._random.choice(told["openings"])
        return Story(
            category=told["category"],
            team=told["team"],
            type=told["type"],
            priority=told["priority"],
            tags=self._tags(told, words),
            subject=_upper_first(_fill(subject, words)),
            body=_upper_first(_fill(body, words)),
            answer=self._one(told["answers"], words),
            more=self._one(told["more"], words),
            notes=[_fill(note, words) for note in told["notes"]],
            fix=self._one(told["fixes"], words),
            thanks=self._one(self._data["thanks"], words),
            goodbye=self._one(self._data["goodbyes"], words),
            reminder=self._one(self._data["reminders"], words),
            resolution=told["resolution"],
            resolution_type=told["resolution_type"],
            angry=told.get("angry", False),
            fields=self._fields(told, words),
            error=told.get("error", ""),
        )

    def _one(self, choices: list[str], words: dict[str, str]) -> str:
        return _upper_first(_fill(self._random.choice(choices), words)) if choices else ""

    def _words(self, first_name: str) -> dict[str, str]:
        choose = self._random.choice
        return {
            "first": first_name,
            "market": choose(self._data["marketplaces"]),
            "device": choose(self._data["devices"]),
            "version": choose(self._data["versions"]),
            "item": choose(self._data["items"]),
            "days": str(self._random.randint(2, 6)),
            "count": str(self._random.randint(3, 7)),
            "price": str(self._random.choice([18, 24, 35, 49, 62, 85, 120, 240])),
        }

    def _tags(self, told: Data, words: dict[str, str]) -> list[str]:
        market = [words["market"].split()[0].lower()] if told.get("market") else []
        level = [self._random.choice(LEVELS)] if self._random.random() < 0.4 else []
        return list(dict.fromkeys([*told["tags"], *market, *level]))

    def _fields(self, told: Data, words: dict[str, str]) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        if told.get("market"):
            fields["marketplace"] = [words["market"]]
        if told.get("device"):
            fields |= {"device": words["device"], "app_version": words["version"]}
        if told.get("account"):
            fields["account_id"] = f"QS-{self._random.randint(100_000, 999_999)}"
        if told.get("error") and self._random.random() < 0.6:
            fields["error_text"] = told["error"]
        return fields


def _fill(text: str, words: dict[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _upper_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def signed(text: str, agent: str) -> str:
    """The text with the agent's name where it belongs."""
    return text.replace("{agent}", agent)
