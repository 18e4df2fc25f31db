"""Scenarios of importing a list, collected by name."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from objectives.services import plan_import
from objectives.services.objective_import import Mapping
from tests.contracts import world_plan_import as some
from tests.contracts.world import World

BUILDING_BLOCKS = {
    "objectives.services.plan_import.keep": "keeps an upload for the preview; applying it writes",
    "objectives.services.plan_import.check": "only looks",
}


@transaction.atomic
def _applied(w: World, who: dict[str, Any]) -> Any:
    return plan_import.apply(some.upload(w, who["by"]), Mapping({"title": 0}), [2], **who)


SCENARIOS: dict[str, Any] = {"objectives.services.plan_import.apply": _applied}
