"""What every answer carries, and what nobody gets without logging in."""

import socket

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import yusuf


@pytest.mark.django_db
def test_policy_for_the_browser_forbids_inline_and_foreign_code(client: Client) -> None:
    policy = client.get(reverse("account_login")).headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert (rules["default-src"], rules["script-src"], rules["style-src"]) == ("'none'", "'self'", "'self'")
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_headers_of_a_page(client: Client) -> None:
    headers = client.get(reverse("account_login")).headers
    wanted = {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
    assert {name: headers[name] for name in wanted} == wanted


@pytest.mark.django_db
def test_no_cache_on_the_way_keeps_what_was_made_for_somebody(client: Client) -> None:
    client.force_login(yusuf())
    assert client.get("/").headers["Cache-Control"] == "private, no-cache"
    assert "no-store" in client.get("/log/").headers["Cache-Control"]  # what the view says stays


@pytest.mark.django_db
def test_sign_up_is_closed(client: Client) -> None:
    answer = client.post(
        reverse("account_signup"),
        {"email": "new@plant.example", "password1": "a-long-password-1", "password2": "a-long-password-1"},
    )
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_log_in_is_refused_after_five_wrong_passwords(client: Client) -> None:
    form = {"login": "nobody@plant.example", "password": "wrong"}
    answers = [client.post(reverse("account_login"), form).content.decode() for _ in range(6)]
    assert ["Too many failed login attempts" in answer for answer in answers] == [False] * 5 + [True]


def test_tests_cannot_reach_the_world() -> None:
    with socket.socket() as outside, pytest.raises(pytest.fail.Exception, match="this machine only"):
        outside.connect(("192.0.2.1", 80))
