"""An officer with a phone, for tests: the app set up, and the code it shows at any moment."""

from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import authenticator
from accounts.models import User


def code_of(user: User, *, steps: int = 0) -> str:
    """What the app shows now, or ``steps`` times 30 seconds later."""
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key, device.step, int(device.t0 - (steps * device.step)), device.digits):06}"


def set_up(user: User) -> list[str]:
    """The app in use for a while already, so that its code of now is unused; returns the recovery codes."""
    authenticator.begin(user)
    device, codes = authenticator.confirm(user, code_of(user), keep_session=None)
    TOTPDevice.objects.filter(pk=device.pk).update(last_t=-1)
    return codes


def other_than(code: str) -> str:
    """A code that is wrong."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"
