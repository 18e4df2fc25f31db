"""The kinds of record the leadership package keeps, one module a concept."""

from leadership.records.activity import ACTIVITY

__all__ = ["ACTIVITY"]
