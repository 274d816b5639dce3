import django.db.models.deletion
from django.db import migrations, models

import lib.ids


class Migration(migrations.Migration):

    dependencies = [
        ('epm', '0003_application_suppression'),
        ('email_processor', '0002_shares_of_the_queue'),
    ]

    operations = [
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('id', models.UUIDField(default=lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('address', models.CharField(help_text='In lower case, the domain in ASCII: the form it is compared in.', max_length=320)),
                ('reason', models.CharField(blank=True, help_text='Why, in words; shown wherever a mail is held back.', max_length=300)),
                ('source', models.CharField(choices=[('bounce', 'Hard bounce'), ('complaint', 'Complaint'), ('hand', 'By hand'), ('api', 'Application Interface')], max_length=10)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(blank=True, help_text='Left empty, for good.', null=True, verbose_name='until')),
                ('application', models.ForeignKey(blank=True, help_text='Left empty, no application of the zone sends to it.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='epm.application')),
                ('zone', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='epm.zone')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['zone', 'created_at'], name='suppression_newest')],
                'constraints': [models.UniqueConstraint(fields=('zone', 'address', 'application'), name='suppression_once'), models.UniqueConstraint(condition=models.Q(('application', None)), fields=('zone', 'address'), name='suppression_once_in_zone')],
            },
        ),
    ]
