"""Addresses of mails that need no secret in the database: signed, ending by themselves, good for one purpose each."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.core import signing
from django.urls import reverse

LIFETIME = timedelta(days=60)
_PLACE = "TOKEN"


class NotSigned(Exception):
    """The address was not made here for this purpose, was altered, or is too old."""


def address_of(url_name: str, what: str) -> str:
    """The whole address of a named page that takes ``token``, signed for that page alone."""
    token = signing.dumps(what, salt=f"link:{url_name}", compress=False)
    return f"{settings.PUBLIC_URL}{_path(url_name).replace(_PLACE, token)}"


@lru_cache
def _path(url_name: str) -> str:
    """The path of the page with a mark where the token stands: a letter may hold a hundred addresses of one page."""
    return reverse(url_name, args=[_PLACE])


def read(url_name: str, token: str) -> str:
    """What the address of that page was made for. Raises NotSigned."""
    try:
        return str(signing.loads(token, salt=f"link:{url_name}", max_age=LIFETIME))
    except signing.BadSignature as error:
        raise NotSigned from error
