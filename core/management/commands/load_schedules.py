"""``manage.py load_schedules``: the tasks that repeat by the clock; run after each migration."""

from typing import Any

from django.core.management.base import BaseCommand
from django_q.models import Schedule

SCHEDULES: dict[str, dict[str, Any]] = {
    "retry_mail": {"func": "core.tasks.retry_mail", "schedule_type": Schedule.MINUTES, "minutes": 1},
    "retry_documents": {
        "func": "requests_app.tasks.retry_documents",
        "schedule_type": Schedule.MINUTES,
        "minutes": 2,
    },
    "retry_uploads": {
        "func": "requests_app.tasks.retry_uploads",
        "schedule_type": Schedule.MINUTES,
        "minutes": 2,
    },
    "lapse_silent": {"func": "requests_app.tasks.lapse_silent", "schedule_type": Schedule.DAILY},
    "forget_uploads": {"func": "requests_app.tasks.forget_uploads", "schedule_type": Schedule.DAILY},
    "retry_whatsapp": {
        "func": "public_site.whatsapp.tasks.retry",
        "schedule_type": Schedule.MINUTES,
        "minutes": 1,
    },
    "forget_whatsapp": {"func": "public_site.whatsapp.tasks.forget", "schedule_type": Schedule.HOURLY},
    "clean_up": {"func": "core.tasks.clean_up", "schedule_type": Schedule.DAILY},
    "check_hub": {"func": "public_site.hub.tasks.daily_check", "schedule_type": Schedule.DAILY},
    "clean_up_accounts": {"func": "accounts.tasks.clean_up", "schedule_type": Schedule.DAILY},
    "clean_up_held_files": {
        "func": "public_site.held_files.remove_orphans",
        "schedule_type": Schedule.DAILY,
    },
}


class Command(BaseCommand):
    help = "Memasang tugas berkala."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, values in SCHEDULES.items():
            Schedule.objects.update_or_create(name=name, defaults={"repeats": -1, **values})
        self.stdout.write(f"{len(SCHEDULES)} tugas berkala terpasang.")
