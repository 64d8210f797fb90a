"""How each officer likes the lists of the console: columns shown, and views kept under a name."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ListColumns(models.Model):
    """The columns one officer wants to see in one list, in this order."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    #: "app_label.model" of the list.
    page = models.CharField(max_length=100)
    columns = models.JSONField(_("kolom"), default=list)

    class Meta:
        verbose_name = _("kolom daftar")
        verbose_name_plural = pgettext_lazy("jamak", "kolom daftar")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "page"], name="columns_once_per_list"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.page}"


class SavedView(models.Model):
    """Filters of a list kept under a name; never a search word, which may be a person's name."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=100)
    name = models.CharField(_("nama"), max_length=60)
    query = models.CharField(max_length=500)

    class Meta:
        verbose_name = _("tampilan tersimpan")
        verbose_name_plural = pgettext_lazy("jamak", "tampilan tersimpan")
        ordering: ClassVar[list[str]] = ["name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "page", "name"], name="view_name_once_per_list"),
        ]

    def __str__(self) -> str:
        return self.name
