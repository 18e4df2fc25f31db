"""What was improved at the demo plant: plain data that ``demo_improvement_action`` tells. Days count back."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Saved:
    """A benefit as it was estimated and what it came to, in whole units of the currency."""

    nature: str
    rhythm: str
    what: str
    method: str
    target: int = 0
    forecast: int = 0
    actual: int = 0
    is_confirmed: bool = False


@dataclass(frozen=True)
class Trial:
    """An improvement with its cycle. ``done_after`` None: it is still in progress."""

    title: str
    area: str
    owner: str
    days_ago: int
    cycle: tuple[str, ...]
    origin: str = "suggestion"
    raised_by: str = ""
    due_after: int = 45
    done_after: int | None = None
    outcome: str = ""
    result: str = ""
    checker: str = "hiro.weber"
    learning: str = ""
    is_closed: bool = False
    photos: bool = False
    benefit: Saved | None = None
    copies: tuple[tuple[str, str, int | None], ...] = ()
    """Area, who brings it in there, and after how many days it was done there (None: not yet)."""


@dataclass(frozen=True)
class Ended:
    """An action in few words: ``end`` is done, declined, withdrawn, in_progress or open, ``after`` so many days."""

    title: str
    area: str
    owner: str
    days_ago: int
    origin: str
    end: str = "done"
    words: str = "Done, and shown at the line."
    after: int = 20
    is_promised: bool = False


TRIALS = (
    Trial(
        "Shadow board for the setting tools", "CNC line 1", "karin.alvarez", 390,
        (
            "Setters look for tools at each changeover. With a place for each tool it should take below 25 minutes.",
            "A board with outlines at machine 4 for six weeks; missing tools are noted at the handover.",
            "Changeover fell from 38 to 24 minutes on average over 31 changeovers. Two missing tools were replaced.",
            "We keep it and give each line a board. The handover sheet has a line for the board.",
        ),
        raised_by="A setter of the late shift", done_after=48,
        outcome="The board hangs and is checked at each handover.", result="worked", is_closed=True, photos=True,
        benefit=Saved("hard", "per_year", "Setters' overtime saved", "14 min x 310 changeovers a year x rate",
                      12_000, 14_000, 14_600, is_confirmed=True),
        copies=(("CNC line 2", "hiro.usman", 52), ("CNC line 3", "ximena.alvarez", 71),
                ("Grinding", "hiro.fischer", None)),
    ),
    Trial(
        "Torque checked before packing, not after", "Assembly A", "ximena.weber", 262,
        (
            "Two complaints on loose covers. If torque is checked before packing, no loose cover leaves the plant.",
            "Check moved in front of the packing bench, with a marked wrench and a paint dot.",
            "No loose cover in the 9,400 parts since; three were caught at the bench.",
            "The work instruction shows the new place. Assembly B follows in spring.",
        ),
        origin="complaint", done_after=40, outcome="Three loose covers caught at the bench, none at the customer.",
        result="worked", is_closed=True,
        benefit=Saved("avoided", "one_time", "A sorting action at the customer avoided", "Cost of the last one",
                      20_000, 22_000, 21_800, is_confirmed=True),
    ),
    Trial(
        "Trial: coated inserts on the roughing cut", "CNC line 3", "ximena.alvarez", 210,
        (
            "Coated inserts should last 40 % longer and lower the cost per part.",
            "Three weeks on machine 7, every insert measured and its wear photographed.",
            "Life rose by 6 %, within what inserts vary anyway; the price is 55 % higher.",
            "Dropped. The wear photographs stay with the tool file.",
        ),
        done_after=35, outcome="The coated inserts do not pay; back to the old ones.", result="failed", is_closed=True,
        learning="Wear comes from the interrupted cut and not from heat, so no coating helps. Next: the entry angle.",
        benefit=Saved("hard", "per_year", "Insert cost", "Inserts per part x price x parts a year", 9_000, 6_000),
    ),
    Trial(
        "Rework rack emptied every shift", "Heat treatment", "hiro.fischer", 150,
        (
            "Parts wait up to nine days for a decision. With a daily one the rack should hold less than a shift.",
            "The shift lead decides with the setter at 13:30; a tag says what and until when.",
            "The rack held 4 parts on average over 20 shifts, 31 before.",
            "The tag is a form now.",
        ),
        origin="walk", done_after=50, outcome="Parts are decided on the same day.", result="partly",
        checker="hiro.fischer",
        learning="It stops when the shift lead is away: a deputy is needed.",
        benefit=Saved("soft", "per_year", "Hours of looking for parts", "Two hours a week by the shift leads",
                      4_000, 4_000, 3_600),
    ),
    Trial(
        "Label printer beside the packing bench", "Shipping", "zoe.tran", 64,
        ("Packers walk to the office for every label. A printer at the bench saves 20 walks per shift.",
         "Printer moved for a trial of four weeks.", "", ""),
        raised_by="Paulo", done_after=38, outcome="Labels come from the bench; walks are gone.",
        benefit=Saved("qualitative", "per_year", "Less walking, fewer mixed labels", "Seen at the bench"),
    ),
    Trial(
        "First-piece check with a go/no-go gauge", "CNC line 2", "hiro.usman", 52,
        ("Waiting for the lab takes 25 minutes per first piece. With a gauge at the machine it should take two.",
         "One gauge for part family C, since two weeks.", "", ""),
        due_after=40,
        benefit=Saved("hard", "per_year", "Machine hours won", "25 min x first pieces a year", 18_000, 15_000),
    ),
    Trial(
        "Entry angle of the roughing cut", "CNC line 3", "ximena.alvarez", 33,
        ("The coating did not help; the interrupted cut wears the edge. A flatter entry should double its life.",
         "Trial runs on machine 7 until the end of the month.", "", ""),
        due_after=60,
    ),
)  # fmt: skip
NEVER_ANSWERED = "Drawings in the box at 21:00"
"""The title of a promise whose holder never answers."""
ENDS = (
    Ended("Calibration stickers renewed after the audit", "Lab", "hiro.weber", 505, "audit_finding", after=12),
    Ended("Sorting of batch 881 and a new first-piece rule", "Grinding", "hiro.fischer", 488, "nonconformity", after=9),
    Ended("Answer to the customer on burrs", "CNC line 1", "karin.alvarez", 470, "complaint", after=14),
    Ended("Training records completed", "Office", "hiro.weber", 452, "audit_finding", after=41),
    Ended("Fixture 12 re-measured and replaced", "CNC line 2", "hiro.usman", 430, "nonconformity", after=25),
    Ended("Packaging for long parts", "Shipping", "zoe.tran", 405, "complaint", after=33),
    Ended("Wrong drawing revision at the line", "Assembly B", "elena.vega", 372, "nonconformity", after=18),
    Ended("Red bins at every machine", "CNC line 3", "ximena.alvarez", 345, "audit_finding", after=29),
    Ended("Oven curve recorded for every batch", "Heat treatment", "ximena.weber", 318, "nonconformity", after=37),
    Ended("Labels checked by a second person", "Shipping", "zoe.tran", 280, "complaint", after=16),
    Ended("Supplier of castings on watch", "Lab", "hiro.weber", 240, "nonconformity", after=22),
    Ended("Coolant changed by measurement, not by date", "Maintenance", "grace.weber", 196, "risk", after=44),
    Ended("Stand-in for the furnace operator trained", "Heat treatment", "ximena.weber", 171, "risk", after=58),
    Ended("Gauge list handed over at shift change", "Lab", "hiro.weber", 118, "audit_finding", after=24),
    Ended(NEVER_ANSWERED, "CNC line 1", "karin.alvarez", 96, "meeting",
          words="Drawings are in the box at 21:00.", after=21, is_promised=True),
    Ended("Two complaints on scratched covers", "Assembly A", "elena.vega", 61, "complaint", "in_progress"),
    Ended("Spare spindle on the shelf", "Maintenance", "grace.weber", 58, "risk", "open"),
    Ended("Robot for loading machine 9", "CNC line 2", "hiro.usman", 142, "suggestion", "declined",
          "It would pay back in eleven years. We ask again when machine 9 is replaced.", 15),
    Ended("Music in the assembly hall", "Assembly B", "elena.vega", 77, "suggestion", "declined",
          "Signals of the presses must be heard. Headphones are not allowed for the same reason.", 4),
    Ended("Second entry of the coolant topic", "Maintenance", "grace.weber", 190, "risk", "withdrawn",
          "Entered twice; the other one stays", 1),
    Ended("Torque check in front of packing", "Assembly B", "elena.vega", 24, "objective", "open"),
)  # fmt: skip
IDEAS = (
    ("A hook for the air hose, so that nobody trips over it", "Assembly A", "", 16),
    ("The light above bench 3 flickers", "Grinding", "Ana from the night shift", 9),
    ("Two boxes look the same: paint the scrap box red", "CNC line 3", "", 5),
    ("Move the micrometer case to the machine", "CNC line 1", "Jo", 3),
    ("The trolley's wheel is stuck again", "Shipping", "", 1),
)
