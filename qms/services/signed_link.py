"""Addresses of mails that need no secret in the database: signed, ending by themselves, good for one purpose each."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.urls import reverse

LIFETIME = timedelta(days=60)


class NotSigned(Exception):
    """The address was not made here for this purpose, was altered, or is too old."""


def address_of(url_name: str, what: str) -> str:
    """The whole address of a named page that takes ``token``, signed for that page alone."""
    token = signing.dumps(what, salt=f"link:{url_name}", compress=False)
    return f"{settings.PUBLIC_URL}{reverse(url_name, args=[token])}"


def read(url_name: str, token: str) -> str:
    """What the address of that page was made for. Raises NotSigned."""
    try:
        return str(signing.loads(token, salt=f"link:{url_name}", max_age=LIFETIME))
    except signing.BadSignature as error:
        raise NotSigned from error
