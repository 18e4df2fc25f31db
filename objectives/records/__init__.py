"""The kinds of record the objectives package keeps, in the order they are shown; one module declares one kind."""

from objectives.records.improvement_action import IMPROVEMENT_ACTION

__all__ = ["IMPROVEMENT_ACTION"]
