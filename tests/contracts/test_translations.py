"""Every text of the pages a shop floor sees has a Spanish translation that fits."""

from __future__ import annotations

import subprocess
from pathlib import Path

from django.conf import settings
from django.utils.translation.template import templatize

from qms import shop_floor

CATALOGUE = settings.BASE_DIR / "locale" / "es" / "LC_MESSAGES" / "django.po"
KEYWORDS = ("_", "gettext_noop", "gettext_lazy", "ngettext_lazy:1,2", "pgettext:1c,2", "npgettext:1c,2,3")


def collected(folder: Path) -> Path:
    """The texts of all those files, as a template to translate."""
    sources = []
    for number, path in enumerate(shop_floor.files(settings.BASE_DIR)):
        text = path.read_text(encoding="utf-8")
        source = folder / f"{number}.py"
        source.write_text(templatize(text, origin=str(path)) if path.suffix == ".html" else text, encoding="utf-8")
        sources.append(str(source))
    target = folder / "all.pot"
    keywords = [f"--keyword={keyword}" for keyword in KEYWORDS]
    subprocess.run(
        ["xgettext", "-L", "Python", "--from-code=UTF-8", *keywords, "-o", str(target), *sources], check=True
    )
    return target


def test_every_text_of_the_shop_floor_is_in_spanish(tmp_path: Path) -> None:
    command = ["msgcmp", str(CATALOGUE), str(collected(tmp_path))]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"Run `make translations` and translate:\n{done.stderr}"


def test_every_translation_keeps_its_placeholders() -> None:
    command = ["msgfmt", "--check", "-o", "/dev/null", str(CATALOGUE)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_pattern_still_names_a_file() -> None:
    assert [pattern for pattern in shop_floor.PATTERNS if not list(settings.BASE_DIR.glob(pattern))] == []
