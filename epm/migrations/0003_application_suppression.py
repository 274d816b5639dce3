from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('epm', '0002_ways_out'),
    ]

    operations = [
        migrations.AddField(
            model_name='application',
            name='suppress_complaints',
            field=models.BooleanField(default=True, help_text='Send no more to an address whose owner called a mail unwanted.', verbose_name='suppress after a complaint'),
        ),
        migrations.AddField(
            model_name='application',
            name='suppress_hard_bounces',
            field=models.BooleanField(default=True, help_text='Send no more to an address that a server calls unknown, moved or closed.', verbose_name='suppress after a hard bounce'),
        ),
    ]
