"""The console of Info Layanan: what editors may do, versions of guides, preview, counts, monthly report."""

import io
import re
from typing import Any

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from core.doors import clock
from public_site.hub import guides, selfcheck
from public_site.hub.models import GuideFact, Hub, HubCheck, HubLink
from public_site.models import Guide
from tests import factories

pytestmark = [pytest.mark.slow, pytest.mark.django_db]


@pytest.fixture
def console(client: Client, sign_in, dewi) -> Client:
    """Dewi's browser."""
    return sign_in(client, dewi)


def guide_values(guide: Guide, **changes: Any) -> dict[str, Any]:
    values = {
        "title": guide.title,
        "summary": guide.summary,
        "audience": guide.audience,
        "language": guide.language,
        "version": guide.version,
        "issued_on": f"{guide.issued_on:%d-%m-%Y}",
        "order": guide.order,
        "is_published": "on",
        "body": guide.body,
    }
    return {**values, **changes}


def hub_values(hub: Hub, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: getattr(hub, name)
        for name in (
            "name", "intro", "notice", "slug", "whatsapp", "phone", "email", "hours", "address", "map_url",
            "name_en", "intro_en", "notice_en", "hours_en",
        )
    }  # fmt: skip
    values |= {"office": hub.office_id or "", "is_published": "on", "is_default": "on", "confirmed_on": ""}
    links = list(hub.links.all())
    values |= {"links-TOTAL_FORMS": len(links), "links-INITIAL_FORMS": len(links)}
    for at, link in enumerate(links):
        prefix = f"links-{at}-"
        values |= {
            prefix + "id": link.pk,
            prefix + "hub": hub.pk,
            prefix + "kind": link.kind,
            prefix + "label": link.label,
            prefix + "label_en": link.label_en,
            prefix + "guide": link.guide_id or "",
            prefix + "guide_other": link.guide_other_id or "",
            prefix + "url": link.url,
            prefix + "order": link.order,
            prefix + "is_published": "on",
        }
    return {**values, **changes}


def test_editor_opens_every_page(console: Client, hub):
    HubCheck.objects.create(started_at=clock.now(), is_green=True, checked=1, failed=0, warned=0)
    for model in ("hub", "guidefact", "sop", "hubcheck", "guide"):
        listed = console.get(reverse(f"admin:public_site_{model}_changelist"))
        assert listed.status_code == 200, model
        first = listed.context["cl"].queryset.first()
        changed = console.get(reverse(f"admin:public_site_{model}_change", args=[first.pk]))
        assert changed.status_code == 200, model


def test_verifier_may_not(client: Client, sign_in, budi, hub):
    console = sign_in(client, budi)
    for name in ("hub_changelist", "hubcount_changelist", "guidefact_changelist", "hubcheck_changelist"):
        assert console.get(reverse(f"admin:public_site_{name}")).status_code == 403
    assert console.get(reverse("admin:public_site_hub_preview", args=[hub.pk])).status_code == 403


def test_order_of_buttons_is_saved(console: Client, hub):
    links = list(hub.links.all())
    response = console.post(
        reverse("admin:public_site_hub_change", args=[hub.pk]),
        hub_values(hub, **{"links-0-order": 5, "links-1-order": 0}),
    )
    assert response.status_code == 302, response.context["errors"]
    assert hub.links.first() == links[1]


def test_added_button_stands_last_and_an_empty_line_is_none(console: Client, hub):
    address = reverse("admin:public_site_hub_change", args=[hub.pk])
    page = console.get(address)
    formset = page.context["inline_admin_formsets"][0].formset
    count = hub.links.count()
    place = formset.empty_form["order"].value()
    assert place == count
    lines = {"links-TOTAL_FORMS": count + 3}
    for at, label in ((count, "Pengaduan"), (count + 1, ""), (count + 2, "Survei")):
        lines |= {
            f"links-{at}-kind": "address" if label else "guide",
            f"links-{at}-label": label,
            f"links-{at}-url": "https://www.lapor.go.id/" if label else "",
            f"links-{at}-order": place,
            f"links-{at}-is_published": "on",
        }
    assert console.post(address, hub_values(hub, **lines)).status_code == 302
    assert list(hub.links.values_list("label", flat=True))[count:] == ["Pengaduan", "Survei"]


def test_preview_shows_unsaved_values_and_saves_nothing(console: Client, hub):
    address = reverse("admin:public_site_hub_preview", args=[hub.pk])
    response = console.post(
        address,
        hub_values(hub, intro="Belum disimpan", **{"links-0-label": "Label baru", "links-2-DELETE": "on"}),
    )
    page = response.content.decode()
    assert "Belum disimpan" in page
    assert "<b>Label baru</b>" in page
    assert "<b>Pembuatan Paspor</b>" not in page
    assert "frame-ancestors 'self'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    hub.refresh_from_db()
    assert hub.intro != "Belum disimpan"
    assert HubLink.objects.filter(label="Label baru").count() == 0
    assert "Antrian Paspor" in console.get(address).content.decode()


def test_preview_of_broken_input_does_not_fail(console: Client, hub):
    address = reverse("admin:public_site_hub_preview", args=[hub.pk])
    broken = hub_values(
        hub, slug="", name="", whatsapp="<x>", map_url="javascript:1", **{"links-0-url": "//x"}
    )
    assert console.post(address, broken).status_code == 200


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "http://example.org", "//example.org", "/\\example.org", "data:text/html,x"],
)
def test_dangerous_links_are_refused(url):
    with pytest.raises(ValidationError, match="Tautan diawali https://"):
        HubLink(kind="address", label="x", url=url).clean_fields(exclude=["hub"])


def test_dangerous_link_is_said_beside_its_field(console: Client, hub):
    response = console.post(
        reverse("admin:public_site_hub_change", args=[hub.pk]),
        hub_values(hub, **{"links-4-url": "javascript:alert(1)"}),
    )
    assert response.status_code == 200
    assert "Tautan diawali https://" in response.content.decode()


def test_reserved_address_is_refused(console: Client, hub):
    values = hub_values(hub, slug="qr", **{"links-TOTAL_FORMS": 0, "links-INITIAL_FORMS": 0})
    response = console.post(reverse("admin:public_site_hub_add"), values)
    assert "dipakai sistem" in response.content.decode()


def test_address_on_printed_codes_cannot_be_changed(console: Client, hub):
    address = reverse("admin:public_site_hub_change", args=[hub.pk])
    assert console.post(address, hub_values(hub, slug="jogja", intro="Baru")).status_code == 302
    hub.refresh_from_db()
    assert (hub.slug, hub.intro) == ("yogyakarta", "Baru")


# --- guides -----------------------------------------------------------------------------------------


def test_changed_text_is_published_as_the_next_version(console: Client, hub):
    guide = Guide.objects.get(slug="izin-tinggal")
    response = console.post(
        reverse("admin:public_site_guide_change", args=[guide.pk]),
        guide_values(guide, body="## Baru\nIsi baru."),
    )
    assert response.status_code == 302, response.context["errors"]
    guide.refresh_from_db()
    assert guide.version == "1.1"
    assert [entry.version for entry in guide.versions.all()] == ["1.1", "1.0"]
    with guide.file.open("rb") as file:
        text = PdfReader(io.BytesIO(file.read())).pages[0].extract_text()
    assert "Isi baru." in text
    assert "1.1" in text
    assert all(entry.file.storage.exists(entry.file.name) for entry in guide.versions.all())


def test_saving_without_a_change_makes_no_version(console: Client, hub):
    guide = Guide.objects.get(slug="izin-tinggal")
    console.post(reverse("admin:public_site_guide_change", args=[guide.pk]), guide_values(guide, order=99))
    guide.refresh_from_db()
    assert (guide.version, guide.order) == ("1.0", 99)


def test_uploaded_pdf_replaces_the_text_and_old_links_open_it(console: Client, hub):
    guide = Guide.objects.get(slug="stay-permit")
    upload = factories.pdf_file()
    response = console.post(
        reverse("admin:public_site_guide_change", args=[guide.pk]), guide_values(guide, file=upload)
    )
    assert response.status_code == 302, response.context["errors"]
    guide.refresh_from_db()
    assert (guide.version, guide.body) == ("1.1", "")
    upload.seek(0)
    for address in ("/info/yogyakarta/panduan/stay-permit/", "/info/yogyakarta/panduan/stay-permit/1.0/"):
        answer = Client().get(address, follow=True)
        assert b"".join(answer.streaming_content) == upload.read()
        upload.seek(0)


def test_officers_open_earlier_versions(console: Client, client: Client, hub, sign_in, budi):
    guide = Guide.objects.get(slug="stay-permit")
    change = reverse("admin:public_site_guide_change", args=[guide.pk])
    console.post(change, guide_values(guide, body="## Only this\n\nShort."))
    newest, first = guide.versions.all()
    page = console.get(change).content.decode()
    texts = []
    for version in (newest, first):
        address = reverse("admin:public_site_guide_version", args=[guide.pk, version.pk])
        assert f'href="{address}"' in page
        answer = console.get(address)
        number = version.version.replace(".", "-")
        assert f"stay-permit-guide-v{number}.pdf" in answer["Content-Disposition"]
        content = b"".join(answer.streaming_content)
        texts.append(PdfReader(io.BytesIO(content)).pages[0].extract_text())
    assert "Only this" in texts[0]
    assert "Who needs one" in texts[1]
    other = Guide.objects.get(slug="izin-tinggal")
    assert (
        console.get(reverse("admin:public_site_guide_version", args=[other.pk, first.pk])).status_code == 404
    )
    first.file.storage.delete(first.file.name)
    assert console.get(address).status_code == 404
    assert sign_in(Client(), budi).get(address).status_code == 403


def test_upload_that_is_no_pdf_is_refused(console: Client, hub):
    guide = Guide.objects.get(slug="stay-permit")
    upload = SimpleUploadedFile("x.pdf", b"<html>", content_type="application/pdf")
    response = console.post(
        reverse("admin:public_site_guide_change", args=[guide.pk]), guide_values(guide, file=upload)
    )
    assert response.status_code == 200
    assert guide.versions.count() == 1


def test_text_with_an_unknown_figure_is_refused(console: Client, hub):
    guide = Guide.objects.get(slug="stay-permit")
    response = console.post(
        reverse("admin:public_site_guide_change", args=[guide.pk]),
        guide_values(guide, body="Biaya {tidak-ada}."),
    )
    assert "Nilai {tidak-ada} belum ada" in response.content.decode()


def test_confirmed_figure_makes_new_versions_without_its_star(console: Client, hub, drain_queue):
    fact = GuideFact.objects.get(key="denda-overstay")
    response = console.post(
        reverse("admin:public_site_guidefact_change", args=[fact.pk]),
        {
            "label": fact.label,
            "value": "Rp2.000.000 per hari",
            "value_en": fact.value_en,
            "source": fact.source,
            "confirmed_on": f"{clock.today():%d-%m-%Y}",
        },
    )
    assert response.status_code == 302, response.context["errors"]
    drain_queue()
    guide = Guide.objects.get(slug="izin-tinggal")
    assert guide.version == "1.1"
    assert Guide.objects.get(slug="antrian-paspor").version == "1.0"
    with guide.file.open("rb") as file:
        text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(file.read())).pages)
    assert re.search(r"Rp2\.000\.000\s+per\s+hari(?!\*)", text)


@pytest.mark.parametrize(("old", "new"), [("1.0", "1.1"), ("2", "3"), ("2.9", "2.10"), ("lama", "lama.1")])
def test_next_version_counts_the_last_number_up(old, new):
    assert guides.next_version(old) == new


# --- counts and reports -----------------------------------------------------------------------------


def test_usage_page_draws_the_counts(console: Client, hub):
    Client().get("/info/yogyakarta/?s=qr")
    page = console.get(
        reverse("admin:public_site_hubcount_changelist"), {"kantor": "yogyakarta"}
    ).content.decode()
    assert "30 hari terakhir: 1 pemindaian, 0 kunjungan, 0 unduhan." in page


@pytest.mark.parametrize("office", ["tidak-ada", "'", "x" * 5000])
def test_unknown_office_shows_all(console: Client, hub, office):
    answer = console.get(reverse("admin:public_site_hubcount_changelist"), {"kantor": office})
    assert answer.status_code == 200
    assert answer.context["hub"] is None


def test_check_is_started_from_the_console_by_post_only(console: Client, hub, drain_queue, dewi):
    address = reverse("admin:public_site_hubcount_changelist")
    console.get(address)
    assert drain_queue() == 0
    assert console.post(address).status_code == 302
    drain_queue()
    assert HubCheck.objects.get().by == dewi


def test_monthly_report_is_a_workbook_and_a_pdf(console: Client, hub):
    Client().get("/info/yogyakarta/?s=qr")
    list(Client().get("/info/yogyakarta/panduan/izin-tinggal/").streaming_content)
    selfcheck.run()
    month = f"{clock.today():%Y-%m}"
    answer = console.get(reverse("admin:public_site_hub_report", args=["xlsx"]), {"bulan": month})
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book["Kantor"]["A2"].value == "Kantor Imigrasi Kelas I TPI Yogyakarta"
    assert [cell.value for cell in book["Kantor"][2]][1:] == [1, 0, 1, 0]
    assert book["Pemeriksaan"].max_row == 2
    assert book["Panduan"]["A2"].value == "Panduan Antrian Paspor (M-Paspor)"
    assert [cell.value for cell in book["Tombol dan panduan"][2]] == ["Unduhan", "Panduan Izin Tinggal", 1]
    answer = console.get(reverse("admin:public_site_hub_report", args=["pdf"]), {"bulan": month})
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "Laporan Info Layanan Keimigrasian" in text
    assert "Panduan Izin Tinggal" in text
    assert "izin-tinggal" not in text


@pytest.mark.parametrize("month", ["2026-13", "x", "1999-01", "2026-1", "2026-01'"])
def test_report_of_no_month_is_not_found(console: Client, hub, month):
    assert (
        console.get(reverse("admin:public_site_hub_report", args=["pdf"]), {"bulan": month}).status_code
        == 404
    )
