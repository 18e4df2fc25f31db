"""The leadership models; import them from here."""

from leadership.models.activity import Activity, ActivityStop, ActivityType, LogPreference
from leadership.models.corroboration import Answer, Invitation

__all__ = ["Activity", "ActivityStop", "ActivityType", "Answer", "Invitation", "LogPreference"]
