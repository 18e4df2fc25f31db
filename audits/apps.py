from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditsConfig(AppConfig):
    name = "audits"
    verbose_name = _("Audits and evidence")

    def ready(self) -> None:
        """Register this package's kinds of record, and its tasks where they are queued."""
        from . import records, reminders, tasks  # noqa: F401, PLC0415  models can only be imported once all apps are loaded
