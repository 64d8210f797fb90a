"""The small markup of editors' texts, parsed into blocks that a template draws; none of it is HTML."""

import re
from dataclasses import dataclass, field

_INLINE = re.compile(r"\*\*(?P<bold>[^*\n]+)\*\*|\[(?P<text>[^\]\n]+)\]\((?P<url>[^)\s]+)\)")
_ALLOWED_URL = re.compile(r"^(https://|mailto:|tel:|/(?!/)|#)")


@dataclass(frozen=True)
class Piece:
    """A run of text: plain, bold, or a link when ``url`` is set."""

    text: str
    bold: bool = False
    url: str = ""


@dataclass
class Block:
    """A paragraph (``p``), heading (``h2``, ``h3``) or list (``ul``, ``ol``) with its lines or items."""

    kind: str
    lines: list[list[Piece]] = field(default_factory=list)


def parse_inline(text: str) -> list[Piece]:
    """Bold and links; an address of any other scheme stays visible as plain text."""
    pieces, end = [], 0
    for match in _INLINE.finditer(text):
        if match.start() > end:
            pieces.append(Piece(text[end : match.start()]))
        if match["bold"]:
            pieces.append(Piece(match["bold"], bold=True))
        elif _ALLOWED_URL.match(match["url"]):
            pieces.append(Piece(match["text"], url=match["url"]))
        else:
            pieces.append(Piece(match[0]))
        end = match.end()
    if end < len(text):
        pieces.append(Piece(text[end:]))
    return pieces


def _read_line(line: str) -> tuple[str, str]:
    for mark, kind in (("### ", "h3"), ("## ", "h2"), ("- ", "ul")):
        if line.startswith(mark):
            return kind, line[len(mark) :]
    numbered = re.match(r"\d{1,3}\.\s+", line)
    return ("ol", line[numbered.end() :]) if numbered else ("p", line)


def parse(text: str) -> list[Block]:
    """Blocks of a text; consecutive lines of one kind belong together, an empty line ends a block."""
    blocks: list[Block] = []
    is_new = True
    for raw in text.replace("\r\n", "\n").split("\n"):
        line = raw.strip()
        if not line:
            is_new = True
            continue
        kind, content = _read_line(line)
        if is_new or kind != blocks[-1].kind or kind in ("h2", "h3"):
            blocks.append(Block(kind))
        blocks[-1].lines.append(parse_inline(content))
        is_new = False
    return blocks
