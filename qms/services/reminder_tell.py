"""Telling: the reminders that one thing which waits gives under one rule, and when each of them goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from qms.models import Reminder, ReminderChannel, ReminderRule
from qms.reminder_events import ReminderEvent
from qms.services.reminder_people import Directory, Told
from qms.services.reminder_time import next_digest, out_of_quiet

Status, Part = Reminder.Status, Reminder.Part


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits; ``reached`` is the step it has reached, or the number of the leader to be told next."""

    record_id: int
    kind: str
    due_on: date
    responsible_id: int
    site_id: int
    area_id: int | None
    subject: str
    deputy_id: int | None
    reached: int


class Teller:
    """Makes the reminders of one rule about one moment on one day. Whom it asked about once it does not ask again."""

    def __init__(
        self, rule: ReminderRule, event: ReminderEvent, day: date, directory: Directory, *, at: datetime
    ) -> None:
        self.rule, self.event, self.day, self.directory, self.at = rule, event, day, directory, at
        self._told: dict[tuple[object, ...], list[Told]] = {}
        self._send_at: dict[tuple[int, str, date | None], datetime] = {}

    def tell(self, row: Waiting) -> list[Reminder]:
        """Those whom the rule names are told of the step reached; at least one reminder, though it may be untold."""
        key = (row.kind, row.responsible_id, row.deputy_id, row.area_id, row.site_id)
        if (told := self._told.get(key)) is None:
            told = self._told[key] = self._recipients(row)
        return [self._reminder(row, person, level=0, step=row.reached) for person in told]

    def climb(self, row: Waiting) -> list[Reminder]:
        """The leader so many levels above is told; untold where there is none."""
        level = row.reached
        if (told := self._told.get((row.responsible_id, level))) is None:
            told = self._told[row.responsible_id, level] = [self._leader(row, level)]
        step = self.rule.escalate_after_days * level
        return [self._reminder(row, person, level=level, step=step) for person in told]

    def _reminder(self, row: Waiting, person: Told, *, level: int, step: int) -> Reminder:
        rule = self.rule
        return Reminder(
            rule_id=rule.pk, rule_slug=rule.slug, event=self.event.event, kind=row.kind, record_id=row.record_id,
            subject=row.subject, due_on=row.due_on, step=step, level=level, responsible_id=row.responsible_id,
            person_id=person.person_id, instead_of_id=person.instead_of_id, part=person.part,
            concern=self.event.concern, channel=person.channel,
            status=Status.UNTOLD if person.why_not else Status.PENDING, dropped_reason=person.why_not,
            planned_at=self.at,
            send_at=self.at if person.why_not else self._moment(person, row.due_on if step <= 0 else None),
        )  # fmt: skip

    def _moment(self, told: Told, before: date | None) -> datetime:
        """When the person is told; ``before``: what must be known by that day."""
        key = (told.person_id, told.channel, before)
        if (moment := self._send_at.get(key)) is None:
            moment = self._send_at[key] = self._moment_anew(told, before)
        return moment

    def _moment_anew(self, told: Told, before: date | None) -> datetime:
        if told.channel == ReminderChannel.IN_APP:
            return self.at
        calendar = self.directory.calendar(told.person_id)
        if told.channel == ReminderChannel.MAIL:
            return out_of_quiet(self.rule, calendar=calendar, at=self.at)
        preference = self.directory.preference(told.person_id)
        return next_digest(preference, calendar=calendar, at=self.at, before=before)

    def _leader(self, row: Waiting, level: int) -> Told:
        chain = self.directory.chain(row.responsible_id)
        if len(chain) < level:
            return Told(row.responsible_id, Part.ESCALATION, why_not="no leader above")
        channel = self.rule.channel
        return self.directory.reached(
            chain[level - 1], Part.ESCALATION, channel, day=self.day, but=row.responsible_id
        )  # fmt: skip

    def _recipients(self, row: Waiting) -> list[Told]:
        """Each person once, by the first name of the rule that leads to him or her."""
        told: dict[int, Told] = {}
        for name in self.rule.recipients:
            part = Part.ROLE if name.startswith("role:") else Part(name)
            for person_id in self._named(name, row):
                by_mail = self.event.needs_signature or not self._is_unsubscribed(person_id, row.kind)
                person = self.directory.reached(
                    person_id, part, self.rule.channel, day=self.day, by_mail=by_mail, in_person=self.event.in_person
                )
                if person.person_id not in told or told[person.person_id].why_not:
                    told[person.person_id] = person
        reachable = [person for person in told.values() if not person.why_not]
        return reachable or list(told.values())[:1] or [Told(row.responsible_id, Part.OWNER, why_not="nobody is named")]

    def _named(self, name: str, row: Waiting) -> list[int]:
        """The people a rule's word stands for."""
        if name == "owner":
            return [row.responsible_id]
        if name == "deputy":
            return [row.deputy_id] if row.deputy_id else []
        if name == "team":
            return self.directory.team(row.responsible_id)
        if name == "area_leader":
            return self.directory.area_leaders(row.area_id)
        if name == "manager":
            return self.directory.chain(row.responsible_id)[:1]
        return self.directory.role_holders(name.removeprefix("role:"), row.site_id)

    def _is_unsubscribed(self, person_id: int, kind: str) -> bool:
        chosen = self.directory.preference(person_id).unsubscribed
        return kind in chosen or self.event.concern in chosen
