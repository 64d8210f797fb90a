"""What editors and administrators change in the console is what the next reader gets, and who changed what is kept."""

import io
import re
from datetime import timedelta
from typing import Any

import pypdf
import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.doors import clock
from core.reference.models import Letterhead
from public_site.models import Faq, Page
from requests_app import documents
from tests.admin_theme.test_changes import saved
from tests.requests_app import results

pytestmark = pytest.mark.django_db


def test_answer_of_the_page_informasi(
    client: Client, sign_in: Any, dewi: User, base_data: None, page_text: Any
) -> None:
    call_command("load_content", verbosity=0)
    row = Faq.objects.get(slug="lama-proses")
    address = reverse("admin:public_site_faq_change", args=[row.pk])
    entry = saved(sign_in(client, dewi), address, answer="Paling lama **tujuh** hari kerja.")
    assert "Paling lama tujuh hari kerja." in page_text(Client().get("/informasi/"))
    assert "tujuh" in entry.change_message


def test_page_of_the_site(client: Client, sign_in: Any, dewi: User, base_data: None, page_text: Any) -> None:
    call_command("load_content", verbosity=0)
    row = Page.objects.get(slug="privasi")
    address = reverse("admin:public_site_page_change", args=[row.pk])
    entry = saved(sign_in(client, dewi), address, body="## Kabar baru\n\nDisimpan satu tahun.")
    shown = page_text(Client().get(reverse("public_site:page", args=["privasi"])))
    assert "Kabar baru" in shown
    assert "Disimpan satu tahun." in shown
    assert "Disimpan satu tahun." in entry.change_message


def test_letterhead_of_the_next_document_but_not_of_an_old_one(
    client: Client, sign_in: Any, kartika: User, siti: User, ratna: User, catalogue: Any
) -> None:
    def printed(when: Any) -> str:
        request = results.make_request(siti, ratna)
        results.add_row(request, catalogue["paspor"], results.ASKED, (results.ANSWER,))
        document = documents.draw_number(request, when)
        pages = pypdf.PdfReader(io.BytesIO(documents.result_pdf(document, request, xlsx_sha256=""))).pages
        return re.sub(r"\s+", " ", pages[0].extract_text())

    yesterday = clock.now() - timedelta(days=1)
    values = {
        "valid_from": f"{clock.today():%d-%m-%Y}", "ministry": "KEMENTERIAN CONTOH", "directorate": "DIREKTORAT CONTOH",
        "service_name": "LAYANAN CONTOH", "address": "Jalan Contoh 1", "website": "",
    }  # fmt: skip
    answer = sign_in(client, kartika).post(reverse("admin:reference_letterhead_add"), values)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert Letterhead.objects.filter(ministry="KEMENTERIAN CONTOH").exists()
    assert "KEMENTERIAN CONTOH" in printed(clock.now())
    assert "KEMENTERIAN CONTOH" not in printed(yesterday)
    assert "KEMENTERIAN CONTOH" in LogEntry.objects.latest("pk").change_message
