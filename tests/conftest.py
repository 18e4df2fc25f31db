"""What every test gets: no network beyond this machine, files in a folder of its own, English and an empty cache."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation

from qms import triggers
from qms.management.commands.setup import compile_translations

LOOPBACK = ("127.", "::1", "localhost")
real_connect = socket.socket.connect


def connect_to_this_machine(self: socket.socket, address: Any) -> None:
    """Replace socket.connect: a test that would call out fails and names the address."""
    if self.family != socket.AF_UNIX and not str(address[0]).startswith(LOOPBACK):
        pytest.fail(f"A test tried to reach {address}; tests talk to this machine only.")
    real_connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def texts_compiled() -> None:
    """The texts of other languages, as `manage.py setup` compiles them."""
    compile_translations()


@pytest.fixture(autouse=True, scope="session")
def emptied_without_triggers() -> Iterator[None]:
    """Tests that commit are cleaned up by emptying every table, which the append-only triggers would refuse."""
    empty = TransactionTestCase._fixture_teardown

    def teardown(case: TransactionTestCase) -> None:
        triggers.remove(connection)
        try:
            empty(case)
        finally:
            triggers.install(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture(autouse=True)
def isolated(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(socket.socket, "connect", connect_to_this_machine)
    settings.MEDIA_ROOT = tmp_path / "media"
    cache.clear()
    with translation.override("en"):
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what the database at hand cannot show."""
    from django.db import connection

    if connection.vendor != "postgresql":
        skip = pytest.mark.skip(reason="needs PostgreSQL")
        for item in items:
            if "postgresql" in item.keywords:
                item.add_marker(skip)
