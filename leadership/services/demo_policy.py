"""The quality policy at the demo plant: a version that was superseded, the current one in three languages, who read it.

Of the second campaign about four in five have acknowledged, some with their PIN; it runs past its day, and the question
made some people read twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction

from leadership.models import AcknowledgementCampaign, Addressee, Policy
from leadership.services import acknowledgement, acknowledgement_letter, acknowledgement_link
from leadership.services import policy as service
from leadership.services.demo_improvement_action import Plant
from objectives.models import StrategicGoal
from qms.models import OutboxMessage
from qms.services import person as person_service

NAMESPACE = uuid.UUID("5f0c6f10-36c1-4ad5-93a0-2f1b8f7d5201")
EDITOR, DIRECTOR = "hiro.weber", "ximena.vega"
WITH_PIN = 10
FIRST = """We make precision components that fit and last.

- We deliver what was agreed, on the day that was agreed.
- We meet our customers' requirements and those of the law.
- We set ourselves objectives every year and report on them.
- We improve continually.
"""
SECOND = """We make precision components that fit and last. People's safety hangs on some of them.

## What we promise

- We deliver what was agreed. **Nobody ships a part that does not fit, whatever the schedule says.**
- Anybody may stop a machine or a delivery for quality, and is thanked for it.
- We meet our customers' requirements and those of the law.

## How we keep it

- Every area has objectives that serve this policy; their figures hang where the work is done.
- Leaders come to the floor every week, ask, and close what they promised.
- We improve continually, with the people who do the work.
"""
SPANISH = """Fabricamos componentes de precisión que ajustan y duran. De algunos depende la seguridad de las personas.

## Lo que prometemos

- Entregamos lo acordado. **Nadie envía una pieza que no ajusta, diga lo que diga el plazo.**
- Cualquiera puede parar una máquina o un envío por calidad, y se le agradece.
- Cumplimos los requisitos de nuestros clientes y los de la ley.

## Cómo lo cumplimos

- Cada área tiene objetivos que sirven a esta política; sus cifras están donde se trabaja.
- Los líderes vienen a la planta cada semana, preguntan y cierran lo que prometieron.
- Mejoramos continuamente, con quienes hacen el trabajo.
"""
GERMAN = """Wir fertigen Präzisionsteile, die passen und halten. Von einigen hängt die Sicherheit von Menschen ab.

## Was wir versprechen

- Wir liefern, was vereinbart ist. **Niemand versendet ein Teil, das nicht passt, was immer der Terminplan sagt.**
- Jeder darf eine Maschine oder eine Lieferung für die Qualität anhalten, und es wird ihm gedankt.
- Wir erfüllen die Anforderungen unserer Kunden und die des Gesetzes.

## Wie wir es halten

- Jeder Bereich hat Ziele, die dieser Politik dienen; ihre Zahlen hängen dort, wo gearbeitet wird.
- Führungskräfte kommen jede Woche in die Fertigung, fragen und lösen ein, was sie versprochen haben.
- Wir verbessern uns fortlaufend, mit denen, die die Arbeit tun.
"""
QUESTION: dict[str, Any] = {
    "question": "A part does not fit and the truck is waiting. What do you do?",
    "right_answer": "I stop the delivery and say so",
    "wrong_answers": ["I ship it and write a note", "I wait until somebody of quality comes by"],
    "explanation": "Anybody may stop a delivery for quality. Nobody ships a part that does not fit.",
}


def tell(plant: Plant) -> int:
    """Tell both versions and who read them; what is there from an interrupted load is left alone. Returns how many."""
    with transaction.atomic():
        _first(plant)
    with transaction.atomic():
        _second(plant)
    waiting = OutboxMessage.objects.filter(letter=acknowledgement_letter.LETTER, status=OutboxMessage.Status.PENDING)
    waiting.update(status=OutboxMessage.Status.DROPPED, dropped_reason="Told at the shift meetings of the demo plant")
    return Policy.objects.count()


def _uid(what: str) -> uuid.UUID:
    return uuid.uuid5(NAMESPACE, what)


def _first(plant: Plant) -> None:
    if Policy.objects.filter(uid=_uid("first")).exists():
        return
    editor, director = plant.users[EDITOR], plant.users[DIRECTOR]
    policy = service.draft(
        uid=_uid("first"), title="Quality policy of Ridgeline Precision Components", text=FIRST,
        owner=director.person, site=plant.site, by=editor, at=plant.at(505),
    )  # fmt: skip
    policy = service.submit(policy, by=editor, at=plant.at(503))
    review_on = plant.today - timedelta(days=140)
    policy = service.approve(policy, review_on=review_on, method="password", by=director, at=plant.at(500, 15))
    campaign = acknowledgement.ask(
        policy, uid=_uid("first read"), due_on=plant.today - timedelta(days=450), owner=editor.person,
        for_sites=[plant.site], target_percent=85, by=editor, at=plant.at(498),
    )  # fmt: skip
    _read(plant, campaign, share=(10, 11), first_ago=497, last_ago=452)


def _second(plant: Plant) -> None:
    if Policy.objects.filter(uid=_uid("second")).exists():
        return
    editor, director = plant.users[EDITOR], plant.users[DIRECTOR]
    policy = service.draft(
        uid=_uid("second"), title="Quality policy of Ridgeline Precision Components", text=SECOND,
        owner=director.person, site=plant.site, is_public=True, by=editor, at=plant.at(70),
        goals=StrategicGoal.objects.filter(site=plant.site).order_by("pk")[:2],
    )  # fmt: skip
    policy = service.submit(policy, by=editor, at=plant.at(66))
    words = "Say that anybody may stop a delivery, and put it into Spanish and German for the shifts."
    policy = service.send_back(policy, reason=words, by=director, at=plant.at(64, 16))
    for language, title, text, who in (
        ("es", "Política de calidad de Ridgeline Precision Components", SPANISH, "Ximena Vega"),
        ("de", "Qualitätspolitik von Ridgeline Precision Components", GERMAN, "Hiro Weber"),
    ):
        policy = service.translate(
            policy, language=language, title=title, text=text, translated_by=who, by=editor, at=plant.at(58)
        )
    policy = service.submit(policy, by=editor, at=plant.at(56))
    review_on = plant.today + timedelta(days=310)
    policy = service.approve(policy, review_on=review_on, method="password", by=director, at=plant.at(52, 15))
    campaign = acknowledgement.ask(
        policy, uid=_uid("second read"), due_on=plant.today - timedelta(days=9), owner=editor.person,
        for_sites=[plant.site], target_percent=95, by=editor, at=plant.at(50), **QUESTION,
    )  # fmt: skip
    _read(plant, campaign, share=(3, 4), first_ago=49, last_ago=15)
    acknowledgement_link.remind(campaign, by=editor, at=plant.at(8))
    _read(plant, campaign, share=(1, 4), first_ago=7, last_ago=2)


def _read(
    plant: Plant, campaign: AcknowledgementCampaign, *, share: tuple[int, int], first_ago: int, last_ago: int
) -> None:
    """So many of every so many of those missing acknowledge, evenly over the days, in the order of their areas."""
    some, of = share
    missing = acknowledgement.missing(campaign).select_related("person__user", "campaign")
    rows = missing.order_by("area__name", "pk")
    readers = [row for number, row in enumerate(rows) if (number + number // 7) % of < some]
    days = max(first_ago - last_ago, 1)
    with_pin = _with_pin(plant, readers, first_ago) if campaign.question and some > 1 else set()
    for number, row in enumerate(readers):
        user = getattr(row.person, "user", None)
        way = "account" if user else "pin" if row.pk in with_pin else "mail" if row.person.email else "handed"
        at = plant.at(first_ago - number * days // len(readers), 6) + timedelta(minutes=5 * number)
        if campaign.question and number % 9 == 4:
            Addressee.objects.filter(pk=row.pk).update(wrong_answers=1 + number % 2)
        language = "es" if campaign.question and number % 6 == 1 else ""
        acknowledgement.acknowledge(
            row, way=way, by=user, at=at, answer=campaign.right_answer, language=language
        )  # fmt: skip


def _with_pin(plant: Plant, readers: Sequence[Addressee], days_ago: int) -> set[int]:
    """The first readers who have neither a log-in nor an address, each with a PIN from now on."""
    found = [row for row in readers if not row.person.email and not row.person.pin_hash][:WITH_PIN]
    for row in found:
        person_service.set_pin(row.person, by=plant.users[EDITOR], at=plant.at(days_ago + 1, 7))
    return {row.pk for row in found}
