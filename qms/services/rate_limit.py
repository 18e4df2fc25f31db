"""How often somebody may do something costly or guessable, counted in the cache that all processes share."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from django.core.cache import cache

IPV6_PREFIX = 64
"""Bits that tell one IPv6 customer from the next; the rest of the address is theirs to change at will."""


def is_over(what: str, who: str, *, limit: int, seconds: int) -> bool:
    """Take one of the ``limit`` tries ``who`` has in any ``seconds``, and tell whether there was none left.

    Every try is a key of its own, which the cache adds once only: tries made at the same moment are all counted, on
    every cache, and a later try never prolongs nor shortens the time of an earlier one.
    """
    keys = [_key(what, _network(who), number) for number in range(limit)]
    taken = cache.get_many(keys)
    return not any(key not in taken and cache.add(key, 1, timeout=seconds) for key in keys)


@contextmanager
def turn(what: str, *, limit: int, seconds: int) -> Iterator[bool]:
    """Hold one of ``limit`` places for something costly, over all processes; False when all are taken.

    A place nobody gave back (the process was killed) is free again after ``seconds``.
    """
    keys = [_key(what, "turn", number) for number in range(limit)]
    held = next((key for key in keys if cache.add(key, 1, timeout=seconds)), "")
    try:
        yield bool(held)
    finally:
        if held:
            cache.delete(held)


def _key(what: str, who: str, number: int) -> str:
    return f"limit:{number}:" + sha256(f"{what}:{who}".encode()).hexdigest()


def _network(who: str) -> str:
    """An IPv6 address as the network of its customer; anything else as it is."""
    try:
        address = ipaddress.ip_address(who)
    except ValueError:
        return who
    if isinstance(address, ipaddress.IPv4Address):
        return who
    return str(ipaddress.IPv6Network((address, IPV6_PREFIX), strict=False))
