"""``manage.py load_schedules``: the tasks that repeat by the clock; run after each migration."""

from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django_q.models import Schedule

from core.doors import clock

#: ``hour`` is o'clock in Jakarta, set when the task is first put in; other keys are the schedule's own.
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
    "count_due_dates": {
        "func": "requests_app.tasks.count_due_dates",
        "schedule_type": Schedule.DAILY,
        "hour": 5,
    },
    "send_digests": {"func": "requests_app.tasks.send_digests", "schedule_type": Schedule.DAILY, "hour": 7},
    "forget_presence": {
        "func": "requests_app.tasks.forget_presence",
        "schedule_type": Schedule.MINUTES,
        "minutes": 10,
    },
    "erase_expired": {"func": "requests_app.tasks.erase_expired", "schedule_type": Schedule.DAILY, "hour": 1},
    "forget_uploads": {"func": "requests_app.tasks.forget_uploads", "schedule_type": Schedule.DAILY},
    "retry_whatsapp": {
        "func": "public_site.whatsapp.tasks.retry",
        "schedule_type": Schedule.MINUTES,
        "minutes": 1,
    },
    "forget_whatsapp": {"func": "public_site.whatsapp.tasks.forget", "schedule_type": Schedule.HOURLY},
    "tell_problems": {"func": "core.tasks.tell_problems", "schedule_type": Schedule.DAILY, "hour": 6},
    "clean_up": {"func": "core.tasks.clean_up", "schedule_type": Schedule.DAILY},
    "forget_former": {"func": "core.holdings.undoing.forget_former", "schedule_type": Schedule.DAILY},
    "forget_imports": {"func": "core.holdings.importing.forget_abandoned", "schedule_type": Schedule.DAILY},
    "check_hub": {"func": "public_site.hub.tasks.daily_check", "schedule_type": Schedule.DAILY},
    "warn_of_ending_agreements": {
        "func": "accounts.tasks.warn_of_ending_agreements",
        "schedule_type": Schedule.DAILY,
    },
    "clean_up_accounts": {"func": "accounts.tasks.clean_up", "schedule_type": Schedule.DAILY},
    "clean_up_held_files": {
        "func": "public_site.held_files.remove_orphans",
        "schedule_type": Schedule.DAILY,
    },
}


def next_time(hour: int) -> datetime:
    """The next time it is ``hour`` o'clock in Jakarta."""
    now = clock.now().astimezone(clock.ZONES["WIB"])
    at = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return at if at > now else at + timedelta(days=1)


class Command(BaseCommand):
    help = "Memasang tugas berkala."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, values in SCHEDULES.items():
            defaults = {"repeats": -1, **{key: value for key, value in values.items() if key != "hour"}}
            first = {"next_run": next_time(values["hour"])} if "hour" in values else {}
            Schedule.objects.update_or_create(
                name=name, defaults=defaults, create_defaults={**defaults, **first}
            )
        self.stdout.write(f"{len(SCHEDULES)} tugas berkala terpasang.")
