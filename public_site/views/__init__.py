"""Views of the public site, one module per journey; each is at most fetch, form, operation, redirect."""
