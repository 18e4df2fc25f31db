"""The demo plant's nonconformities, told as data: what went wrong, why, what was done, and what came of it.

A step is (days ago, what, who, facts). Nothing here touches the database; ``demo_nonconformity`` tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Step = tuple[int, str, str, dict[str, Any]]
WEAR = "No limit for the wear of tools"
PAPERS = "Outdated papers stay at the workplace"
HANDOVER = "A hand-over that nobody owns"


def contain(ago: int, who: str, words: str) -> Step:
    """Contained."""
    return ago, "contain", who, {"containment": words}


def why(ago: int, who: str, branch: str, *answers: str) -> Step:
    """Why was asked as often as there are answers, each below the one before."""
    return ago, "why", who, {"branch": branch, "answers": answers}


def cause(ago: int, who: str, name: str) -> Step:
    """The root cause named."""
    return ago, "cause", who, {"cause": name}


def act(ago: int, who: str, title: str, done_after: int | None = None, outcome: str = "") -> Step:
    """A corrective action of its owner; done so many days later, or still open."""
    return ago, "act", who, {"title": title, "done_after": done_after, "outcome": outcome}


def used(ago: int, who: str, note: str, proof: str = "") -> Step:
    """The new way used once; ``proof`` is a photo of the demo, otherwise the note itself on a sheet."""
    return ago, "used", who, {"used_note": note, "proof": proof}


def judged(ago: int, who: str, effectiveness: str, note: str) -> Step:
    """The effect judged."""
    return ago, "judged", who, {"effectiveness": effectiveness, "effectiveness_note": note}


def close(ago: int, who: str) -> Step:
    """Closed."""
    return ago, "close", who, {}


@dataclass(frozen=True)
class ToldNonconformity:
    """One nonconformity with its history, oldest step first."""

    title: str
    area: str
    owner: str
    ago: int
    steps: tuple[Step, ...] = ()
    quantity: str = ""
    unit: str = ""
    origin: str = "internal"
    description: str = ""
    is_confidential: bool = False


NONCONFORMITIES: tuple[ToldNonconformity, ...] = (
    ToldNonconformity(
        "Bore of cover 4711 is 0.08 mm too wide", "CNC line 3", "ximena.alvarez", 515,
        (
            contain(515, "ximena.alvarez", "Machine stopped, 42 covers blocked, stock of two days measured: all good."),
            why(513, "ximena.alvarez", "machine", "The insert was worn out", "It had cut 900 parts instead of 400",
                "Nobody counts the parts an insert has cut", "The setting sheet gives no limit"),
            why(513, "ximena.alvarez", "measurement", "The hourly check fell into the break"),
            cause(511, "ximena.alvarez", WEAR),
            act(510, "ximena.alvarez", "Write a limit for each insert into the setting sheets of line 3", 25,
                "Limits stand in all eleven setting sheets."),
            used(470, "ximena.alvarez", "Setting sheet 4711 used for order 30218: insert changed at 400 parts."),
            judged(440, "hiro.weber", "effective", "No bore out of tolerance in 6,200 covers over six weeks."),
            close(438, "ximena.alvarez"),
        ),
        "42", "pieces",
    ),
    ToldNonconformity(
        "Twelve housings assembled after an old drawing", "Assembly B", "elena.vega", 385,
        (
            contain(385, "elena.vega", "Housings taken apart and assembled anew; the old drawing destroyed."),
            why(383, "elena.vega", "method", "The old revision lay in the folder",
                "New drawings are put in, old ones are not taken out", "Taking them out is nobody's task"),
            cause(383, "elena.vega", PAPERS),
            act(382, "elena.vega", "Drawings are shown on the screen only; folders are gone", 40,
                "Three screens hang at Assembly B, the folders are gone."),
            used(335, "elena.vega", "Order 30977 assembled from the screen; revision checked by the shift lead."),
            judged(318, "elena.vega", "effective", "No wrong revision in 40 orders."),
            close(317, "elena.vega"),
        ),
        "12", "pieces",
    ),
    ToldNonconformity(
        "Burrs on shaft 88 at the end of the shift", "CNC line 1", "karin.alvarez", 305,
        (
            contain(305, "karin.alvarez", "Two boxes deburred by hand, last box of each shift checked in full."),
            why(303, "karin.alvarez", "machine", "The tool was blunt", "It is changed by the clock, not by wear"),
            why(303, "karin.alvarez", "people", "The setter was called away before the change"),
            cause(300, "karin.alvarez", WEAR),
            act(299, "karin.alvarez", "Bring the limits of line 3 to the setting sheets of line 1", 30,
                "Fourteen setting sheets carry a limit now."),
            used(262, "karin.alvarez", "Night shift of machine 1.2 changed the tool at 250 shafts, as the sheet says."),
            judged(235, "hiro.weber", "effective", "No burr in the last boxes of 30 shifts."),
            close(233, "karin.alvarez"),
        ),
        "160", "pieces",
    ),
    ToldNonconformity(
        "Two deliveries blocked at the customer: certificates missing", "Shipping", "zoe.tran", 248,
        (
            contain(248, "zoe.tran", "Certificates sent by mail within the hour; everything on the road checked."),
            why(245, "zoe.tran", "method", "The parts left before the certificate was here",
                "The certificate comes by post, the parts by truck", "Nobody waits for both"),
            cause(244, "zoe.tran", HANDOVER),
            act(243, "zoe.tran", "No shipping note without the scanned certificate", 20,
                "The system asks for the scan before it prints the note."),
            act(243, "ximena.weber", "The hardener sends the certificate by mail with each batch", 35,
                "Agreed; arrives before the truck since."),
            used(205, "zoe.tran", "Delivery 5512: note printed after the scan, as planned."),
            judged(180, "hiro.weber", "effective", "58 deliveries with certificate duty, none blocked."),
            close(178, "zoe.tran"),
        ),
        "2", "deliveries", "customer",
    ),
    ToldNonconformity(
        "Loose covers found by the customer in final inspection", "Assembly A", "ximena.weber", 210,
        (
            contain(210, "ximena.weber", "Sorted at the customer by two of us; stock of 300 tightened and marked."),
            why(207, "ximena.weber", "method", "Torque was not checked after the change of the wrench",
                "The check stands behind packing, where nobody can do it"),
            cause(205, "ximena.weber", "A check stands where it cannot be done"),
            act(204, "ximena.weber", "Torque check in front of the packing bench", 30,
                "The check has its place in front of packing."),
            used(168, "ximena.weber", "Batch 912 checked in front of the bench, paint dot on every cover."),
            judged(120, "hiro.weber", "effective", "No loose cover in 9,400 parts; three caught at the bench."),
            close(118, "ximena.weber"),
        ),
        "9", "pieces", "customer", "The customer asks us to keep its name out of open lists.", is_confidential=True,
    ),
    ToldNonconformity(
        "Hardness of batch 1207 below the limit", "Heat treatment", "hiro.fischer", 172,
        (
            contain(172, "hiro.fischer", "Batch blocked and hardened again; the two batches before it tested."),
            why(169, "hiro.fischer", "machine", "The furnace was 25 degrees too cold",
                "The sensor had drifted", "It was last compared two years ago"),
            why(168, "hiro.fischer", "measurement", "The curve was recorded but nobody looked at it"),
            cause(166, "hiro.fischer", "Measuring equipment not compared in time"),
            act(165, "hiro.fischer", "Compare the furnace sensors every half year", 40,
                "Both furnaces compared, plan hangs."),
            used(118, "hiro.fischer", "Sensor of furnace 2 compared with the lab's, difference 2 degrees."),
            judged(74, "hiro.weber", "not_effective",
                   "Batch 1288 was too soft again although the sensor is right: the door seal leaks."),
            act(70, "grace.weber", "Replace the door seal of furnace 2 and check it with each service"),
            why(69, "hiro.fischer", "machine", "The door seal leaks on one side", "It is not part of the service plan"),
        ),
        "310", "pieces",
    ),
    ToldNonconformity(
        "Diameter of pin 12 out of tolerance", "CNC line 2", "hiro.usman", 46,
        (
            contain(46, "hiro.usman", "75 pins blocked, 30 of them sorted out; the customer has none of them."),
            why(44, "hiro.usman", "machine", "The insert was worn out", "It had cut twice as many parts as it can",
                "Line 2 has no limits in its setting sheets", "What lines 1 and 3 learned was never brought to line 2"),
            why(44, "hiro.usman", "measurement", "The check of the first part tells nothing about wear"),
            cause(42, "hiro.usman", WEAR),
            act(41, "hiro.usman", "Counter on each machine that stops it at the limit", 20,
                "Counters fitted on all five machines of line 2."),
            act(41, "karin.alvarez", "Limits of inserts become part of every new setting sheet in the plant"),
            used(17, "hiro.usman", "Machine 2.3 stopped by itself at 400 pins; insert changed, next pin within.",
                 "counter_sheet.jpg"),
        ),
        "75", "pieces",
    ),
    ToldNonconformity(
        "Cracks in forgings of the second source", "Lab", "hiro.weber", 9,
        (contain(8, "hiro.weber", "Delivery of 600 blocked, all crack-tested before use; the supplier is told."),),
        "23", "pieces", "supplier",
    ),
)  # fmt: skip
