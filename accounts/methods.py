"""The second factor as two_factor sees it: its e-mail method, with our device."""

from typing import Any

from two_factor.plugins.email.method import EmailMethod

from accounts.models import CodeDevice


class MailedCode(EmailMethod):
    """Codes to the account's own address; never set up by the person, every account has it."""

    def get_devices(self, user: Any) -> Any:
        """The account's one device."""
        return CodeDevice.objects.filter(user=user)

    def recognize_device(self, device: Any) -> bool:
        """Whether the device is ours."""
        return isinstance(device, CodeDevice)
