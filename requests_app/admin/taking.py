"""The button "Ambil berikutnya": gives the officer the most urgent free request and opens it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from core.doors import clock
from requests_app import operations, queues
from requests_app.admin.buttons import officer_of


def take_next(request: HttpRequest) -> HttpResponse:
    """By POST: to the request just taken, or back to where the button was with a word that nothing is left."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    taken = operations.take_next(by=officer_of(request))
    if taken is None:
        messages.info(request, nothing_left(request.user))
        return redirect("admin:index")
    due = clock.short_date(taken.due_on) if taken.due_on else "–"
    messages.success(
        request,
        _("Permohonan %(number)s kini Anda tangani. Batas waktu %(due)s.")
        % {"number": taken.number, "due": due},
    )
    return redirect("admin:requests_app_datarequest_change", taken.pk)


def nothing_left(user: Any) -> str:
    """What an empty pool means for this person."""
    mine = queues.waiting_for(user).filter(assignee=user.pk).count()
    if mine:
        return _(
            "Tidak ada permohonan lain yang bebas diambil. Masih ada %(count)d permohonan yang Anda tangani."
        ) % {"count": mine}
    return _("Tidak ada permohonan yang bebas diambil. Permohonan baru muncul di sini begitu masuk.")


def offer(request: HttpRequest) -> dict[str, Any] | None:
    """What the button needs: its address and how many are free; None for people who take nothing."""
    user = request.user
    if not any(user.has_perm(right) for rights in queues.STEP_RIGHTS.values() for right in rights):
        return None
    return {
        "url": reverse("admin:requests_app_datarequest_take_next"),
        "free": queues.pool_for(user).order_by().count(),
    }
