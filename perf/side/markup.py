"""Elements of HTML and SVG as text. What is not Markup is escaped, whatever it holds."""

import html

VOID = {"meta", "br"}  # of HTML: they have no end


class Markup(str):
    """Text that is markup already."""


def text_of(child):
    return child if isinstance(child, Markup) else html.escape(str(child))


def attribute(name, value):
    """class_ and stroke_width become class and stroke-width."""
    return f' {name.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'


def element(name, /, *children, **attributes):
    """REQUIRES: `name` and the names of attributes are the program's own."""
    head = name + "".join(attribute(*each) for each in attributes.items() if each[1] is not None)
    if name in VOID:
        return Markup(f"<{head}/>")
    return Markup(f"<{head}>{''.join(map(text_of, children))}</{name}>")


def joined(parts, between=""):
    return Markup(between.join(map(text_of, parts)))
