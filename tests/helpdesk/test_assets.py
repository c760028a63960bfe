"""Front-end packages: only listed files, found, hashed, and complete after collection."""

import json
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.core.management import call_command

from helpdesk.finders import PACKAGES

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    "name", ["vendor/tabler/tabler.min.css", "vendor/tabler/tabler.min.js", "vendor/chart.js/chart.umd.min.js"]
)
def test_listed_files_are_found(name: str) -> None:
    assert Path(str(finders.find(name))).stat().st_size > 10_000


@pytest.mark.parametrize("name", ["vendor/tabler/package.json", "package.json"])
def test_other_files_of_the_packages_are_not(name: str) -> None:
    assert not finders.find(name)


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from django.test import override_settings

    folder = tmp_path_factory.mktemp("static")
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "helpdesk.assets.AssetStorage"},
    }
    with override_settings(STATIC_ROOT=folder, STORAGES=storages):
        call_command("collectstatic", interactive=False, verbosity=0)
    return folder


def test_names_are_hashed_and_files_compressed(collected: Path) -> None:
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    for prefix in PACKAGES:
        assert any(name.startswith(prefix) for name in names)
    tabler = collected / names["vendor/tabler/tabler.min.css"]
    assert re.search(r"\.[0-9a-f]{12}\.css$", tabler.name)
    assert tabler.with_name(tabler.name + ".br").stat().st_size < tabler.stat().st_size / 5
    assert not (collected / "vendor/tabler/tabler.min.css").exists()


def test_whatever_our_style_sheets_point_to_is_there(collected: Path) -> None:
    sheets = [*collected.glob("vendor/**/*.css"), *collected.glob("css/*.css")]
    assert sheets
    for sheet in sheets:
        for address in re.findall(r"url\(\s*['\"]?([^'\")]+)", sheet.read_text()):
            if not address.startswith(("data:", "#", "%23")):
                assert (sheet.parent / address.split("?")[0].split("#")[0]).exists(), (sheet.name, address)


def test_whatever_our_modules_import_is_there(collected: Path) -> None:
    found = 0
    for module in collected.glob("js/**/*.js"):
        for address in re.findall(r"^(?:import|export)\b[^'\"\n]*['\"](\.[^'\"]+)", module.read_text(), re.MULTILINE):
            assert (module.parent / address).exists(), (module.name, address)
            found += 1
    assert found > 10


def test_source_maps_are_neither_shipped_nor_asked_for(collected: Path) -> None:
    for path in collected.glob("vendor/**/*.[cj]s*"):
        if path.is_file():
            assert b"sourceMappingURL" not in path.read_bytes()


def test_the_lock_file_holds_hashes_and_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, entry in packages.items():
        assert "resolved" not in entry
        assert not name or entry["integrity"].startswith("sha512-")
