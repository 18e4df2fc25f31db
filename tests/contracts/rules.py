"""What the contract tests share."""

from collections.abc import Iterable

import pytest


def nothing(broken: Iterable[str]) -> None:
    """Fail with every line of ``broken``, one below the other."""
    lines = sorted(set(broken))
    if lines:
        pytest.fail(f"{len(lines)} broken:\n  " + "\n  ".join(lines), pytrace=False)
