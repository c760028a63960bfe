"""The embedded services, as the tests' own database and Redis show them."""

import os

import pytest
from django.db import connection


@pytest.mark.django_db
def test_the_database_knows_case_of_accented_letters() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'É' ILIKE 'é', lower('ÄÖ'), current_setting('listen_addresses')")
        assert cursor.fetchone() == (True, "äö", "")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["pg_trgm", "unaccent", "btree_gin"])
def test_the_extensions_are_there(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = %s", [name])
        assert cursor.fetchone() == (1,)


def test_redis_wants_the_password(redis_url: str) -> None:
    import redis

    open_door = redis.Redis.from_url(redis_url.replace(redis_url.split("@")[0], "redis://:wrong"))
    with pytest.raises(redis.AuthenticationError):
        open_door.ping()
    open_door.close()


def test_addresses_are_put_into_the_environment() -> None:
    assert os.environ["DATABASE_URL"].startswith("postgresql://helpdesk@/helpdesk?host=/")
    assert os.environ["REDIS_URL"].startswith("redis://:")
