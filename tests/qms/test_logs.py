"""What stands in the logs, and what does not."""

import logging
import re
from pathlib import Path

import pytest
from django.core import signing
from django.urls import reverse

from qms.logs import SECRET_LINK, log_settings
from qms.services import secret_link
from tests.contracts.world import addresses

NO_SECRETS = {"qms:area-code", "objectives:idea-at"}
"""Codes that hang in the plant for everybody to read."""
LINKS = sorted(
    found.name for found in addresses() if "<str:token>" in found.route and found.name not in NO_SECRETS
)  # fmt: skip


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("name", LINKS)
def test_secret_of_a_link_is_in_no_log(name: str, signed: bool) -> None:
    secret = signing.dumps("17", salt="link") if signed else secret_link.new_secret()
    address = reverse(name, args=[secret])
    facts = {name: value for name, value in log_settings("INFO")["formatters"]["json"].items() if name != "()"}
    formatter = log_settings("INFO")["formatters"]["json"]["()"](**facts)
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, "Not Found: %s", (address,), None)
    line = formatter.format(record)
    assert secret not in line
    assert address.replace(secret, "***") in line
    proxy = (Path(__file__).parents[2] / "deploy/nginx.conf").read_text()
    assert '"uri":"$logged_uri"' in proxy
    pattern = re.findall(r'"~(\S+)" "\$\{before_secret\}', proxy)[0].replace("(?<", "(?P<")
    found = re.match(pattern, address)
    assert found
    assert found.group("before_secret") + "***/" == address.replace(secret, "***")


def test_new_password_link_is_in_no_log_and_plain_addresses_are_whole() -> None:
    key = reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "c3x9wz-0123456789abcdef0123"})
    assert "0123456789abcdef" not in SECRET_LINK.sub(r"\1***", f"GET {key}?next=/")
    for plain in ("/ideas/new/", "/promise/mine/17/", "/promise/at/"):
        assert SECRET_LINK.sub(r"\1***", plain) == plain
