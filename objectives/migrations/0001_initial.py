import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('qms', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ImprovementAction',
            fields=[
                ('record_ptr', models.OneToOneField(auto_created=True, on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, serialize=False, to='qms.record')),
                ('status', models.CharField(choices=[('open', 'Open'), ('in_progress', 'In progress'), ('done', 'Done'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn')], default='open', editable=False, max_length=12)),
                ('description', models.TextField(blank=True, verbose_name='description')),
                ('outcome', models.TextField(blank=True, verbose_name='outcome')),
                ('completed_on', models.DateField(blank=True, editable=False, null=True, verbose_name='completed')),
                ('promised_to', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='promises', to='qms.person', verbose_name='promised to')),
                ('source', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='qms.record', verbose_name='came from')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('status__in', ['open', 'in_progress', 'done', 'declined', 'withdrawn'])), name='improvement_action_status_known')],
            },
            bases=('qms.record',),
        ),
    ]
