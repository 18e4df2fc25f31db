"""Redaction of a person's data after leaving: names and e-mail addresses give way to their salted hashes.

The salt is made for the act and kept nowhere, so nobody can try names against the hashes. What is replaced, what stays
and why is in DECISIONS.md; how a redacted text is told from an altered one is in qms/services/redaction_steps.py.
"""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from qms import triggers
from qms.models import GENESIS, Person, RecordPerson, RecordVersion, Signature, TrailEntry, User
from qms.models.person import searchable
from qms.services import trail
from qms.services.redaction_steps import ENTRY, REDACTED, VERSION
from qms.services.redaction_text import Rewriter

PACKAGES = ("qms", "objectives", "audits", "leadership")
LOCK_WAIT = "20s"
BATCH = 500
# Rows with rules of their own, and what an issued pack was printed from.
APART = frozenset({"qms.Person", "qms.User", "audits.PackItem", "audits.PackPart"})
APART_FIELDS = frozenset({"audits.Pack.frozen"})


class CannotRedact(Exception):
    """The person's data cannot be redacted now; the message says why."""


class NameInReason(CannotRedact):
    """There is no reason, or it holds what is to be redacted."""


@dataclass(frozen=True)
class Text:
    """A frozen text that holds personal data, and what will stand in its place."""

    model: type[TrailEntry] | type[RecordVersion]
    pk: int
    chain: str
    record_id: int | None
    number: int
    before: str
    after: str

    @property
    def step(self) -> list[Any]:
        """As the trail names it: see redaction_steps."""
        what = ENTRY if self.model is TrailEntry else VERSION
        return [what, self.number, trail.digest(self.before), trail.digest(self.after)]


@dataclass(frozen=True)
class Preview:
    """How much would be replaced, and how much would stay."""

    values: list[str]
    versions: int
    entries: int
    rows: int
    signatures: int
    reasons: int
    namesakes: int


def preview(person: Person) -> Preview:
    """What ``redact`` would replace; changes nothing. Raises CannotRedact."""
    _refuse(person)
    rewriter = _rewriter(person)
    texts = list(_texts(rewriter))
    told = TrailEntry.objects.filter(rewriter.may_stand_in("reason", is_json=False)).order_by("pk")
    return Preview(
        values=sorted(rewriter.values),
        versions=sum(text.model is RecordVersion for text in texts),
        entries=sum(text.model is TrailEntry for text in texts),
        rows=sum(1 for _row in _rows(rewriter, person)),
        signatures=Signature.objects.filter(signer=person).count(),
        reasons=sum(rewriter.text(reason) != reason for reason in told.values_list("reason", flat=True)),
        namesakes=Person.objects.filter(name=person.name).exclude(pk=person.pk).count(),
    )


@transaction.atomic
def redact(person: Person, *, by: User | None, at: datetime, reason: str) -> Person:
    """Replace the names and e-mail addresses of somebody who has left, everywhere but where DECISIONS.md says.

    Side effects: an entry ``trail.redacted`` in every chain with such a text (always in the person's own), those
    texts, the rows of today, the person and the log-in. On PostgreSQL others cannot save records meanwhile (it waits
    at most 20 seconds for those who do, else OperationalError). Raises CannotRedact and NameInReason, changing nothing.
    """
    _hold_writers()
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    _refuse(person)
    _refuse_out_of_reach(person, by=by)
    rewriter = _rewriter(person)
    if not reason.strip() or rewriter.text(reason) != reason:
        raise NameInReason(_("Say why, without the person's name: the reason stays in the trail."))
    texts = list(_texts(rewriter))
    _write_acts(person, texts, by=by, at=at, reason=reason)
    for text in texts:
        column = "changes" if text.model is TrailEntry else "content"
        text.model._default_manager.filter(pk=text.pk).update(**{column: text.after})
    for row, fields in list(_rows(rewriter, person)):
        type(row)._base_manager.filter(pk=row.pk).update(**fields)
    _redact_log_in(person, rewriter)
    person.name = rewriter.label(person.name)
    person.search_name = searchable(person.name)
    person.email = person.shift = person.pin_hash = ""
    person.save(update_fields=["name", "search_name", "email", "shift", "pin_hash"])
    return person


def _refuse(person: Person) -> None:
    if person.is_active:
        raise CannotRedact(_("Deactivate the person first: only the data of somebody who has left is redacted."))
    if person.is_redacted:
        raise CannotRedact(_("This person's data is redacted already."))


def _refuse_out_of_reach(person: Person, *, by: User | None) -> None:
    """As for every other change of a log-in: nobody ends one that reaches further than his or her own."""
    login = User.objects.filter(person=person).first()
    if by is not None and login is not None and not by.reaches(login):
        raise CannotRedact(_("This log-in reaches sites that you do not reach. Ask an administrator of all sites."))


def _hold_writers() -> None:
    """Until the end of the transaction nobody changes a record. SQLite has one writer at a time anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = %s", [LOCK_WAIT])
            cursor.execute("LOCK TABLE qms_record IN EXCLUSIVE MODE")
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


def _rewriter(person: Person) -> Rewriter:
    """Every name and address the person has had, as the person's own chains and the records tell."""
    login = User.objects.filter(person=person).order_by("pk").first()
    values = {person.name, person.email, login.email if login else ""}
    values |= set(RecordPerson.objects.filter(person=person).values_list("name", flat=True))
    chains = [subject.trail_key for subject in (person, login) if subject]
    entries = TrailEntry.objects.filter(chain__in=chains).exclude(verb=REDACTED)
    for changes in entries.values_list("changes", flat=True):
        facts = json.loads(changes)
        for key in ("name", "email"):
            told = facts.get(key)
            values |= {value for value in (told if isinstance(told, list) else [told]) if isinstance(value, str)}
    return Rewriter(str(person.uid), values, salt=secrets.token_hex(32))


def _texts(rewriter: Rewriter) -> Iterator[Text]:
    """Every frozen text that holds one of the values; at most those are read that may."""
    entries = TrailEntry.objects.filter(rewriter.may_stand_in("changes", is_json=True)).exclude(verb=REDACTED)
    columns = ("pk", "chain", "record_id", "seq", "changes")
    for pk, chain, record_id, number, before in entries.order_by("pk").values_list(*columns):
        after = trail.canonical(rewriter.content(json.loads(before)))
        if after != before:
            yield Text(TrailEntry, pk, chain, record_id, number, before, after)
    versions = RecordVersion.objects.filter(rewriter.may_stand_in("content", is_json=True)).order_by("pk")
    for pk, uid, owner_id, number, before in versions.values_list(
        "pk", "record__uid", "record_id", "version", "content"
    ):
        after = trail.canonical(rewriter.content(json.loads(before)))
        if after != before:
            yield Text(RecordVersion, pk, f"record:{uid}", owner_id, number, before, after)


def _write_acts(person: Person, texts: Iterable[Text], *, by: User | None, at: datetime, reason: str) -> None:
    """One entry in every chain that holds such a text, naming each by its hashes before and after."""
    steps: dict[tuple[str, int | None], list[list[Any]]] = defaultdict(list, {(person.trail_key, None): []})
    for text in texts:
        steps[text.chain, text.record_id].append(text.step)
    acts = []
    for (chain, record_id), named in sorted(steps.items(), key=lambda item: item[0][0]):
        if record_id is None:
            trail.lock_chain(chain)  # the records are held already
        head = TrailEntry.objects.filter(chain=chain).order_by("-seq").values_list("seq", "hash").first()
        seq, previous = head or (0, GENESIS)
        facts = {"texts": named, "uid": str(person.uid)}
        act = trail.build_entry(
            _Chain(chain), REDACTED, by=by, at=at, changes=facts, reason=reason, seq=seq + 1, previous=previous
        )
        act.record_id = record_id
        acts.append(act)
    TrailEntry.objects.bulk_create(acts, batch_size=BATCH)


@dataclass(frozen=True)
class _Chain:
    trail_key: str
    pk: None = None


def _rows(rewriter: Rewriter, person: Person) -> Iterator[tuple[models.Model, dict[str, Any]]]:
    """Rows of today that hold one of the values, each with the columns to be rewritten and their new values."""
    for model in apps.get_models():
        is_apart = model._meta.label in APART or model._meta.db_table in triggers.APPEND_ONLY
        if is_apart or model._meta.app_label not in PACKAGES:
            continue
        rows = model._base_manager.all()
        if model is RecordPerson:
            rows = rows.filter(models.Q(person=None) | models.Q(person=person))
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.CharField | models.TextField | models.JSONField) and not (
                field.choices or f"{model._meta.label}.{field.name}" in APART_FIELDS
            ):
                yield from _rows_of(rows, field, rewriter)


def _rows_of(
    rows: models.QuerySet[Any], field: models.Field[Any, Any], rewriter: Rewriter
) -> Iterator[tuple[models.Model, dict[str, Any]]]:
    is_json = isinstance(field, models.JSONField)
    held = rows.annotate(as_text=Cast(field.name, models.TextField()))
    for row in held.filter(rewriter.may_stand_in("as_text", is_json=is_json)).order_by("pk").only("pk", field.name):
        before = getattr(row, field.attname)
        after = rewriter.content(before) if is_json else rewriter.text(before)[: field.max_length]
        if after != before:
            yield row, {field.name: after}


def _redact_log_in(person: Person, rewriter: Rewriter) -> None:
    login = User.objects.select_for_update(of=("self",)).filter(person=person).order_by("pk").first()
    if login is not None:
        EmailAddress.objects.filter(user=login).delete()
        SocialAccount.objects.filter(user=login).delete()
        Authenticator.objects.filter(user=login).delete()
        login.email = f"redacted-{rewriter.hashed(login.email)}@redacted.invalid"
        login.is_active = False
        login.session_number += 1
        login.set_unusable_password()
        login.save(update_fields=["email", "is_active", "session_number", "password"])
