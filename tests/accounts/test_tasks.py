"""The daily clean-up of accounts."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import otp, tasks
from accounts.models import SignInCode

pytestmark = pytest.mark.django_db


def test_clean_up_removes_old_codes_only(siti, sari):
    otp.send_code(siti, otp.new_attempt())
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        otp.send_code(sari, otp.new_attempt())
        tasks.clean_up()
        assert [code.user for code in SignInCode.objects.all()] == [sari]
