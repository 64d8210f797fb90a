"""Forms of the public site, one module per journey; the shared look is in base.py."""
