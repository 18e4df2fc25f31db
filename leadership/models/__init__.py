"""The leadership models; import them from here."""

from leadership.models.acknowledgement import Acknowledgement, AcknowledgementCampaign, Addressee
from leadership.models.activity import Activity, ActivityStop, ActivityType
from leadership.models.corroboration import Answer, Invitation
from leadership.models.recognition import Recognition, RecognitionValue, WallScreen, WallWish
from leadership.models.resource_request import NOT_ALL, Decision, ResourceDecision, ResourceRequest

__all__ = [
    "NOT_ALL",
    "Acknowledgement",
    "AcknowledgementCampaign",
    "Activity",
    "ActivityStop",
    "ActivityType",
    "Addressee",
    "Answer",
    "Decision",
    "Invitation",
    "Recognition",
    "RecognitionValue",
    "ResourceDecision",
    "ResourceRequest",
    "WallScreen",
    "WallWish",
]
