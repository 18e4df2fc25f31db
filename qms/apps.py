from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class QmsConfig(AppConfig):
    name = "qms"
    verbose_name = _("Foundation")

    def ready(self) -> None:
        """Register this package's kinds of record and its moments."""
        from . import records, reminders, tasks  # noqa: F401, PLC0415  models can only be imported once all apps are loaded
