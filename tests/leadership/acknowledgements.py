"""Acknowledgement campaigns for tests, begun the short way."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from leadership.models import Acknowledgement, AcknowledgementCampaign, Addressee
from leadership.services import acknowledgement as service
from qms.models import Person, Record, User
from qms.services import outbox
from tests.factories import NOW, TODAY, logged_activity

PIN = "428317"


def asked(subject: Record, *, by: User, people: Iterable[Person] = (), **values: Any) -> AcknowledgementCampaign:
    """People asked to read the record, until in two weeks."""
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "due_on": TODAY + timedelta(days=14), "owner": by.person, "for_people": list(people),
        "by": by, "at": NOW,
    }  # fmt: skip
    return service.ask(subject, **(facts | values))


def addressee(campaign: AcknowledgementCampaign, person: Person) -> Addressee:
    """The person among those asked."""
    return Addressee.objects.select_related("campaign", "person").get(campaign=campaign, person=person)


def acknowledged(campaign: AcknowledgementCampaign, person: Person, **values: Any) -> Acknowledgement:
    """The person's word, given by a link."""
    facts: dict[str, Any] = {"way": "mail", "by": None, "at": NOW}
    return service.acknowledge(addressee(campaign, person), **(facts | values))


def begun(boss: User, **values: Any) -> AcknowledgementCampaign:
    """People asked to read an act of the boss."""
    return asked(logged_activity(boss), by=boss, **values)


def sent(at: datetime = NOW) -> int:
    """Deliver what lies in the outbox; how many mails went out."""
    return outbox.deliver_waiting(clock=lambda: at, until=at + timedelta(minutes=1))


def chain(campaign: AcknowledgementCampaign) -> list[str]:
    """The verbs of its trail, in order."""
    return list(campaign.trail.order_by("seq").values_list("verb", flat=True))
