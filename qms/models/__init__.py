"""The foundation's models; import them from here. Order below is the order of dependency."""

from qms.models.absence import Absence
from qms.models.api_token import ApiToken
from qms.models.attachment import Attachment
from qms.models.clause import Applicability, Clause, Commitment, CrosswalkRow, DocumentedInformation, StandardEdition
from qms.models.count import CountUpTo
from qms.models.coverage import ClauseLink, CoverageDay, CoveragePerson
from qms.models.elevation import Elevation
from qms.models.job import Job, Notification
from qms.models.mapping import ClauseMapping
from qms.models.outbox import Concern, OutboxMessage
from qms.models.person import Person, User
from qms.models.person_import import PersonImport
from qms.models.record import (
    Json,
    Phase,
    Record,
    RecordPerson,
    RecordQuerySet,
    RecordVersion,
    ReferenceCounter,
    site_today,
)
from qms.models.reminder import NEWS_OF_A_DIGEST, Reminder, ReminderChannel, ReminderPreference, ReminderRule
from qms.models.signature import Signature
from qms.models.silence import Silence
from qms.models.site import Area, AreaCode, Organization, Site
from qms.models.site_calendar import Closure, Shift
from qms.models.trail import GENESIS, Checkpoint, TrailEntry
from qms.models.watch import Watch

__all__ = [
    "GENESIS",
    "NEWS_OF_A_DIGEST",
    "Absence",
    "ApiToken",
    "Applicability",
    "Area",
    "AreaCode",
    "Attachment",
    "Checkpoint",
    "Clause",
    "ClauseLink",
    "ClauseMapping",
    "Closure",
    "Commitment",
    "Concern",
    "CountUpTo",
    "CoverageDay",
    "CoveragePerson",
    "CrosswalkRow",
    "DocumentedInformation",
    "Elevation",
    "Job",
    "Json",
    "Notification",
    "Organization",
    "OutboxMessage",
    "Person",
    "PersonImport",
    "Phase",
    "Record",
    "RecordPerson",
    "RecordQuerySet",
    "RecordVersion",
    "ReferenceCounter",
    "Reminder",
    "ReminderChannel",
    "ReminderPreference",
    "ReminderRule",
    "Shift",
    "Signature",
    "Silence",
    "Site",
    "StandardEdition",
    "TrailEntry",
    "User",
    "Watch",
    "site_today",
]
