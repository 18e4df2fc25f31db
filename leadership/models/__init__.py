"""The leadership models; import them from here."""

from leadership.models.acknowledgement import Acknowledgement, AcknowledgementCampaign, Addressee
from leadership.models.activity import Activity, ActivityStop, ActivityType
from leadership.models.calendar_feed import CalendarFeed
from leadership.models.communication import Communication, CommunicationQuestion
from leadership.models.corroboration import Answer, Invitation
from leadership.models.policy import Policy
from leadership.models.process import Process, RaciLetter
from leadership.models.recognition import Recognition, RecognitionValue, WallScreen, WallWish
from leadership.models.resource_request import NOT_ALL, Decision, ResourceDecision, ResourceRequest
from leadership.models.role import Role, RoleAcceptance, RoleHolding
from leadership.models.routine import CannotMoveOn, Occurrence, Routine, RoutineArea

__all__ = [
    "NOT_ALL",
    "Acknowledgement",
    "AcknowledgementCampaign",
    "Activity",
    "ActivityStop",
    "ActivityType",
    "Addressee",
    "Answer",
    "CalendarFeed",
    "CannotMoveOn",
    "Communication",
    "CommunicationQuestion",
    "Decision",
    "Invitation",
    "Occurrence",
    "Policy",
    "Process",
    "RaciLetter",
    "Recognition",
    "RecognitionValue",
    "ResourceDecision",
    "ResourceRequest",
    "Role",
    "RoleAcceptance",
    "RoleHolding",
    "Routine",
    "RoutineArea",
    "WallScreen",
    "WallWish",
]
