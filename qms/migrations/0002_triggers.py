"""Install the append-only triggers, once every app has its tables."""

from django.db import migrations

from qms import triggers


class Migration(migrations.Migration):
    dependencies = [("qms", "0001_initial"), ("objectives", "0001_initial"), ("leadership", "0001_initial")]
    operations = [migrations.RunPython(triggers.install_by_migration, triggers.remove_by_migration)]
