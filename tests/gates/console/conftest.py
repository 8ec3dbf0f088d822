import pytest
from django.test import Client

from tallystick.domain.catalog import queries
from tests.gates.console.business import open_lived_business


@pytest.fixture(scope="module")
def operators(module_database):
    """Two operators with the same history; (their codes)."""
    queries._plan.cache_clear()  # another database gave the same ids to other versions
    open_lived_business("talk")
    open_lived_business("other")
    yield "talk", "other"
    queries._plan.cache_clear()


@pytest.fixture
def client():
    return Client(headers={"host": "127.0.0.1:8000"})
