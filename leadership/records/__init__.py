"""The kinds of record the leadership package keeps, one module a concept."""

from leadership.records.activity import ACTIVITY
from leadership.records.recognition import RECOGNITION

__all__ = ["ACTIVITY", "RECOGNITION"]
