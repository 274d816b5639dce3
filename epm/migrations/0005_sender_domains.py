import django.db.models.deletion
import epm.validation
import lib.crypto
import lib.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('epm', '0004_mailbox'),
    ]

    operations = [
        migrations.CreateModel(
            name='SenderDomain',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(help_text='For example example.com; kept in ASCII.', max_length=253, validators=[epm.validation.domain_name])),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('zone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='domains', to='epm.zone')),
            ],
            options={
                'ordering': ['zone', 'domain'],
            },
        ),
        migrations.CreateModel(
            name='DkimKey',
            fields=[
                ('id', models.UUIDField(default=lib.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('algorithm', models.CharField(choices=[('rsa-sha256', 'RSA, 2048 bits'), ('ed25519-sha256', 'Ed25519')], max_length=16)),
                ('selector', models.CharField(max_length=63)),
                ('private_key', lib.crypto.EncryptedTextField(help_text='PKCS #8 in PEM; encrypted at rest.')),
                ('public_key', models.TextField(help_text='The p= of the DNS record: base64.')),
                ('state', models.CharField(choices=[('new', 'New'), ('published', 'Published'), ('active', 'Active'), ('retired', 'Retired')], default='new', max_length=10)),
                ('created_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(help_text='When it was first seen in the DNS.', null=True)),
                ('activated_at', models.DateTimeField(null=True)),
                ('retired_at', models.DateTimeField(null=True)),
                ('sender_domain', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='epm.senderdomain')),
            ],
            options={
                'verbose_name': 'DKIM key',
                'ordering': ['sender_domain', 'created_at'],
            },
        ),
        migrations.AddConstraint(
            model_name='senderdomain',
            constraint=models.UniqueConstraint(fields=('zone', 'domain'), name='sender_domain_in_zone'),
        ),
        migrations.AddConstraint(
            model_name='dkimkey',
            constraint=models.UniqueConstraint(fields=('sender_domain', 'selector'), name='dkim_selector_of_domain'),
        ),
        migrations.AddConstraint(
            model_name='dkimkey',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('sender_domain', 'algorithm'), name='dkim_one_key_signs'),
        ),
    ]
