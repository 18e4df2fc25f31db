"""The registry: one declaration per kind of record, read by coverage, packs, lists, trail labels and contract tests.

Each app's ``records.py`` declares its kinds with ``register``. This is the only framework the product owns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils.functional import Promise

from qms.models import Phase, Record
from qms.permissions import Permission

Text = str | Promise


@dataclass(frozen=True)
class RecordKind:
    """What the product must know about a kind of record to list it, count it, print it and test it.

    ``counting_phases``: phases in which a record is evidence (never drafts); ``uncounted_statuses``: statuses that are
    none all the same, such as a risk that is identified and not yet rated. ``url_stem``: URL names are
    ``<stem>-list``, ``<stem>-detail``, ``<stem>-export``, ``<stem>-print``. ``content_labels``: from the keys of
    ``content()`` to words, in reading order. ``subtypes``: the types an admin may map one by one;
    ``sheet_facts``: the dotted name of a function that gives a pack what stands in rows beside the version, as of the
    cut-off: ``(frozen contents by id, at=, name=, text=)`` to dicts by id (``name`` and ``text`` take names out).
    ``reading_template``: what somebody sees who is asked to read a version of it: ``content`` as frozen, ``facts``.
    ``has_people``: whether people take part in its records by name (``record.set_people``); if not, no page asks.
    ``pack_board``: the dotted name of a function whose answer a pack keeps at its cut-off and prints with
    ``pack_board_template``, where its clauses are mapped to the kind: ``(sites, from_on=, to_on=, on=, by=)`` to plain
    values, nothing confidential among them; empty for nothing to print. Names of people stand under ``owner``.
    ``said``: what was written down in a record, to begin with what is written up from it.
    ``subtype_lookup``: the same as ``subtype_of`` as an ORM path on the model, for work on millions of records.
    """

    model: type[Record]
    label: Text
    label_plural: Text
    icon: str
    prefix: str
    url_stem: str
    content_labels: dict[str, Text]
    verbs: dict[str, Text]
    view_permission: Permission = Permission.RECORD_VIEW
    edit_permission: Permission = Permission.ACTIVITY_LOG
    counting_phases: frozenset[str] = frozenset({Phase.CLOSED})
    uncounted_statuses: frozenset[str] = frozenset()
    subtype_of: Callable[[Record], str] = lambda _record: ""
    subtype_lookup: str = ""
    subtypes: Callable[[], Iterable[tuple[str, str]]] = tuple
    prefix_of: Callable[[Record], str] | None = None
    due_on: Callable[[Record], date | None] = lambda record: record.due_on
    has_people: bool = True
    for_list: Callable[[], object] | None = None
    detail_template: str = "qms/record_detail.html"
    print_template: str = "qms/record_print.html"
    pack_template: str = "packs/record_sheet.html"
    reading_template: str = "qms/record_reading.html"
    sheet_facts: str = ""
    pack_board: str = ""
    pack_board_template: str = ""
    description: Text = ""
    said: Callable[[Record], str] = lambda _record: ""
    extra: dict[str, Text] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The slug stored in ``Record.kind``."""
        return self.model.KIND


_kinds: dict[str, RecordKind] = {}


def register(kind: RecordKind) -> RecordKind:
    """Add a kind; a second declaration of the same slug, or a model without one, is a programming error."""
    slug = kind.model.KIND
    if not slug:
        raise ValueError(f"{kind.model.__name__} has no KIND.")
    if slug in _kinds:
        raise ValueError(f"The kind {slug!r} is declared twice.")
    _kinds[slug] = kind
    return kind


def kind_of(slug_or_record: str | Record) -> RecordKind:
    """The declaration of a kind, by slug or by any record of it. Raises KeyError for an unknown kind."""
    return _kinds[slug_or_record if isinstance(slug_or_record, str) else slug_or_record.kind]


def all_kinds() -> Iterator[RecordKind]:
    """Every declared kind, in the order the apps declare them."""
    return iter(list(_kinds.values()))


def known_kinds() -> dict[str, RecordKind]:
    """A copy of the registry, for tests that add a kind of their own."""
    return dict(_kinds)


def as_child(record: Record) -> Record:
    """The record as its own kind's model (one query unless it already is one)."""
    model = kind_of(record).model
    return record if isinstance(record, model) else model._default_manager.get(pk=record.pk)
