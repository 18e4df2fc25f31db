import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import qms.models.attachment
import qms.models.site
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('email', models.EmailField(max_length=254, unique=True, verbose_name='e-mail')),
                ('profile', models.CharField(choices=[('employee', 'Employee'), ('leader', 'Leader'), ('quality_manager', 'Quality manager'), ('finance', 'Finance'), ('internal_auditor', 'Internal auditor'), ('guest_auditor', 'Guest auditor'), ('administrator', 'Administrator')], default='employee', max_length=32, verbose_name='access profile')),
                ('has_all_sites', models.BooleanField(default=False, verbose_name='all sites')),
                ('is_active', models.BooleanField(default=True, verbose_name='may log in')),
                ('access_expires_at', models.DateTimeField(blank=True, null=True, verbose_name='access ends')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('session_number', models.PositiveIntegerField(default=0, editable=False, help_text='Counting it up ends every open session of the user.')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Area',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='name')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
        ),
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveIntegerField(unique=True)),
                ('at', models.DateTimeField()),
                ('last_entry_id', models.BigIntegerField()),
                ('entries', models.PositiveIntegerField()),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Commitment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('label', models.CharField(max_length=120, verbose_name='label')),
            ],
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(help_text='Short, goes into reference numbers: DEN.', max_length=12, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=120, unique=True, verbose_name='name')),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[qms.models.site.validate_time_zone], verbose_name='time zone')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('has_open_ideas', models.BooleanField(default=False, help_text="Anybody with an area's QR code may raise an idea or a problem here, and see nothing else.", verbose_name='ideas without log-in')),
            ],
        ),
        migrations.CreateModel(
            name='Clause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, verbose_name='number')),
                ('letter', models.CharField(blank=True, max_length=40, verbose_name='letter')),
                ('sort_key', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('has_own_label', models.BooleanField(default=False, help_text='The standard prints no title here; the label is ours.')),
                ('intent', models.TextField(blank=True, verbose_name='what it is about, in our words')),
                ('evidence_hints', models.JSONField(blank=True, default=list, verbose_name='evidence')),
                ('documented_information', models.CharField(choices=[('none', 'not prescribed'), ('maintain', 'a document is kept current'), ('retain', 'a record is kept as evidence')], default='none', max_length=12)),
                ('also_retain', models.BooleanField(default=False)),
                ('max_age_days', models.PositiveIntegerField(blank=True, null=True, verbose_name='evidence is fresh for (days)')),
                ('relevance', models.CharField(blank=True, max_length=12, verbose_name='relevance for leaders')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('edited_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('edited_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='qms.clause')),
                ('commitment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='clauses', to='qms.commitment')),
            ],
        ),
        migrations.CreateModel(
            name='ClauseMapping',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40, verbose_name='kind of record')),
                ('subtype', models.CharField(blank=True, max_length=60, verbose_name='type')),
                ('strength', models.CharField(choices=[('mandatory', 'Mandatory'), ('supporting', 'Supporting')], default='supporting', max_length=12, verbose_name='strength')),
                ('max_age_days', models.PositiveIntegerField(blank=True, null=True, verbose_name='fresh for (days)')),
                ('min_count', models.PositiveSmallIntegerField(default=1, verbose_name='records needed')),
                ('min_people', models.PositiveSmallIntegerField(default=1, verbose_name='leaders needed')),
                ('effective_from', models.DateField(verbose_name='effective from')),
                ('effective_to', models.DateField(blank=True, null=True, verbose_name='effective until')),
                ('reason', models.CharField(blank=True, max_length=400, verbose_name='reason')),
                ('created_at', models.DateTimeField()),
                ('clause', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mappings', to='qms.clause', verbose_name='clause')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supersedes', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='qms.clausemapping')),
            ],
        ),
        migrations.CreateModel(
            name='CrosswalkRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('change_type', models.CharField(max_length=40)),
                ('change', models.TextField(blank=True)),
                ('from_clause', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='continues_as', to='qms.clause')),
                ('to_clause', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='comes_from', to='qms.clause')),
            ],
        ),
        migrations.CreateModel(
            name='Elevation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('end', models.CharField(blank=True, choices=[('left', 'left'), ('logged_out', 'logged out'), ('time_out', 'time ran out'), ('replaced', 'started anew'), ('access_ended', 'access ended')], max_length=12)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='elevations', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(max_length=40)),
                ('label', models.CharField(max_length=200)),
                ('status', models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=12)),
                ('total', models.PositiveIntegerField(default=0)),
                ('done', models.PositiveIntegerField(default=0)),
                ('message', models.CharField(blank=True, max_length=400)),
                ('error', models.TextField(blank=True)),
                ('params', models.JSONField(blank=True, default=dict)),
                ('result_url', models.CharField(blank=True, max_length=400)),
                ('created_at', models.DateTimeField()),
                ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='jobs', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.CharField(max_length=300)),
                ('url', models.CharField(blank=True, max_length=400)),
                ('at', models.DateTimeField()),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notifications', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Organization',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, verbose_name='name')),
                ('scope_statement', models.TextField(blank=True, verbose_name='scope of the quality management system')),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[qms.models.site.validate_time_zone], verbose_name='time zone')),
                ('currency', models.CharField(default='USD', help_text='Three letters, as banks write it: USD, EUR.', max_length=3, validators=[django.core.validators.RegexValidator('^[A-Z]{3}$')], verbose_name='currency')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='organization_is_single')],
            },
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(max_length=160, verbose_name='name')),
                ('search_name', models.CharField(db_index=True, editable=False, max_length=200)),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('job_title', models.CharField(blank=True, max_length=120, verbose_name='job title')),
                ('shift', models.CharField(blank=True, max_length=20, verbose_name='shift')),
                ('is_top_management', models.BooleanField(default=False, help_text='Directs and controls the organization at the highest level (ISO 9000 term).', verbose_name='top management')),
                ('pin_hash', models.CharField(blank=True, editable=False, max_length=128)),
                ('deactivated_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='people', to='qms.area', verbose_name='area')),
                ('deactivated_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('manager', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='qms.person', verbose_name='reports to')),
                ('site', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='people', to='qms.site', verbose_name='site')),
            ],
        ),
        migrations.AddField(
            model_name='user',
            name='person',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='user', to='qms.person'),
        ),
        migrations.CreateModel(
            name='Record',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(editable=False, max_length=40)),
                ('reference', models.CharField(editable=False, max_length=40, unique=True, verbose_name='reference')),
                ('title', models.CharField(max_length=240, verbose_name='title')),
                ('occurred_on', models.DateField(verbose_name='event date')),
                ('recorded_at', models.DateTimeField(editable=False, verbose_name='recorded')),
                ('phase', models.CharField(choices=[('draft', 'Draft'), ('open', 'Open'), ('closed', 'Closed'), ('withdrawn', 'Withdrawn')], default='draft', editable=False, max_length=12)),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='due')),
                ('review_on', models.DateField(blank=True, null=True, verbose_name='next review')),
                ('is_confidential', models.BooleanField(default=False, verbose_name='confidential')),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='qms.area', verbose_name='area')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='owned_records', to='qms.person', verbose_name='owner')),
                ('recorded_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='qms.site', verbose_name='site')),
            ],
        ),
        migrations.CreateModel(
            name='Attachment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('form', models.CharField(choices=[('photo', 'Photo'), ('document', 'Document')], max_length=12)),
                ('file', models.FileField(max_length=200, upload_to=qms.models.attachment.stored_as)),
                ('thumbnail', models.FileField(blank=True, max_length=200, upload_to=qms.models.attachment.thumbnail_stored_as)),
                ('name', models.CharField(max_length=200, verbose_name='file name')),
                ('caption', models.CharField(blank=True, max_length=200, verbose_name='caption')),
                ('media_type', models.CharField(max_length=100)),
                ('size', models.PositiveBigIntegerField(help_text='bytes, as stored')),
                ('sha256', models.CharField(help_text='of the file as stored', max_length=64)),
                ('original_sha256', models.CharField(db_index=True, help_text='of the file as it was sent', max_length=64)),
                ('captured_at', models.DateTimeField(blank=True, null=True, verbose_name='taken')),
                ('width', models.PositiveIntegerField(blank=True, help_text='pixels', null=True)),
                ('height', models.PositiveIntegerField(blank=True, help_text='pixels', null=True)),
                ('uploaded_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_reason', models.CharField(blank=True, max_length=400)),
                ('annotation_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='annotations', to='qms.attachment')),
                ('same_as', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='repeats', to='qms.attachment')),
                ('uploaded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attachments', to='qms.record')),
            ],
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('beginning', models.CharField(editable=False, max_length=12)),
                ('scopes', models.JSONField(verbose_name='may')),
                ('is_service', models.BooleanField(default=False, verbose_name='for a machine')),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='api_tokens', to=settings.AUTH_USER_MODEL)),
                ('record', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='api_tokens', to='qms.record', verbose_name='only for')),
            ],
        ),
        migrations.CreateModel(
            name='RecordPerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=160)),
                ('part', models.CharField(choices=[('leader', 'Leader'), ('met', 'Met')], default='met', max_length=12)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='participations', to='qms.person')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='participants', to='qms.record')),
            ],
        ),
        migrations.CreateModel(
            name='RecordVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('content', models.TextField()),
                ('content_hash', models.CharField(max_length=64)),
                ('record', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='qms.record')),
            ],
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('content_hash', models.CharField(max_length=64)),
                ('name', models.CharField(max_length=160, verbose_name='name')),
                ('meaning', models.CharField(max_length=120, verbose_name='meaning')),
                ('at', models.DateTimeField()),
                ('method', models.CharField(max_length=20, verbose_name='re-authenticated by')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='qms.record')),
                ('signer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signatures', to='qms.person')),
            ],
        ),
        migrations.CreateModel(
            name='ReferenceCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=12)),
                ('year', models.PositiveSmallIntegerField()),
                ('last', models.PositiveIntegerField(default=0)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.site')),
            ],
        ),
        migrations.CreateModel(
            name='PersonImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('file_name', models.CharField(max_length=200, verbose_name='file')),
                ('sha256', models.CharField(max_length=64)),
                ('header', models.JSONField(default=list)),
                ('rows', models.JSONField(default=list)),
                ('mapping', models.JSONField(default=list)),
                ('outcome', models.JSONField(default=list)),
                ('created_at', models.DateTimeField()),
                ('applied_at', models.DateTimeField(blank=True, null=True)),
                ('requested_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='person_imports', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.site', verbose_name='site')),
            ],
        ),
        migrations.CreateModel(
            name='CoveragePerson',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.PositiveIntegerField()),
                ('days', models.PositiveBigIntegerField()),
                ('mapping', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.clausemapping')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.person')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.site')),
            ],
        ),
        migrations.CreateModel(
            name='CoverageDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('month', models.PositiveIntegerField()),
                ('count', models.IntegerField()),
                ('mapping', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.clausemapping')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.site')),
            ],
        ),
        migrations.CreateModel(
            name='ClauseLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('occurred_on', models.DateField()),
                ('counts', models.BooleanField()),
                ('clause', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='links', to='qms.clause')),
                ('mapping', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='links', to='qms.clausemapping')),
                ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.person')),
                ('record', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='clause_links', to='qms.record')),
                ('site', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.site')),
            ],
        ),
        migrations.AddField(
            model_name='area',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='areas', to='qms.site', verbose_name='site'),
        ),
        migrations.CreateModel(
            name='Applicability',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField(verbose_name='reason')),
                ('approved_at', models.DateTimeField()),
                ('effective_from', models.DateField()),
                ('effective_to', models.DateField(blank=True, null=True)),
                ('clause', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exclusions', to='qms.clause')),
                ('approved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.person', verbose_name='approved by')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exclusions', to='qms.site')),
            ],
        ),
        migrations.AddField(
            model_name='user',
            name='sites',
            field=models.ManyToManyField(blank=True, related_name='users', to='qms.site', verbose_name='sites'),
        ),
        migrations.CreateModel(
            name='StandardEdition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('standard', models.CharField(help_text='e.g. ISO 9001', max_length=60, verbose_name='standard')),
                ('title', models.CharField(max_length=200, verbose_name='title')),
                ('edition', models.CharField(max_length=100, verbose_name='edition')),
                ('status', models.CharField(blank=True, max_length=120, verbose_name='status')),
                ('published_on', models.DateField(blank=True, null=True, verbose_name='published')),
                ('valid_until', models.DateField(blank=True, null=True, verbose_name='certificates valid until')),
                ('is_default', models.BooleanField(default=False, verbose_name='used by default')),
                ('catalogue_version', models.CharField(blank=True, editable=False, max_length=20)),
                ('edited_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('is_default',), name='edition_one_default')],
            },
        ),
        migrations.AddField(
            model_name='clause',
            name='edition',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clauses', to='qms.standardedition'),
        ),
        migrations.CreateModel(
            name='TrailEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('chain', models.CharField(max_length=60)),
                ('seq', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('verb', models.CharField(max_length=60)),
                ('changes', models.TextField(default='{}')),
                ('reason', models.TextField(blank=True)),
                ('request_id', models.CharField(blank=True, max_length=40)),
                ('previous_hash', models.CharField(max_length=64)),
                ('hash', models.CharField(max_length=64)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='qms.person', to_field='uid')),
                ('record', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='trail', to='qms.record')),
            ],
        ),
        migrations.CreateModel(
            name='AreaCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.CharField(default=qms.models.site.new_token, editable=False, max_length=40, unique=True)),
                ('issued_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='codes', to='qms.area')),
                ('issued_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('revoked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('area',), name='area_one_live_code')],
            },
        ),
        migrations.AddIndex(
            model_name='clausemapping',
            index=models.Index(fields=['kind', 'subtype', 'effective_from'], name='mapping_by_kind'),
        ),
        migrations.AddConstraint(
            model_name='clausemapping',
            constraint=models.UniqueConstraint(condition=models.Q(('effective_to', None)), fields=('kind', 'subtype', 'clause'), name='mapping_one_current', violation_error_message='This kind of record is already mapped to this clause; edit that row.'),
        ),
        migrations.AddConstraint(
            model_name='clausemapping',
            constraint=models.CheckConstraint(condition=models.Q(('effective_to', None), ('effective_to__gte', models.F('effective_from')), _connector='OR'), name='mapping_dates_ordered', violation_error_message='The mapping must end on or after the day it starts.'),
        ),
        migrations.AddConstraint(
            model_name='clausemapping',
            constraint=models.CheckConstraint(condition=models.Q(('min_count__gte', 1), ('min_people__gte', 1)), name='mapping_needs_at_least_one', violation_error_message='At least one record and one leader are needed.'),
        ),
        migrations.AddConstraint(
            model_name='crosswalkrow',
            constraint=models.UniqueConstraint(fields=('from_clause', 'to_clause'), name='crosswalk_once'),
        ),
        migrations.AddIndex(
            model_name='elevation',
            index=models.Index(condition=models.Q(('ended_at', None)), fields=['until'], name='elevation_running'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['user', 'read_at', '-at'], name='notification_unread'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='api_token_ends'),
        ),
        migrations.AddConstraint(
            model_name='recordperson',
            constraint=models.UniqueConstraint(condition=models.Q(('person__isnull', False)), fields=('record', 'person', 'part'), name='participant_once'),
        ),
        migrations.AddConstraint(
            model_name='recordversion',
            constraint=models.UniqueConstraint(fields=('record', 'version'), name='version_once_per_record'),
        ),
        migrations.AddConstraint(
            model_name='signature',
            constraint=models.UniqueConstraint(fields=('record', 'version', 'signer', 'meaning'), name='signature_once'),
        ),
        migrations.AddConstraint(
            model_name='referencecounter',
            constraint=models.UniqueConstraint(fields=('prefix', 'site', 'year'), name='counter_once'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['kind', 'site', '-occurred_on', '-id'], name='record_by_event'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['site', '-occurred_on', '-id'], name='record_by_site'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['kind', '-occurred_on', '-id'], name='record_by_kind'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('is_confidential', True)), fields=['kind', 'site', '-occurred_on', '-id'], name='record_confidential'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['due_on', 'phase'], name='record_by_due'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['owner', 'phase', 'due_on'], name='record_by_owner'),
        ),
        migrations.AddConstraint(
            model_name='record',
            constraint=models.CheckConstraint(condition=models.Q(('phase__in', ['draft', 'open', 'closed', 'withdrawn'])), name='record_phase_known'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Lower('email'), condition=models.Q(('email', ''), _negated=True), name='person_unique_email', violation_error_message='Another person already has this e-mail address.'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('manager', models.F('pk')), _negated=True), name='person_not_own_manager', violation_error_message='A person cannot report to himself or herself.'),
        ),
        migrations.AddConstraint(
            model_name='coverageperson',
            constraint=models.UniqueConstraint(fields=('mapping', 'month', 'site', 'person'), name='coverage_person_once'),
        ),
        migrations.AddConstraint(
            model_name='coverageday',
            constraint=models.UniqueConstraint(fields=('mapping', 'site', 'day'), name='coverage_day_once'),
        ),
        migrations.AddIndex(
            model_name='clauselink',
            index=models.Index(condition=models.Q(('counts', True)), fields=['clause', '-occurred_on', '-record'], name='link_newest'),
        ),
        migrations.AddConstraint(
            model_name='clauselink',
            constraint=models.UniqueConstraint(fields=('record', 'clause'), name='link_once_per_clause'),
        ),
        migrations.AddConstraint(
            model_name='area',
            constraint=models.UniqueConstraint(fields=('site', 'name'), name='area_unique_name_per_site'),
        ),
        migrations.AddConstraint(
            model_name='applicability',
            constraint=models.UniqueConstraint(condition=models.Q(('effective_to', None)), fields=('clause', 'site'), name='applicability_one_current'),
        ),
        migrations.AddConstraint(
            model_name='clause',
            constraint=models.UniqueConstraint(condition=models.Q(('commitment', None)), fields=('edition', 'number', 'letter'), name='clause_once_per_edition'),
        ),
        migrations.AddConstraint(
            model_name='clause',
            constraint=models.UniqueConstraint(condition=models.Q(('commitment__isnull', False)), fields=('edition', 'number', 'commitment'), name='commitment_once_per_edition'),
        ),
        migrations.AddIndex(
            model_name='trailentry',
            index=models.Index(fields=['-at', '-id'], name='trail_by_time'),
        ),
        migrations.AddConstraint(
            model_name='trailentry',
            constraint=models.UniqueConstraint(fields=('chain', 'seq'), name='trail_no_fork'),
        ),
    ]
