"""The models of planning and improvement; import them from here."""

from objectives.models.improvement_action import ImprovementAction

__all__ = ["ImprovementAction"]
