"""Rules on how the code is written: layers, sizes, names, templates, imports."""

import ast
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from tests.contracts.rules import nothing

PACKAGES = ("qms", "objectives", "audits", "leadership")  # from the lowest to the highest
FORBIDDEN_STEMS = {"utils", "util", "helpers", "helper", "common", "misc", "core", "shared", "tools"}
MAX_FILE, MAX_FUNCTION, MAX_VIEW, MAX_TEMPLATE = 400, 60, 40, 250
ROOT = Path(settings.BASE_DIR)
# Names of this workplace that must never be in the product.
FOREIGN = re.compile("|".join(["/work/" + "shared", r"\.\./" + "shared", "/tmp/" + "brief", "Cla" + "ude"]))
NAMED_OTHERWISE = {
    "ClauseMapping.effective_from": "a date that reads better so beside effective_to",
    "ClauseMapping.effective_to": "the same",
    "Applicability.effective_from": "the same",
    "Applicability.effective_to": "the same",
    "ClauseLink.counts": "a verb already",
    "Clause.also_retain": "a word of the catalogue",
    "Elevation.until": "beside started_at",
    "StandardEdition.valid_until": "as certificates say it",
    "StandardEdition.published": "as the catalogue says it",
}


def tracked(*patterns: str) -> list[Path]:
    """Files of the repository that exist, as git knows them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [ROOT / name for name in sorted(set(listed.stdout.splitlines())) if (ROOT / name).is_file()]


def product_code() -> list[Path]:
    return [p for p in tracked(*(f"{name}/*.py" for name in PACKAGES)) if "migrations" not in p.parts]


def told(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def own_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.app_label in PACKAGES]


# --- layers -----------------------------------------------------------------------------------------------------------


def upward_keys(checked: Iterable[type[models.Model]]) -> Iterator[str]:
    """Foreign keys that point from a lower package to a higher one."""
    for model in checked:
        for field in [*model._meta.concrete_fields, *model._meta.many_to_many]:
            if not field.is_relation or field.related_model._meta.app_label not in PACKAGES:
                continue
            here, there = model._meta.app_label, field.related_model._meta.app_label
            if PACKAGES.index(there) > PACKAGES.index(here):
                yield f"{model._meta.label}.{field.name} points up to {field.related_model._meta.label}"


def upward_imports(paths: Iterable[Path]) -> Iterator[str]:
    """Imports of a higher package by a lower one, whether at the top of a file or inside a function."""
    for path in paths:
        rank = PACKAGES.index(path.relative_to(ROOT).parts[0]) if path.is_relative_to(ROOT) else 0
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                if name.split(".")[0] in PACKAGES[rank + 1 :]:
                    yield f"{told(path)}:{node.lineno} imports {name}"  # type: ignore[attr-defined]


def test_foreign_keys_point_downwards() -> None:
    nothing(upward_keys(own_models()))


def test_upward_key_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from leadership.models import Activity

    monkeypatch.setattr(Activity._meta, "app_label", "qms")
    monkeypatch.setattr(Activity._meta.get_field("activity_type").related_model._meta, "app_label", "leadership")
    assert any("Activity.activity_type points up" in line for line in upward_keys([Activity]))


def test_imports_point_downwards() -> None:
    nothing(upward_imports(product_code()))


def test_upward_import_is_caught(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    from leadership.models import Activity\n    return Activity\n")
    assert [line.rsplit("/", 1)[-1] for line in upward_imports([tmp_path / "a.py"])] == [
        "a.py:2 imports leadership.models"
    ]


# --- sizes ------------------------------------------------------------------------------------------------------------


def too_long(paths: Iterable[Path]) -> Iterator[str]:
    """Files, functions and templates beyond their budget."""
    for path in paths:
        lines = len(path.read_text().splitlines())
        most = MAX_TEMPLATE if path.suffix == ".html" else MAX_FILE
        if lines > most:
            yield f"{told(path)} has {lines} lines, at most {most}"
        if path.suffix == ".py":
            limit = MAX_VIEW if "views" in path.parts else MAX_FUNCTION
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    size = (node.end_lineno or 0) - node.lineno + 1
                    if size > limit:
                        yield f"{told(path)}:{node.lineno} {node.name} has {size} lines, at most {limit}"


def test_files_functions_and_templates_keep_their_budget() -> None:
    nothing(too_long([*product_code(), *tracked("templates/*.html")]))


def test_long_file_function_and_template_are_caught(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n" + "    x = 1\n" * 450)
    (tmp_path / "b.html").write_text("<p>\n" * 300)
    found = [line.rsplit("/", 1)[-1] for line in too_long([tmp_path / "a.py", tmp_path / "b.html"])]
    assert found == [
        "a.py has 451 lines, at most 400", "a.py:1 f has 451 lines, at most 60", "b.html has 300 lines, at most 250",
    ]  # fmt: skip


# --- names ------------------------------------------------------------------------------------------------------------


def badly_named(paths: Iterable[Path]) -> Iterator[str]:
    """Files whose name says nothing."""
    yield from (f"{told(path)}: name it after its concept" for path in paths if path.stem in FORBIDDEN_STEMS)


def badly_named_fields(checked: Iterable[type[models.Model]]) -> Iterator[str]:
    """``_at`` is a moment, ``_on`` a day, ``_by`` a user who has an ``_at`` beside; truths start with is_ or has_."""
    for model in checked:
        own = {field.name for field in model._meta.concrete_fields}
        for field in model._meta.local_concrete_fields:
            name, label = field.name, f"{model.__name__}.{field.name}"
            if label in NAMED_OTHERWISE:
                continue
            if isinstance(field, models.DateTimeField):
                fits = name == "at" or name.endswith("_at") or (model.__name__, name) == ("User", "last_login")
            elif isinstance(field, models.DateField):
                fits = name.endswith("_on") or name == "day"
            elif isinstance(field, models.BooleanField):
                fits = name.startswith(("is_", "has_"))
            elif isinstance(field, models.ForeignKey) and name.endswith("_by"):
                moment = name.removesuffix("_by")
                fits = bool({f"{moment}_at", f"{moment}_on", "at", "created_at"} & own) or moment == "approved"
            else:
                fits = not name.endswith(("_at", "_on"))
            if not fits:
                yield f"{label} ({field.get_internal_type()}) does not say by its name what it is"


def ordered_by_default(checked: Iterable[type[models.Model]]) -> Iterator[str]:
    yield from (f"{model._meta.label} has Meta.ordering" for model in checked if model._meta.ordering)


def test_no_file_has_a_name_that_says_nothing() -> None:
    nothing(badly_named([*product_code(), *tracked("tests/*.py")]))


def test_file_with_a_name_that_says_nothing_is_caught() -> None:
    assert list(badly_named([ROOT / "qms" / "utils.py"])) == ["qms/utils.py: name it after its concept"]


def test_fields_say_by_their_names_what_they_are() -> None:
    nothing(badly_named_fields(own_models()))


def test_badly_named_field_is_caught() -> None:
    class Wrong(models.Model):  # noqa: DJ008  never a row
        active = models.BooleanField()
        made = models.DateTimeField()
        done_at = models.DateField()
        closed_by = models.ForeignKey("qms.User", on_delete=models.PROTECT, related_name="+")

        class Meta:
            app_label = "wrong"
            managed = False

    found = [line.split(" ")[0] for line in badly_named_fields([Wrong])]
    assert found == ["Wrong.active", "Wrong.made", "Wrong.done_at", "Wrong.closed_by"]


def test_no_model_orders_by_default() -> None:
    nothing(ordered_by_default(own_models()))


def test_default_ordering_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    from qms.models import Site

    monkeypatch.setattr(Site._meta, "ordering", ["name"])
    assert list(ordered_by_default([Site])) == ["qms.Site has Meta.ordering"]


# --- templates --------------------------------------------------------------------------------------------------------

INLINE = {
    "inline script": re.compile(r"(?i)<script(?![^>]*\bsrc=)(?![^>]*type=\"(?:application/json|text/plain)\")[^>]*>"),
    "inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "style attribute": re.compile(r"<[a-z][^>{}]*\sstyle\s*=", re.IGNORECASE),
    "event attribute": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "address of another server": re.compile(r"(?i)<(?:script|link|img|iframe)[^>]*(?:src|href)=\"(?:https?:)?//"),
}
STYLED_ELSEWHERE = ("templates/emails/", "templates/packs/", "templates/print/")  # mail programs and paper have no CSP


def inline_in(paths: Iterable[Path]) -> Iterator[str]:
    """What the content security policy would refuse."""
    for path in paths:
        text = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", "", path.read_text(), flags=re.DOTALL)
        for what, pattern in INLINE.items():
            if pattern.search(text) and not told(path).startswith(STYLED_ELSEWHERE):
                yield f"{told(path)}: {what}"


def test_templates_hold_nothing_inline() -> None:
    nothing(inline_in(tracked("templates/*.html")))


def test_inline_parts_are_caught(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<script>x</script><style>a{}</style><p style="x">a</p><a onclick="x">b</a><img src="https://cdn.example/x.png">'
    )
    assert [line.split(": ")[1] for line in inline_in([tmp_path / "a.html"])] == list(INLINE)


# --- imports and foreign words ----------------------------------------------------------------------------------------


def weasyprint_imports(paths: Iterable[Path]) -> Iterator[str]:
    """WeasyPrint is imported in one place, behind the fetcher that refuses every address."""
    for path in paths:
        if re.search(r"^\s*(?:from|import) weasyprint", path.read_text(), re.MULTILINE) and told(path) != "qms/pdf.py":
            yield f"{told(path)} imports weasyprint; use qms/pdf.py"


def foreign_words(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        if path.suffix in {".png", ".jpg", ".heic", ".pdf", ".p12", ".mo", ".xlsx", ".woff2", ".ico", ".zip"}:
            continue
        found = FOREIGN.search(path.read_text(errors="replace"))
        if found:
            yield f"{told(path)} mentions {found.group()}"


def test_weasyprint_is_imported_in_one_place() -> None:
    nothing(weasyprint_imports(product_code()))


def test_other_import_of_weasyprint_is_caught(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    from weasyprint import HTML\n")
    assert len(list(weasyprint_imports([tmp_path / "a.py"]))) == 1


def test_repository_mentions_nothing_outside_it() -> None:
    nothing(foreign_words(tracked()))


def test_mention_of_something_outside_is_caught(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("see .." + "/shared/x")
    assert len(list(foreign_words([tmp_path / "a.md"]))) == 1
