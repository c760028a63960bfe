"""The container files, as far as they can be read without a container engine."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
LONG_RUNNING = ["db", "redis", "web", "worker", "beat"]


@pytest.fixture
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_every_part_has_a_health_check(compose: dict[str, Any], name: str) -> None:
    service = compose["services"][name]
    if "build" in service and "healthcheck" not in service:
        assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    else:
        assert service["healthcheck"]["test"]


def test_the_engines_are_those_of_the_embedded_default(compose: dict[str, Any]) -> None:
    assert compose["services"]["db"]["image"] == "postgres:18"
    assert compose["services"]["redis"]["image"].startswith("redis:")
    assert "builtin-locale=C.UTF-8" in compose["services"]["db"]["environment"]["POSTGRES_INITDB_ARGS"]


def test_what_must_survive_is_on_named_volumes(compose: dict[str, Any]) -> None:
    used = {volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", [])}
    assert used == set(compose["volumes"])


def test_everybody_waits_for_what_they_need(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
    for name in ("web", "worker", "beat"):
        wanted = compose["services"][name]["depends_on"]
        assert wanted["migrate"]["condition"] == "service_completed_successfully"
        assert wanted["db"]["condition"] == wanted["redis"]["condition"] == "service_healthy"


def test_the_parts_of_the_application_share_one_environment(compose: dict[str, Any]) -> None:
    environments = [compose["services"][name]["environment"] for name in ("web", "worker", "beat", "migrate", "sweep")]
    assert all(environment == environments[0] for environment in environments)
    assert {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SITE_URL"} <= set(environments[0])


def test_every_app_goes_into_the_image() -> None:
    from django.apps import apps

    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    ours = {Path(config.path).name for config in apps.get_app_configs() if Path(config.path).parent == ROOT}
    assert ours <= kept


def test_docker_compose_accepts_the_file(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if not docker or subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker compose is not on this machine")
    environ = {
        "POSTGRES_PASSWORD": "x",
        "SECRET_KEY": "y",
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
    }
    found = subprocess.run(
        [docker, "compose", "config", "--quiet"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
