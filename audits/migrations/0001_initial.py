import audits.models.pack
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('qms', '0001_initial'),
        ('qms', '__first__'),
    ]

    operations = [
        migrations.CreateModel(
            name='Pack',
            fields=[
                ('record_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='qms.record')),
                ('status', models.CharField(choices=[('requested', 'Waiting'), ('building', 'Being built'), ('ready', 'Ready'), ('failed', 'Failed'), ('superseded', 'Superseded')], default='requested', editable=False, max_length=12)),
                ('from_on', models.DateField(verbose_name='from')),
                ('to_on', models.DateField(verbose_name='to')),
                ('purpose', models.CharField(blank=True, max_length=200, verbose_name='purpose')),
                ('has_photos', models.BooleanField(default=True, verbose_name='with photos')),
                ('names', models.CharField(choices=[('full', 'Full names'), ('initials', 'Initials only')], default='full', max_length=12, verbose_name='personal names')),
                ('cutoff_at', models.DateTimeField(editable=False, null=True)),
                ('frozen', models.TextField(blank=True, editable=False)),
                ('sampling_seed', models.CharField(blank=True, editable=False, max_length=32)),
                ('item_count', models.PositiveIntegerField(default=0, editable=False)),
                ('page_count', models.PositiveIntegerField(default=0, editable=False)),
                ('file', models.FileField(blank=True, editable=False, max_length=200, upload_to=audits.models.pack.pack_stored_as)),
                ('file_size', models.PositiveBigIntegerField(default=0, editable=False)),
                ('sha256', models.CharField(blank=True, db_index=True, editable=False, max_length=64)),
                ('unsigned_sha256', models.CharField(blank=True, db_index=True, editable=False, max_length=64)),
                ('manifest_sha256', models.CharField(blank=True, editable=False, max_length=64)),
                ('signer', models.CharField(blank=True, editable=False, max_length=200)),
                ('signer_fingerprint', models.CharField(blank=True, editable=False, max_length=64)),
                ('failure', models.TextField(blank=True, editable=False)),
                ('clauses', models.ManyToManyField(related_name='packs', to='qms.clause', verbose_name='clauses')),
                ('edition', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='qms.standardedition', verbose_name='edition')),
                ('job', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='packs', to='qms.job')),
                ('sites', models.ManyToManyField(related_name='packs', to='qms.site', verbose_name='sites')),
                ('supersedes', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='audits.pack')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('to_on__gte', models.F('from_on'))), name='pack_period_ordered', violation_error_message='The period must end on or after the day it starts.'), models.CheckConstraint(condition=models.Q(('status__in', ['requested', 'building', 'ready', 'failed', 'superseded'])), name='pack_status_known')],
            },
            bases=('qms.record',),
        ),
        migrations.CreateModel(
            name='PackItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mapping_id_frozen', models.BigIntegerField()),
                ('version', models.PositiveIntegerField()),
                ('content_hash', models.CharField(max_length=64)),
                ('occurred_on', models.DateField()),
                ('position', models.PositiveIntegerField()),
                ('standing', models.CharField(choices=[('counts', 'Counts as evidence'), ('not_counted', 'Does not count yet'), ('withdrawn', 'Withdrawn')], default='counts', max_length=12)),
                ('is_home', models.BooleanField(default=True)),
                ('is_late', models.BooleanField(default=False)),
                ('chain_length', models.PositiveIntegerField(default=0)),
                ('chain_head', models.CharField(blank=True, max_length=64)),
                ('extra', models.TextField(blank=True)),
                ('clause', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.clause')),
                ('pack', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='audits.pack')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pack_items', to='qms.record')),
            ],
            options={
                'indexes': [models.Index(models.F('pack'), models.F('position'), name='pack_item_order'), models.Index(models.F('pack'), models.F('clause'), models.F('position'), name='pack_item_by_clause')],
                'constraints': [models.UniqueConstraint(fields=('pack', 'clause', 'record'), name='pack_item_once')],
            },
        ),
        migrations.CreateModel(
            name='PackLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('for_whom', models.CharField(max_length=160, verbose_name='for whom')),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pack', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='audits.pack')),
            ],
        ),
        migrations.CreateModel(
            name='PackDownload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('address', models.GenericIPAddressField(null=True)),
                ('pack', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='downloads', to='audits.pack')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.person')),
                ('link', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='downloads', to='audits.packlink')),
            ],
        ),
        migrations.CreateModel(
            name='PackPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=240)),
                ('spec', models.JSONField(default=dict)),
                ('status', models.CharField(choices=[('waiting', 'Waiting'), ('claimed', 'Being rendered'), ('done', 'Done')], default='waiting', max_length=12)),
                ('claimed_at', models.DateTimeField(null=True)),
                ('claims', models.PositiveSmallIntegerField(default=0)),
                ('pages', models.PositiveIntegerField(default=0)),
                ('outline', models.JSONField(default=list)),
                ('error', models.TextField(blank=True)),
                ('file', models.FileField(blank=True, max_length=200, upload_to=audits.models.pack.part_stored_as)),
                ('pack', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='parts', to='audits.pack')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('pack', 'position'), name='pack_part_order')],
            },
        ),
    ]
