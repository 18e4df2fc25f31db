"""Access: who may log in, as what, where, and until when. Every change is in the trail of the log-in it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from qms.letters import Composed, Obsolete
from qms.models import Elevation, Organization, OutboxMessage, Person, Site, User
from qms.permissions import ELEVATED, PROFILE_HOLDERS, PROFILES, AccessProfile, Permission
from qms.services import api_token, elevation, outbox, reauthentication, trail

INVITATION, PASSWORD_RESET = "user_invitation", "password_reset"
RESET_WAITS = timedelta(hours=24)
"""A letter that lets somebody choose a new password and could not be sent for so long is not wanted any more."""


class CannotChangeOwnAccess(Exception):
    """Nobody changes his or her own access: another administrator does."""


class LastAdministrator(Exception):
    """Nobody would be left who can give access."""


class OutOfReach(Exception):
    """The change would reach sites that the administrator does not reach."""


class AlreadyHasAccess(ValidationError):
    """The person has a log-in, or the address belongs to another one."""


@transaction.atomic
def invite(
    person: Person, *, email: str, profile: str, sites: Iterable[Site], has_all_sites: bool,
    access_expires_at: datetime | None, by: User | None, at: datetime,
) -> User:  # fmt: skip
    """Give a person a log-in without a password; a letter brings the link that sets one.

    Side effects: the user row, its sites, the trail, the letter in the outbox. Raises AlreadyHasAccess, OutOfReach,
    ValidationError by field.
    """
    email = email.strip().lower()
    if not person.is_active:
        raise ValidationError({"person": _("%s is deactivated. Reactivate the person first.") % person.name})
    if User.objects.filter(person=person).exists():
        raise AlreadyHasAccess({"person": _("%s has access already. Open it in the list and change it.") % person.name})
    _refuse_taken(email)
    sites = _within_reach(sites, has_all_sites=has_all_sites, by=by)
    user = User(
        person=person, email=email, profile=profile, has_all_sites=has_all_sites,
        access_expires_at=access_expires_at, created_at=at,
    )  # fmt: skip
    user.set_unusable_password()
    user.full_clean()
    user.save(force_insert=True)
    user.sites.set([] if has_all_sites else sites)
    trail.write(user, "user.invited", by=by, at=at, changes=access_of(user), is_first=True)
    _send_later(user, at=at)
    return user


@transaction.atomic
def change_access(
    user: User, *, email: str, profile: str, sites: Iterable[Site], has_all_sites: bool,
    access_expires_at: datetime | None, by: User, at: datetime, reason: str = "",
) -> User:  # fmt: skip
    """Change what a log-in may do, where and until when, and write old and new into the trail.

    Raises CannotChangeOwnAccess, LastAdministrator, OutOfReach, AlreadyHasAccess, ValidationError. Side effects: a new
    e-mail address replaces the old one for log-in, and the tie to an identity at the company's provider goes with it;
    open elevated sessions end when the profile no longer has them.
    """
    user = _locked(user, by=by)
    before, was_administrator = access_of(user), user.profile == AccessProfile.ADMINISTRATOR
    email = email.strip().lower()
    sites = _within_reach(sites, has_all_sites=has_all_sites, by=by)
    if email != user.email:
        _refuse_taken(email, but=user)
        EmailAddress.objects.filter(user=user).delete()
        SocialAccount.objects.filter(user=user).delete()
        user.session_number += 1
    user.email, user.profile, user.has_all_sites = email, profile, has_all_sites
    user.access_expires_at = access_expires_at
    user.full_clean()
    user.save(update_fields=["email", "profile", "has_all_sites", "access_expires_at", "session_number"])
    user.sites.set([] if has_all_sites else sites)
    user.forget_sites()
    if was_administrator:
        _refuse_without_administrator(at=at)
    after = access_of(user)
    changes = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    if changes:
        trail.write(user, "user.access_changed", by=by, at=at, changes=changes, reason=reason)
        if "email" in changes:
            api_token.revoke_personal(user, by=by, at=at, why=_("the log-in has another address"))
        if not elevation.can_elevate(user):
            elevation.end(user, how=Elevation.End.ACCESS_ENDED, at=at)
    return user


@transaction.atomic
def disable(user: User, *, by: User | None, at: datetime, reason: str = "") -> User:
    """Take the log-in away at once: open sessions end with it. The person and all records stay.

    Raises CannotChangeOwnAccess, LastAdministrator, OutOfReach. Side effects: sessions, elevated sessions, personal
    tokens, the trail; tokens for machines rest until it is enabled again.
    """
    user = _locked(user, by=by)
    if user.is_active:
        user.is_active = False
        user.session_number += 1
        user.save(update_fields=["is_active", "session_number"])
        if user.profile == AccessProfile.ADMINISTRATOR:
            _refuse_without_administrator(at=at)
        elevation.end(user, how=Elevation.End.ACCESS_ENDED, at=at)
        trail.write(user, "user.disabled", by=by, at=at, reason=reason)
        api_token.revoke_personal(user, by=by, at=at, why=_("the log-in was disabled"))
    return user


@transaction.atomic
def enable(user: User, *, by: User | None, at: datetime, reason: str = "") -> User:
    """Let a disabled log-in in again; sessions from before stay ended. Writes the trail.

    Raises CannotChangeOwnAccess, OutOfReach, and ValidationError for a deactivated person.
    """
    user = _locked(user, by=by)
    if not user.person.is_active:
        raise ValidationError(_("%s is deactivated. Reactivate the person first.") % user.person.name)
    if not user.is_active:
        user.is_active = True
        user.save(update_fields=["is_active"])
        trail.write(user, "user.enabled", by=by, at=at, reason=reason)
    return user


@transaction.atomic
def reset_second_factor(user: User, *, by: User, at: datetime, reason: str) -> int:
    """Remove the two-step log-in of somebody who lost the phone; ends the sessions. Returns how many factors went.

    Raises CannotChangeOwnAccess, OutOfReach, and ValidationError without a reason. Writes the trail.
    """
    if not reason.strip():
        raise ValidationError(_("Say how you made sure who asked for it."))
    user = _locked(user, by=by)
    removed, _per_model = Authenticator.objects.filter(user=user).delete()
    if removed:
        user.session_number += 1
        user.save(update_fields=["session_number"])
        trail.write(user, "user.second_factor_removed", by=by, at=at, reason=reason)
        api_token.revoke_personal(user, by=by, at=at, why=_("the two-step log-in was removed"))
    return int(removed)


@transaction.atomic
def note(user: User, verb: str, *, by: User | None, at: datetime, facts: dict[str, Any] | None = None) -> None:
    """Write what happened around a log-in (logged in, refused, second factor added) into its trail."""
    trail.write(user, verb, by=by, at=at, changes=facts or {})


@transaction.atomic
def password_changed(user: User, verb: str, *, at: datetime) -> None:
    """Write a new password into the trail, and end what was made with the old one: every personal token."""
    note(user, verb, by=user, at=at)
    api_token.revoke_personal(user, by=user, at=at, why=_("the password was changed"))


@transaction.atomic
def invited_again(user: User, *, by: User | None, at: datetime) -> None:
    """Send the invitation once more, after the commit, and write so into the trail."""
    trail.write(user, "user.invited_again", by=by, at=at, changes={"email": user.email})
    _send_later(user, at=at)


def has_second_factor(user: User) -> bool:
    """Whether the user has two-step log-in."""
    return reauthentication.needs_code(user)


def password_link(user: User) -> str:
    """The address at which the user sets a password, once; it is as good as the password itself."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"}).replace("UID-KEY", key)
    return f"{settings.PUBLIC_URL}{path}"


def compose_invitation(message: OutboxMessage, at: datetime) -> Composed:
    """The link that sets the first password; it works for as long as PASSWORD_RESET_TIMEOUT says. Raises Obsolete.

    The link is made here, so that it never lies in the outbox.
    """
    user = User.objects.filter(pk=message.about or 0).first()
    if user is None or not user.may_log_in_at(at):
        raise Obsolete(_("This log-in cannot be used any more"))
    organization = Organization.current().name
    context = {
        "user": user, "person": user.person, "organization_name": organization, "action_url": password_link(user),
        "action_label": _("Set your password"), "days": settings.PASSWORD_RESET_TIMEOUT // 86400,
        "reset_url": f"{settings.PUBLIC_URL}{reverse('account_reset_password')}",
    }  # fmt: skip
    subject = _("Your access to the quality management system of %s") % organization
    return Composed(to=user.email, subject=subject, template="emails/user_invitation", context=context)


def send_password_reset(user: User, *, at: datetime) -> None:
    """Somebody asked for a new password: the letter with the link, in the outbox; one asked for before is dropped."""
    with transaction.atomic():
        outbox.drop_about(PASSWORD_RESET, user.pk, reason=_("Sent anew"))
        outbox.put(PASSWORD_RESET, person_id=user.person_id, about=user.pk, at=at)


def compose_password_reset(message: OutboxMessage, at: datetime) -> Composed:
    """The link that sets a new password, made here so that it never lies in the outbox. Raises Obsolete."""
    user = User.objects.select_related("person").filter(pk=message.about or 0).first()
    if user is None or not user.may_log_in_at(at):
        raise Obsolete(_("This log-in cannot be used any more"))
    if at - message.created_at > RESET_WAITS:
        raise Obsolete(_("Asked for too long ago"))
    context = {"name": user.person.name, "action_url": password_link(user), "action_label": _("Choose a new password")}
    subject = _("Choose a new password")
    return Composed(to=user.email, subject=subject, template="emails/password_reset", context=context)


def access_of(user: User) -> dict[str, Any]:
    """What the trail keeps of a log-in."""
    sites = ["*"] if user.has_all_sites else list(user.sites.order_by("code").values_list("code", flat=True))
    ends = user.access_expires_at
    return {
        "email": user.email, "profile": str(user.profile), "sites": ", ".join(sites),
        "access_expires_at": trail.moment(ends) if ends else "",
    }  # fmt: skip


def profiles_explained() -> list[dict[str, Any]]:
    """Every access profile with who holds it and what it permits, in the order of the table."""
    return [
        {
            "profile": profile, "label": profile.label, "holders": PROFILE_HOLDERS[profile],
            "permissions": [(p.label, p in ELEVATED) for p in Permission if p in PROFILES[profile]],
        }
        for profile in AccessProfile
    ]  # fmt: skip


def _send_later(user: User, *, at: datetime) -> None:
    outbox.drop_about(INVITATION, user.pk, reason=_("Sent anew"))
    outbox.put(INVITATION, person_id=user.person_id, about=user.pk, at=at)


def _locked(user: User, *, by: User | None) -> User:
    trail.lock_chain("users:administrators")
    user = User.objects.select_for_update(of=("self",)).select_related("person").get(pk=user.pk)
    if by is not None and by.pk == user.pk:
        raise CannotChangeOwnAccess(_("Nobody changes his or her own access. Ask another administrator."))
    if by is not None and not by.reaches(user):
        raise OutOfReach(_("This log-in reaches sites that you do not reach. Ask an administrator of all sites."))
    return user


def _within_reach(sites: Iterable[Site], *, has_all_sites: bool, by: User | None) -> list[Site]:
    sites = list(sites)
    is_limited = by is not None and not by.has_all_sites
    if by and is_limited and (has_all_sites or not {site.pk for site in sites} <= set(by.visible_site_ids)):
        raise OutOfReach(_("You can give access only to sites that you reach yourself."))
    if not sites and not has_all_sites:
        raise ValidationError({"sites": _("Choose at least one site, or all sites.")})
    return sites


def _refuse_taken(email: str, but: User | None = None) -> None:
    others = User.objects.exclude(pk=but.pk) if but else User.objects.all()
    if others.filter(email__iexact=email).exists():
        raise AlreadyHasAccess({"email": _("Another log-in already has this e-mail address.")})


def _refuse_without_administrator(*, at: datetime) -> None:
    if not User.objects.get_queryset().administrators(at).exists():
        raise LastAdministrator(
            _("This is the last administrator who can log in. Make somebody else administrator first.")
        )
