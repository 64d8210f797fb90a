"""What every request passes through."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address", ["/verifikasi/%00/", "/admin/requests_app/datarequest/?status__exact=%00", "/admin/%00/"]
)
def test_null_characters_in_addresses_are_bad_requests(client, sign_in, rina, address):
    sign_in(client, rina)
    response = client.get(address)
    assert response.status_code == 400
    assert response["Content-Security-Policy"].startswith("default-src 'none'")
