"""Install the append-only triggers."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from qms import triggers


def install(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers.install(schema_editor.connection)


def remove(apps: object, schema_editor: BaseDatabaseSchemaEditor) -> None:
    triggers.remove(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("qms", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
