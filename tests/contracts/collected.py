"""What the modules ``world_<concept>.py`` and ``scenarios_<concept>.py`` beside this one add to the contracts.

A module joins by its name alone; a table it does not need it leaves out. ``world_*``: OF_SITE, OF_USER, OF_ALL (samples
of addresses, see world.py), ONE_OF (kind to a function of the world that makes one record), OTHER_LISTS (profile to
addresses of lists), RULES_BEYOND_THE_PERMISSION, NOT_THERE, ELSEWHERE (test_access.py), GET_MAY_WRITE (test_pages.py).
``scenarios_*``: SCENARIOS, BUILDING_BLOCKS, SHOWN_ELSEWHERE (test_services.py).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any


def _modules(beginning: str) -> Iterator[ModuleType]:
    for name in sorted(found.name for found in pkgutil.iter_modules([str(Path(__file__).parent)])):
        if name.startswith(f"{beginning}_"):
            yield importlib.import_module(f"tests.contracts.{name}")


def tables(beginning: str, name: str) -> dict[str, Any]:
    """The tables called ``name`` of all modules whose names begin so, as one. Raises ValueError for a repeated key."""
    merged: dict[str, Any] = {}
    for module in _modules(beginning):
        table = getattr(module, name, {})
        if twice := merged.keys() & table.keys():
            raise ValueError(f"{module.__name__}.{name} says again what another module says: {sorted(twice)}")
        merged |= table
    return merged


def lists_by_profile() -> dict[str, tuple[str, ...]]:
    """OTHER_LISTS of all modules; several may name lists for the same profile."""
    found: dict[str, tuple[str, ...]] = {}
    for module in _modules("world"):
        for profile, names in getattr(module, "OTHER_LISTS", {}).items():
            found[profile] = (*found.get(profile, ()), *names)
    return found
