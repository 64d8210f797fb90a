"""Lists as each officer likes them: own columns, filters kept under a name, empty lists that say what to do."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from admin_theme.models import ListColumns, SavedView

#: Saved views of one officer for one list.
MOST_VIEWS = 20
LONGEST_NAME = 60
LONGEST_QUERY = 500


class OwnListMixin(ModelAdmin):
    """What ``OfficerModelAdmin`` adds to Unfold's lists.

    ``more_columns`` are offered besides ``list_display``; ``empty_text`` says what fills the list and what to do
    while it is empty. The first column and those edited in the list always stay.
    """

    more_columns: tuple[str, ...] = ()
    empty_text: Any = ""

    @property
    def list_page(self) -> str:
        """The name under which preferences of this list are kept."""
        return str(self.opts.label_lower)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """The officer's own columns, else the standard ones."""
        standard = list(super().get_list_display(request))
        chosen = self._kept_columns(request)
        if chosen is None:
            return standard
        fixed = {*standard[:1], *self.list_editable}
        return [name for name in [*standard, *self.more_columns] if name in chosen or name in fixed]

    def _kept_columns(self, request: HttpRequest) -> list[str] | None:
        """What the officer chose; None: nothing. Asked once in a request."""
        cache = request.__dict__.setdefault("_list_columns", {})
        if self.list_page not in cache:
            kept = ListColumns.objects.filter(user=request.user.pk, page=self.list_page).first()
            cache[self.list_page] = kept.columns if kept else None
        found: list[str] | None = cache[self.list_page]
        return found

    def offered_columns(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Every column with its heading, whether it is shown and whether it must stay."""
        standard = list(super().get_list_display(request))
        shown = self.get_list_display(request)
        fixed = {*standard[:1], *self.list_editable}
        return [
            {
                "name": name,
                "label": capfirst(str(label_for_field(name, self.model, self))),
                "is_shown": name in shown,
                "is_fixed": name in fixed,
            }
            for name in [*standard, *self.more_columns]
            if isinstance(name, str)
        ]

    def kept_filters(self, request: HttpRequest, query: str) -> str:
        """The filters of an address of this list; never a search word, which may be a person's name."""
        filters = [
            (name, value)
            for name, values in QueryDict(query).lists()
            if name not in ("q", "o", "p", "all", "e") and self._is_declared_lookup(name, request)
            for value in values
            if value
        ]
        return urlencode(filters)

    def _is_declared_lookup(self, lookup: str, request: HttpRequest) -> bool:
        """Whether the list knows such a filter; told by ``OfficerModelAdmin``."""
        raise NotImplementedError

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list with the officer's saved views and the way to the columns."""
        context = dict(extra_context or {})
        if request.method == "GET" and request.user.is_authenticated:
            context["list_tools"] = {
                "url": _address(self, "list_settings"),
                "views": list(SavedView.objects.filter(user=request.user.pk, page=self.list_page)),
                "filters": self.kept_filters(request, request.META.get("QUERY_STRING", "")),
            }
        return super().changelist_view(request, context)


def _address(model_admin: OwnListMixin, name: str) -> str:
    site = model_admin.admin_site.name
    return reverse(f"{site}:{name}", args=[model_admin.opts.app_label, model_admin.opts.model_name])


def settings_view(site: Any, request: HttpRequest, app_label: str, model_name: str) -> HttpResponse:
    """GET: columns and saved views of a list; POST ``do``: keep columns, go back to the standard, keep or drop a view."""
    page = _page(site, request, app_label, model_name)
    changelist = reverse(f"{site.name}:{app_label}_{model_name}_changelist")
    if request.method == "POST":
        act = {
            "columns": _keep_columns,
            "standard": _drop_columns,
            "view": _keep_view,
            "drop": _drop_view,
        }.get(request.POST.get("do", ""))
        if act is None:
            raise Http404
        return redirect(changelist + act(page, request))
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "POST"])
    context = {
        **site.each_context(request),
        "title": _("Atur daftar %(name)s") % {"name": page.opts.verbose_name_plural},
        "columns": page.offered_columns(request),
        "views": SavedView.objects.filter(user=request.user.pk, page=page.list_page),
        "back_url": changelist,
    }
    return TemplateResponse(request, "admin_theme/list_settings.html", context)


def _page(site: Any, request: HttpRequest, app_label: str, model_name: str) -> OwnListMixin:
    for model, page in site._registry.items():
        if (model._meta.app_label, model._meta.model_name) == (app_label, model_name):
            if isinstance(page, OwnListMixin) and page.has_view_or_change_permission(request):
                return page
            break
    raise Http404


def _owner(request: HttpRequest) -> Any:
    """The officer; the site has let nobody else in."""
    return request.user


def _keep_columns(page: OwnListMixin, request: HttpRequest) -> str:
    offered = [column["name"] for column in page.offered_columns(request)]
    asked = set(request.POST.getlist("columns"))
    ListColumns.objects.update_or_create(
        user=_owner(request),
        page=page.list_page,
        defaults={"columns": [name for name in offered if name in asked]},
    )
    messages.success(request, _("Kolom daftar ini tersimpan untuk Anda."))
    return ""


def _drop_columns(page: OwnListMixin, request: HttpRequest) -> str:
    ListColumns.objects.filter(user=request.user.pk, page=page.list_page).delete()
    messages.success(request, _("Kolom kembali seperti semula."))
    return ""


def _keep_view(page: OwnListMixin, request: HttpRequest) -> str:
    name = " ".join(request.POST.get("name", "").split())
    query = page.kept_filters(request, request.POST.get("query", ""))
    tail = f"?{query}" if query else ""
    try:
        _check_view(page, request, name, query)
        with transaction.atomic():
            SavedView.objects.create(user=_owner(request), page=page.list_page, name=name, query=query)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    except IntegrityError:
        messages.error(request, _("Nama itu sudah dipakai. Tulis nama lain untuk tampilan ini."))
    else:
        messages.success(request, _("Tampilan “%(name)s” tersimpan.") % {"name": name})
    return tail


def _check_view(page: OwnListMixin, request: HttpRequest, name: str, query: str) -> None:
    if not name:
        raise ValidationError(_("Tulis nama untuk tampilan ini."))
    if not name.isprintable():
        raise ValidationError(
            _("Nama tampilan memuat tanda yang tidak terbaca. Tulis nama dengan huruf biasa.")
        )
    if len(name) > LONGEST_NAME:
        raise ValidationError(_("Nama tampilan paling banyak %(most)d karakter.") % {"most": LONGEST_NAME})
    if not query:
        raise ValidationError(_("Belum ada saringan yang dapat disimpan. Pilih saringan lebih dahulu."))
    if len(query) > LONGEST_QUERY:
        raise ValidationError(_("Saringan terlalu banyak untuk disimpan. Kurangi pilihannya."))
    if SavedView.objects.filter(user=request.user.pk, page=page.list_page).count() >= MOST_VIEWS:
        raise ValidationError(
            _("Paling banyak %(most)d tampilan tersimpan. Hapus yang tidak dipakai di Atur daftar.")
            % {"most": MOST_VIEWS}
        )


def _drop_view(page: OwnListMixin, request: HttpRequest) -> str:
    chosen = request.POST.get("view", "")
    if chosen.isascii() and chosen.isdigit():
        SavedView.objects.filter(user=request.user.pk, page=page.list_page, pk=int(chosen[:18])).delete()
        messages.success(request, _("Tampilan tersimpan dihapus."))
    return ""
