"""The demo plant's risks and opportunities, told as data: what was seen, how it was rated, what was done about it.

A step is (days ago, what, who, facts). Nothing here touches the database; ``demo_risk`` tells it through the services.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Step = tuple[int, str, str, dict[str, Any]]


def rate(ago: int, who: str, likelihood: int, impact: int, why: str) -> Step:
    """Rated, or rated again."""
    return ago, "rate", who, {"likelihood": likelihood, "impact": impact, "reason": why}


def treat(ago: int, who: str, treatment: str, plan: str) -> Step:
    """A treatment decided."""
    return ago, "treat", who, {"treatment": treatment, "treatment_plan": plan}


def action(ago: int, who: str, title: str, done_after: int | None = None) -> Step:
    """An action from it; done so many days later, or still open."""
    return ago, "action", who, {"title": title, "done_after": done_after}


def judge(ago: int, who: str, likelihood: int, impact: int, effectiveness: str, note: str) -> Step:
    """The effect judged, with what is left."""
    facts = {"likelihood": likelihood, "impact": impact, "effectiveness": effectiveness, "note": note}
    return ago, "judge", who, facts


def accept(ago: int, who: str, days: int, why: str, control: str, void_if: str) -> Step:
    """Accepted for so many days."""
    words = {"why": why, "compensating_control": control, "void_if": void_if, "days": days}
    return ago, "accept", who, words


def close(ago: int, who: str, why: str) -> Step:
    """Closed."""
    return ago, "close", who, {"reason": why}


@dataclass(frozen=True)
class ToldRisk:
    """One risk or opportunity with its history, oldest step first."""

    title: str
    owner: str
    identified_ago: int
    context_kind: str
    context: str
    cause: str
    consequence: str
    steps: tuple[Step, ...] = ()
    nature: str = "risk"
    area: str = ""
    is_confidential: bool = False
    due_in: int | None = field(default=None)


RISKS: tuple[ToldRisk, ...] = (
    ToldRisk(
        "Furnace 2 is over thirty years old and there is no spare controller", "grace.weber", 520, "internal",
        "Age of the heat-treatment equipment", "The maker no longer supplies the controller",
        "Two to six weeks without hardened parts; three customers without stock",
        (
            rate(519, "grace.weber", 3, 5, "Two stops last year, each longer than the one before"),
            accept(
                500, "yusuf.chen", 300, "The new line is in next year's budget; a rebuild now would be lost money",
                "Contract with the hardener in the next town, two weeks of stock for the three customers",
                "A stop of more than two days, or the hardener ends the contract",
            ),
            rate(190, "grace.weber", 4, 5, "The budget moved the new line by a year; one more stop in spring"),
            treat(185, "grace.weber", "reduce", "Retrofit a standard controller; keep the hardener until then"),
            action(184, "grace.weber", "Order the retrofit controller for furnace 2", 30),
            action(184, "ximena.weber", "Write down the furnace programs and test them on the simulator", None),
            rate(45, "grace.weber", 3, 5, "The retrofit controller lies ready; not yet built in"),
        ),
        area="Heat treatment",
    ),
    ToldRisk(
        "Only one person can program CNC line 3", "ximena.alvarez", 505, "internal", "Knowledge of the people",
        "Programs grew over years and were never written down", "A week of illness stops the line",
        (
            rate(504, "ximena.alvarez", 4, 4, "Six weeks of absence are certain this summer"),
            treat(498, "ximena.alvarez", "reduce", "Two setters learn the programs on the job; programs are commented"),
            action(497, "ximena.alvarez", "Train two setters on the line 3 programs", 120),
            action(497, "ximena.alvarez", "Comment the twenty most used programs", 150),
            judge(300, "hiro.weber", 2, 3, "effective", "Both setters ran the line alone for a week in the holidays"),
            rate(110, "ximena.alvarez", 2, 3, "Yearly look: both are still here, a third has begun"),
        ),
        area="CNC line 3",
    ),
    ToldRisk(
        "The price of steel rises faster than our contracts allow", "yusuf.chen", 470, "external", "Steel market",
        "Prices are fixed for a year on the sales side only", "Margin of the two largest parts is gone within months",
        (
            rate(469, "yusuf.chen", 4, 3, "Three rises in a year"),
            treat(460, "yusuf.chen", "share", "Price clause in every new contract; old ones at their renewal"),
            action(459, "yusuf.chen", "Agree a price clause with the five largest customers", 200),
            judge(230, "ximena.vega", 3, 2, "partly", "Four of five signed; the fifth renews next year"),
        ),
    ),
    ToldRisk(
        "A customer wants full sample approval for every part, also for small orders", "hiro.weber", 430,
        "interested_party", "Acme, our largest customer", "Their own field failure last year",
        "Two more weeks per new part, missed starts of production",
        (
            rate(429, "hiro.weber", 5, 3, "It is in their new terms"),
            treat(420, "hiro.weber", "reduce", "One folder per part family; the lab measures in the idle shift"),
            action(419, "hiro.weber", "Build sample folders for the three part families", 90),
            judge(310, "yusuf.chen", 3, 2, "effective", "Last four samples took five days instead of twelve"),
            close(300, "hiro.weber", "It is everyday work now and stands in the release procedure"),
        ),
        area="Lab",
    ),
    ToldRisk(
        "Apprentices leave after their first year", "hiro.weber", 400, "internal", "People and their reasons to stay",
        "Shift plan, and little to decide for themselves", "Half of the training is lost each year",
        (
            rate(399, "hiro.weber", 3, 3, "Two of four left"),
            treat(390, "hiro.weber", "reduce", "A mentor each, own project from the second half-year"),
            action(389, "karin.alvarez", "Find and prepare four mentors", 60),
            judge(120, "yusuf.chen", 3, 3, "not_effective", "One of three left again; the shift plan is the reason"),
            treat(110, "hiro.weber", "reduce", "Early shift only in the first year"),
        ),
    ),
    ToldRisk(
        "The yard floods in heavy rain and the forklifts cannot reach Shipping", "zoe.tran", 380, "external",
        "Weather and the site itself", "The drain is smaller than today's rain", "A day without deliveries",
        (
            rate(379, "zoe.tran", 3, 4, "Twice in three years, both times in August"),
            accept(
                200, "yusuf.chen", 330, "A new drain costs more than ten such days",
                "Sandbags and pallets at the gate, a second way round the hall in dry weather plans",
                "A third flood within a year, or damaged goods at a customer",
            ),
        ),
        area="Shipping",
    ),
    ToldRisk(
        "Gauges run out of their calibration date in Grinding", "hiro.fischer", 360, "internal", "Measuring equipment",
        "Nobody sees the date before the audit does", "Parts released on a wrong measure",
        (
            rate(359, "hiro.fischer", 3, 4, "Three of sixty were overdue at the last count"),
            treat(350, "hiro.fischer", "avoid", "Gauges leave the line a week before their date, by a list"),
            action(349, "elena.vega", "Coloured stickers and a weekly list from the lab", 40),
            judge(250, "hiro.weber", 1, 4, "effective", "None overdue in three counts since"),
            close(240, "hiro.fischer", "Weekly list is part of the lab's routine"),
        ),
        area="Grinding",
    ),
    ToldRisk(
        "Certificates are missing when heat-treated parts are shipped", "ximena.weber", 240, "interested_party",
        "Customers with certificate duty", "The certificate comes by post, the parts by truck",
        "Goods blocked at the customer's gate",
        (
            rate(239, "ximena.weber", 3, 4, "Two blocked deliveries in a month"),
            treat(232, "ximena.weber", "avoid", "No shipping note without the scanned certificate"),
            action(231, "zoe.tran", "Scan certificates at goods-in and link them to the order", None),
            rate(60, "ximena.weber", 2, 4, "One blocked delivery since, from old stock"),
        ),
        area="Heat treatment",
    ),
    ToldRisk(
        "The night shift has no quality technician", "hiro.weber", 210, "internal", "Shift plan",
        "Two technicians for three shifts", "Doubtful parts wait until morning or go through",
        (
            rate(209, "hiro.weber", 4, 3, "Eleven times in a quarter nobody could decide"),
            treat(200, "hiro.weber", "reduce", "Two night-shift leads may block and release after a course"),
            action(199, "hiro.weber", "Course and written authority for two night-shift leads", 70),
            judge(95, "yusuf.chen", 2, 3, "effective", "Two undecided cases in the last quarter, both harmless"),
        ),
    ),
    ToldRisk(
        "Scrap from tool wear at the end of the shift", "karin.alvarez", 160, "internal", "Process",
        "Tools are changed by the clock, not by their wear", "About two parts in a hundred on the long runs",
        (
            rate(159, "karin.alvarez", 4, 2, "Scrap notes of eight weeks"),
            treat(150, "karin.alvarez", "reduce", "Change by counter; trial on two machines"),
            action(149, "karin.alvarez", "Tool counter on two machines of line 1", None),
        ),
        area="CNC line 1",
    ),
    ToldRisk(
        "The salary round may cost us two setters", "hiro.weber", 90, "interested_party", "Setters and their offers",
        "A new plant pays more", "Line 3 falls back to one person",
        (rate(89, "hiro.weber", 3, 4, "Two were asked by the other plant"),), is_confidential=True,
    ),
    ToldRisk(
        "Our supplier of forgings has had two late deliveries in a row", "yusuf.chen", 20, "external", "Suppliers",
        "", "Assembly A waits", (), area="Assembly A",
    ),
    ToldRisk(
        "In-line gauging could replace the full check after Grinding", "hiro.fischer", 450, "internal",
        "Equipment we could buy", "Every part is measured by hand today", "Two people free, faults seen at once",
        (
            rate(449, "hiro.fischer", 3, 4, "The maker measured our parts in a trial"),
            treat(430, "hiro.fischer", "pursue", "Rent one station for half a year and compare"),
            action(429, "hiro.fischer", "Rent and run in the gauging station", 160),
            judge(180, "hiro.weber", 4, 4, "effective", "Same findings as by hand on four thousand parts"),
        ),
        nature="opportunity", area="Grinding",
    ),
    ToldRisk(
        "A second source for forgings would halve the lead time", "yusuf.chen", 330, "external", "Suppliers", "",
        "Less stock, and a way out when one fails",
        (
            rate(329, "yusuf.chen", 3, 3, "Two offers within ten percent"),
            treat(315, "yusuf.chen", "pursue", "Sample parts from the better of the two"),
            action(314, "yusuf.chen", "Release samples of the second source", None),
        ),
        nature="opportunity",
    ),
    ToldRisk(
        "Reusable packaging with one customer", "zoe.tran", 150, "interested_party", "Beta, who pays for waste",
        "", "Less damage and less cardboard",
        (rate(149, "zoe.tran", 4, 2, "They ask for it themselves"),), nature="opportunity", area="Shipping",
    ),
    ToldRisk(
        "A new coolant promises longer tool life", "karin.alvarez", 70, "external", "Supplier's offer", "",
        "Fewer tool changes on three lines",
        (rate(69, "karin.alvarez", 3, 3, "Figures from a plant like ours"),
         treat(60, "karin.alvarez", "pursue", "Trial on one machine for three months"),
         action(59, "karin.alvarez", "Coolant trial on machine 1.2", None)),
        nature="opportunity", area="CNC line 1",
    ),
)  # fmt: skip
