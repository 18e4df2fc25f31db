"""The parts of a pack as HTML, and as PDF. Same frozen rows, same bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.utils import translation
from django.utils.translation import gettext as _

from audits.models import PackPart
from audits.services import pack_boards, pack_leadership, pack_pages
from audits.services.pack_data import FrozenPack
from audits.services.pack_process import render_apart

PAGES = {
    "clauses": ("packs/clauses.html", pack_pages.clauses),
    "leadership": ("packs/leadership.html", pack_leadership.leadership),
    "boards": ("packs/boards.html", pack_boards.boards),
    "population": ("packs/population.html", pack_pages.population),
    "trail": ("packs/trail.html", pack_pages.trail),
    "sampling": ("packs/sampling.html", pack_pages.sampling),
    "attachments": ("packs/attachments.html", pack_pages.attachments),
    "people": ("packs/people.html", pack_pages.people),
}  # fmt: skip
STAMP_CSS = (
    "@page { size: A4; margin: 0 } body { margin: 0 } p { margin: 0; height: 297mm; position: relative; "
    "break-after: page } p:last-child { break-after: auto } span { position: absolute; right: 16mm; bottom: 13.4mm; "
    'color: #62696d; font: 500 7pt Inter, "DejaVu Sans"; font-variant-numeric: tabular-nums; white-space: pre; '
    'bookmark-level: 1; bookmark-label: "-" }'
)
TOKEN = re.compile(r"var\((--[a-z0-9-]+)\)")


@dataclass
class RenderedPart:
    """A part's PDF, its number of pages and its outline (see qms/pdf.py)."""

    body: bytes
    pages: int
    outline: list[Any] = field(default_factory=list)


@lru_cache(maxsize=1)
def sheet_css() -> str:
    """The pack's style sheet with the light values of the product's tokens put in (WeasyPrint resolves them slowly)."""
    css_dir = settings.BASE_DIR / "static" / "css"
    tokens: dict[str, str] = {}
    for name, value in re.findall(r"(--[a-z0-9-]+):\s*([^;]+);", (css_dir / "tokens.css").read_text(encoding="utf-8")):
        tokens.setdefault(name, value.strip())
    return TOKEN.sub(lambda found: tokens[found[1]], (css_dir / "pack.css").read_text(encoding="utf-8"))


def part_css(frozen: FrozenPack, section: str) -> str:
    """The style sheet of a part's pages."""
    return sheet_css() + page_strings(frozen, section)


def page_strings(frozen: FrozenPack, section: str) -> str:
    """The running words of a part's pages, as CSS."""
    organization = frozen.data["organization"]["name"]
    claim = _("Prepared by the organization; not a conformity decision")
    return (
        f"@page {{ @top-left {{ content: {_css(section)}; }} "
        f"@top-right {{ content: {_css(f'{organization} · {frozen.pack.reference}')}; }} "
        f"@bottom-left {{ content: {_css(f'{claim} · {frozen.edition_name}')}; }} }}"
    )


def _css(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'


def base_context(frozen: FrozenPack) -> dict[str, Any]:
    """What every page of a pack may use."""
    return {
        "pack": frozen.pack, "language": frozen.data["language"], "organization": frozen.data["organization"],
        "software": frozen.data["software"], "checkpoint": frozen.data["checkpoint"],
        "document_title": f"{frozen.pack.reference} {frozen.pack.title}",
        "cutoff_iso": frozen.local(frozen.cutoff_at).isoformat(timespec="seconds"),
        "is_initials": frozen.redactor is not None, "has_photos": frozen.pack.has_photos,
    }  # fmt: skip


def html_of(frozen: FrozenPack, template: str, context: dict[str, Any]) -> str:
    """A template as HTML. Moments are printed in the zone they carry, not in the server's."""
    page = Context({**base_context(frozen), **context}, use_tz=False)
    return str(get_template(template).template.render(page))  # type: ignore[attr-defined]


def part_html(part: PackPart, frozen: FrozenPack) -> str:
    """The HTML of one part."""
    template, build = PAGES[part.spec["form"]]
    with translation.override(frozen.data["language"]):
        return html_of(frozen, template, build(frozen, part.spec))


def render_part(part: PackPart) -> RenderedPart:
    """Render one part of a frozen pack. Raises what WeasyPrint or a missing frozen row raises."""
    frozen = FrozenPack(part.pack)
    return render_html(frozen, part_html(part, frozen), section=part.title)


def render_html(frozen: FrozenPack, html: str, *, section: str, is_stamp: bool = False) -> RenderedPart:
    """HTML of this pack as PDF/A-3u with its running words and pictures; a stamp has no running words."""
    with translation.override(frozen.data["language"]):
        css = STAMP_CSS if is_stamp else part_css(frozen, section)
    done = render_apart(html, css=css, assets=frozen.photos.get, identifier=frozen.pack.uid.bytes)
    return RenderedPart(body=done.body, pages=done.pages, outline=done.outline)
