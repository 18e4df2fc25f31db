"""Every address, tried by GET and POST, by everybody: the answer is the one its permission gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qms.models import User
from qms.permissions import AccessProfile, Permission, public, requires
from tests.contracts.collected import tables
from tests.contracts.rules import nothing
from tests.contracts.world import OF_SITE, SAMPLES, Address, World, addresses

pytestmark = pytest.mark.django_db

# Holders of the permission who are still told 403, each with the rule that says so. Somebody else must get in.
RULES_BEYOND_THE_PERMISSION = {
    "leadership:activity-edit": "one's own, or with the permission to correct other people's",
    "leadership:activity-withdraw": "the same",
    "leadership:activity-ask": "the same",
    "qms:attachment-add": "who may change the record",
    "qms:attachment-withdraw": "who may change the record",
    "qms:record-files": "who may change the record",
    "qms:record-sign": "who has a part in the record",
    "objectives:improvement-action-edit": "its owner, who opened it, or the quality manager",
    "objectives:improvement-action-move": "the same",
    "objectives:improvement-action-assess": "the same",
    "objectives:improvement-action-cycle": "the same",
    "objectives:improvement-action-photo": "the same",
    "objectives:improvement-action-benefit": "the same",
    "objectives:improvement-action-promise": "the same",
    "objectives:benefit-edit": "the same",
    "objectives:benefit-withdraw": "the same",
    "objectives:strategic-goal-edit": "its owner, who entered it, or the quality manager",
    "objectives:strategic-goal-move": "the same",
    "objectives:objective-edit": "its owner, who entered it, or the quality manager",
    "objectives:objective-measure": "the same",
    "objectives:objective-token": "the same",
    "objectives:objective-import": "the same",
    "objectives:objective-import-check": "the same",
    "objectives:objective-import-problems": "the same",
    "objectives:objective-decide": "the same",
    "objectives:objective-move": "the same",
    "objectives:risk-edit": "its owner, who entered it, or the quality manager",
    "objectives:risk-act": "the same",
    "objectives:nonconformity-edit": "its owner, who raised it, or the quality manager",
    "objectives:nonconformity-step": "the same, but for judging the effect",
    "objectives:nonconformity-why": "the same",
    "objectives:nonconformity-why-remove": "the same",
    "objectives:quality-cost-move": "finance reopens what finance confirmed",
    "audits:pack-retry": "who asked for the pack, or the quality manager",
    "audits:pack-supersede": "the same",
    "audits:pack-link": "the same",
    "audits:pack-link-revoke": "the same",
    "qms:elevate": "who holds a permission that needs an elevated session",
    "qms:user-act": "nobody takes the last administrator's access, nor gives more than one has",
} | tables("world", "RULES_BEYOND_THE_PERMISSION")
# Addresses that answer 404 although the asker holds the permission, because of what the sample is in this world.
NOT_THERE = {
    "audits:verify-certificate": "no certificate before the first pack",
    "leadership:answer": "a token that does not exist",
    "objectives:promise-answer": "the same",
    "objectives:idea-ticket": "the same",
    "api:unknown": "an address the API does not have",
} | tables("world", "NOT_THERE")
# Public addresses with an answer of their own.
ELSEWHERE = {
    "objectives:idea-at": "login",  # the site takes no ideas without a log-in
    "qms:area-code": "login",  # the code gives context to the log, which asks who one is
    "readyz": HTTPStatus.SERVICE_UNAVAILABLE,  # no worker runs in a test
} | tables("world", "ELSEWHERE")
# 409: nothing is done because of how things stand (a ready pack cannot be retried), said in words.
FINE = {
    HTTPStatus.OK, HTTPStatus.FOUND, HTTPStatus.SEE_OTHER, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.CONFLICT,
    HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.GONE,
}  # fmt: skip


@pytest.fixture
def world() -> World:
    return World()


def undeclared(found: list[Address]) -> Iterator[str]:
    """Views that say neither who may call them nor that everybody may; arguments nobody gave a sample for."""
    for address in found:
        if not address.is_public and not address.is_by_token and address.permission is None:
            yield f"{address.name}: its view declares neither @requires nor @public"
        if not address.name.partition(":")[2] and ":" in address.name:
            yield f"{address.route}: it has no name"
        if address.arguments and address.name not in SAMPLES:
            yield f"{address.name}: no sample in tests/contracts/world.py for {', '.join(address.arguments)}"


def ask(client: Client, world: World, user: User | None, address: Address, method: str) -> int | str:
    """The status, or what went wrong; whatever the request does is undone."""
    sample = SAMPLES.get(address.name)
    path = reverse(address.name, kwargs=sample(world, user or world.leader) if sample else {})
    try:
        with transaction.atomic():
            response = getattr(client, method)(path)
            if response.streaming:
                b"".join(response)
            transaction.set_rollback(True)
    except Exception as error:  # noqa: BLE001  any exception is what this test looks for
        return f"{type(error).__name__}: {str(error)[:150]}"
    if response.status_code == HTTPStatus.FOUND and response.url.startswith("/account/login/"):
        return "login"
    return int(response.status_code)


def signed_in(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
        session = client.session
        session["elevated_until"] = timezone.now().timestamp() + 3600
        session.save()
    return client


Expect = Callable[[Address, int | str], str]


def tried(world: World, user: User | None, found: list[Address], expect: Expect) -> Iterator[str]:
    """Everything that did not answer as expected."""
    client = signed_in(user)
    for address in found:
        for method in ("get", "post"):
            status = ask(client, world, user, address, method)
            complaint = expect(address, status)
            if complaint:
                who = user.email if user else "nobody"
                yield f"{method.upper()} {address.name} by {who}: {status}, not {complaint}"


def expected_without_token(status: int | str) -> str:
    """What the API answers to whoever brings no token, logged in or not: a session never counts there."""
    is_refused = status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.METHOD_NOT_ALLOWED)
    return "" if is_refused else "401: no token"


def expected_of_nobody(address: Address, status: int | str) -> str:
    if address.is_by_token:
        return expected_without_token(status)
    if address.is_public:
        if status == ELSEWHERE.get(address.name):
            return ""
        fits = status in FINE or (status == HTTPStatus.NOT_FOUND and address.name in NOT_THERE)
        return "" if fits else "an answer to the world"
    return "" if status == "login" else "the log-in page"


def expected_of(user: User, *, is_stranger: bool) -> Expect:
    def expect(address: Address, status: int | str) -> str:
        if address.is_by_token:
            return expected_without_token(status)
        if address.is_public or address.permission is None:
            return ""
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            return ""
        if not user.can(address.permission):
            return "" if status == HTTPStatus.FORBIDDEN else "403: it lacks the permission"
        if is_stranger and address.name in OF_SITE:
            return "" if status == HTTPStatus.NOT_FOUND else "404: it is another site's"
        if status == HTTPStatus.FORBIDDEN and address.name in RULES_BEYOND_THE_PERMISSION:
            return ""
        fits = status in FINE or (status == HTTPStatus.NOT_FOUND and address.name in NOT_THERE)
        return "" if fits else "a page: it holds the permission"

    return expect


def test_every_view_says_who_may_call_it_and_every_argument_has_a_sample() -> None:
    found = addresses()
    assert len(found) > 80
    nothing(undeclared(found))


def test_samples_are_all_used() -> None:
    nothing(f"{name}: there is no such address" for name in SAMPLES.keys() - {address.name for address in addresses()})


def test_nobody_is_led_to_the_log_in_page(world: World) -> None:
    nothing(tried(world, None, addresses(), expected_of_nobody))


@pytest.mark.parametrize("profile", AccessProfile.values)
def test_profile_reaches_what_its_permissions_say(world: World, profile: str) -> None:
    user = world.users[profile]
    nothing(tried(world, user, addresses(), expected_of(user, is_stranger=False)))


@pytest.mark.parametrize("profile", AccessProfile.values)
def test_stranger_of_another_site_finds_nothing_of_this_one(world: World, profile: str) -> None:
    user = world.strangers[profile]
    scoped = [address for address in addresses() if address.name in OF_SITE]
    nothing(tried(world, user, scoped, expected_of(user, is_stranger=True)))


def test_rule_beyond_the_permission_leaves_somebody_in(world: World) -> None:
    """A page that tells every holder 403 is broken, whatever its rule says."""
    shut = []
    for address in addresses():
        if address.name in RULES_BEYOND_THE_PERMISSION:
            holders = [user for user in world.users.values() if user.can(address.permission)]
            answers = [ask(signed_in(u), world, u, address, m) for u in holders for m in ("get", "post")]
            if not any(answer in FINE - {HTTPStatus.METHOD_NOT_ALLOWED} for answer in answers):
                shut.append(f"{address.name}: nobody gets in ({answers})")
    nothing(shut)


# --- twins ------------------------------------------------------------------------------------------------------------


def undeclared_view(request: Any) -> None:
    """A view somebody forgot to decorate."""


def test_undeclared_view_and_unknown_argument_are_caught() -> None:
    lines = list(undeclared([Address("qms:new", "new/<int:pk>/", undeclared_view, ("pk",))]))
    assert lines == [
        "qms:new: its view declares neither @requires nor @public",
        "qms:new: no sample in tests/contracts/world.py for pk",
    ]


@pytest.mark.parametrize(
    ("status", "is_stranger", "name", "complaint"),
    [
        (200, False, "qms:site-list", "403: it lacks the permission"),
        (200, True, "leadership:activity-detail", "404: it is another site's"),
        (403, True, "leadership:activity-detail", "404: it is another site's"),
        (403, False, "leadership:activity-detail", "a page: it holds the permission"),
        (404, False, "leadership:activity-detail", "a page: it holds the permission"),
        (500, False, "leadership:activity-detail", "a page: it holds the permission"),
        ("ValueError: x", False, "leadership:activity-detail", "a page: it holds the permission"),
    ],
)
def test_wrong_answer_is_caught(world: World, status: int | str, is_stranger: bool, name: str, complaint: str) -> None:
    address = next(address for address in addresses() if address.name == name)
    expect = expected_of(world.users[AccessProfile.LEADER], is_stranger=is_stranger)
    assert expect(address, status) == complaint


def test_open_door_for_nobody_is_caught() -> None:
    guarded = requires(Permission.RECORD_VIEW)(undeclared_view)  # type: ignore[type-var]
    assert expected_of_nobody(Address("a:b", "b/", guarded, ()), 200) == "the log-in page"
    opened = public(undeclared_view)  # type: ignore[type-var]
    assert expected_of_nobody(Address("a:b", "b/", opened, ()), "login") == "an answer to the world"
