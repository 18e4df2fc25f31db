"""A sample of the address that says what a record serves, collected by name."""

from __future__ import annotations

from typing import Any

OF_SITE: dict[str, Any] = {"objectives:contribution": lambda w, u: {"uid": w.activity.uid}}
RULES_BEYOND_THE_PERMISSION = {"objectives:contribution": "who entered the record, or may correct those of others"}
