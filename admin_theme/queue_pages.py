"""The console's pages of background work: what waits, what is done, what failed and can be run again."""

from typing import Any

from django.conf import settings
from django.db.models import Model
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django_q.models import Failure, OrmQ
from unfold.decorators import display

from admin_theme.base import ReadOnlyAdmin
from admin_theme.buttons import OperationButton, OperationButtonsMixin
from admin_theme.filters import RangeDateFilter
from admin_theme.several import BulkOperation, BulkOperationsMixin
from admin_theme.tracebacks import without_row

RETRY = "django_q.change_failure"
RUN_AGAIN = "core.doors.queue.run_again"


def task_words(func: str) -> str:
    """What a task does, in plain words; its dotted path when nobody has written any."""
    return str(settings.TASK_LABELS.get(func, func))


class FinishedTaskAdmin(ReadOnlyAdmin):
    """Background work that is done; the arguments are ids only."""

    empty_text = _("Belum ada pekerjaan di sini. Pekerja antrean mencatatnya setelah selesai.")
    list_display: tuple[str, ...] = ("display_task", "started", "stopped", "attempt_count")
    list_filter: tuple[Any, ...] = (("started", RangeDateFilter), "group")
    search_fields = ("name", "func")
    search_help_text = _("Cari menurut nama atau alamat pekerjaan")
    ordering = ("-stopped",)
    readonly_fields: tuple[str, ...] = (
        "display_task",
        "name",
        "func",
        "started",
        "stopped",
        "attempt_count",
    )
    fields: tuple[str, ...] = readonly_fields

    @display(description=_("Pekerjaan"), ordering="func")
    def display_task(self, task: Any) -> str:
        """What it does."""
        return task_words(task.func)


class FailedTaskAdmin(BulkOperationsMixin, OperationButtonsMixin, FinishedTaskAdmin):
    """Background work that failed, with the last line of the error; it can be run again."""

    empty_text = _("Tidak ada pekerjaan yang gagal.")
    list_display = ("display_task", "started", "display_error", "attempt_count")
    readonly_fields = (*FinishedTaskAdmin.readonly_fields, "display_result")
    fields = readonly_fields
    operation_buttons = (
        OperationButton(
            "run_again",
            label=_("Jalankan lagi"),
            operation=RUN_AGAIN,
            permission=RETRY,
            icon="replay",
            variant="primary",
            confirm=_("Pekerjaan ini masuk antrean sekali lagi dan hilang dari daftar yang gagal."),
            success=_("Pekerjaan masuk antrean."),
        ),
    )
    bulk_operations = (
        BulkOperation(
            "run_again",
            label=_("Jalankan lagi yang dipilih"),
            operation=RUN_AGAIN,
            permission=RETRY,
            confirm=_("Pekerjaan berikut masuk antrean sekali lagi dan hilang dari daftar yang gagal."),
        ),
    )

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Reading is a right of its own; changing is only the right to run again."""
        return bool(request.user.has_perm("django_q.view_failure"))

    @display(description=_("Galat"))
    def display_error(self, task: Failure) -> str:
        """What went wrong in one line; where it happened stands on the task's own page."""
        words, _colon, frames = without_row(str(task.result)).partition(" : Traceback")
        return Truncator(words.strip() or frames).chars(200)

    @display(description=_("Galat"))
    def display_result(self, task: Failure) -> str:
        """The whole error, without the row a database refused."""
        return without_row(str(task.result))


class WaitingTaskAdmin(ReadOnlyAdmin):
    """Background work that waits for a worker."""

    empty_text = _("Antrean kosong: semua pekerjaan sudah diambil pekerja.")
    list_display = ("id", "display_task", "lock")
    fields = ("display_task", "key", "lock")
    readonly_fields = fields

    @display(description=_("Pekerjaan"))
    def display_task(self, row: OrmQ) -> str:
        """What it does."""
        return task_words(str(row.func()))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A stuck task may be taken out by the superuser."""
        return request.user.is_superuser
