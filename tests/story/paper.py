"""A browser without JavaScript: reads the HTML a server sends, fills in forms, presses buttons, follows links."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

VOID = {"input", "br", "img", "meta", "link", "hr", "col", "source", "wbr"}


def squeeze(text: str) -> str:
    """One space between words."""
    return " ".join(text.split())


@dataclass
class Control:
    """An input, select, textarea or button of a form."""

    tag: str
    attrs: dict[str, str]
    #: A select's (value, text) pairs.
    options: list[tuple[str, str]] = field(default_factory=list)
    value: Any = ""
    is_on: bool = False
    words: str = ""

    @property
    def name(self) -> str:
        return self.attrs.get("name", "")

    @property
    def kind(self) -> str:
        if self.tag == "button":
            return self.attrs.get("type", "submit")
        return self.attrs.get("type", "text") if self.tag == "input" else self.tag


@dataclass
class Form:
    """A form and what it would send."""

    attrs: dict[str, str]
    controls: list[Control] = field(default_factory=list)

    def data(self, button: Control | None) -> dict[str, Any]:
        """The pairs a browser would send when ``button`` is pressed."""
        sent: dict[str, Any] = {}
        for control in self.controls:
            if not control.name or "disabled" in control.attrs:
                continue
            if control.kind in {"submit", "button", "image", "reset"}:
                if control is button:
                    sent[control.name] = control.value
            elif control.kind in {"checkbox", "radio"}:
                if control.is_on:
                    sent.setdefault(control.name, []).append(control.value or "on")
            elif control.kind == "file":
                if control.value:
                    sent[control.name] = control.value
            else:
                sent[control.name] = control.value
        return sent


class Sheet(HTMLParser):
    """A page taken apart: forms, links, labels and the words a person reads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []
        self.labels: dict[str, str] = {}
        self.words: list[str] = []
        self._form: Form | None = None
        self._control: Control | None = None
        self._label: tuple[str, list[str]] | None = None
        self._inside_label: list[Control] = []
        self._link: tuple[str, list[str]] | None = None
        self._option: tuple[str, list[str]] | None = None
        #: Open elements, and whether their words are nothing for a reader (scripts, icons).
        self._open: list[tuple[str, bool]] = []
        self.feed(html)
        self.text = squeeze(" ".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens what it opens."""
        values = {key: value or "" for key, value in attrs}
        if tag not in VOID:
            is_hidden = tag in {"script", "style", "template"} or values.get("aria-hidden") == "true"
            self._open.append((tag, is_hidden))
        if tag == "form":
            self._form = Form(values)
            self.forms.append(self._form)
        elif tag == "a" and "href" in values:
            self._link = (values["href"], [])
        elif tag == "label":
            self._label = (values.get("for", ""), [])
        elif tag == "option" and self._control is not None:
            self._close_option()
            self._option = (values.get("value", ""), [])
            if "selected" in values or not self._control.options:
                self._control.value = values.get("value", "")
        elif tag in {"input", "select", "textarea", "button"}:
            control = Control(tag, values, value=values.get("value", ""), is_on="checked" in values)
            if self._form is not None:
                self._form.controls.append(control)
            if self._label is not None:
                self._inside_label.append(control)
            if tag not in VOID:
                self._control = control

    def handle_endtag(self, tag: str) -> None:
        """Closes what it closes."""
        if any(tag == opened for opened, _hidden in self._open):
            while self._open.pop()[0] != tag:
                pass
        if tag == "form":
            self._form = None
        elif tag == "a" and self._link is not None:
            self.links.append((squeeze("".join(self._link[1])), self._link[0]))
            self._link = None
        elif tag == "label" and self._label is not None:
            text = squeeze("".join(self._label[1]))
            if self._label[0]:
                self.labels[self._label[0]] = text
            for control in self._inside_label:
                control.words = control.words or text
            self._label, self._inside_label = None, []
        elif tag == "option":
            self._close_option()
        elif tag in {"select", "textarea", "button"} and self._control is not None:
            self._close_option()
            self._control.words = squeeze(self._control.words)
            self._control = None

    def _close_option(self) -> None:
        if self._option is not None and self._control is not None:
            self._control.options.append((self._option[0], squeeze("".join(self._option[1]))))
        self._option = None

    def handle_data(self, data: str) -> None:
        """Gives the words to everything that is open."""
        if any(is_hidden for _tag, is_hidden in self._open):
            return
        self.words.append(data)
        if self._option is not None:
            self._option[1].append(data)
            return
        if self._control is not None:
            if self._control.tag == "textarea":
                self._control.value = (self._control.value + data).removeprefix("\n")
            elif self._control.tag == "button":
                self._control.words += data
        if self._link is not None:
            self._link[1].append(data)
        if self._label is not None:
            self._label[1].append(data)


class Window:
    """One person's browser: ``open``, ``follow`` a link, ``fill`` by label or name, ``press`` a button."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.url = ""
        self.status = 0
        self.content = b""
        self.content_type = ""
        self.sheet = Sheet("")

    def open(self, address: str, method: str = "get", data: dict[str, Any] | None = None) -> "Window":
        """Goes there, redirects included; files are kept in ``content``."""
        place = urlsplit(urljoin(f"http://testserver{self.url}", address))
        path = place.path + (f"?{place.query}" if place.query else "")
        answer = getattr(self.client, method)(path, data or {})
        for _hop in range(6):
            if answer.status_code not in {301, 302, 303}:
                break
            target = urlsplit(urljoin(f"http://testserver{path}", answer["Location"]))
            path = target.path + (f"?{target.query}" if target.query else "")
            answer = self.client.get(path)
        self.status = answer.status_code
        self.content_type = answer.get("Content-Type", "")
        self.content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert self.status < 400, f"{self.status} at {path}: {self.readable()[:800]}"
        if self.content_type.startswith("text/html"):
            self.url = path
            self.sheet = Sheet(self.content.decode())
        return self

    def readable(self) -> str:
        """The words of what came last."""
        return Sheet(self.content.decode(errors="replace")).text if "html" in self.content_type else ""

    def says(self, *words: str) -> "Window":
        """The page contains the words."""
        for text in words:
            assert text in self.sheet.text, f"“{text}” not at {self.url}: {self.sheet.text[:2500]}"
        return self

    def follow(self, words: str, *, within: str = "") -> "Window":
        """Follows the first link with exactly these words, else the first one that contains them."""
        links = [(text, href) for text, href in self.sheet.links if within in href]
        for test in (lambda text: text == words, lambda text: words in text):
            for text, href in links:
                if test(text):
                    return self.open(href)
        raise AssertionError(f"no link “{words}” at {self.url}: {self.sheet.links}")

    def control(self, label: str) -> Control:
        """The field with this label or name; radio and check boxes by their own words."""
        wanted = re.compile(rf"{re.escape(label)}( \(wajib\))?$")
        for form in self.sheet.forms:
            for control in form.controls:
                words = self.sheet.labels.get(control.attrs.get("id", ""), control.words)
                if control.kind not in {"hidden", "submit"} and (
                    wanted.match(words) or control.name == label
                ):
                    return control
        raise AssertionError(f"no field “{label}” at {self.url}: {self.sheet.text[:1500]}")

    def fill(self, label: str, value: Any) -> "Window":
        """Types; in a select box chooses the option with these words, which must be offered."""
        control = self.control(label)
        if control.tag == "select":
            found = [key for key, text in control.options if text == value]
            assert found, f"“{value}” is not offered by {label}: {control.options[:40]}"
            control.value = found[0]
        else:
            control.value = value
        return self

    def check(self, label: str) -> "Window":
        """Ticks a box or a radio button (then its siblings are off)."""
        control = self.control(label)
        for form in self.sheet.forms:
            for other in form.controls:
                if control.kind == "radio" and other.name == control.name:
                    other.is_on = False
        control.is_on = True
        return self

    def press(self, words: str, *, action: str = "") -> "Window":
        """Sends the form of the button with these words as a browser would; ``action``: part of its address."""
        for form in self.sheet.forms:
            if action not in form.attrs.get("action", ""):
                continue
            for control in form.controls:
                # Hidden helpers (tabindex -1) answer the Enter key only.
                if (
                    control.tag == "button"
                    and control.attrs.get("tabindex") != "-1"
                    and control.words == words
                ):
                    assert control.kind == "submit", f"“{words}” works only with JavaScript"
                    return self.send(form, control)
        raise AssertionError(f"no button “{words}” at {self.url}: {self.sheet.text[:1500]}")

    def send(self, form: Form, button: Control | None) -> "Window":
        """Sends a form."""
        data = form.data(button)
        method = form.attrs.get("method", "get").lower()
        has_files = any(isinstance(value, SimpleUploadedFile) for value in data.values())
        if has_files:
            assert form.attrs.get("enctype") == "multipart/form-data", f"files would be lost at {self.url}"
        action = (button.attrs.get("formaction") if button else "") or form.attrs.get("action") or self.url
        return self.open(action, method, data)
