"""The leadership models; import them from here."""

from leadership.models.activity import Activity, ActivityStop, ActivityType
from leadership.models.corroboration import Answer, Invitation

__all__ = ["Activity", "ActivityStop", "ActivityType", "Answer", "Invitation"]
