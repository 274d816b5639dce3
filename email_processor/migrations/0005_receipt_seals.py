from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('email_processor', '0004_one_mail_one_row'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReceiptSeal',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('chain', models.UUIDField(help_text='The application; all zeros for receipts that belong to none.')),
                ('number', models.PositiveBigIntegerField(help_text='1, 2, 3… along the chain.')),
                ('receipt', models.UUIDField(db_index=True)),
                ('content', models.CharField(help_text="SHA-256 of the receipt's canonical form, in hex.", max_length=64)),
                ('hash', models.CharField(help_text='SHA-256 of the link before and of this one, in hex.', max_length=64)),
                ('sealed_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['chain', 'number'],
                'constraints': [models.UniqueConstraint(fields=('chain', 'number'), name='seal_number')],
            },
        ),
        migrations.AddField(
            model_name='deliveryreceipt',
            name='decided_by',
            field=models.CharField(blank=True, help_text='The operator who attached or dismissed it.', max_length=150),
        ),
        migrations.AddField(
            model_name='deliveryreceipt',
            name='dismissed_at',
            field=models.DateTimeField(help_text="When it was taken out of quarantine as nobody's.", null=True),
        ),
        migrations.AddField(
            model_name='deliveryreceipt',
            name='sealed',
            field=models.BooleanField(default=False, help_text="Is it, as it stands, in its application's chain?"),
        ),
        migrations.AlterField(
            model_name='deliveryreceipt',
            name='applied',
            field=models.BooleanField(default=False, help_text='Did it take effect?'),
        ),
        migrations.AddIndex(
            model_name='deliveryreceipt',
            index=models.Index(condition=models.Q(('sealed', False)), fields=['id'], name='receipt_unsealed'),
        ),
        migrations.AddIndex(
            model_name='deliveryreceipt',
            index=models.Index(condition=models.Q(('dismissed_at__isnull', True), ('recipient__isnull', True)), fields=['id'], name='receipt_quarantine'),
        ),
    ]
