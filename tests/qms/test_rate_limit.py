"""Limits that hold: in their own window, for whole networks, and with more in the cache than somebody can push out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.core.management import call_command

from qms import settings as product
from qms.services.rate_limit import is_over, turn

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def tries(number: int, who: str = "192.0.2.1") -> list[bool]:
    return [is_over("test", who, limit=3, seconds=3600) for _ in range(number)]


def test_limit_holds_for_the_whole_window_however_often_one_tries() -> None:
    with time_machine.travel(START, tick=False):
        assert tries(5) == [False, False, False, True, True]
    with time_machine.travel(START + timedelta(minutes=59), tick=False):
        assert tries(1) == [True]
    with time_machine.travel(START + timedelta(minutes=61), tick=False):
        assert tries(1) == [False]


def test_one_ipv6_customer_counts_as_one_and_the_next_as_another() -> None:
    addresses = ["2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:ffff::3", "2001:db8:0:1::4", "2001:db8:0:2::1"]
    assert [tries(1, who)[0] for who in addresses] == [False, False, False, True, False]


def test_nobody_pushes_a_count_out_of_the_cache(settings: Any) -> None:
    settings.CACHES = product.CACHES  # the database's, unless there is a Redis
    call_command("createcachetable")
    assert tries(4)[-1] is True
    for number in range(400):
        cache.set(f"rubbish:{number}", 1, 60)
    assert tries(1) == [True]


def test_turns_are_given_back() -> None:
    with turn("work", limit=1, seconds=60) as first, turn("work", limit=1, seconds=60) as second:
        assert (first, second) == (True, False)
    with turn("work", limit=1, seconds=60) as third:
        assert third
