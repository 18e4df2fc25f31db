"""`manage.py invite_administrator`: the first log-in of a new system, and the way back in when nobody has one."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from qms.models import Person
from qms.permissions import AccessProfile
from qms.services import person as person_service
from qms.services import user as user_service


class Command(BaseCommand):
    """By the same service as in the browser, so the trail knows it; needs no mail server, because it shows the link."""

    help = "Give somebody the administrator's access to all sites and print the link that sets the password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take who it is."""
        parser.add_argument("email", help="the address to log in with")
        parser.add_argument("--name", help="needed unless a person with this address is known already")

    @transaction.atomic
    def handle(self, *args: Any, email: str, name: str | None, **options: Any) -> None:
        """Find or enter the person, give access, print the link; an error says what to change."""
        at = timezone.now()
        person = Person.objects.filter(email__iexact=email.strip()).order_by("pk").first()
        if person is None and not name:
            raise CommandError("Nobody with this address is known. Say who it is: --name 'Ada Min'")
        try:
            person = person or person_service.create(by=None, at=at, name=name, email=email.strip().lower())
            user = user_service.invite(
                person, email=email, profile=AccessProfile.ADMINISTRATOR, sites=[], has_all_sites=True,
                access_expires_at=None, by=None, at=at,
            )  # fmt: skip
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        self.stdout.write(f"{person.name} sets a password here, once:\n{user_service.password_link(user)}")
