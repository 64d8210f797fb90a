"""What goes wrong with signatures."""


class SigningError(Exception):
    """A document could not be signed; the message is for officers and administrators, in plain words.

    ``is_passing`` tells a trouble that ends by itself (a service is down) from one that a person must mend. The
    message never holds a passphrase, a NIK or anything of the document.
    """

    def __init__(self, message: str, *, is_passing: bool = False) -> None:
        super().__init__(message)
        self.is_passing = is_passing
