from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('email_processor', '0005_receipt_seals'),
    ]

    operations = [
        migrations.AddField(
            model_name='receiptseal',
            name='raw',
            field=models.CharField(default='', help_text='SHA-256 of the mail it was read from, in hex.', max_length=64),
            preserve_default=False,
        ),
    ]
