import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand
from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines

SUFFIXES = {".html", ".txt", ".xml", ".subject"}


class Command(BaseCommand):
    help = "Compile every template of the project; exit status 1 when one can't be."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        count = 0
        for name in names():
            count += 1
            for engine in engines.all():
                try:
                    engine.get_template(name)
                except (TemplateSyntaxError, TemplateDoesNotExist) as error:
                    wrong += 1
                    self.stderr.write(f"{name}: {error}")
        self.stdout.write(f"{count} templates, {wrong} with errors")
        if wrong:
            sys.exit(1)


def names() -> Iterator[str]:
    """Names of our own templates, as loaders know them."""
    base = Path(settings.BASE_DIR)
    ours = [Path(config.path) / "templates" for config in apps.get_app_configs() if Path(config.path).parent == base]
    for folder in [base / "templates", *ours]:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix in SUFFIXES:
                yield path.relative_to(folder).as_posix()
