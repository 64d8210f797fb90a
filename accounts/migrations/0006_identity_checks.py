"""Confirmations of identity before weighty deeds; rows are only ever added."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.append_only import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_bounded_numbers'),
    ]

    operations = [
        migrations.CreateModel(
            name='IdentityCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True, verbose_name='waktu')),
                ('way', models.CharField(choices=[('app', 'Aplikasi autentikator'), ('mail', 'Kode lewat email'), ('password', 'Kata sandi')], max_length=10, verbose_name='cara')),
                ('deed', models.CharField(max_length=120, verbose_name='untuk tindakan')),
                ('passed', models.BooleanField(verbose_name='berhasil')),
                ('address', models.CharField(blank=True, max_length=45, verbose_name='alamat jaringan')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='petugas')),
            ],
            options={
                'verbose_name': 'konfirmasi identitas',
                'verbose_name_plural': 'konfirmasi identitas',
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['user', 'at'], name='identity_check_of_user')],
            },
        ),
        append_only("accounts_identitycheck"),
    ]
