"""The day a nonconformity happened becomes a fact of its own; the event date moves to its closing from now on."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def take_from_event_date(apps, schema_editor):
    """Until now the event date was the day it happened; those closed before keep it until they are reopened."""
    model = apps.get_model("objectives", "Nonconformity")
    day = apps.get_model("qms", "Record").objects.filter(pk=OuterRef("record_ptr_id")).values("occurred_on")[:1]
    model.objects.update(happened_on=Subquery(day))


class Migration(migrations.Migration):
    dependencies = [("objectives", "0001_initial"), ("qms", "0002_triggers")]

    operations = [
        migrations.AddField("nonconformity", "happened_on", models.DateField(null=True)),
        migrations.RunPython(take_from_event_date, migrations.RunPython.noop),
        migrations.AlterField("nonconformity", "happened_on", models.DateField(verbose_name="happened on")),
        migrations.AddIndex(
            "nonconformity", models.Index(fields=["cause", "happened_on"], name="nonconformity_by_cause")
        ),
    ]
