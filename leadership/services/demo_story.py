"""What happened at the demo plant: 18 months of acts by its leaders, with gaps and late entries, always the same.

Nothing here touches the database: ``events`` turns a day and a seed into plain data that ``demo`` then logs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SEED = 9001
SPAN_DAYS = 548

LINES = ("CNC line 1", "CNC line 2", "CNC line 3", "Grinding", "Heat treatment", "Assembly A", "Assembly B", "Shipping")

# Who does what how often: acts per working day, by e-mail name; the rest of the plant's supervisors share a rhythm.
RHYTHM: dict[str, dict[str, float]] = {
    "yusuf.chen": {
        "floor-walk": 0.30, "quality-first-meeting": 0.20, "recognition": 0.07, "quality-review": 0.05,
        "vision-communicated": 0.015, "customer-contact": 0.03, "sponsored-improvement": 0.012,
        "quality-over-schedule": 0.012,
    },
    "ximena.vega": {
        "floor-walk": 0.05, "quality-review": 0.045, "vision-communicated": 0.012, "customer-contact": 0.02,
        "audit-hosted": 0.008,
    },
    "hiro.weber": {"quality-review": 0.10, "coaching": 0.06, "floor-walk": 0.08, "audit-hosted": 0.02},
    "grace.weber": {"floor-walk": 0.06, "quality-first-meeting": 0.10, "procedure-followed": 0.02},
    "sian.weber": {"quality-review": 0.04, "sponsored-improvement": 0.008},
}  # fmt: skip
SUPERVISOR = {"quality-first-meeting": 0.14, "floor-walk": 0.06, "coaching": 0.025, "recognition": 0.02}
SUPERVISORS = (
    "karin.alvarez", "hiro.usman", "ximena.alvarez", "ximena.weber", "hiro.fischer", "elena.vega", "zoe.tran",
)  # fmt: skip

# The honest gaps: (e-mail name or "" for all, type or "" for all, first day ago, last day ago).
GAPS = (
    ("", "customer-contact", 130, 0),
    ("", "quality-over-schedule", 240, 0),
    ("ximena.weber", "", 150, 55),
    ("yusuf.chen", "floor-walk", 300, 278),
    ("", "", 331, 324),
    ("", "", 143, 137),
)

SENTENCES: dict[str, tuple[str, ...]] = {
    "floor-walk": (
        "Walked {area} with the {shift} shift and asked what slows them down",
        "Went through {area} after the tool change and looked at first-piece checks",
        "Stood at {area} for the shift handover; two points written down",
        "Asked at {area} whether the new gauge is used; it is, the old one is gone",
        "Looked at the rework rack in {area} and asked why it fills up",
        "Checked at {area} that the red bins are emptied and every part is tagged",
    ),
    "quality-first-meeting": (
        "Opened the morning meeting with yesterday's scrap before output",
        "Started the shift meeting with the complaint from Gamma about labels",
        "First point today: the audit finding on calibration stickers",
        "Began with a good catch from {area}, then the numbers",
        "Quality first: the three open corrective actions and who needs help",
    ),
    "quality-review": (
        "Took part in the monthly quality review; decided to re-measure the fixture",
        "Joined the review of first-pass yield and asked for a trial on {area}",
        "Reviewed the supplier scores; two go on watch",
        "Sat in the process review of {area} and took one action myself",
    ),
    "vision-communicated": (
        "Told all shifts where we want to be with delivered quality in two years",
        "Explained at the town hall why we stop the line rather than sort later",
        "Talked about the quality policy with the new starters",
    ),
    "recognition": (
        "Thanked the team at {area} for stopping the batch in time",
        "Thanked the {shift} shift for the cleanest handover of the month",
        "Praised the setter at {area} for speaking up about the worn jaw",
        "Shared the praise from a customer with the people who packed the order",
    ),
    "coaching": (
        "Went through root-cause questions with a new team lead at {area}",
        "Practised the gauge study with two operators of {area}",
        "Coached the shift lead on how to run a short review of the day",
    ),
    "customer-contact": (
        "Visited a customer and walked the parts through their goods-in",
        "Called the customer about the label mix-up and promised an answer by Friday",
        "Received a customer's quality team and showed them {area}",
    ),
    "audit-hosted": (
        "Hosted the surveillance audit's opening and stayed for the floor part",
        "Answered the customer auditor's questions on objectives and resources",
    ),
    "procedure-followed": (
        "Filled in the change request myself before moving the cell at {area}",
        "Followed the release procedure for the urgent order, step by step",
    ),
    "sponsored-improvement": (
        "Released money and two days a week for the tool-life trial at {area}",
        "Took over sponsorship of the labelling improvement in Shipping",
    ),
    "quality-over-schedule": (
        "Stopped the rush order at {area}: the bore was drifting, customer informed",
        "Moved the delivery by a day so that the heat treatment could be repeated",
    ),
}
SEEN = (
    "First-piece sheet filled in, one reading missing",
    "Gauge in date, sticker readable",
    "Chips on the fixture, cleaned at once",
    "Two parts without a tag in the red bin",
    "Work instruction is the current issue",
    "Rework rack half empty",
)
HEARD = (
    "The new inserts last half as long as promised",
    "Night shift gets the drawings late",
    "Changeover list helps, but the torque wrench is always elsewhere",
    "Nobody answered the idea about the label printer",
    "Setters want the trial data back at the line",
    "",
)
PROMISES = (
    "Second torque wrench for the cell",
    "Answer about the label printer",
    "Talk with purchasing about the inserts",
    "Drawings at the line before the night shift starts",
    "Light above the inspection bench",
    "Trial data posted at the board each Monday",
)
LATE_REASONS = (
    "On a business trip, noted on paper first",
    "Forgot to log it on the day",
    "Phone was being repaired",
    "Handed in by the shift lead after my leave",
)


@dataclass(frozen=True)
class Event:
    """One act as it happened; ``recorded_at`` is when it was entered. Times are UTC."""

    number: int
    leader: str
    type_slug: str
    area: str
    happened_at: datetime
    recorded_at: datetime
    title: str
    met: int
    minutes: int
    audience: int | None = None
    late_reason: str = ""
    stops: list[dict[str, str]] = field(default_factory=list)
    promise: str = ""
    promise_days: int = 0
    promise_kept_after: int | None = None
    photos: tuple[str, ...] = ()
    fate: str = ""


def events(today: date, zone: ZoneInfo) -> list[Event]:
    """Every event of the story, in the order in which they were entered. Same day and zone, same story."""
    chance = random.Random(SEED)  # noqa: S311  believable data, not secrets
    found: list[Event] = []
    for ago in range(SPAN_DAYS, 0, -1):
        day = today - timedelta(days=ago)
        if day.weekday() == 6 or (day.weekday() == 5 and chance.random() < 0.85):
            continue
        found += [_event(len(found) + n, chance, acts, day, zone) for n, acts in enumerate(_acts(chance, ago))]
    latest = datetime.combine(today, time(4), tzinfo=zone).astimezone(UTC)
    return sorted((e for e in found if e.recorded_at < latest), key=lambda e: (e.recorded_at, e.number))


def _acts(chance: random.Random, ago: int) -> Iterator[tuple[str, str]]:
    growing = 0.55 + 0.45 * (1 - ago / SPAN_DAYS)  # the habit took hold slowly
    rhythms = RHYTHM | dict.fromkeys(SUPERVISORS, SUPERVISOR)
    for leader, rhythm in rhythms.items():
        for type_slug, rate in rhythm.items():
            happens = chance.random() < rate * growing
            if happens and not any(
                gap_leader in ("", leader) and gap_type in ("", type_slug) and last <= ago <= first
                for gap_leader, gap_type, first, last in GAPS
            ):
                yield leader, type_slug


def _event(number: int, chance: random.Random, act: tuple[str, str], day: date, zone: ZoneInfo) -> Event:
    leader, type_slug = act
    area = chance.choice(LINES)
    clock = time(chance.randint(6, 16), chance.randrange(0, 60, 5))
    happened_at = datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
    is_late = chance.random() < 0.06
    delay = timedelta(days=chance.randint(2, 11)) if is_late else timedelta(minutes=chance.randint(1, 240))
    is_walk = type_slug == "floor-walk"
    promise = chance.choice(PROMISES) if chance.random() < (0.28 if is_walk else 0.05) else ""
    kept = chance.randint(3, 40) if chance.random() < 0.8 else None
    stops = [_stop(chance, area, promise)] if is_walk else []
    if is_walk and chance.random() < 0.4:
        stops.append(_stop(chance, chance.choice(LINES), ""))
    fate = chance.random()
    return Event(
        number=number, leader=leader, type_slug=type_slug, area=area, happened_at=happened_at,
        recorded_at=happened_at + delay, met=chance.randint(0, 3), minutes=chance.choice((5, 10, 15, 20, 30, 45)),
        title=chance.choice(SENTENCES[type_slug]).format(area=area, shift=chance.choice(("early", "late", "night"))),
        audience=chance.randint(8, 90) if type_slug in {"vision-communicated", "quality-first-meeting"} else None,
        late_reason=chance.choice(LATE_REASONS) if is_late else "", stops=stops, promise=promise,
        promise_days=chance.choice((7, 14, 21, 30)), promise_kept_after=kept,
        photos=_photos(chance) if is_walk and chance.random() < 0.05 else (),
        fate="withdrawn" if fate < 0.008 else "corrected" if fate < 0.03 else "",
    )  # fmt: skip


def _stop(chance: random.Random, area: str, promise: str) -> dict[str, str]:
    return {"area": area, "seen": chance.choice(SEEN), "heard": chance.choice(HEARD), "promised": promise}


def _photos(chance: random.Random) -> tuple[str, ...]:
    return ("walk_line3.jpg", "board_monday.jpg")[: chance.randint(1, 2)]
