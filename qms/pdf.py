"""HTML to PDF. The only module that imports WeasyPrint; it takes a second to load, so import it where you render.

Nothing is ever fetched: neither the network nor the file system. A page names its pictures as ``evidence:///<name>``
and the caller's ``assets`` answers for each name; every other address is refused and left blank.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse, URLFetchingError

SCHEME = "evidence:///"
Assets = Callable[[str], tuple[str, bytes] | None]
"""From a name to (media type, bytes), or None when there is no such thing."""
OutlineEntry = list[Any]
"""[title, page counted from 0, x, y in points from the top left, children, anchor]."""


class EvidenceFetcher(URLFetcher):
    """Answers for ``evidence:///`` and for ``data:``; refuses everything else, redirects included."""

    def __init__(self, assets: Assets | None = None) -> None:
        super().__init__(allowed_protocols={"data", "evidence"}, allow_redirects=False)
        self.assets = assets

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        """The asset, or URLFetchingError."""
        if url.startswith(SCHEME):
            found = self.assets(url.removeprefix(SCHEME)) if self.assets else None
            if found is not None:
                return URLFetcherResponse(url, found[1], {"Content-Type": found[0]})
        elif url.startswith("data:"):
            return super().fetch(url, headers)
        raise URLFetchingError(f"Refused: {url[:80]}")


@dataclass
class RenderedPdf:
    """A PDF with what a table of contents needs to know of it."""

    body: bytes
    pages: int
    outline: list[OutlineEntry] = field(default_factory=list)


@contextmanager
def collector_off() -> Iterator[None]:
    """No garbage collection during a render (a quarter faster); one collection at its end keeps the memory down.

    Where the caller has switched the collector off (a process that ends soon), nothing is collected at the end either.
    """
    was_on = gc.isenabled()
    gc.disable()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # WeasyPrint leaves its colour profile to the collector
        try:
            yield
        finally:
            if was_on:
                gc.enable()
                gc.collect()
                _give_back_memory()


def _give_back_memory() -> None:
    """Hand freed memory back to the system (glibc keeps it otherwise); elsewhere nothing happens."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


@lru_cache(maxsize=1)
def warm_up() -> None:
    """Render an empty page, once per process: whatever is forked from it afterwards begins with everything loaded."""
    render_pdf("<p>", css="")


def render_pdf(
    html: str, *, css: str, assets: Assets | None = None, variant: str | None = "pdf/a-3u", identifier: bytes = b""
) -> RenderedPdf:
    """Render one document. Same input, same bytes, in any process. Raises what WeasyPrint raises for broken input.

    ``identifier`` becomes the first half of the PDF's /ID. Dates of the document are those of its own
    ``<meta name="dcterms.created">``; there are no others.
    """
    with collector_off():
        return _rendered(html, css, EvidenceFetcher(assets), variant, identifier or None)


def _rendered(html: str, css: str, fetcher: EvidenceFetcher, variant: str | None, name: bytes | None) -> RenderedPdf:
    """The document is this function's own, so that the collection after it finds all of it."""
    fonts = FontConfiguration()
    sheet = CSS(string=css, url_fetcher=fetcher, base_url=SCHEME, font_config=fonts)
    document = HTML(string=html, base_url=SCHEME, url_fetcher=fetcher).render(
        font_config=fonts, stylesheets=[sheet], pdf_variant=variant, pdf_identifier=name
    )
    outline = [_outline(entry) for entry in document.make_bookmark_tree()]
    body = document.write_pdf(pdf_variant=variant, pdf_identifier=name)
    return RenderedPdf(body=body, pages=len(document.pages), outline=outline)


def pdf_date(at: datetime) -> str:
    """A moment as ``<meta name="dcterms.created">`` wants it."""
    return at.isoformat(timespec="seconds")


def _outline(entry: Any) -> OutlineEntry:
    title, (page, x, y), children, _state = entry
    return [title, page, round(x, 2), round(y, 2), [_outline(child) for child in children]]
