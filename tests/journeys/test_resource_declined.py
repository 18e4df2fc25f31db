"""A training request that is declined: a supervisor asks, the head of production asks back, then signs for the risk.

What was declined is an accepted risk with an end, and an objective whose target says what can still be reached; all
three stand in the packs of 7.1, 6.1 and 6.2 by the catalogue and the mappings that ship. When the acceptance runs out,
the request waits for its decision again.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from audits.models import Pack
from leadership.models import ResourceDecision, ResourceRequest
from leadership.tasks.resource_request import follow_acceptances
from objectives.models import Objective, ObjectiveTarget, Risk, RiskAcceptance
from objectives.tasks.risk import expire_acceptances
from qms.models import Organization, Signature, User
from tests.factories import PASSWORD, AreaFactory, cast_member
from tests.journeys.conftest import OpenPage
from tests.journeys.stage import Clock, Player, Stage
from tests.objectives.objectives import approved

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
TITLE = "Two setters trained on the new controller"
WITHOUT = "Only one person can set line 3; when he is ill the line stands."
WHY = "No training budget before the new year."
CLAUSES = {"7.1": (1, TITLE), "6.1": (1, WITHOUT), "6.2": (1, "Scrap of line 3 at 2 %")}


@dataclass(frozen=True)
class People:
    """Who plays: a supervisor, the head of production, the plant manager."""

    tom: User
    ana: User
    yusuf: User


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch, datetime(2026, 11, 23, 16, tzinfo=UTC))


@pytest.fixture
def people(clock: Clock, settings: Any, tmp_path: Path) -> People:
    """A plant as `manage.py setup` leaves it, with three people in line and an approved objective."""
    settings.SIGNING_KEY_FILE = tmp_path / "signing" / "key.p12"
    Organization.objects.create(pk=1, name="Cordillera Components", time_zone="America/Denver", currency="USD")
    call_command("setup", no_static=True)
    AreaFactory(name="CNC line 3")
    found = People(cast_member("Tom Alder"), cast_member("Ana Ruiz"), cast_member("Yusuf Chen"))
    for user, boss in ((found.tom, found.ana), (found.ana, found.yusuf)):
        user.person.manager = boss.person
        user.person.save(update_fields=["manager"])
    approved(found.yusuf)
    return found


@pytest.fixture(params=["phone", "desktop"])
def stage(request: pytest.FixtureRequest, open_page: OpenPage, shot: Callable[..., None]) -> Stage:
    return Stage(open_page, request.param, shot)


def test_declined_training_is_a_risk_somebody_signs(
    stage: Stage, people: People, clock: Clock, tmp_path: Path
) -> None:  # fmt: skip
    ask_for_it(stage.enter(people.tom))
    ask_back(stage.enter(people.ana))
    answer(stage.enter(people.tom))
    clock.set(datetime(2026, 12, 3, 16, tzinfo=UTC))
    decline(stage.enter(people.ana))
    read_what_stands(stage.enter(people.tom))
    for clause in CLAUSES:
        holds_its_part(request_pack(stage.enter(people.yusuf), clause, tmp_path / f"{clause}.pdf"), clause)
    clock.set(datetime(2027, 3, 1, 16, tzinfo=UTC))
    comes_back(stage.enter(people.ana))


def ask_for_it(asker: Player) -> None:
    """What is needed, for what, and what happens without it; the one above decides."""
    asker.go("/leadership/resources/").follow("Ask for something").reads("Above you, Ana Ruiz may decide.")
    asker.fill(title=TITLE, resource="Training", needed_on="2027-01-15", amount="4200", amount_unit="in money, once")
    asker.fill(without_it=WITHOUT, objective_served="Scrap of line 3", area="CNC line 3")
    asker.send("Send it").reads("Ana Ruiz is asked to decide", "4,200 USD", WITHOUT)


def ask_back(decider: Player) -> None:
    decider.go("/leadership/resources/?view=decide").follow(TITLE).follow("Ask something first")
    decider.fill(question="Why two and not one?").send("Ask something first").reads("A question waits for Tom Alder")


def answer(asker: Player) -> None:
    asker.go("/leadership/resources/?view=mine").follow(TITLE).follow("Answer the question")
    asker.reads("Why two and not one?").fill(answer="Two shifts, and one falls ill.").send("Answer the question")
    asker.reads("Ana Ruiz is asked to decide", "Two shifts, and one falls ill.")


def decline(decider: Player) -> None:
    """Nothing happens by halves: words missing or a wrong password, and all that was typed is still there."""
    decider.page.guard.allow("422")  # type: ignore[attr-defined]
    decider.go("/leadership/resources/").reads("8 to 14 days").follow(TITLE).follow("Decide")
    decider.page.get_by_role("link", name=re.compile("Decline it")).click()
    decider.look().reads("With it you say, by name and for everybody to read", "2 % by 27 Dec 2026")
    expect(decider.page.locator("#id_title")).to_have_value(WITHOUT)
    decider.fill(why=WHY, void_if="The contractor leaves", expires_on="2027-03-01", password=PASSWORD)
    decider.send("Sign and decline", refused="Say what holds meanwhile.")
    expect(decider.page.locator("#id_why")).to_have_value(WHY)
    for level in ("likelihood_2", "impact_3"):  # the third and the fourth of five
        decider.page.locator(f"#id_{level}").check()
    decider.fill(compensating_control="A contractor is on call", password="not my password")
    decider.send("Sign and decline", refused="The password is not right")
    decider.fill(password=PASSWORD).send(
        "Sign and decline", refused="Without the resource the target cannot stay as it is"
    )
    assert (Risk.objects.count(), RiskAcceptance.objects.count(), ResourceDecision.objects.count()) == (0, 0, 0)
    decider.fill(target_value="2.6", password=PASSWORD).send("Sign and decline")
    decider.reads("Signed by Ana Ruiz.", "Declined", WHY, "1 Mar 2027", "A contractor is on call")


def read_what_stands(asker: Player) -> None:
    """Who asked reads who answers for it, until when, and what the target is now; the old one beside it."""
    asker.go("/leadership/resources/?view=mine").follow(TITLE)
    asker.reads("Ana Ruiz", "The target, adjusted", "2.6 %", "I decline this and bear the risk until 1 Mar 2027")
    expect(asker.main.locator(".resource-targets del")).to_have_text("2 % by 27 Dec 2026")
    request = ResourceRequest.objects.get()
    assert Signature.objects.filter(name="Ana Ruiz").count() == 3
    assert [target.target_value for target in ObjectiveTarget.objects.order_by("number")] == [
        Decimal(2),
        Decimal("2.6"),
    ]
    asker.follow(WITHOUT).reads("Accepted", request.reference, "A contractor is on call")


def request_pack(leader: Player, clause: str, target: Path) -> Path:
    """Ask for the clause, wait for the build, take a copy."""
    leader.go(f"/evidence/packs/request/?edition=iso-9001-2026&clause={clause}")
    leader.send("Build the pack").reads("Signature and hashes")
    with leader.page.expect_download() as started:
        leader.page.get_by_role("button", name=re.compile("Download the PDF")).click()
    started.value.save_as(target)
    return target


def holds_its_part(pack: Path, clause: str) -> None:
    """The request, the accepted risk, the adjusted target: each in the pack of its clause, with the reference."""
    words = " ".join(
        subprocess.run(["pdftotext", pack, "-"], capture_output=True, text=True, check=True).stdout.split()
    )
    request, acceptance = ResourceRequest.objects.get(), RiskAcceptance.objects.get()
    n, title = CLAUSES[clause]
    assert Pack.objects.order_by("-pk").first().item_count == n  # type: ignore[union-attr]
    wanted = {
        "7.1": ["Declined", "Ana Ruiz", WHY, "Two shifts, and one falls ill.", "1 Mar 2027", "2 %, 27 Dec 2026",
                "2.6 %, 27 Dec 2026", "A contractor is on call", "I decline this and bear the risk until 1 Mar 2027"],
        "6.1": [acceptance.risk.reference, "A contractor is on call", "The contractor leaves",
                "I accept this risk until 1 Mar 2027"],
        "6.2": [Objective.objects.get().reference, "2.6 %", "2 %", "was not provided", "I approve the changed target"],
    }[clause]  # fmt: skip
    assert [text for text in [title, request.reference, *wanted] if text not in words] == []


def comes_back(decider: Player) -> None:
    """The acceptance has run out: the risk is open, and the request waits for its decision again."""
    expire_acceptances.delay()
    follow_acceptances.delay()
    decider.go("/leadership/resources/?view=decide").follow(TITLE)
    decider.reads("It was decided before and has come back.", "Decided before")
    assert (Risk.objects.get().status, ResourceRequest.objects.get().status) == ("rated", "requested")
