"""HTML to PDF: nothing is fetched, the same input gives the same bytes."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from weasyprint.urls import URLFetchingError

from qms.pdf import EvidenceFetcher, render_pdf

PAGE = '<html lang="en"><title>x</title><meta name="dcterms.created" content="2026-11-20T15:30:00+00:00"><h1>%s</h1>'


@pytest.fixture
def hits() -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return None

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def test_render_asks_no_server_and_reads_no_file(hits: tuple[str, list[str]], tmp_path: Path) -> None:
    address, asked = hits
    (tmp_path / "secret.txt").write_text("SECRET-WORD")
    secret = (tmp_path / "secret.txt").as_uri()
    html = (
        PAGE % "a" + f'<link rel="stylesheet" href="{address}/a.css"><link rel="attachment" href="{secret}">'
        f'<img src="{address}/b.png"><object data="{address}/c"></object>'
        f'<div style="background:url({address}/d)">x</div>'
        f'<svg><image href="{address}/e.png"/></svg><a rel="attachment" href="{secret}">f</a>'
    )
    done = render_pdf(html, css=f'@import url("{address}/g.css");')
    assert asked == []
    assert b"SECRET-WORD" not in done.body
    assert b"/EmbeddedFile" not in done.body


@pytest.mark.parametrize("url", ["file:///etc/hostname", "http://localhost/", "evidence:///unknown", "ftp://x/"])
def test_fetcher_refuses(url: str) -> None:
    with pytest.raises(URLFetchingError):
        EvidenceFetcher().fetch(url)


def test_same_input_gives_the_same_bytes() -> None:
    first, second = (render_pdf(PAGE % "Same", css="h1 { font-family: Inter }") for _ in range(2))
    assert first.body == second.body


def test_outline_has_title_and_place() -> None:
    done = render_pdf(PAGE % "Chapter", css="@page { size: A4; margin: 10mm }")
    assert (done.pages, done.outline[0][0], done.outline[0][1]) == (1, "Chapter", 0)
