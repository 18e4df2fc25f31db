"""What is told, and what is built, when workers are killed and Redis and the mail server are away: nothing is lost.

Every test counts: what was asked for, what came, and how often. A crash may double the one letter that was on its way;
the copies bear the same Message-ID. Dead workers' claims are made old by hand instead of waiting ten minutes.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

import pytest

from tests.live.plant import Plant
from tests.live.product import eventually

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("outage")]

PEOPLE = """
from django.utils import timezone
from datetime import timedelta
from objectives.models import ImprovementAction
from qms.models import Person, Record, ReminderRule, Site, User
from qms.models.person import searchable
from qms.services import record
at = timezone.now()
by = User.objects.get(email="hiro.weber@plant.example")
Record.objects.filter(kind="improvement_action").update(phase="closed")  # those of the tests before
site = Site.objects.order_by("pk")[0]
ReminderRule.objects.exclude(slug="{name}").update(paused_at=at)
ReminderRule.objects.create(
    slug="{name}", name="{name}", kind="improvement_action", event="due", before_days=[0], recipients=["owner"],
    channel="mail", quiet_from="00:00", quiet_until="00:00", is_working_days_only=False, created_at=at,
    from_on=at.date() - timedelta(days=9))
for n in range({count}):
    person = Person.objects.create(
        name=f"{name} {{n}}", search_name=searchable(f"{name} {{n}}"), email=f"p{{n}}@{name}.example", site=site)
    action = ImprovementAction(
        title="Fix the gauge", site=site, owner=person, due_on=at.date() - timedelta(days=1), status="in_progress",
        occurred_on=at.date() - timedelta(days=1))
    record.seal(record.open_new(action, by=by, at=at), "improvement_action.opened", by=by, at=at)
"""
REMIND = "from qms.tasks.reminder import remind; remind.delay()"
SWEEP = "from qms.tasks.outbox import sweep; sweep.delay()"
ACTS = """
import uuid
from django.test import Client
from leadership.models import ActivityType, Activity
from leadership.services import corroboration
from qms.models import Person, RecordPerson, User
from qms.models.person import searchable
from django.utils import timezone
user = User.objects.get(email="hiro.weber@plant.example")
client = Client(headers={"host": "localhost"})
client.force_login(user)
rows = {"stops-TOTAL_FORMS": "0", "stops-INITIAL_FORMS": "0", "follow_ups-TOTAL_FORMS": "0",
        "follow_ups-INITIAL_FORMS": "0"}
for n in range(10):
    met = Person.objects.create(
        name=f"Outage {n}", search_name=searchable(f"Outage {n}"), email=f"p{n}@outage.example", site=user.person.site)
    uid = str(uuid.uuid4())
    entry = rows | {"uid": uid, "activity_type": "vision-communicated", "title": f"Outage act {n}"}
    answer = client.post("/log/", entry, headers={"accept": "application/json"})
    assert answer.status_code in (200, 201), (answer.status_code, answer.content[:2000])
    act = Activity.objects.get(uid=uid)
    RecordPerson.objects.create(record=act, person=met, name=met.name, part="met")
    chosen = act.participants.filter(part="met").values_list("pk", flat=True)
    corroboration.invite(act, participant_ids=chosen, by=user, at=timezone.now())
print("logged", Activity.objects.filter(title__startswith="Outage act").count())
"""
PACK = """
from datetime import timedelta
from django.utils import timezone
from leadership.models import Activity, ActivityType
from qms.services import record
from audits.services import pack
from audits.services.pack_selection import PackScope
from qms.models import Clause, Site, User
at = timezone.now()
by = User.objects.get(email="hiro.weber@plant.example")
for n in range(60):
    act = Activity(
        activity_type=ActivityType.objects.all()[n % 5], title=f"Act {n}", status="logged", site=by.person.site,
        owner=by.person, happened_at=at, occurred_on=at.date() - timedelta(days=2 + n % 30), notes="Said. " * 200)
    record.seal(record.open_new(act, by=by, at=at), "activity.logged", by=by, at=at)
clauses = list(Clause.objects.filter(edition__is_default=True, number__in=["5.1.1", "5.2.2", "6.1", "6.2", "10.1"]))
scope = PackScope(
    sites=list(Site.objects.order_by("pk")[:1]), edition=clauses[0].edition, clauses=clauses,
    from_on=at.date() - timedelta(days=400), to_on=at.date(), purpose="Outage", has_photos=False, names="full")
pack.request(scope, by=by, at=at)
"""
PACK_SWEEP = "from audits.tasks.pack import sweep; sweep.delay()"


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """With a Redis of its own where the suite has one, otherwise with messages in files, as on one machine."""
    plant = Plant(tmp_path_factory.mktemp("plant"), has_redis="TEST_REDIS_URL" in os.environ)
    try:
        yield plant.open()
    finally:
        plant.close()


@pytest.fixture(autouse=True)
def nothing_left_running(plant: Plant) -> Iterator[None]:
    yield
    for process in plant.started:
        if process.poll() is None:
            plant.kill(process)
    plant.mail.delay = 0.0
    plant.mail.before_taking = plant.mail.after_taking = lambda: None


def sent(plant: Plant, name: str) -> int:
    """How many reminders of a rule the database knows as told."""
    return int(plant.ask(f"SELECT count(*) FROM qms_reminder WHERE rule_slug = '{name}' AND status = 'sent'")[0][0])


def test_killed_in_a_batch_of_mail_loses_none_and_doubles_one_at_most(plant: Plant) -> None:
    plant.do(PEOPLE.format(name="batch", count=40))
    plant.mail.delay = 0.1
    worker = plant.worker()
    plant.do(REMIND)
    eventually(lambda: len(plant.mail.ids_to("batch.example")) >= 8)
    plant.kill(worker)
    assert 0 < sent(plant, "batch") < 40
    plant.mail.delay = 0.0
    plant.let_claims_grow_old()
    plant.worker()
    plant.do(SWEEP)
    eventually(lambda: sent(plant, "batch") == 40)
    ids = plant.mail.ids_to("batch.example")
    assert len(set(ids)) == 40
    assert len(ids) <= 41


@pytest.mark.parametrize(("moment", "copies"), [("before_taking", 1), ("after_taking", 2)])
def test_killed_between_claim_and_send(plant: Plant, moment: str, copies: int) -> None:
    name = moment.replace("_", "-")
    plant.do(PEOPLE.format(name=name, count=1))
    worker, reached = plant.worker(), threading.Event()

    def end_the_sender() -> None:
        if not reached.is_set():
            plant.kill(worker)
            reached.set()

    setattr(plant.mail, moment, end_the_sender)
    plant.do(REMIND)
    assert reached.wait(60)
    claimed = f"""SELECT m.status FROM qms_outboxmessage m JOIN qms_person p ON p.id = m.person_id
                  WHERE p.email = 'p0@{name}.example'"""
    assert plant.ask(claimed) == [("claimed",)]
    plant.let_claims_grow_old()
    plant.worker()
    plant.do(SWEEP)
    eventually(lambda: sent(plant, name) == 1)
    ids = plant.mail.ids_to(f"{name}.example")
    assert (len(ids), len(set(ids))) == (copies, 1)


def test_acts_logged_while_redis_and_mail_are_away_reach_everybody_afterwards(plant: Plant) -> None:
    plant.worker()
    plant.beat()
    plant.stop_redis()
    plant.mail.stop()
    try:
        assert "logged 10" in plant.do(ACTS)
        waiting = "SELECT count(*) FROM qms_outboxmessage WHERE letter = 'corroboration' AND status <> 'sent'"
        assert plant.ask(waiting) == [(10,)]
    finally:
        with contextlib.suppress(OSError):
            plant.mail.start()
        plant.start_redis()
    plant.ask("UPDATE qms_outboxmessage SET next_at = created_at WHERE status = 'failed'")
    eventually(lambda: plant.ask(waiting) == [(0,)], seconds=150)
    ids = plant.mail.ids_to("outage.example")
    assert (len(ids), len(set(ids))) == (10, 10)


def test_killed_in_the_middle_of_a_pack_builds_it_once(plant: Plant) -> None:
    worker = plant.worker()
    plant.do(PACK)
    parts = "SELECT count(*) FROM audits_packpart p JOIN audits_pack k ON k.record_ptr_id = p.pack_id WHERE p.status = "
    eventually(lambda: plant.ask(parts + "'done' AND k.purpose = 'Outage'")[0][0] >= 1, seconds=90)
    plant.kill(worker)
    status = "SELECT status FROM audits_pack WHERE purpose = 'Outage'"
    assert plant.ask(status) == [("building",)]
    plant.let_claims_grow_old()
    plant.worker()
    plant.do(PACK_SWEEP)
    eventually(
        lambda: plant.ask("SELECT status FROM audits_pack WHERE purpose = 'Outage'") == [("ready",)], seconds=150
    )
    assert plant.ask(
        "SELECT count(*) FROM qms_trailentry t JOIN audits_pack k ON k.record_ptr_id = t.record_id "
        "WHERE k.purpose = 'Outage' AND t.verb = 'pack.ready'"
    ) == [(1,)]
