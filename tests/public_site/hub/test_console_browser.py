"""The console of Info Layanan on a telephone, in a real browser."""

import pytest
from playwright.sync_api import expect

from accounts.models import User
from public_site.hub import selfcheck
from public_site.hub.models import Hub
from tests.browser import BROWSER, PATIENCE, OpenPage

pytestmark = [*BROWSER, pytest.mark.slow]


def test_page_and_check_do_not_move_sideways_on_a_telephone(
    hub: Hub, dewi: User, open_page: OpenPage
) -> None:
    Hub.objects.update(phone="bukan nomor telepon")
    check = selfcheck.run()
    widths = {}
    page = open_page(dewi, viewport={"width": 360, "height": 800})
    for address in (f"hub/{hub.pk}/change/", f"hubcheck/{check.pk}/change/"):
        page.goto(f"/admin/public_site/{address}")
        page.wait_for_selector("fieldset")
        widths[address] = page.evaluate("document.documentElement.scrollWidth")
    assert set(widths.values()) == {360}, widths


def test_preview_follows_dragging_and_keeps_the_language_that_was_chosen(
    hub: Hub, dewi: User, open_page: OpenPage
) -> None:
    page = open_page(dewi, viewport={"width": 1280, "height": 900})
    page.goto(f"/admin/public_site/hub/{hub.pk}/change/")
    preview = page.frame_locator("iframe[name=hub-preview]")
    name, frame = page.locator("input[name=name]"), page.locator("iframe[name=hub-preview]")
    expect(frame).to_be_visible()
    # Beside the form on a wide screen, and in sight however far down the form one is; below it on a narrow one.
    assert (frame.bounding_box() or {})["x"] > (name.bounding_box() or {})["x"] + (name.bounding_box() or {})[
        "width"
    ]
    page.locator("#links-group").scroll_into_view_if_needed()
    expect(frame).to_be_in_viewport()
    page.set_viewport_size({"width": 1100, "height": 900})
    links = page.locator("#links-group").bounding_box()
    assert links
    assert (frame.bounding_box() or {})["y"] > links["y"] + links["height"]
    page.set_viewport_size({"width": 1280, "height": 900})
    handles = page.locator("#links-data tbody:not(.template) .material-symbols-outlined").filter(
        has_text="drag_indicator"
    )
    handles.nth(0).scroll_into_view_if_needed()
    start, end = handles.nth(0).bounding_box(), handles.nth(3).bounding_box()
    assert start
    assert end
    page.mouse.move(start["x"] + 8, start["y"] + 8)
    page.mouse.down()
    for step in range(1, 16):
        page.mouse.move(start["x"] + 8, start["y"] + 8 + (end["y"] - start["y"] + 12) * step / 15)
        page.wait_for_timeout(30)
    # On a busy machine the list follows the pointer late: held there until the line has got its place.
    fourth = page.locator("#links-data tbody:not(.template)").nth(3).locator("input[name$=-label]").first
    for step in range(PATIENCE // 100):
        if fourth.input_value() == "Antrian Paspor":
            break
        page.mouse.move(start["x"] + 8, end["y"] + 20 + step % 2)
        page.wait_for_timeout(100)
    page.mouse.up()
    expect(preview.locator(".red b").last).to_have_text("Antrian Paspor")

    page.get_by_role("button", name="English").click()
    expect(preview.locator("html")).to_have_attribute("lang", "en")
    page.fill("input[name=intro_en]", "Everything on <your> phone")
    expect(preview.locator("header p").nth(1)).to_have_text("Everything on <your> phone")
    expect(preview.locator("html")).to_have_attribute("lang", "en")
    preview.get_by_role("link", name="Bahasa Indonesia", exact=True).click()
    expect(preview.locator("html")).to_have_attribute("lang", "id")
    preview.locator(".red").first.click()  # leads nowhere
    expect(preview.locator(".red b").last).to_have_text("Antrian Paspor")
    page.locator("[name=_continue]").click()
    expect(page.locator("input[name=intro_en]")).to_have_value("Everything on <your> phone")
    assert list(hub.links.values_list("label", flat=True))[:4] == [
        "CEK ALUR PASPOR",
        "Pembuatan Paspor",
        "Izin Tinggal / Stay Permit",
        "Antrian Paspor",
    ]
