"""The pages everybody may read: no JavaScript needed, the manual's words, hostile input."""

import shutil

import pytest
from django.conf import settings as site_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from public_site.admin import GuideForm
from public_site.content import load_content, read_folder
from public_site.models import Faq, Guide, Page, SiteContact

MANUAL_QUESTIONS = [
    "Bagaimana cara registrasi?",
    "Berapa lama proses permohonan data sampai dengan selesai?",
    "Kapan data dapat diterima?",
    "Data keimigrasian apa saja yang dapat diterima?",
    "Jenis data apa saja yang dapat diminta?",
    "Apa prinsip dasar dalam kebijakan penyajian data Keimigrasian?",
    "Bagaimana cara melakukan lacak status permohonan?",
]
PDP_POINTS = [
    "kepentingan pertahanan dan keamanan nasional;",
    "kepentingan proses penegakan hukum;",
    "kepentingan umum dalam rangka penyelenggaraan negara;",
    "kepentingan pengawasan sektor jasa keuangan, moneter, sistem pembayaran, dan stabilitas sistem keuangan "
    "yang dilakukan dalam rangka penyelenggaraan negara; atau",
    "kepentingan statistik dan penelitian ilmiah.",
]

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def typeset(django_db_setup, django_db_blocker, tmp_path_factory):
    """The contents loaded and the guide typeset once for this module; the folder of the files."""
    folder = tmp_path_factory.mktemp("content")
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock(), transaction.atomic():
        patch.setattr(site_settings, "PRIVATE_ROOT", folder)
        call_command("load_content", verbosity=0)
        yield folder
        transaction.set_rollback(True)


@pytest.fixture
def content(typeset, settings, tmp_path):
    """The contents as on a fresh site, with files of this test's own."""
    settings.PRIVATE_ROOT = tmp_path / "files"
    shutil.copytree(typeset, settings.PRIVATE_ROOT)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/informasi/",
        "/informasi/?q=tidak+ada",
        "/informasi/?q=%00%27%22%3Cscript%3E",
        "/hubungi-kami/",
        "/halaman/privasi/",
        "/halaman/aksesibilitas/",
        "/info/",
    ],
)
def test_page_renders_in_indonesian_with_one_heading(client: Client, content, path):
    response = client.get(path)
    page = response.content.decode()
    assert response.status_code == 200
    assert '<html lang="id">' in page
    assert page.count("<h1") == 1
    assert 'href="#isi"' in page
    assert "Butuh bantuan?" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize("path", ["/", "/informasi/", "/hubungi-kami/", "/info/"])
def test_page_stands_on_an_empty_database(client: Client, path):
    assert client.get(path).status_code == 200


def test_home_names_who_may_use_it_and_where_to_begin(client: Client, content):
    page = client.get("/").content.decode()
    assert "Permohonan data keimigrasian untuk kementerian dan lembaga" in page
    assert "Perjanjian Kerja Sama (PKS)" in page
    for label in ["Beranda", "Informasi", "Hubungi Kami"]:
        assert f">{label}</a>" in page
    assert "Lacak Status Permohonan Data" in page


def test_information_holds_the_manuals_questions_in_order_and_the_law_open_on_top(client: Client, content):
    page = client.get("/informasi/").content.decode()
    places = [
        page.index(question) for question in ["Pasal 15 ayat (1) UU PDP menyebutkan:", *MANUAL_QUESTIONS]
    ]
    assert places == sorted(places)
    assert '<details id="uu-pdp-pasal-15" open>' in page
    assert page.count("<details id=") == 8
    assert page.count("open>") == 1
    for point in PDP_POINTS:
        assert point in page
    assert "Dokumen Panduan Pengguna" in page


def test_search_finds_answers_by_every_word(client: Client, content):
    page = client.get("/informasi/", {"q": "nomor  LACAK"}).content.decode()
    assert "Bagaimana cara melakukan lacak status permohonan?" in page
    assert "Bagaimana cara registrasi?" not in page


def test_search_without_a_hit_offers_whatsapp(client: Client, content):
    page = client.get("/informasi/", {"q": "<b>zzz"}).content.decode()
    assert "Belum ada jawaban untuk “&lt;b&gt;zzz”." in page
    assert "Tanyakan lewat WhatsApp" in page
    assert "https://wa.me/6281214157060" in page


def test_unpublished_content_is_not_shown(client: Client, content):
    Faq.objects.filter(slug="cara-registrasi").update(is_published=False)
    Page.objects.filter(slug="privasi").update(is_published=False)
    Guide.objects.update(is_published=False)
    assert "Bagaimana cara registrasi?" not in client.get("/informasi/").content.decode()
    assert client.get("/halaman/privasi/").status_code == 404
    assert client.get("/informasi/panduan/panduan-pemohon/").status_code == 404


def test_guide_is_downloaded_as_a_pdf_and_its_size_is_told(client: Client, content):
    page = client.get("/informasi/").content.decode()
    assert "versi 2.0, 10 Okt 2024" in page
    response = client.get("/informasi/panduan/panduan-pemohon/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert "panduan-pemohon-v20.pdf" in response["Content-Disposition"]
    assert b"".join(response.streaming_content).startswith(b"%PDF-")


def test_guide_without_its_file_is_said_and_not_served(client: Client, content):
    guide = Guide.objects.get()
    guide.file.storage.delete(guide.file.name)
    assert "Panduan ini sedang diperbarui" in client.get("/informasi/").content.decode()
    assert client.get("/informasi/panduan/panduan-pemohon/").status_code == 404


def test_contact_shows_the_manuals_address_and_opens_a_chat(client: Client, content):
    page = client.get("/hubungi-kami/").content.decode()
    assert "Rasuna Said Kav. X-6 Kuningan" in page
    assert "mailto:subdit_pdp@imigrasi.go.id" in page
    assert "+62 812 1415 7060" in page


def test_edited_contact_is_shown_everywhere_at_once(client: Client, content):
    card = SiteContact.objects.get()
    card.whatsapp, card.email = "6281100002222", "baru@contoh.go.id"
    card.save()
    page = client.get("/").content.decode()
    assert "+62 811 0000 2222" in page
    assert "baru@contoh.go.id" in page


def test_load_content_leaves_edited_rows_alone(content):
    Faq.objects.filter(slug="cara-registrasi").update(answer="Diubah penyunting.")
    assert set(load_content().values()) == {0}
    assert Faq.objects.get(slug="cara-registrasi").answer == "Diubah penyunting."


def test_contents_have_an_english_twin():
    texts = read_folder("faq") + read_folder("pages")
    assert len(texts) == 10
    for text in texts:
        assert text.body, text.slug
        assert text.body_en, text.slug


def test_language_switch_shows_the_english_text(client: Client, content):
    client.post("/bahasa/setlang/", {"language": "en", "next": "/halaman/privasi/"})
    page = client.get("/halaman/privasi/").content.decode()
    assert '<html lang="en">' in page
    assert "Who is responsible" in page


def test_editors_text_cannot_bring_html_or_scripts(client: Client, content):
    Page.objects.create(
        slug="jahat",
        title="<img src=x onerror=alert(1)>",
        body="<script>alert(1)</script>\n\n[klik](javascript:alert(1)) [lain](//jahat.example) **<b>t</b>**",
    )
    page = client.get("/halaman/jahat/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    assert 'href="//jahat' not in page


def test_pages_answer_only_reading(client: Client, content):
    assert client.post("/informasi/").status_code == 405
    assert client.head("/").status_code == 200


def test_promises_follow_the_rules_of_work_at_once(client: Client, sign_in, kartika):
    console = sign_in(Client(), kartika)
    assert "paling lama 2 hari kerja" in client.get("/").content.decode()
    console.get("/admin/rules/workrules/")
    form = console.get("/admin/rules/workrules/1/change/").context["adminform"].form
    lines = {name: form[name].value() for name in form.fields} | {"registration_working_days": 7}
    answer = console.post("/admin/rules/workrules/1/change/", lines)
    assert answer.status_code == 302, answer.context["errors"]
    assert "paling lama 7 hari kerja" in client.get("/").content.decode()


@pytest.mark.parametrize("content_bytes", [b"%PDF-1.4 broken", b"MZ program", b""])
def test_guide_with_a_file_that_is_no_pdf_is_refused(content_bytes):
    upload = SimpleUploadedFile("panduan.pdf", content_bytes, content_type="application/pdf")
    data = {
        "title": "A",
        "slug": "a",
        "language": "id",
        "version": "1",
        "issued_on": "2024-10-10",
        "order": 1,
    }
    form = GuideForm(data, {"file": upload})
    assert "file" in form.errors
