"""Parts of the page on which somebody reads a frozen version of the policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import template

from leadership.services.policy_sheet import language_name

register = template.Library()


@register.simple_tag
def policy_texts(content: dict[str, Any]) -> list[dict[str, str]]:
    """The text and the translations of a frozen version, each with the language's code and name."""
    facts = content["facts"]
    own = {"language": facts["language"], "title": content["title"], "text": facts["text"]}
    return [
        {**row, "code": row["language"], "name": language_name(row["language"]).capitalize()}
        for row in (own, *facts["translations"])
    ]


@register.simple_tag
def chosen_text(texts: Sequence[dict[str, str]], language: str) -> dict[str, str]:
    """The text in the language asked for, or the first."""
    return next((row for row in texts if row["code"] == language), texts[0])
