"""“Page n of N”: its pieces are rendered once; pack_merge.py puts them together on every page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from audits.services import pack_render
from audits.services.pack_data import FrozenPack
from audits.services.pack_merge import POINTS, STAMP_PIECES

EDGE = (210 - 16) * 96 / 25.4
"""CSS pixels from the left edge of an A4 page to where every piece ends (see STAMP_CSS in pack_render.py)."""
NUMBER = "%(n)d"


@dataclass(frozen=True)
class Stamps:
    """A PDF with one page for each of STAMP_PIECES, and how wide they are, in points."""

    body: bytes
    widths: dict[str, float]


def stamps(frozen: FrozenPack, total: int) -> Stamps:
    """Render the pieces for a document of ``total`` pages."""
    before, after = _("Page %(n)d of %(total)d").replace("%(total)d", str(total)).split(NUMBER)
    words = [*STAMP_PIECES[:-2], before, after]
    html = pack_render.html_of(frozen, "packs/stamps.html", {"words": words})
    done = pack_render.render_html(frozen, html, section="", is_stamp=True)
    starts = {page: x for _title, page, x, _y, _children in done.outline}
    return Stamps(
        done.body,
        {piece: round((EDGE - starts.get(page, EDGE)) * POINTS, 3) for page, piece in enumerate(STAMP_PIECES)},
    )
