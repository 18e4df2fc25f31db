"""The leadership models; import them from here."""

from leadership.models.activity import Activity, ActivityStop, ActivityType
from leadership.models.corroboration import Answer, Invitation
from leadership.models.recognition import Recognition, RecognitionValue, WallScreen, WallWish

__all__ = [
    "Activity",
    "ActivityStop",
    "ActivityType",
    "Answer",
    "Invitation",
    "Recognition",
    "RecognitionValue",
    "WallScreen",
    "WallWish",
]
