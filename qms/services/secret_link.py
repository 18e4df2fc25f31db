"""Links that let somebody in without a log-in: the address holds a secret, the database only its digest."""

from __future__ import annotations

import secrets
from hashlib import sha256

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe


def new_secret() -> str:
    """A secret for an address, with 192 bits of entropy."""
    return secrets.token_urlsafe(24)


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256 in hexadecimal."""
    return sha256(secret.encode()).hexdigest()


def address_of(url_name: str, secret: object) -> str:
    """The whole address, with the world's name of this installation, that leads to a named page by a secret or uid."""
    return f"{settings.PUBLIC_URL}{reverse(url_name, args=[secret])}"


def drawing(address: str, *, error: str = "m") -> SafeString:
    """An address as a QR code: an inline SVG drawn with presentation attributes only."""
    qr = segno.make(address, error=error, micro=False)
    return mark_safe(qr.svg_inline(border=2, omitsize=True, light="#fff", svgclass="qr", lineclass=None))  # noqa: S308
