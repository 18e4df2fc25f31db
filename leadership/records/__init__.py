"""The kinds of record the leadership package keeps, one module a concept."""

from leadership.records.acknowledgement import ACKNOWLEDGEMENT
from leadership.records.activity import ACTIVITY
from leadership.records.communication import COMMUNICATION
from leadership.records.policy import POLICY
from leadership.records.recognition import RECOGNITION
from leadership.records.resource_request import RESOURCE_REQUEST
from leadership.records.role import ROLE
from leadership.records.routine import ROUTINE

__all__ = [
    "ACKNOWLEDGEMENT",
    "ACTIVITY",
    "COMMUNICATION",
    "POLICY",
    "RECOGNITION",
    "RESOURCE_REQUEST",
    "ROLE",
    "ROUTINE",
]
