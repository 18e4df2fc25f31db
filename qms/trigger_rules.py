"""Rules of the database that look into other tables, which a check constraint cannot; triggers.py installs them.

A declined or partly provided resource stands on a risk acceptance that a leader signed, and on an adjusted target where
it serves an objective; whatever program asks, neither can be left out or taken away while the acceptance stands.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """A row of ``table`` is refused, with ``message``, while the condition of the event holds.

    Conditions are SQL for both engines; ``{changed}`` stands for the operator that tells NULL from a value.
    """

    name: str
    table: str
    message: str
    on_insert: str = ""
    on_update: str = ""

    @property
    def events(self) -> dict[str, str]:
        """The condition of each event the rule looks at."""
        return {event: when for event, when in (("INSERT", self.on_insert), ("UPDATE", self.on_update)) if when}

    def trigger(self, event: str) -> str:
        """The name of the trigger that asks the rule."""
        return f"{self.name}_{event.lower()}"

    def sql(self, event: str, vendor: str, changed: str) -> list[str]:
        """The statements that make the trigger; PostgreSQL asks other tables in a function only."""
        name, when = self.trigger(event), self.events[event].format(changed=changed)
        start = f"CREATE TRIGGER {name} BEFORE {event} ON {self.table} FOR EACH ROW"
        if vendor == "sqlite":
            return [f"{start} WHEN {when} BEGIN SELECT RAISE(ABORT, '{self.message}'); END"]
        body = f"IF {when} THEN RAISE EXCEPTION '{self.message}'; END IF; RETURN NEW;"
        function = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
        return [function, f"{start} EXECUTE FUNCTION {name}()"]


_REFUSED = "NEW.decision IN ('declined', 'partly')"
_UNSIGNED = (
    f"{_REFUSED} AND NOT EXISTS (SELECT 1 FROM objectives_riskacceptance given "  # noqa: S608
    "JOIN qms_signature signed ON signed.id = given.signature_id "
    "WHERE given.id = NEW.acceptance_id AND given.risk_id = NEW.risk_served_id AND signed.record_id = given.risk_id "
    "AND signed.signer_id = given.accepted_by_id)"
)
_UNADJUSTED = (
    f"{_REFUSED} AND NEW.objective_served_id IS NOT NULL "  # noqa: S608
    "AND NOT EXISTS (SELECT 1 FROM objectives_objectivetarget target "
    "WHERE target.id = NEW.adjusted_target_id AND target.objective_id = NEW.objective_served_id AND target.number > 1)"
)
_ENDED = (
    f"{_REFUSED} AND EXISTS (SELECT 1 FROM objectives_riskacceptance given "  # noqa: S608
    "WHERE given.id = NEW.acceptance_id AND given.ended_at IS NOT NULL)"
)
_KEPT = ("decision", "acceptance_id", "adjusted_target_id", "objective_served_id", "risk_served_id")
_LOST = " OR ".join(f"OLD.{column} {{changed}} NEW.{column}" for column in _KEPT)
_UNDONE = (
    f"OLD.decision IN ('declined', 'partly') AND ({_LOST}) AND EXISTS ("  # noqa: S608
    "SELECT 1 FROM objectives_riskacceptance given WHERE given.id = OLD.acceptance_id AND given.ended_at IS NULL)"
)
_UNACCEPTED = (
    "NEW.status = 'accepted' AND NOT EXISTS (SELECT 1 FROM leadership_roleacceptance given "
    "WHERE given.id = NEW.acceptance_id AND given.role_id = NEW.record_ptr_id AND given.person_id = NEW.holder_id)"
)
RULES = (
    Rule(
        "leadership_resourcerequest_refuse_unsigned", "leadership_resourcerequest",
        "a declined resource needs a signed acceptance of the risk it serves", _UNSIGNED, _UNSIGNED,
    ),
    Rule(
        "leadership_resourcerequest_refuse_unadjusted", "leadership_resourcerequest",
        "a declined resource needs an adjusted target of the objective it serves", _UNADJUSTED, _UNADJUSTED,
    ),
    Rule(
        "leadership_resourcerequest_refuse_ended", "leadership_resourcerequest",
        "a declined resource needs an acceptance that still stands", _ENDED,
        f"{_ENDED} AND (OLD.acceptance_id {{changed}} NEW.acceptance_id OR OLD.decision <> NEW.decision)",
    ),
    Rule(
        "leadership_resourcerequest_refuse_undone", "leadership_resourcerequest",
        "a declined resource keeps what was signed for it while the acceptance stands", on_update=_UNDONE,
    ),
    Rule(
        "objectives_riskacceptance_refuse_revived", "objectives_riskacceptance",
        "an acceptance that has ended stays ended", on_update="OLD.ended_at IS NOT NULL AND NEW.ended_at IS NULL",
    ),
    Rule(
        "leadership_role_refuse_unaccepted", "leadership_role",
        "a role is accepted when the one who holds it has said yes to it", _UNACCEPTED, _UNACCEPTED,
    ),
)  # fmt: skip
