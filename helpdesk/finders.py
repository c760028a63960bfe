"""Serves the listed files of npm packages under `vendor/`, and nothing else of node_modules."""

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Error
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

# static prefix -> folder in node_modules, and the files wanted of it: pattern there -> folder below the prefix
PACKAGES: dict[str, tuple[str, dict[str, str]]] = {
    "vendor/tabler": ("@tabler/core/dist", {"css/tabler.min.css": "", "js/tabler.min.js": ""}),
    "vendor/chart.js": ("chart.js/dist", {"chart.umd.min.js": ""}),
    "vendor/inter": ("@fontsource-variable/inter", {"wght.css": "", "files/inter-*-wght-normal.woff2": "files"}),
}
SOURCE_MAP = re.compile(rb"\s*(/\*# sourceMappingURL=[^*]*\*/|//# sourceMappingURL=\S*)\s*$")


class PackageStorage(FileSystemStorage):
    """Reads from a package; the names are those below `vendor/`. The maps that files point to are left out."""

    def __init__(self, files: dict[str, Path]) -> None:
        super().__init__(location=str(modules()))
        self.files = files

    def path(self, name: str) -> str:
        return str(self.files[name])

    def _open(self, name: str, mode: str = "rb") -> "File[Any]":
        content = self.files[name].read_bytes()
        if name.endswith((".css", ".js")):
            content = SOURCE_MAP.sub(b"\n", content)
        return ContentFile(content, name=name)


class PackageFinder(BaseFinder):
    """Django's staticfiles finder over PACKAGES."""

    def __init__(self, app_names: Any = None, *args: Any, **kwargs: Any) -> None:
        self.storage = PackageStorage(dict(_files()))

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return [
            Error(
                f"No file in node_modules for {prefix}.",
                hint="Run `make setup`: it installs the front-end packages.",
                id="helpdesk.E010",
            )
            for prefix in PACKAGES
            if not any(name.startswith(prefix + "/") for name in self.storage.files)
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = self.storage.files.get(path)
        if found is None:
            return []
        return [str(found)] if find_all or kwargs.get("all") else str(found)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, PackageStorage]]:
        for name in self.storage.files:
            if not any(fnmatch(name, pattern) for pattern in ignore_patterns or ()):
                yield name, self.storage


def modules() -> Path:
    """The folder of the npm packages."""
    return Path(settings.BASE_DIR) / "node_modules"


def _files() -> Iterator[tuple[str, Path]]:
    for prefix, (package, wanted) in PACKAGES.items():
        for pattern, folder in wanted.items():
            for path in sorted((modules() / package).glob(pattern)):
                yield "/".join(part for part in (prefix, folder, path.name) if part), path
