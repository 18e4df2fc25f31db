"""What a pack prints of a policy beside the frozen version: the text as it is read, and who was asked to read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import get_language_info

from leadership.models import AcknowledgementCampaign
from leadership.records.policy import POLICY
from leadership.services import acknowledgement_sheet
from qms.services.markdown import rendered

APART = ("text", "translations", "is_public", "is_indexed")


def sheet_facts(
    contents: Mapping[int, dict[str, Any]], *, at: datetime, name: Callable[[str], str], text: Callable[[str], str]
) -> dict[int, dict[str, Any]]:
    """The rendered texts, and the campaigns about each policy with n of N by area as of ``at``.

    ``contents``: the frozen content that is printed, by record id; ``name`` takes names out where the pack shows
    initials. Four queries.
    """
    rows = AcknowledgementCampaign.objects.filter(subject__in=list(contents), recorded_at__lte=at).order_by("pk")
    asked = list(rows.exclude(status=AcknowledgementCampaign.Status.WITHDRAWN))
    facts = {c.pk: {"facts": {"target_percent": c.target_percent}} for c in asked}
    progress = acknowledgement_sheet.sheet_facts(facts, at=at, name=name, text=text)
    found = {}
    for pk, content in contents.items():
        said = content["facts"]
        found[pk] = {
            "texts": [
                {"language": language_name(said["language"]), "title": content["title"],
                 "html": rendered(said["text"])},
                *(
                    {"language": language_name(row["language"]), "title": row["title"], "html": rendered(row["text"]),
                     "translated_by": name(row["translated_by"])}
                    for row in said["translations"]
                ),
            ],
            "left_out": [POLICY.content_labels[key] for key in APART],
            "campaigns": [
                {"campaign": c, **progress[c.pk]} for c in asked if c.subject_id == pk
            ],
        }  # fmt: skip
    return found


def language_name(code: str) -> str:
    """A language in its own words."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code
