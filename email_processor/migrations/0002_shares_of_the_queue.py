from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('email_processor', '0002_standing'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='recipient',
            name='recipient_due',
        ),
        migrations.AddField(
            model_name='recipient',
            name='expire_at',
            field=models.DateTimeField(editable=False, help_text='As its message says.'),
        ),
        migrations.AddField(
            model_name='recipient',
            name='share',
            field=models.CharField(editable=False, help_text='Its line in the queue (`share_of`).', max_length=60),
        ),
        migrations.AddIndex(
            model_name='recipient',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['zone', 'priority', 'share', 'due_at'], name='recipient_due'),
        ),
        migrations.AddIndex(
            model_name='recipient',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['expire_at'], name='recipient_expiring'),
        ),
        migrations.AddIndex(
            model_name='recipient',
            index=models.Index(condition=models.Q(('state__in', ('sending', 'in_doubt'))), fields=['state', 'due_at'], name='recipient_watched'),
        ),
    ]
