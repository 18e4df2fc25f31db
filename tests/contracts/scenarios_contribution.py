"""The scenario of saying what a record serves, collected by name."""

from __future__ import annotations

from typing import Any

from objectives.services import contribution

SCENARIOS: dict[str, Any] = {
    "objectives.services.contribution.link": lambda w, who: contribution.link(w.activity, serves=w.goal, **who),
}
