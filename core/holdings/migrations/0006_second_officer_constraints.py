from django.db import migrations, models


class Migration(migrations.Migration):
    # Of its own: PostgreSQL alters no table in the transaction that has just changed references of its rows.

    dependencies = [
        ('holdings', '0005_second_officer'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(('approved_by__isnull', True), ('by__isnull', True), ('is_alone', True), models.Q(('approved_by', models.F('by')), _negated=True), _connector='OR'), name='import_approved_by_another'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage', 'writing'), _negated=True), ('by__isnull', True), ('approved_by__isnull', False), _connector='OR'), name='import_written_once_approved'),
        ),
    ]
