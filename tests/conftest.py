"""The services every test runs on: the real PostgreSQL and Redis, apart from those of `make run`."""

import os
from collections.abc import Iterator
from pathlib import Path

import django
import pytest

from helpdesk.embedded import data_folder, provide

# Before Django reads its settings; pytest.ini options must not name them, or pytest-django reads them before this file.
_data = data_folder(os.environ)
_data = _data.with_name(f"{_data.name}-test")
_data.mkdir(mode=0o700, parents=True, exist_ok=True)
(_data / "static").mkdir(exist_ok=True)  # whitenoise warns without it
(_data / "postgres.conf").write_text("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n")
os.environ["HELPDESK_DATA"] = str(_data)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
for _name in ("DEBUG", "SITE_URL", "SMTP_URL", "ALLOWED_HOSTS", "PORT"):
    os.environ.pop(_name, None)
services = provide(os.environ)
django.setup()

from core.testing import allow_flush  # noqa: E402  needs the apps

allow_flush()


@pytest.fixture(autouse=True, scope="session")
def _test_settings() -> Iterator[None]:
    """What tests need otherwise: files as they are instead of hashed ones, and passwords that hash fast.

    Misspelt names in templates fail.
    """
    from django.conf import settings

    from tests.invalid_variables import fail_on_misspelt_names

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with pytest.MonkeyPatch.context() as patch:
        fail_on_misspelt_names(patch)
        yield


@pytest.fixture
def redis_url() -> str:
    """The address of the tests' Redis."""
    return os.environ["REDIS_URL"]


@pytest.fixture(autouse=True)
def _media(tmp_path: Path, settings: object) -> Iterator[None]:
    """Attachments of a test go to a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "attachments"  # type: ignore[attr-defined]
    yield
