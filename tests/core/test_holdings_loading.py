"""Writing records in bulk: new ones and replaced ones in one batch, counted and stored alike on both databases."""

import pytest

from core.catalogue.kinds import Lookups
from core.catalogue.schema import Field, Schema
from core.holdings.loading import build_record, load_records, save_records
from core.holdings.models import Record

pytestmark = pytest.mark.django_db


def values(number: int, name: str = "Bagus Prasetya"):
    return {"nama": name, "tanggal_lahir": "1988-05-17", "no_paspor": f"E{number:07}"}


def test_one_batch_adds_replaces_and_leaves_alone(catalogue):
    load_records(catalogue["paspor"], [("K-1", values(1)), ("K-2", values(2))])
    before = dict(Record.objects.values_list("source_key", "pk"))
    rows = [("K-1", values(1)), ("K-2", values(20, "Moh. Rizky")), ("K-3", values(3)), ("K-3", values(30))]
    count = load_records(catalogue["paspor"], rows)

    assert (count.created, count.updated, count.unchanged) == (1, 1, 1)
    found = {record.source_key: record for record in Record.objects.all()}
    assert {key: found[key].pk for key in before} == before
    assert (found["K-2"].passport_no, found["K-2"].name_key) == ("E0000020", "MUHAMMAD RIZKY")
    assert (found["K-3"].passport_no, found["K-3"].values) == ("E0000030", values(30))
    assert str(found["K-3"].birth_date) == "1988-05-17"
    assert found["K-3"].updated_at > found["K-1"].updated_at


def test_records_of_unknown_standing_are_added_or_replaced(catalogue):
    service = catalogue["paspor"]
    load_records(service, [("K-1", values(1))])
    places = type("Nowhere", (), {"fill": staticmethod(lambda record, schema: None)})()
    for number in (5, 6):
        save_records(
            [build_record(service, service.schema(), key, values(number), places) for key in ("K-1", "K-2")]
        )
    assert list(Record.objects.order_by("source_key").values_list("source_key", "passport_no")) == [
        ("K-1", "E0000006"),
        ("K-2", "E0000006"),
    ]


def test_what_an_entry_became_is_remembered_for_its_own_column_only():
    def schema(choices):
        return Schema("uji", "Uji", (Field("warna", "Warna", "choice", asked=True, choices=choices),))

    lookups = Lookups()
    first, second = schema((("M", "Merah"),)), schema((("R", "Merah"),))
    assert first.clean_asked({"warna": "Merah"}, lookups) == ({"warna": "M"}, {})
    assert second.clean_asked({"warna": "Merah"}, lookups) == ({"warna": "R"}, {})
    assert first.clean_asked({"warna": "merah"}, lookups) == ({"warna": "M"}, {})
