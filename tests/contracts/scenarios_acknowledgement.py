"""Scenarios of the services of acknowledgement campaigns, collected by name."""

from __future__ import annotations

from typing import Any

from leadership.services import acknowledgement, acknowledgement_link
from tests.contracts.world_acknowledgement import addressee, campaign, known

BUILDING_BLOCKS = {
    "leadership.services.acknowledgement.close_all_of": "ends each campaign of a record by close",
}
SCENARIOS: dict[str, Any] = {
    "leadership.services.acknowledgement.ask": lambda w, who: campaign(w),
    "leadership.services.acknowledgement.change": lambda w, who: acknowledgement.change(
        known(w), version=known(w).version, reason="Two weeks of leave", target_percent=90, **who
    ),
    "leadership.services.acknowledgement.close": lambda w, who: acknowledgement.close(known(w), **who),
    "leadership.services.acknowledgement.withdraw": lambda w, who: acknowledgement.withdraw(
        known(w), reason="Begun twice", **who
    ),
    "leadership.services.acknowledgement.acknowledge": lambda w, who: acknowledgement.acknowledge(
        addressee(w), way="account", **who
    ),
    "leadership.services.acknowledgement_link.remind": lambda w, who: acknowledgement_link.remind(known(w), **who),
    "leadership.services.acknowledgement_link.hand_over": lambda w, who: acknowledgement_link.hand_over(
        addressee(w), **who
    ),
}
