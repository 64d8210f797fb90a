"""What is said: finds the rule a text means and writes the answer; webhook and simulator both speak through it."""

import re
from datetime import date, timedelta

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from core import throttle
from core.doors import clock
from public_site.hub.guides import day_text, facts_in, fill_in
from public_site.hub.models import GuideFact
from public_site.models import SiteContact
from public_site.whatsapp.models import (
    UNREADABLE,
    WINDOW,
    Conversation,
    ConversationRule,
    PassportStatus,
    plain_words,
)
from requests_app import workflow
from requests_app.references import NUMBER_LENGTH, compact, find_by_number

Action = ConversationRule.Action
Mode = Conversation.Mode
PASSPORT_NUMBER = re.compile(r"[0-9]{16}")
#: Letters and a digit: cannot be a word, so it needs no "STATUS" before it.
REQUEST_NUMBER = re.compile(r"(?=[A-Z]*[0-9])(?=[0-9]*[A-Z])[A-Z0-9]{10}")
#: A number written in pieces has one that mixes both; "STATUS 1234" and "PASPOR 2009" are ten signs, but words.
PIECE = re.compile(r"(?=[A-Z]*[0-9])(?=[0-9]*[A-Z])[A-Z0-9]+")
HOUR = timedelta(hours=1)


def answer(conversation: Conversation, text: str, *, kind: str = "text") -> str | None:
    """The reply to one message, None when the machine says nothing; moves the conversation on without saving it."""
    with translation.override(conversation.language):
        book = RuleBook()
        if conversation.mode != Mode.MENU:
            # An officer answers; only the plain word MENU takes the person back.
            exact = book.by_keyword(plain_words(text))
            if exact is None or exact.action != Action.HOME:
                return None
            conversation.mode, conversation.officer, conversation.asked_officer_at = Mode.MENU, None, None
        if kind != "text" and not text:
            return _unreadable(conversation, kind)
        verdict = throttle.hit(
            f"wa:{conversation.sender[:40]}", limit=settings.WHATSAPP_MESSAGES_PER_HOUR, window=HOUR
        )
        if not verdict.allowed:
            if verdict.count > settings.WHATSAPP_MESSAGES_PER_HOUR + 1:
                return None
            return _("Pesan Anda terlalu banyak dalam satu jam. Kirim lagi pukul %(time)s.") % {
                "time": clock.time_wib(verdict.until)
            }
        return _Turn(conversation, book).reply(text)


def _unreadable(conversation: Conversation, kind: str) -> str | None:
    """A word about pictures, voices and stickers once in 24 hours; nothing at all about a thumbs-up."""
    if kind not in UNREADABLE:
        return None
    verdict = throttle.hit(f"wa-kind:{conversation.sender[:40]}", limit=1, window=WINDOW)
    if not verdict.allowed:
        return None
    return _("Maaf, kami hanya dapat membaca pesan teks. Silakan tulis pertanyaan Anda, atau kirim MENU.")


class RuleBook:
    """The rules as they stand now, read once for each message."""

    def __init__(self) -> None:
        self.rules = list(ConversationRule.objects.filter(is_active=True).order_by("number", "pk"))
        self.home = next((rule for rule in self.rules if rule.action == Action.HOME), None)
        self.keywords = {word: rule for rule in self.rules for word in rule.words}

    def by_keyword(self, words: str) -> ConversationRule | None:
        """The rule whose keyword is the whole text."""
        return self.keywords.get(words)

    def inside(self, words: str) -> ConversationRule | None:
        """The rule of the longest keyword that stands in a sentence; "hi" in a question does not outvote it."""
        padded = f" {words} "
        found = [
            word
            for word, rule in self.keywords.items()
            if len(word) > 2
            and rule.action not in (Action.INDONESIAN, Action.ENGLISH)
            and f" {word} " in padded
        ]
        if not found:
            return None
        useful = [word for word in found if self.keywords[word].action != Action.HOME] or found
        return self.keywords[max(useful, key=len)]

    def status_order(self, words: str) -> str:
        """``STATUS <number>``: the number behind the keyword, empty when the text is no such order."""
        for word in sorted(self.keywords, key=len, reverse=True):
            rule = self.keywords[word]
            if rule.action == Action.STATUS and words.startswith(f"{word} "):
                rest = words[len(word) + 1 :]
                # A sentence such as "status paspor saya" names no number.
                if any(sign.isdigit() for sign in rest) or len(compact(rest)) == NUMBER_LENGTH:
                    return number_in(rest)
        return ""

    def lines(self, menu: ConversationRule) -> list[ConversationRule]:
        """What a menu offers, in the order of its numbers."""
        return [rule for rule in self.rules if rule.parent_id == menu.pk and rule.number]


class _Turn:
    """One message being answered."""

    def __init__(self, conversation: Conversation, book: RuleBook) -> None:
        self.conversation, self.book = conversation, book

    def reply(self, text: str) -> str:
        expects_number = self.conversation.expects_number
        self.conversation.expects_number = False
        words = plain_words(text)
        number = number_in(words)
        is_pieces = any(PIECE.fullmatch(word) for word in words.split())
        if PASSPORT_NUMBER.fullmatch(number) or (is_pieces and REQUEST_NUMBER.fullmatch(number)):
            return self._status(number)
        if rule := self.book.by_keyword(words):
            return self._follow(rule)
        if order := self.book.status_order(words):
            return self._status(order)
        if re.fullmatch(r"\d{1,2}", number, re.ASCII):
            return self._choice(int(number))
        if expects_number and (len(number) == NUMBER_LENGTH or re.search(r"\d", number)):
            return self._status(number)
        if rule := self.book.inside(words):
            return self._follow(rule)
        return self._menu(_("Pesan Anda belum kami kenali. Silakan pilih salah satu."))

    def _choice(self, number: int) -> str:
        menu = self.conversation.menu or self.book.home
        if number == 0 or menu is None:
            return self._menu()
        rule = next((line for line in self.book.lines(menu) if line.number == number), None)
        if rule is None:
            return self._join(
                _("Angka %(number)d tidak ada di menu ini.") % {"number": number}, self._show(menu)
            )
        return self._follow(rule)

    def _follow(self, rule: ConversationRule) -> str:
        conversation = self.conversation
        if rule.action == Action.HOME:
            return self._menu()
        if rule.action == Action.MENU:
            return self._show(rule)
        if rule.action in (Action.INDONESIAN, Action.ENGLISH):
            conversation.language = "en" if rule.action == Action.ENGLISH else "id"
            with translation.override(conversation.language):
                return self._menu(self._text(rule))
        if rule.action == Action.STATUS:
            conversation.expects_number = True
            return self._text(rule)
        if rule.action == Action.HUMAN:
            conversation.mode, conversation.asked_officer_at = Mode.WAITING, clock.now()
            return self._text(rule)
        return self._join(self._text(rule), _("Balas 0 untuk menu utama."))

    def _menu(self, first: str = "") -> str:
        """The main menu, after a sentence when there is something to say first."""
        if self.book.home is None:
            return self._join(first, _("Menu sedang disiapkan. Silakan kirim pesan lagi nanti."))
        return self._join(first, self._show(self.book.home))

    def _show(self, menu: ConversationRule) -> str:
        self.conversation.menu = menu
        lines = [
            f"{rule.number}. {rule.text('title', self.conversation.language)}"
            for rule in self.book.lines(menu)
        ]
        if menu.action != Action.HOME:
            lines.append(_("0. Menu utama"))
        return self._join(self._text(menu), "\n".join(lines))

    def _text(self, rule: ConversationRule) -> str:
        language = self.conversation.language
        text = rule.text("reply", language)
        facts = {fact.key: fact for fact in GuideFact.objects.filter(key__in=facts_in(text))}
        text = fill_in(text, language, facts)
        if "{jam}" in text:
            text = text.replace("{jam}", SiteContact.current().shown_hours)
        text = text.replace("{situs}", settings.SITE_URL)
        if any(fact.confirmed_on is None for fact in facts.values()):
            text = self._join(text, _("* Belum dipastikan petugas. Tanyakan ke kantor imigrasi tujuan."))
        return text

    def _status(self, number: str) -> str:
        """The coarse status of a data request or a passport application; wrong numbers are counted by sender."""
        limit = settings.WHATSAPP_STATUS_MISSES
        key = f"wa-status:{self.conversation.sender[:40]}"
        verdict = throttle.peek(key, limit=limit)
        if not verdict.allowed:
            return _(
                "Nomor yang tidak ditemukan sudah %(count)d kali dalam satu jam. Coba lagi pukul %(time)s."
            ) % {"count": limit, "time": clock.time_wib(verdict.until)}
        if PASSPORT_NUMBER.fullmatch(number):
            found = passport_text(number)
        elif re.fullmatch(r"[A-Z0-9]{10}", number, re.ASCII):
            found = request_text(number)
        else:
            self.conversation.expects_number = True
            return _(
                "Nomor terdiri dari 10 huruf dan angka (permohonan data) atau 16 angka (permohonan paspor). "
                "Kirim nomornya saja, atau balas 0 untuk menu utama."
            )
        if found is None:
            throttle.hit(key, limit=limit, window=HOUR)
            self.conversation.expects_number = True
            return _(
                "Nomor %(number)s tidak ditemukan. Salin kembali dari bukti permohonan Anda, "
                "atau balas 0 untuk menu utama."
            ) % {"number": number}
        return self._join(found, _("Balas 0 untuk menu utama."))

    @staticmethod
    def _join(*parts: str) -> str:
        return "\n\n".join(part for part in parts if part)


def number_in(words: str) -> str:
    """The number a text names: 16 digits, or 10 letters and digits; else everything it says, without blanks."""
    if found := re.search(r"(?<![0-9])(?:[0-9] ?){15}[0-9](?! ?[0-9])", words):
        return compact(found[0])
    return next((word for word in words.split() if REQUEST_NUMBER.fullmatch(word)), "") or compact(words)


def shown_day(day: date) -> str:
    """A date in the language of the conversation."""
    return day_text(day, translation.get_language() or "id")


def request_text(number: str) -> str | None:
    """What Lacak shows about a data request: phase and dates, no institution, subject, names or counts."""
    found = find_by_number(number)
    if found is None:
        return None
    phase = workflow.public_phase(found.status)
    lines = [
        _("Permohonan data %(number)s") % {"number": found.number},
        f"*{phase.label}*",
        str(phase.explanation),
    ]
    lines += [
        f"✓ {step.phase.label}, {shown_day(clock.local_date(step.at))}"
        for step in workflow.timeline(found)
        if step.at is not None
    ]
    return "\n".join(lines)


def passport_text(number: str) -> str | None:
    """The coarse step of a passport application with the name behind stars; None when it is not known."""
    found = PassportStatus.objects.select_related("office").filter(number=number).first()
    if found is None:
        return None
    lines = [_("Permohonan paspor %(number)s") % {"number": found.number}]
    if found.masked_name:
        lines.append(_("Nama: %(name)s") % {"name": found.masked_name})
    lines.append(f"*{found.get_step_display()}*")
    if found.step_on:
        lines.append(_("Sejak %(date)s") % {"date": shown_day(found.step_on)})
    if found.office:
        lines.append(found.office.full_name)
    day = shown_day(clock.local_date(found.updated_at))
    lines.append(_("Data per %(date)s") % {"date": day})
    return "\n".join(lines)
