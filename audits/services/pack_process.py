"""Rendering in a process of its own that ends with the part: its memory goes back whole, nothing needs collecting.

The process is a fork, so the renderer is loaded once and not once per part. The child touches neither the database nor
the storage: it gets HTML, style sheet and pictures, and answers through a pipe. Where forking is unsafe (macOS, where
the system's font libraries refuse it) parts are rendered in the process that asks.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from qms.pdf import Assets, RenderedPdf

IS_FORKING = sys.platform == "linux"


class RenderFailed(Exception):
    """A part could not be rendered; the message says why."""


def render_apart(html: str, *, css: str, assets: Assets, identifier: bytes) -> RenderedPdf:
    """``qms.pdf.render_pdf`` in a child process. Raises RenderFailed, also when the child was killed."""
    from qms.pdf import RenderedPdf, render_pdf, warm_up  # noqa: PLC0415  loads WeasyPrint, which only workers need

    if not IS_FORKING:
        return render_pdf(html, css=css, assets=assets, identifier=identifier)
    warm_up()
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        _answer_and_end(into, html, css=css, assets=assets, identifier=identifier)
    os.close(into)
    try:
        with os.fdopen(out, "rb") as answer:
            facts, body = _read(answer)
    finally:
        _pid, status = os.waitpid(child, 0)
    if "error" in facts:
        raise RenderFailed(facts["error"])
    if not facts or status:
        words = _("The renderer ended before its work was done (code %d); it may have run out of memory.")
        raise RenderFailed(words % os.waitstatus_to_exitcode(status))
    return RenderedPdf(body=body, pages=facts["pages"], outline=facts["outline"])


def _answer_and_end(into: int, html: str, *, css: str, assets: Assets, identifier: bytes) -> NoReturn:
    """The child's whole life. It leaves by ``_exit``: what the parent has open is not the child's to close."""
    from qms.pdf import render_pdf  # noqa: PLC0415  loaded by the parent already

    code = 1
    try:
        gc.disable()  # the process ends before there is anything worth collecting
        try:
            done = render_pdf(html, css=css, assets=assets, identifier=identifier)
            facts, body = {"pages": done.pages, "outline": done.outline}, done.body
            code = 0
        except BaseException as error:  # noqa: BLE001  WeasyPrint's fatal errors are no Exceptions; all are answered
            facts, body = {"error": str(error) or repr(error)}, b""
        with os.fdopen(into, "wb") as answer:
            answer.write(json.dumps(facts).encode() + b"\n" + body)
    finally:
        os._exit(code)


def _read(answer: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """The facts (one line of JSON; none from a child that died) and the PDF after them."""
    line = answer.readline()
    return (json.loads(line) if line.endswith(b"\n") else {}), answer.read()
