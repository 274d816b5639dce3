import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('email_processor', '0002_recalls'),
        ('epm', '0002_mails_a_second_to_one_domain'),
    ]

    operations = [
        migrations.DeleteModel(name='PaceWindow'),
        migrations.CreateModel(
            name='PaceWindow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(blank=True, max_length=253)),
                ('second', models.BigIntegerField(help_text='Unix time.')),
                ('taken', models.PositiveIntegerField()),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='epm.emailconnection')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('connection', 'domain'), name='pace_window')],
            },
        ),
    ]
