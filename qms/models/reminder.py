"""Reminders: the rules that say who is told of what and when, and each single telling."""

from __future__ import annotations

from datetime import date, time

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.outbox import Concern, OutboxMessage
from qms.models.person import Person, User
from qms.models.record import Record

WEEKDAYS = [
    (0, _("Monday")), (1, _("Tuesday")), (2, _("Wednesday")), (3, _("Thursday")), (4, _("Friday")), (5, _("Saturday")),
    (6, _("Sunday")),
]  # fmt: skip


class ReminderChannel(models.TextChoices):
    """How somebody is told."""

    DIGEST = "digest", _("In the digest")
    MAIL = "mail", _("By e-mail at once")
    IN_APP = "in_app", _("In the product")


NEWS_OF_A_DIGEST = ~models.Q(concern=Concern.ACT) & models.Q(channel=ReminderChannel.DIGEST)
"""Reminders that go along with a digest and never call for one: it comes only when something needs an act."""


class ReminderRuleQuerySet(models.QuerySet["ReminderRule"]):
    def effective_on(self, day: date) -> ReminderRuleQuerySet:
        """Rules in force on a day, paused ones too."""
        return self.filter(from_on__lte=day).filter(models.Q(to_on=None) | models.Q(to_on__gt=day))

    def current(self) -> ReminderRuleQuerySet:
        """The last version of each rule that has not ended."""
        return self.filter(to_on=None)


class ReminderRule(models.Model):
    """Who is told of an event, when and how. A change closes the row (``to_on``) and opens one that ``supersedes`` it.

    ``slug`` stays the same over all versions. ``kind`` empty: for every kind that has no rule of its own. Steps are
    whole days from the due day: ``before_days`` (0 is the day itself), then ``after_days``, then every
    ``then_every_days`` (0: never again), at most ``most_after`` of them after the due day. ``recipients``: "owner",
    "deputy", "team", "area_leader", "manager", "role:<slug>". Quiet hours, working days and the day itself go by the
    clock and calendar of the recipient's site. After ``escalate_after_days`` without an act or an acknowledgement the
    next leader is told, up to ``escalate_levels`` of them.
    """

    slug = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind of record"), max_length=40, blank=True)
    event = models.CharField(_("event"), max_length=40)
    before_days = models.JSONField(_("days before"), default=list, blank=True)
    after_days = models.JSONField(_("days after"), default=list, blank=True)
    then_every_days = models.PositiveSmallIntegerField(_("then every (days)"), default=0)
    most_after = models.PositiveSmallIntegerField(_("at most, after the day"), default=6)
    recipients = models.JSONField(_("who is told"), default=list)
    channel = models.CharField(_("how"), max_length=8, choices=ReminderChannel, default=ReminderChannel.DIGEST)
    is_working_days_only = models.BooleanField(_("on working days only"), default=True)
    quiet_from = models.TimeField(_("quiet from"), default=time(18))
    quiet_until = models.TimeField(_("quiet until"), default=time(6))
    escalate_after_days = models.PositiveSmallIntegerField(_("leaders are told after (days)"), default=0)
    escalate_levels = models.PositiveSmallIntegerField(_("up to so many levels"), default=0)
    from_on = models.DateField(_("in force from"))
    to_on = models.DateField(_("in force until"), null=True, blank=True)
    supersedes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="successors")
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = ReminderRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="reminder_rule_version_once"),
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(to_on=None), name="reminder_rule_one_current",
                violation_error_message=_("There is already a rule with this name."),
            ),
            models.CheckConstraint(
                condition=models.Q(to_on=None) | models.Q(to_on__gte=models.F("from_on")),
                name="reminder_rule_dates_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(channel__in=["digest", "mail", "in_app"]), name="reminder_rule_channel_known"
            ),
            models.CheckConstraint(
                condition=models.Q(escalate_levels=0) | models.Q(escalate_after_days__gte=1),
                name="reminder_rule_escalates_after_a_day",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return f"reminder_rule:{self.slug}"

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None

    @property
    def steps(self) -> list[int]:
        """Days from the due day at which somebody is told, ascending; negative before, 0 on the day."""
        before = sorted({-abs(int(days)) for days in self.before_days})
        after = sorted({int(days) for days in self.after_days if int(days) > 0})[: self.most_after]
        if self.then_every_days:
            last = after[-1] if after else 0
            after += [last + self.then_every_days * n for n in range(1, self.most_after - len(after) + 1)]
        return before + after


class Reminder(models.Model):
    """One person told, or to be told, of one step of one thing that waits.

    ``responsible`` is whom the record waits on; ``person`` is who is told, as ``part`` says why; ``instead_of`` is who
    would have been told, had he or she been here or reachable. ``level`` 0 tells those of the rule, 1 and more climb.
    The same telling is planned once: a constraint in the database says so, whatever runs twice.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Planned")
        QUEUED = "queued", _("In the outbox")
        SENT = "sent", _("Told")
        UNTOLD = "untold", _("Nobody could be told")
        DROPPED = "dropped", _("Not needed any more")

    class Part(models.TextChoices):
        OWNER = "owner", _("responsible")
        DEPUTY = "deputy", _("deputy")
        TEAM = "team", _("team")
        AREA_LEADER = "area_leader", _("leader of the area")
        MANAGER = "manager", _("manager")
        ROLE = "role", _("holder of a role")
        ESCALATION = "escalation", _("next leader")

    TRANSITIONS = {
        Status.PENDING: frozenset({Status.QUEUED, Status.DROPPED, Status.UNTOLD}),
        Status.QUEUED: frozenset({Status.SENT, Status.DROPPED, Status.UNTOLD, Status.PENDING}),
        Status.SENT: frozenset(),
        Status.UNTOLD: frozenset({Status.QUEUED, Status.DROPPED}),
        Status.DROPPED: frozenset(),
    }

    rule = models.ForeignKey(ReminderRule, on_delete=models.PROTECT, related_name="reminders")
    rule_slug = models.CharField(max_length=60)
    event = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    record = models.ForeignKey(  # reminder_once serves it
        Record, on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    subject = models.CharField(max_length=40, blank=True)
    due_on = models.DateField()
    step = models.SmallIntegerField()
    level = models.PositiveSmallIntegerField(default=0)
    responsible = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(  # reminder_inbox serves it
        Person, on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    instead_of = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    part = models.CharField(max_length=12, choices=Part)
    concern = models.CharField(max_length=8, choices=Concern, default=Concern.ACT)
    channel = models.CharField(max_length=8, choices=ReminderChannel)
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    planned_at = models.DateTimeField()
    send_at = models.DateTimeField(help_text=_("Not before."))
    message = models.ForeignKey(
        OutboxMessage, on_delete=models.PROTECT, null=True, blank=True, related_name="reminders"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    dropped_reason = models.CharField(max_length=200, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        indexes = [
            models.Index(fields=["send_at", "person"], name="reminder_to_send", condition=models.Q(status="pending")),
            models.Index(fields=["person", "status", "-send_at"], name="reminder_inbox"),
            models.Index(fields=["rule", "status"], name="reminder_by_rule"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "rule_slug", "due_on", "step", "level", "responsible", "person", "subject"],
                condition=~models.Q(status="dropped"),
                name="reminder_once",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["pending", "queued", "sent", "untold", "dropped"]),
                name="reminder_status_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="queued") | models.Q(message__isnull=False), name="reminder_queued_somewhere"
            ),
            models.CheckConstraint(
                condition=~models.Q(status="sent") | models.Q(sent_at__isnull=False), name="reminder_sent_sometime"
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["dropped", "untold"]) | ~models.Q(dropped_reason=""),
                name="reminder_not_sent_for_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(level=0) | models.Q(status="untold") | ~models.Q(person=models.F("responsible")),
                name="reminder_never_escalates_to_the_responsible",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.record_id} {self.event} {self.due_on} → {self.person_id}"

    @property
    def calls_for_a_letter(self) -> bool:
        """Whether it is more than news that go along with a digest (NEWS_OF_A_DIGEST)."""
        return self.concern == Concern.ACT or self.channel != ReminderChannel.DIGEST


class ReminderPreference(models.Model):
    """How somebody wants to be told; who has no row gets a digest on Monday at seven, by the clock of his or her site.

    ``unsubscribed``: slugs of kinds of record, and concerns ("news", "watched"), that come by no mail; what waits for a
    signature always does.
    """

    class Rhythm(models.TextChoices):
        DAILY = "daily", _("Every working day")
        WEEKLY = "weekly", _("Once a week")

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="reminder_preference")
    rhythm = models.CharField(_("digest"), max_length=8, choices=Rhythm, default=Rhythm.WEEKLY)
    weekday = models.PositiveSmallIntegerField(_("on"), choices=WEEKDAYS, default=0)
    at_time = models.TimeField(_("at"), default=time(7))
    unsubscribed = models.JSONField(_("no e-mails about"), default=list, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(weekday__range=(0, 6)), name="preference_weekday_known"),
            models.CheckConstraint(condition=models.Q(rhythm__in=["daily", "weekly"]), name="preference_rhythm_known"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id}: {self.rhythm}"

    @property
    def trail_key(self) -> str:
        return f"person:{self.person.uid}"
