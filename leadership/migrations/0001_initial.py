import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('qms', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Activity',
            fields=[
                ('record_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='qms.record')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('logged', 'Logged'), ('withdrawn', 'Withdrawn')], default='draft', editable=False, max_length=12)),
                ('happened_at', models.DateTimeField(verbose_name='when')),
                ('duration_minutes', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1440)], verbose_name='minutes')),
                ('audience_size', models.PositiveIntegerField(blank=True, null=True, verbose_name='size of the audience')),
                ('notes', models.TextField(blank=True, verbose_name='notes')),
                ('late_reason', models.CharField(blank=True, max_length=400, verbose_name='why it is entered late')),
                ('withdrawn_reason', models.CharField(blank=True, max_length=400, verbose_name='why it was withdrawn')),
            ],
            bases=('qms.record',),
        ),
        migrations.CreateModel(
            name='ActivityType',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60, unique=True, verbose_name='slug')),
                ('label', models.CharField(max_length=80, verbose_name='name')),
                ('prefix', models.CharField(max_length=8, validators=[django.core.validators.RegexValidator('^[A-Z]{2,8}$', 'Two to eight capital letters, such as WALK.')], verbose_name='reference prefix')),
                ('icon', models.CharField(default='activity', max_length=40, verbose_name='icon')),
                ('hint', models.CharField(blank=True, max_length=200, verbose_name='what to write')),
                ('has_stops', models.BooleanField(default=False, verbose_name='has stops per area')),
                ('has_audience', models.BooleanField(default=False, verbose_name='asks for the size of the audience')),
                ('position', models.PositiveSmallIntegerField(default=100, verbose_name='order')),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
            ],
        ),
        migrations.CreateModel(
            name='ActivityStop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('seen', models.CharField(blank=True, max_length=600, verbose_name='seen')),
                ('heard', models.CharField(blank=True, max_length=600, verbose_name='heard')),
                ('promised', models.CharField(blank=True, max_length=600, verbose_name='promised')),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stops', to='leadership.activity')),
                ('area', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='qms.area', verbose_name='area')),
            ],
        ),
        migrations.AddField(
            model_name='activity',
            name='activity_type',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='activities', to='leadership.activitytype', verbose_name='kind'),
        ),
        migrations.CreateModel(
            name='Answer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('happened', models.CharField(choices=[('yes', 'Yes, it happened'), ('partly', 'Not quite like that'), ('no', 'No')], max_length=12)),
                ('point', models.CharField(choices=[('answered', 'My point was answered'), ('open', 'Still open'), ('none', 'I raised nothing')], default='none', max_length=12)),
                ('words', models.CharField(blank=True, max_length=400)),
                ('answered_on', models.DateField()),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='leadership.activity')),
                ('participant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='answers', to='qms.recordperson')),
            ],
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('pin_hash', models.CharField(blank=True, max_length=128)),
                ('failed_pins', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('is_handed_over', models.BooleanField(default=False, help_text='Its link was shown to who asked, to hand it on.')),
                ('answered_through', models.CharField(blank=True, choices=[('mail', 'by a link mailed to them'), ('handed', 'by a link the leader handed over'), ('pin', 'at the QR code with their PIN'), ('account', 'with their own log-in')], max_length=8)),
                ('activity', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='invitations', to='leadership.activity')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('participant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='invitation', to='qms.recordperson')),
            ],
        ),
        migrations.AddIndex(
            model_name='activity',
            index=models.Index(condition=models.Q(('status__in', ['draft', 'withdrawn'])), fields=['status'], name='activity_not_logged'),
        ),
        migrations.AddConstraint(
            model_name='activity',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['draft', 'logged', 'withdrawn'])), name='activity_status_known'),
        ),
    ]
