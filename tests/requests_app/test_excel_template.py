"""The Excel template follows the catalogue and stays text."""

import io
from typing import Any

import openpyxl
import pytest
from django.core.files.base import ContentFile

from core.catalogue.kinds import Lookups
from core.catalogue.models import Service, ServiceField
from core.catalogue.schema import Field, Schema
from core.doors.excel import read_workbook
from core.reference.models import Checkpoint, Country
from requests_app.excel import build_template, check_workbook, sheet_names
from requests_app.excel.template import example_rows
from tests.requests_app.workbooks import filled, schemas

pytestmark = pytest.mark.django_db


def opened(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


@pytest.fixture
def reference_lists(catalogue) -> None:
    for code, name in (("IDN", "Indonesia"), ("AUS", "Australia"), ("MYS", "Malaysia")):
        Country.objects.get_or_create(alpha3=code, defaults={"name": name})
    Checkpoint.objects.get_or_create(
        key="cgk", defaults={"name": "TPI Bandara Soekarno-Hatta", "kind": "udara"}
    )


def test_template_has_the_sheets_of_the_manual(catalogue) -> None:
    book = opened(build_template(schemas()))
    visible = [sheet.title for sheet in book if sheet.sheet_state == "visible"]
    assert visible == [
        "Contoh Upload",
        "Upload Detail Paspor",
        "Upload Detail Visa",
        "Upload Detail Perlintasan",
        "Upload Detail Izin Tinggal",
        "Upload Detail Deportasi",
    ]
    assert [sheet.title.split()[0] for sheet in book if sheet.sheet_state == "hidden"] == ["Pilihan"]


def test_template_gives_each_service_its_columns(catalogue) -> None:
    book = opened(build_template(schemas()))
    for schema in schemas():
        titles = [cell.value for cell in book[f"Upload Detail {schema.service_label}"][1]]
        assert titles == ["No", *(item.label for item in schema.asked)]
    sheet = book["Upload Detail Paspor"]
    assert [cell.value for cell in sheet[1]][:5] == ["No", "Nama", "Tanggal Lahir", "NIK", "No. Paspor"]
    assert sheet.freeze_panes == "C2"
    assert sheet.column_dimensions["D"].number_format == "@"
    assert "Wajib diisi" in sheet["B1"].comment.text
    assert "NIK, No. Paspor" in sheet["D1"].comment.text
    assert sheet["B1"].fill.fgColor.rgb != sheet["F1"].fill.fgColor.rgb


def test_template_offers_lists_beyond_255_characters(catalogue) -> None:
    for number in range(300):
        Country.objects.get_or_create(
            alpha3=f"{chr(65 + number // 26)}{chr(65 + number % 26)}9",
            defaults={"name": f"Negara, nomor {number}"},
        )
    book = opened(build_template(schemas()))
    rules = book["Upload Detail Visa"].data_validations.dataValidation
    lists = [rule for rule in rules if rule.type == "list"]
    assert len(lists) == 1
    assert lists[0].formula1.startswith("'Pilihan ")
    assert str(lists[0].sqref) == "D2:D100001"


def test_template_passes_our_own_guard(catalogue) -> None:
    sheets = read_workbook(ContentFile(build_template(schemas()), "templat.xlsx"), sheets=[])
    assert len(sheets) == 7


def test_template_examples_would_be_accepted(reference_lists) -> None:
    for schema in schemas():
        for values in example_rows(schema):
            if "kantor_pelaksana" in values:
                values["kantor_pelaksana"] = ""
            assert schema.clean_asked(values, Lookups())[1] == {}, schema.service_label


def test_template_never_holds_a_formula() -> None:
    schema = Schema(
        "x",
        "=1+1",
        (
            Field("a", "=HYPERLINK(1)", "text", asked=True, help="=2", example="=3"),
            Field("b", "+4", "choice", asked=True, choices=(("=5", "=6"), ("-7", "-8"))),
        ),
    )
    for sheet in opened(build_template([schema])):
        for row in sheet.iter_rows():
            assert all(cell.data_type != "f" for cell in row)


def test_sheet_names_are_short_and_different() -> None:
    long = [Schema(str(i), f"Layanan Nama Sangat Panjang Sekali {i}", ()) for i in range(3)]
    names = sheet_names([*long, Schema("odd", "A/B:[C]*?", ())])
    assert len({name.lower() for name in names.values()}) == 4
    assert all(len(name) <= 31 for name in names.values())


def test_sixth_service_needs_no_code(catalogue) -> None:
    service = Service.objects.create(key="cekal", label="Cekal", position=60, is_published=True)
    for position, (key, label, kind) in enumerate(
        [("nama", "Nama", "person_name"), ("nomor", "No. Keputusan", "document_no")]
    ):
        ServiceField.objects.create(
            service=service, key=key, label=label, kind=kind, position=position, asked=True, required=True
        )
    content = filled({"Cekal": [{"Nama": "John Doe", "No. Keputusan": "AB-123"}]})
    checked = check_workbook(ContentFile(content, "data.xlsx"), schemas=schemas())
    assert checked.errors == []
    assert checked.rows == [{"service": "cekal", "values": {"nama": "John Doe", "nomor": "AB-123"}}]
