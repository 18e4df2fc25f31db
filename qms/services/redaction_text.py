"""What of a text is personal, and the text without it. Pure: no database, no clock."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from django.db.models import Q

MARK = "[redacted "


class Rewriter:
    """Replaces one person's names and e-mail addresses by their salted hashes.

    A value of several words, and an address, is replaced wherever it stands as spelled; a single word only where it is
    the whole of a value, since in a sentence it may mean anything. The name beside another person's uid stays.
    """

    def __init__(self, uid: str, values: Iterable[str], *, salt: str) -> None:
        self.uid, self._salt = uid, salt
        self.values = sorted({value for value in values if value and not value.startswith(MARK)}, key=len, reverse=True)
        self._labels = {value: self.label(value) for value in self.values}
        long = [re.escape(value) for value in self.values if " " in value or "@" in value]
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(long)})(?!\w)") if long else None

    def hashed(self, value: str) -> str:
        """The first twelve digits of SHA-256(salt + value), in hexadecimal."""
        return sha256((self._salt + value).encode()).hexdigest()[:12]

    def label(self, value: str) -> str:
        """What stands in the value's place."""
        return f"{MARK}{self.hashed(value)}]"

    def text(self, value: str) -> str:
        """A string without the person's names."""
        if value in self._labels:
            return self._labels[value]
        return self._pattern.sub(lambda found: self._labels[found.group()], value) if self._pattern else value

    def content(self, value: Any) -> Any:
        """A JSON value without the person's names."""
        if isinstance(value, dict):
            is_other = value.get("uid", self.uid) not in (self.uid, "") and "name" in value
            return {k: part if is_other and k == "name" else self.content(part) for k, part in value.items()}
        if isinstance(value, list):
            return [self.content(part) for part in value]
        return self.text(value) if isinstance(value, str) else value

    def may_stand_in(self, column: str, *, is_json: bool) -> Q:
        """A condition that holds for every row whose column would change, and for few others."""
        found = Q(pk__in=[])
        for value in self.values:
            spelled = {value}
            if is_json:  # as canonical JSON has it, and as the database has it that escapes all but ASCII
                spelled = {json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (False, True)}
            for word in spelled:
                whole = " " in value or "@" in value or not is_json
                found |= Q(**{f"{column}__contains": word if whole else f'"{word}"'})
        return found
