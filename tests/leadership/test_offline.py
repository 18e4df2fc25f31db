"""What a phone fetches before there is no connection."""

from typing import Any

import pytest
from django.contrib.staticfiles import finders

pytestmark = pytest.mark.django_db


def test_service_worker_serves_the_whole_site_and_loads_the_queue(client: Any):
    answer = client.get("/sw.js")
    assert (answer["Content-Type"], answer["Service-Worker-Allowed"]) == ("text/javascript", "/")
    assert answer.content.decode().startswith('importScripts("/static/js/queue.js");')
    assert answer["Cache-Control"] == "no-cache"


def test_manifest_opens_the_log_and_its_icons_exist(client: Any):
    data = client.get("/manifest.webmanifest").json()
    assert (data["start_url"], data["scope"]) == ("/log/", "/")
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in data["icons"])


def test_offline_page_needs_no_log_in(client: Any):
    answer = client.get("/offline/")
    assert answer.status_code == 200
    assert b'href="/log/"' in answer.content
