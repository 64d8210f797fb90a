"""Staff entry on behalf ("Masukkan permohonan"): a letter that came on paper becomes a request in the console."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern

from requests_app.admin.entry import header, home, rows, sending, workbook

Own = Callable[[str, Any, str], URLPattern]


def urls(own: Own) -> list[URLPattern]:
    """The addresses of the entry; ``own`` puts each behind the console's door and names it."""
    base = "masukkan/"
    draft = f"{base}<uuid:pk>/"
    upload = f"{draft}unggah/<uuid:upload>/"
    return [
        own(base, home.index, "entry"),
        own(f"{base}baru/", home.create, "entry_create"),
        own(draft, header.letter, "entry_letter"),
        own(f"{draft}surat/", header.letter_file, "entry_letter_file"),
        own(f"{draft}hapus/", home.discard, "entry_discard"),
        own(f"{draft}data/", rows.data, "entry_data"),
        own(f"{draft}baris/", rows.add_row, "entry_row_add"),
        own(f"{draft}baris/<int:position>/", rows.change_row, "entry_row"),
        own(f"{draft}baris/<int:position>/hapus/", rows.remove_row, "entry_row_remove"),
        own(f"{draft}statistik/", rows.add_statistics, "entry_statistics_add"),
        own(f"{draft}statistik/<int:position>/", rows.change_statistics, "entry_statistics"),
        own(f"{draft}statistik/<int:position>/hapus/", rows.remove_statistics, "entry_statistics_remove"),
        own(f"{draft}templat.xlsx", workbook.template, "entry_template"),
        own(f"{draft}unggah/", workbook.upload, "entry_upload"),
        own(upload, workbook.status, "entry_status"),
        own(f"{upload}bertanda.xlsx", workbook.marked, "entry_marked"),
        own(f"{upload}<slug:verb>/", workbook.settle, "entry_settle"),
        own(f"{draft}periksa/", sending.review, "entry_review"),
        own(f"{draft}terkirim/", sending.sent, "entry_sent"),
    ]
