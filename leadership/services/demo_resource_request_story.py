"""The demo plant's resource requests, told as data: what was needed, what was answered, what came of it.

A step is (days ago, what, who, facts). Nothing here touches the database; ``demo_resource_request`` tells it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Step = tuple[int, str, str, dict[str, Any]]


@dataclass(frozen=True)
class ToldRequest:
    """One request with its history, oldest step first; ``needed_after``: days from the day it was asked for."""

    title: str
    owner: str
    asked_ago: int
    resource: str
    needed_after: int
    without_it: str
    steps: tuple[Step, ...] = ()
    amount: str = ""
    amount_unit: str = ""
    description: str = ""
    objective: str = ""
    risk: str = ""
    serves_neither: str = ""
    area: str = ""


def provide(ago: int, who: str, granted: str, after: int, amount: str = "", budget: str = "") -> Step:
    """Provided, to be there so many days later."""
    return ago, "provide", who, {"granted": granted, "after": after, "amount": amount, "budget": budget}


def arrive(ago: int, who: str, note: str) -> Step:
    """It is there, says who asked."""
    return ago, "arrive", who, {"note": note}


def ask(ago: int, who: str, question: str) -> Step:
    """A question before deciding."""
    return ago, "ask", who, {"question": question}


def answer(ago: int, who: str, words: str) -> Step:
    """Its answer."""
    return ago, "answer", who, {"answer": words}


def decline(ago: int, who: str, days: int, why: str, risk: str, *, levels: tuple[int, int], **more: Any) -> Step:
    """Declined, or with ``granted`` partly provided; the risk is borne for so many days."""
    facts = {"days": days, "why": why, "risk": risk, "likelihood": levels[0], "impact": levels[1], **more}
    return ago, "decline", who, facts


REQUESTS: tuple[ToldRequest, ...] = (
    ToldRequest(
        "Torque wrenches that remember each tightening", "elena.vega", 470, "technology", 60,
        "We cannot show a customer that a joint was tightened; last year two returns came down to exactly that.",
        (
            provide(464, "yusuf.chen", "Four wrenches and the reader", 35, "3600", "Assembly tooling"),
            arrive(431, "elena.vega", "All four are on the line, each with its number; first read-out on the board."),
        ),
        "3600", "once", area="Assembly A", serves_neither="A customer's requirement since the last return",
    ),
    ToldRequest(
        "A second programmer for the CNC lines", "ximena.alvarez", 430, "staffing", 90,
        "When our one programmer is away, a wrong offset stays until he is back.",
        (
            decline(
                424, "yusuf.chen", 90, "No new people before the half-year figures",
                "Only one person can correct a program on the CNC lines", levels=(3, 4),
                control="Programs are backed up each shift; the maker's hotline is on contract",
                void_if="The programmer is away for more than two weeks",
            ),
            (334, "expire", "yusuf.chen", {}),
            provide(326, "yusuf.chen", "One programmer, from inside, trained for three months", 95),
            arrive(228, "ximena.alvarez", "He has run line 3 alone for a week; his certificate is on file."),
        ),
        "1", "people", area="CNC line 3", serves_neither="Keeps three objectives of the lines alive",
    ),
    ToldRequest(
        "Half a day a week for the layered checks", "hiro.weber", 330, "time", 20,
        "The checks are done when there is time, which means on Fridays and at the month's end.",
        (
            ask(328, "yusuf.chen", "Whose half day, and what is not done instead?"),
            answer(327, "hiro.weber", "One engineer of the lab, Tuesdays; the second report on complaints goes."),
            provide(325, "yusuf.chen", "Tuesday mornings, in the shift plan", 14),
            arrive(309, "hiro.weber", "Two Tuesdays done; the sheets hang in the lab."),
        ),
        "4", "weekly_hours", area="Lab", serves_neither="It serves all of them",
    ),
    ToldRequest(
        "Leak test rig for the pump housings", "grace.weber", 285, "technology", 103,
        "We find leaks at the customer's, not here.",
        (
            provide(252, "yusuf.chen", "One rig, second-hand, overhauled", 60, "14500", "Investment 2026"),
            (190, "postpone", "yusuf.chen", {"after": 35, "reason": "The maker found a crack and welds it"}),
            arrive(148, "grace.weber", "It tested its first 40 housings; one leaked."),
        ),
        "18000", "once", area="Maintenance", objective="Customer complaints",
    ),
    ToldRequest(
        "A night shift in heat treatment", "ximena.weber", 210, "staffing", 60,
        "Batches wait over night half heated; hardness scatters and we sort by hand.",
        (
            decline(
                202, "yusuf.chen", 223, "Four people for one furnace do not pay as long as sorting finds it",
                "Hardness scatters because batches wait over night", levels=(3, 3),
                control="Every batch that waited is tested at three places before it leaves",
                void_if="One customer finds a soft part, or more than two batches a month wait",
            ),
        ),
        "4", "people", area="Heat treatment", serves_neither="No objective has been set for heat treatment yet",
    ),
    ToldRequest(
        "A cleaner for the coolant of grinding", "hiro.fischer", 160, "technology", 45,
        "We change the coolant twice as often as it should last.",
        ((151, "withdraw", "hiro.fischer", {"reason": "The old one runs again since the pump was changed"}),),
        "2200", "once", area="Grinding", serves_neither="Saves coolant, no quality matter",
    ),
    ToldRequest(
        "Two hand scanners for Shipping", "zoe.tran", 96, "technology", 30,
        "Labels are read by eye; a wrong one leaves the house about once a month.",
        (
            decline(
                88, "yusuf.chen", 180, "One scanner covers the early shift; the late shift ships a tenth",
                "A wrong label leaves the house on the late shift", levels=(2, 3),
                control="A second person reads every label on the late shift",
                void_if="One complaint about a label from the late shift",
                granted="One scanner, for the early shift", after=21, amount="2900", budget="Shipping equipment",
                target="5",
            ),
            arrive(66, "zoe.tran", "It scans since Monday; 1,140 labels read, two wrong ones caught."),
        ),
        "5800", "once", area="Shipping", objective="Customer complaints",
    ),
    ToldRequest(
        "A spare controller for furnace 2", "ximena.weber", 40, "technology", 50,
        "When the controller fails, the furnace stands for weeks and its parts go out for hardening.",
        (
            ask(33, "yusuf.chen", "Would a used one do?"),
            answer(31, "ximena.weber", "Yes, but nobody has offered one of our type since spring."),
        ),
        "18400", "once", area="Heat treatment", risk="Furnace 2",
    ),
    ToldRequest(
        "New inserts for the trial on line 1", "karin.alvarez", 26, "money", 20,
        "The trial stops half-way and we never know.",
        (provide(22, "yusuf.chen", "Sixty inserts of the second maker", 18, "1900", "Tooling line 1"),),
        "1900", "once", area="CNC line 1", objective="First-pass yield",
    ),
    ToldRequest(
        "Four training days for every new setter", "grace.weber", 15, "training", 120,
        "New setters learn from whoever has time, and set each machine another way.",
        (
            decline(
                8, "yusuf.chen", 240, "Two days are in the plan; four take eleven people off the lines this year",
                "New setters set machines each in their own way", levels=(3, 3),
                control="The first part of every new setter is checked by the shift leader for six weeks",
                void_if="A scrapped batch comes down to a setting by somebody new",
                target="14.5",
            ),
        ),
        "44", "hours", "Two days at the maker, two on our own machines with the shift leader.",
        objective="Sixteen hours of training", area="Maintenance",
    ),
    ToldRequest(
        "An oven with a recorder for the second line", "ximena.weber", 5, "technology", 150,
        "We write temperatures by hand, every half hour, and some half hours are missing.",
        ((3, "hand_on", "yusuf.chen", {"to": "ximena.vega", "reason": "Beyond what the plant may spend by itself"}),),
        "61000", "once", "The offer is in the files of the lab.", area="Heat treatment",
        serves_neither="The next contract asks for it",
    ),
)  # fmt: skip
