"""Acknowledgement campaigns: people asked to read a version of a record, and their word that they understood it.

Each acknowledgement is a row that no trigger lets be changed and an entry in the campaign's chain. The record that is
read notes the campaign's beginning and end in its own chain; the end names the head of the campaign's, so that its
acknowledgements cannot be cut off unseen.
"""

from __future__ import annotations

import uuid as uuids
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BigIntegerField, Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadership.models import Acknowledgement, AcknowledgementCampaign, Addressee
from leadership.models.acknowledgement import AddresseeQuerySet
from leadership.services.acknowledgement_letter import tell
from qms.models import Area, Person, Phase, Record, RecordVersion, Site, User, site_today
from qms.services import record as record_service
from qms.services import trail
from qms.services.wording import known_facts, said

Status = AcknowledgementCampaign.Status
Way = Acknowledgement.Way
QUESTION = ("question", "right_answer", "wrong_answers", "explanation")
CHANGEABLE = ("due_on", "target_percent", "owner")
BATCH = 1000
NAMED = 50
"""People named in one entry of the trail; of more it says how many."""


class CannotAsk(record_service.CannotChange):
    """Nobody can be asked to read this, or the campaign is over; the message says why."""


class CannotAcknowledge(Exception):
    """This person cannot acknowledge here, or not any more; the message says what to do."""


class WrongAnswer(Exception):
    """The answer to the question is not right; it is counted, and may be tried again."""


@transaction.atomic
def ask(
    subject: Record, *, uid: uuids.UUID, due_on: date, owner: Person, by: User, at: datetime,
    for_sites: Iterable[Site] = (), for_areas: Iterable[Area] = (), for_people: Iterable[Person] = (),
    for_job_titles: Iterable[str] = (), target_percent: int = 95, **question: Any,
) -> AcknowledgementCampaign:  # fmt: skip
    """Ask people to read the version of ``subject`` that stands now; the same ``uid`` by the same user asks once.

    Whoever fits one of the ``for_…`` is asked; a job title counts at the subject's site. ``question``: any of QUESTION;
    without a ``right_answer`` it is answered in own words. Side effects: the campaign, a version, trail entries of both
    records, addressees, notices to those who log in, letters in the outbox to those who have only an address.
    Raises CannotAsk (a draft, withdrawn, nobody fits), ValidationError by field.
    """
    known = AcknowledgementCampaign.objects.filter(uid=uid, recorded_by=by).first()
    if known:
        return known
    read = record_service.lock(subject)
    if read.phase in (Phase.DRAFT, Phase.WITHDRAWN) or getattr(read, "status", "") == "superseded":
        raise CannotAsk(_("People are asked to read what holds: not a draft, nor what was withdrawn or superseded."))
    today = site_today(read.site, at)
    if due_on < today:
        raise ValidationError({"due_on": _("Choose a day that is still to come.")})
    version = RecordVersion.objects.only("content_hash").get(record_id=read.pk, version=read.version)
    chosen: dict[str, list[Any]] = {"sites": list(for_sites), "areas": list(for_areas), "people": list(for_people)}
    titles = sorted({title.strip() for title in for_job_titles} - {""})
    campaign = AcknowledgementCampaign(
        uid=uid, title=read.title, site=read.site, owner=owner, occurred_on=today, due_on=due_on,
        is_confidential=read.is_confidential, subject=Record.objects.get(pk=read.pk), subject_version=read.version,
        subject_hash=version.content_hash, target_percent=target_percent, for_job_titles=titles,
        audience=audience_words(**chosen, job_titles=titles), **_question(question),
    )  # fmt: skip
    if not campaign.audience:
        raise CannotAsk(_("Say who is asked: sites, areas, job titles or people."))
    record_service.open_new(campaign, by=by, at=at)
    for name, rows in chosen.items():
        getattr(campaign, f"for_{name}").set(rows)
    joined = _join(campaign, at=at)
    if not joined:
        raise CannotAsk(_("Nobody who works here now fits this choice."))
    record_service.seal(campaign, "acknowledgement.asked", by=by, at=at, facts={"asked": len(joined)})
    told = {"campaign": campaign.reference, "version": read.version, "asked": len(joined)}
    trail.write(read, "record.acknowledgement_asked", by=by, at=at, changes=told)
    tell(campaign, at=at)
    return campaign


def audience_words(
    *, sites: Iterable[Site], areas: Iterable[Area], people: Iterable[Person], job_titles: Iterable[str]
) -> str:
    """Who is asked, as everybody may read it: no single name."""
    count = len(list(people))
    parts = [
        *(_("everybody of %s") % site.name for site in sites), *(area.name for area in areas), *job_titles,
        ngettext("%(n)d chosen person", "%(n)d chosen people", count) % {"n": count} if count else "",
    ]  # fmt: skip
    return "; ".join(part for part in parts if part)


def _question(given: dict[str, Any]) -> dict[str, Any]:
    facts = known_facts(given, QUESTION)
    if facts.get("wrong_answers"):
        wrong = [text.strip() for text in facts["wrong_answers"] if text.strip()]
        facts["wrong_answers"] = [text for text in dict.fromkeys(wrong) if text != facts.get("right_answer")]
    if facts.get("right_answer") and not facts.get("wrong_answers"):
        raise ValidationError({"wrong_answers": _("Give at least one wrong answer to choose from.")})
    if (facts.get("right_answer") or facts.get("wrong_answers")) and not facts.get("question"):
        raise ValidationError({"question": _("Write the question, too.")})
    if facts.get("wrong_answers") and not facts.get("right_answer"):
        raise ValidationError({"right_answer": _("Say which answer is right.")})
    return facts


def _fitting(campaign: AcknowledgementCampaign) -> QuerySet[Person]:
    """Everybody here now whom the campaign asks; people without an area or a site fit by name or title only."""
    fits = Q(site_id__in=campaign.for_sites.values("pk")) | Q(area_id__in=campaign.for_areas.values("pk"))
    fits |= Q(pk__in=campaign.for_people.values("pk"))
    if campaign.for_job_titles:
        fits |= Q(job_title__in=campaign.for_job_titles, site_id=campaign.site_id)
    return Person.objects.active().filter(fits)


def _join(campaign: AcknowledgementCampaign, *, at: datetime) -> list[int]:
    """Add who fits and is not there yet; returns their keys. One query to find them, one to add a thousand."""
    there = Addressee.objects.filter(campaign=campaign).values("person_id")
    new = list(_fitting(campaign).exclude(pk__in=there).order_by("pk").values_list("pk", "area_id"))
    rows = [Addressee(campaign=campaign, person_id=pk, area_id=area_id, joined_at=at) for pk, area_id in new]
    Addressee.objects.bulk_create(rows, batch_size=BATCH)
    return [pk for pk, _area in new]


@transaction.atomic
def follow(campaign: AcknowledgementCampaign, *, at: datetime) -> bool:
    """Bring a running campaign's addressees in step with who works here; returns whether anything changed. Idempotent.

    Newcomers join, who left or moved away drops out with the time, who comes back is asked again unless acknowledged.
    Side effects: addressees, a trail entry, notices and letters to newcomers; the campaign may come to be reached.
    """
    current = record_service.lock(campaign)
    if current.status not in AcknowledgementCampaign.RUNNING:
        return False
    fitting, rows = _fitting(current).values("pk"), Addressee.objects.filter(campaign=current)
    gone = _changed(rows.asked().exclude(person_id__in=fitting), left_at=at)
    back = _changed(rows.exclude(left_at=None).filter(person_id__in=fitting), left_at=None)
    _follow_areas(rows.missing())
    joined = _join(current, at=at)
    changes = {"joined": _names(joined), "left": _names(gone), "back": _names(back)}
    if not any(changes.values()):
        return False
    trail.write(
        current, "acknowledgement.audience_followed", by=None, at=at,
        changes={key: names for key, names in changes.items() if names},
    )  # fmt: skip
    _note_reached(current, at=at)
    if joined or back:
        tell(current, at=at)
    return True


def _changed(rows: AddresseeQuerySet, **values: Any) -> list[int]:
    """Set the values and return the people's keys."""
    pks = dict(rows.values_list("pk", "person_id"))
    keys = list(pks)
    for start in range(0, len(keys), BATCH):
        Addressee.objects.filter(pk__in=keys[start : start + BATCH]).update(**values)
    return list(pks.values())


def _follow_areas(rows: AddresseeQuerySet) -> None:
    """Count who has not acknowledged where the person works now."""
    key = BigIntegerField()
    now = Person.objects.filter(pk=OuterRef("person_id")).values("area_id")[:1]
    moved = rows.alias(
        now=Coalesce("person__area_id", 0, output_field=key), was=Coalesce("area_id", 0, output_field=key)
    ).exclude(now=F("was"))
    pks = list(moved.values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        Addressee.objects.filter(pk__in=pks[start : start + BATCH]).update(area_id=Subquery(now))


def _names(person_ids: list[int]) -> list[str]:
    """Names for the trail; of many the first and how many more."""
    found = Person.objects.filter(pk__in=person_ids[:NAMED]).order_by("search_name", "pk")
    names = list(found.values_list("name", flat=True))
    more = len(person_ids) - len(names)
    return names + ([f"+{more}"] if more > 0 else [])


def follow_all(*, at: datetime) -> int:
    """Bring every running campaign in step with who works here; returns how many changed. Idempotent."""
    running = AcknowledgementCampaign.objects.filter(status__in=AcknowledgementCampaign.RUNNING).order_by("pk")
    return sum(follow(campaign, at=at) for campaign in running)


@transaction.atomic
def change(
    campaign: AcknowledgementCampaign, *, version: int, reason: str, by: User, at: datetime, **changes: Any
) -> AcknowledgementCampaign:
    """Change the day, the target or who looks after it, with a reason; who is asked follows from who works here.

    Side effects: a version, a trail entry; a lower target may be reached by it. Raises CannotAsk (over), ReasonMissing,
    StaleRecord, ValidationError by field.
    """
    reason, facts = said(reason), known_facts(changes, CHANGEABLE)
    current = record_service.lock(campaign, version=version)
    _refuse_over(current)
    for name, value in facts.items():
        setattr(current, name, value)
    record_service.seal(current, "acknowledgement.changed", by=by, at=at, reason=reason)
    _note_reached(current, at=at)
    return current


@transaction.atomic
def close(
    campaign: AcknowledgementCampaign, *, by: User | None, at: datetime, reason: str = ""
) -> AcknowledgementCampaign:
    """End a campaign; it stays evidence if it had reached its target, and says so if it had not.

    Side effects: a version, trail entries of both records, clause links; open links and codes end. Raises CannotAsk.
    """
    current = record_service.lock(campaign)
    _refuse_over(current)
    record_service.move(current, Status.CLOSED if current.status == Status.REACHED else Status.SHORT)
    return _end(current, "acknowledgement.closed", by=by, at=at, reason=reason.strip())


@transaction.atomic
def withdraw(campaign: AcknowledgementCampaign, *, reason: str, by: User, at: datetime) -> AcknowledgementCampaign:
    """It should never have been started; what was acknowledged stays readable and counts for nothing.

    Side effects: as ``close``. Raises CannotAsk (over), ReasonMissing.
    """
    reason = said(reason)
    current = record_service.lock(campaign)
    _refuse_over(current)
    record_service.move(current, Status.WITHDRAWN)
    return _end(current, "acknowledgement.withdrawn", by=by, at=at, reason=reason)


def close_all_of(subject: Record, *, by: User | None, at: datetime, reason: str) -> None:
    """End what still runs on a record, because it holds no longer; a part of the change that ends it."""
    running = subject.acknowledgement_campaigns.filter(status__in=AcknowledgementCampaign.RUNNING)
    for campaign in running.order_by("pk"):
        close(campaign, by=by, at=at, reason=reason)


def _end(
    current: AcknowledgementCampaign, verb: str, *, by: User | None, at: datetime, reason: str
) -> AcknowledgementCampaign:
    numbers = counts(current)
    told = {"acknowledged": numbers[0], "asked": numbers[1]}
    record_service.seal(current, verb, by=by, at=at, reason=reason, facts=told)
    head = current.trail.order_by("-seq").values_list("hash", flat=True).first()
    subject = Record.objects.get(pk=current.subject_id)
    changes = {"campaign": current.reference, "head": head, **told}
    trail.write(subject, "record.acknowledgement_ended", by=by, at=at, changes=changes, reason=reason)
    return current


def _refuse_over(campaign: AcknowledgementCampaign) -> None:
    if campaign.status not in AcknowledgementCampaign.RUNNING:
        raise CannotAsk(_("This campaign is over."))


def counts(campaign: AcknowledgementCampaign) -> tuple[int, int]:
    """How many of those still here have acknowledged, and how many they are."""
    rows = Addressee.objects.filter(campaign=campaign).asked()
    numbers = rows.aggregate(done=Count("acknowledged_at"), all=Count("pk"))
    return numbers["done"], numbers["all"]


def check_answer(addressee: Addressee, answer: str) -> None:
    """Raise WrongAnswer, with what explains it, unless the campaign's question is answered; a wrong try is counted.

    Own words count as they are, when there are any.
    """
    campaign = addressee.campaign
    if not campaign.question or (campaign.right_answer and answer == campaign.right_answer):
        return
    if not campaign.right_answer:
        if not answer.strip():
            raise WrongAnswer(_("Answer the question in a few words."))
        return
    Addressee.objects.filter(pk=addressee.pk).update(wrong_answers=F("wrong_answers") + 1)
    raise WrongAnswer(campaign.explanation or _("This is not right. Read it once more and try again."))


@transaction.atomic
def acknowledge(
    addressee: Addressee, *, way: str, by: User | None, at: datetime, answer: str = "", language: str = ""
) -> Acknowledgement:
    """Keep the person's word that the version was read and understood; ``way`` says how the person came in.

    Call ``check_answer`` before. Side effects: the acknowledgement, an entry in the campaign's chain, and the campaign
    becomes evidence when this reaches its target. Raises CannotAcknowledge (over, left, done before), WrongAnswer.
    """
    campaign = record_service.lock(addressee.campaign)
    if campaign.status not in AcknowledgementCampaign.RUNNING:
        raise CannotAcknowledge(_("This is over; nobody is asked any more."))
    found = Addressee.objects.select_related("person").get(pk=addressee.pk)
    if found.acknowledged_at:
        raise CannotAcknowledge(_("You have acknowledged this already. Thank you."))
    if found.left_at or not found.person.is_active:
        raise CannotAcknowledge(_("You are not asked here any more."))
    if campaign.right_answer and answer != campaign.right_answer:
        raise WrongAnswer(campaign.explanation)
    given = Acknowledgement(
        campaign=campaign, person=found.person, at=at, by=by if way == Way.ACCOUNT else None, way=way,
        subject_version=campaign.subject_version, subject_hash=campaign.subject_hash, language=language[:16],
        words="" if campaign.right_answer else answer.strip(), wrong_answers=found.wrong_answers,
    )  # fmt: skip
    record_service.validate(given)
    given.save(force_insert=True)
    Addressee.objects.filter(pk=found.pk).update(acknowledged_at=at, token_digest=None)
    told = {
        "who": found.person.name, "way": str(way), "subject_version": given.subject_version,
        "subject_hash": given.subject_hash, "language": given.language, "words": given.words,
        "wrong_answers": given.wrong_answers,
    }  # fmt: skip
    trail.write(
        campaign, "acknowledgement.given", by=given.by, at=at, changes={k: v for k, v in told.items() if v}
    )  # fmt: skip
    _note_reached(campaign, at=at)
    return given


def _note_reached(campaign: AcknowledgementCampaign, *, at: datetime) -> None:
    """From now on the campaign is evidence, if enough have acknowledged; it stays so when newcomers join later."""
    if campaign.status != Status.OPEN:
        return
    done, asked = counts(campaign)
    if asked and done * 100 >= campaign.target_percent * asked:
        record_service.move(campaign, Status.REACHED)
        campaign.occurred_on = site_today(campaign.site, at)
        told = {"acknowledged": done, "asked": asked}
        record_service.seal(campaign, "acknowledgement.reached", by=None, at=at, facts=told)


def missing(campaign: AcknowledgementCampaign) -> AddresseeQuerySet:
    """Who is still here and has not acknowledged: those, and only those, are reminded."""
    return Addressee.objects.filter(campaign=campaign).missing()


def missing_all(on: date) -> AddresseeQuerySet:
    """Everybody missing in campaigns due by ``on``, with campaign and person, for the reminders."""
    return Addressee.objects.missing().filter(campaign__due_on__lte=on).select_related("campaign__site", "person")


def waiting_for(user: User) -> AddresseeQuerySet:
    """What the user is asked to read, the soonest due first. One query."""
    rows = Addressee.objects.missing().filter(person_id=user.person_id)
    return rows.select_related("campaign__site", "campaign__owner").order_by("campaign__due_on", "pk")
