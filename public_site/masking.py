"""How an address is shown to somebody who may not be its owner."""


def mask_email(email: str) -> str:
    """``a•••@badan.go.id``: the first letter and the domain."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}" if domain else "•••"
