"""Plain Django forms on the console's own pages: Unfold's classes for their widgets."""

from django import forms
from unfold.widgets import INPUT_CLASSES, TEXTAREA_CLASSES

from requests_app.forms.texts import say_what_is_missing


def dress(form: forms.Form) -> None:
    """Gives the widgets of a plain form the look of the console."""
    for item in form.fields.values():
        widget = item.widget
        if isinstance(widget, forms.RadioSelect | forms.CheckboxInput):
            continue
        if isinstance(widget, forms.Textarea):
            classes = TEXTAREA_CLASSES
        elif isinstance(widget, forms.FileInput):
            classes = ["req-file"]
        elif isinstance(widget, forms.Select):
            classes = ["req-input", "req-select"]  # Unfold's select has no arrow outside its own templates
        else:
            classes = INPUT_CLASSES
        widget.attrs["class"] = " ".join(classes)


def name_what_is_missing(form: forms.Form) -> None:
    """Lets each field say that it is empty by its own name; before the form is validated."""
    for item in form.fields.values():
        say_what_is_missing(item)
