"""The Evidence page: what it shows, to whom, and at what cost."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qms.models import Clause, TrailEntry
from tests.factories import (
    ActivityTypeFactory,
    ClauseFactory,
    MappingFactory,
    SiteFactory,
    hiro,
    logged_activity,
    omar,
    yusuf,
)

pytestmark = pytest.mark.django_db


def page(client: Client, name: str = "evidence", *args: object, **query: object) -> str:
    response = client.get(reverse(f"qms:{name}", args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def test_page_shows_status_reason_and_the_newest_record(client: Client) -> None:
    MappingFactory()
    user = yusuf()
    activity = logged_activity(user, at=timezone.now())
    client.force_login(user)
    body = page(client)
    assert activity.reference in body
    assert "Floor walk: 1 record in 90 days; newest" in body
    assert reverse("qms:record", args=[activity.uid]) in body


def test_page_unfolds_the_commitments_and_shows_gaps(client: Client) -> None:
    call_command("load_clauses", verbosity=0)
    client.force_login(yusuf())
    body = page(client)
    assert (
        body.index("Leadership clauses")
        < body.index("5.1.1 i)")
        < body.index("Clauses they lean on")
        < body.index("9.1.2")
    )
    assert "No kind of record counts for this clause." in body
    assert "8.6" not in body
    assert "8.6" in page(client, show="all")


def test_other_site_sees_nothing_of_it(client: Client) -> None:
    clause = MappingFactory().clause
    activity = logged_activity(yusuf(), at=timezone.now())
    client.force_login(omar())
    assert activity.reference not in page(client)
    assert activity.reference not in page(client, "evidence-clause", clause.pk)
    assert "Choose a valid option" in page(client, site=SiteFactory().pk) or "Select a valid choice" in page(
        client, site=SiteFactory().pk
    )


def test_earlier_day_shows_how_it_stood(client: Client) -> None:
    MappingFactory()
    user, now = yusuf(), timezone.now()
    activity = logged_activity(user, at=now, days_ago=1)
    client.force_login(user)
    day = (activity.occurred_on - timedelta(days=1)).isoformat()
    assert activity.reference not in page(client, on=day)
    assert "nobody knows later evidence" in page(client, on=(now + timedelta(days=9)).date().isoformat())


def test_clause_page_lists_its_records_newest_first_and_pages_by_key(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qms.services import coverage_page

    monkeypatch.setattr(coverage_page.records_of, "__kwdefaults__", {"after": "", "before": "", "size": 2})
    parent = ClauseFactory(number="5.1", max_age_days=None)
    clause = MappingFactory(clause=ClauseFactory(parent=parent)).clause
    user = yusuf()
    found = [logged_activity(user, at=timezone.now(), days_ago=n).reference for n in range(5)]
    client.force_login(user)
    for pk in (clause.pk, parent.pk):
        first = client.get(reverse("qms:evidence-clause", args=[pk]))
        pages = [[r.reference for r, _kind in first.context["records"]]]
        key = first.context["page"].next_key
        second = client.get(reverse("qms:evidence-clause", args=[pk]), {"after": key})
        pages.append([r.reference for r, _kind in second.context["records"]])
        back = client.get(reverse("qms:evidence-clause", args=[pk]), {"before": second.context["page"].previous_key})
        assert pages == [found[:2], found[2:4]]
        assert [r.reference for r, _kind in back.context["records"]] == found[:2]


def test_confidential_record_counts_but_is_not_listed(client: Client) -> None:
    clause = MappingFactory().clause
    activity = logged_activity(hiro(), at=timezone.now(), is_confidential=True)
    client.force_login(yusuf())
    body = page(client, "evidence-clause", clause.pk)
    assert activity.reference not in body
    assert "they are confidential" in body


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_export_holds_what_is_shown_and_is_in_the_trail(client: Client, kind: str) -> None:
    MappingFactory()
    user = yusuf()
    client.force_login(user)
    response = client.get(reverse("qms:evidence-export"), {"format": kind})
    body = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert body.startswith(b"PK" if kind == "xlsx" else b"\xef\xbb\xbfClause,Title,Status")
    assert TrailEntry.objects.filter(chain=user.trail_key, verb="records.exported").count() == 1


def test_queries_do_not_follow_rows_and_stay_below_twelve(client: Client) -> None:
    call_command("load_clauses", verbosity=0)
    user = yusuf()
    client.force_login(user)
    clause = Clause.objects.get(edition__is_default=True, number="5.1.1", letter="f")
    logged_activity(user, at=timezone.now())
    counts = []
    for more in (0, 3):
        for n in range(more):
            other = ActivityTypeFactory(slug=f"coaching{n}", label="Coaching", prefix="COACH")
            logged_activity(user, at=timezone.now(), days_ago=n, activity_type=other)
            logged_activity(user, at=timezone.now(), days_ago=n)
        for address in (reverse("qms:evidence"), reverse("qms:evidence-clause", args=[clause.pk])):
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert max(counts) <= 12


def test_page_without_catalogue_says_what_is_needed(client: Client) -> None:
    client.force_login(yusuf())
    assert "No evidence to show" in page(client)
