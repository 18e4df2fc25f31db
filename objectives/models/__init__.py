"""The models of planning and improvement; import them from here. Order below is the order of dependency."""

from objectives.models.action_board import ActionMonth
from objectives.models.improvement_action import ActionPhoto, Benefit, IdeaTicket, ImprovementAction, Promise
from objectives.models.nonconformity import LOOKBACK_MONTHS, Cause, CauseNode, Nonconformity, lookback_start
from objectives.models.objective import Measurement, Objective, ObjectiveDecision, ObjectiveTarget
from objectives.models.quality_cost import QualityCostAccount, QualityCostPosting, QualityCostStatement
from objectives.models.risk import Level, Risk, RiskAcceptance, RiskCell, RiskScale
from objectives.models.risk_import import RiskImport
from objectives.models.strategy import Contribution, Correlation, StrategicGoal

__all__ = [
    "LOOKBACK_MONTHS",
    "ActionMonth",
    "ActionPhoto",
    "Benefit",
    "Cause",
    "CauseNode",
    "Contribution",
    "Correlation",
    "IdeaTicket",
    "ImprovementAction",
    "Level",
    "Measurement",
    "Nonconformity",
    "Objective",
    "ObjectiveDecision",
    "ObjectiveTarget",
    "Promise",
    "QualityCostAccount",
    "QualityCostPosting",
    "QualityCostStatement",
    "Risk",
    "RiskAcceptance",
    "RiskCell",
    "RiskImport",
    "RiskScale",
    "StrategicGoal",
    "lookback_start",
]
