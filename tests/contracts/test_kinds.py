"""Every kind of record is complete: words, verbs, addresses, templates, mappings, statuses."""

import ast
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from django.conf import settings
from django.db import models
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse

from qms.models import Phase
from qms.records import RecordKind, all_kinds, known_kinds
from qms.services import record as record_service
from qms.services.timeline import VERBS
from tests.contracts.rules import nothing

ROOT = Path(settings.BASE_DIR)
NO_DEFAULT_MAPPING = {
    "pack": "a pack presents evidence; it is none itself",
}
WRITERS = {"write": 1, "seal": 1, "note": 1, "build_entry": 1}


def written_verbs() -> dict[str, str]:
    """Every verb that services write, with the place: string constants with one dot in calls that take a verb."""
    verbs: dict[str, str] = {}
    for package in ("qms", "objectives", "audits", "leadership"):
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" in path.parts or path.name == "records.py":
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and _called(node) in WRITERS:
                    for argument in node.args:
                        for part in ast.walk(argument):
                            if isinstance(part, ast.Constant) and isinstance(part.value, str) and _is_verb(part.value):
                                verbs.setdefault(part.value, f"{path.relative_to(ROOT)}:{node.lineno}")
    return verbs


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_verb(text: str) -> bool:
    kind, dot, verb = text.partition(".")
    return bool(dot) and kind.replace("_", "").isalpha() and verb.replace("_", "").isalpha() and text == text.lower()


def verbs_without_words(verbs: dict[str, str], known: Iterable[str]) -> list[str]:
    there = set(known)
    return [
        f"{place}: {verb} has no words in records.py or timeline.py"
        for verb, place in verbs.items()
        if verb not in there
    ]


def declared_verbs() -> list[str]:
    return [*VERBS, *(verb for kind in all_kinds() for verb in kind.verbs)]


def content_keys(kind: RecordKind) -> list[str]:
    """The keys of the dict that the model's ``content`` returns, read from its source."""
    import inspect
    import textwrap

    tree = ast.parse(textwrap.dedent(inspect.getsource(kind.model.content)))
    returned = next(n for n in ast.walk(tree) if isinstance(n, ast.Return) and isinstance(n.value, ast.Dict))
    return [key.value for key in returned.value.keys if isinstance(key, ast.Constant)]  # type: ignore[union-attr]


def incomplete(kind: RecordKind, mapped: set[str]) -> Iterator[str]:
    """What is missing before the product can list, show, print, count and trail a kind."""
    name = kind.kind
    yield from _words(kind)
    yield from _pages(kind)
    if name not in mapped and not NO_DEFAULT_MAPPING.get(name):
        yield f"{name}: no default mapping, and no reason in NO_DEFAULT_MAPPING"
    yield from _statuses(name, kind.model)


def _words(kind: RecordKind) -> Iterator[str]:
    name = kind.kind
    for key in content_keys(kind):
        if key not in kind.content_labels:
            yield f"{name}: content() gives {key!r}, which content_labels does not word"
    for key in kind.content_labels:
        if key not in content_keys(kind):
            yield f"{name}: content_labels words {key!r}, which content() does not give"
    if not kind.description or not kind.label or not kind.label_plural:
        yield f"{name}: label, label_plural or description is missing"


def _pages(kind: RecordKind) -> Iterator[str]:
    name = kind.kind
    for page in ("list", "detail"):
        try:
            reverse(f"{kind.url_stem}-{page}", args=[1] if page == "detail" else [])
        except NoReverseMatch:
            yield f"{name}: there is no address {kind.url_stem}-{page}"
    for template in (kind.detail_template, kind.pack_template):
        try:
            get_template(template)
        except TemplateDoesNotExist:
            yield f"{name}: there is no template {template}"


def _statuses(name: str, model: type[models.Model]) -> Iterator[str]:
    statuses = set(model._meta.get_field("status").flatchoices and dict(model._meta.get_field("status").flatchoices))
    for table in ("TRANSITIONS", "PHASES"):
        if {str(key) for key in getattr(model, table)} != statuses:
            yield f"{name}: {table} does not cover exactly the statuses {sorted(statuses)}"
    targets = {str(to) for ends in model.TRANSITIONS.values() for to in ends}  # type: ignore[attr-defined]
    if not targets <= statuses:
        yield f"{name}: TRANSITIONS leads to unknown {sorted(targets - statuses)}"
    if not {str(phase) for phase in model.PHASES.values()} <= set(Phase.values):  # type: ignore[attr-defined]
        yield f"{name}: PHASES names an unknown phase"
    checks = [c for c in model._meta.constraints if isinstance(c, models.CheckConstraint)]
    wanted = next((set(value) for c in checks for key, value in _leaves(c.condition) if key == "status__in"), None)
    if wanted != statuses:
        yield f"{name}: no check constraint in the database allows exactly the statuses"


def _leaves(condition: models.Q) -> Iterator[tuple[str, object]]:
    for child in condition.children:
        if isinstance(child, tuple):
            yield child
        else:
            yield from _leaves(child)


def default_mapped_kinds() -> set[str]:
    rows = yaml.safe_load((ROOT / "qms" / "data" / "mappings.yaml").read_text())
    return {str(value) for value in _values_of(rows, "kind")}


def _values_of(node: object, key: str) -> Iterator[object]:
    if isinstance(node, dict):
        if key in node:
            yield node[key]
        for value in node.values():
            yield from _values_of(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from _values_of(value, key)


def test_there_are_kinds() -> None:
    assert {"activity", "improvement_action", "pack"} <= known_kinds().keys()


def test_every_kind_is_complete() -> None:
    mapped = default_mapped_kinds()
    nothing(line for kind in all_kinds() for line in incomplete(kind, mapped))


def test_incomplete_kind_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = known_kinds()["activity"]
    labels = {key: words for key, words in kind.content_labels.items() if key != "notes"} | {"nothing": "Nothing"}
    broken = dataclasses.replace(
        kind, content_labels=labels, url_stem="leadership:nowhere", detail_template="no/where.html", description=""
    )
    monkeypatch.setattr(kind.model, "PHASES", {"draft": Phase.DRAFT})
    found = " ".join(incomplete(broken, set()))
    for words in (
        "'notes'",
        "'nothing'",
        "nowhere-list",
        "no/where.html",
        "description",
        "PHASES",
        "no default mapping",
    ):
        assert words in found, words


def test_every_verb_that_is_written_has_words() -> None:
    verbs = written_verbs()
    assert len(verbs) > 20
    nothing(verbs_without_words(verbs, declared_verbs()))


def test_verb_without_words_is_caught() -> None:
    assert verbs_without_words({"moon.landed": "x.py:1"}, declared_verbs()) == [
        "x.py:1: moon.landed has no words in records.py or timeline.py"
    ]


def moves_against_the_table(model: type) -> list[str]:
    """Every pair of statuses through ``record.move``: allowed exactly where TRANSITIONS allows it."""
    wrong = []
    for start in model.TRANSITIONS:  # type: ignore[attr-defined]
        for end in model.TRANSITIONS:  # type: ignore[attr-defined]
            record = model(status=start, phase=model.PHASES[start])  # type: ignore[attr-defined]
            allowed = end in model.TRANSITIONS[start]  # type: ignore[attr-defined]
            try:
                record_service.move(record, end)
                moved = (record.status, record.phase) == (end, model.PHASES[end])  # type: ignore[attr-defined]
            except record_service.IllegalTransition:
                moved = False
                if (record.status, record.phase) != (start, model.PHASES[start]):  # type: ignore[attr-defined]
                    wrong.append(f"{start} -> {end}: refused, but changed")
            if moved != allowed:
                wrong.append(f"{start} -> {end}: {'moved' if moved else 'refused'}")
    return wrong


@pytest.mark.parametrize("name", [kind.kind for kind in all_kinds()])
def test_status_moves_only_along_the_table(name: str) -> None:
    nothing(moves_against_the_table(known_kinds()[name].model))


def test_move_against_the_table_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def move(record: SimpleNamespace, status: str) -> None:
        record.status, record.phase = status, record.PHASES[status]

    monkeypatch.setattr(record_service, "move", move)
    assert "withdrawn -> logged: moved" in moves_against_the_table(known_kinds()["activity"].model)


def test_status_changes_only_through_move() -> None:
    """No service sets ``.status`` of a record or updates it in bulk; only ``record.move`` does."""
    nothing(direct_status_changes(_service_files()))


NOT_RECORDS = ("job", "part", "person_import", "row", "self")  # these have a status and are no records


def _service_files() -> list[Path]:
    files = [
        p for name in ("qms", "objectives", "audits", "leadership") for p in (ROOT / name / "services").glob("*.py")
    ]
    return [p for p in files if p.name not in ("record.py", "job.py") and "demo" not in p.name]


def direct_status_changes(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            for target in node.targets if isinstance(node, ast.Assign) else ():
                is_status = isinstance(target, ast.Attribute) and target.attr == "status"
                if is_status and _owner(target) not in NOT_RECORDS:
                    yield f"{path.name}:{node.lineno} sets {ast.unparse(target)}; use record.move"


def _owner(target: ast.Attribute) -> str:
    return ast.unparse(target.value).split(".")[-1].lstrip("_")


def test_direct_status_change_is_caught(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(pack):\n    pack.status = 'ready'\n")
    assert list(direct_status_changes([tmp_path / "a.py"])) == ["a.py:2 sets pack.status; use record.move"]
