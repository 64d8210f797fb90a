"""``{% kept %}`` and ``{% live %}``: what is drawn once, and what is drawn for each visitor (public_site.kept)."""

import itertools
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context

from public_site import kept as memory

register = template.Library()

_numbers = itertools.count()


class KeptNode(template.Node):
    """Draws its inside, or gives what this process drew under the same version, language and values."""

    def __init__(self, nodelist: NodeList, vary: list[FilterExpression]) -> None:
        self.nodelist = nodelist
        self.vary = vary
        self.number = next(_numbers)

    def render(self, context: Context) -> str:
        values = [str(item.resolve(context)) for item in self.vary]
        version = str(context.get("page_version", ""))
        drawn: str = memory.piece(self.number, version, values, lambda: self.nodelist.render(context))
        return drawn


class LiveNode(template.Node):
    """Drawn for each visitor, also where the page around it is kept."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self.number = next(_numbers)
        memory.live_parts[self.number] = self

    def render(self, context: Context) -> str:
        return memory.mark_of(self.number) if memory.is_drawing.get() else self.nodelist.render(context)


@register.tag("kept")
def kept(parser: Parser, token: Token) -> KeptNode:
    """``{% kept value … %}…{% endkept %}``: everything inside that differs between requests is named as a value.

    Inside stands nothing of a person, no CSRF token and no ``{% live %}``; rows come from ``settings.CONTENT_MODELS``
    only.
    """
    vary: list[Any] = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(LiveNode):
        raise template.TemplateSyntaxError("A piece that is kept holds no live part")
    return KeptNode(nodelist, vary)


@register.tag("live")
def live(parser: Parser, token: Token) -> LiveNode:
    """``{% live %}…{% endlive %}`` uses names of the page's own context only, none of a loop or ``with`` around it."""
    nodelist = parser.parse(("endlive",))
    parser.delete_first_token()
    return LiveNode(nodelist)
