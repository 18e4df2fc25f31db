"""The kinds of record the objectives package keeps, in the order they are shown; one module declares one kind."""

from objectives.records.improvement_action import IMPROVEMENT_ACTION
from objectives.records.nonconformity import NONCONFORMITY
from objectives.records.objective import OBJECTIVE
from objectives.records.quality_cost import QUALITY_COST
from objectives.records.risk import RISK
from objectives.records.strategy import STRATEGIC_GOAL

__all__ = ["IMPROVEMENT_ACTION", "NONCONFORMITY", "OBJECTIVE", "QUALITY_COST", "RISK", "STRATEGIC_GOAL"]
