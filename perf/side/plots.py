"""Plots as inline SVG: bars with a dot for each run, and lines over a number. No script.

Colours come from the style sheet of the page by class; each series has a shape of its own too, so
that colour is never all that tells them apart.
"""

import dataclasses

from side.markup import element, joined
from side.scales import Linear, Log, short

WIDTH = 640
ROW = 34           # height of a bar's row
BAR = 16           # thickness of a bar
LEFT, RIGHT = 112, 96
TOP, BOTTOM = 10, 44
SHAPES = ("circle", "square", "triangle", "diamond", "plus", "cross")
R = 4              # half the size of a mark


@dataclasses.dataclass
class Bar:
    """`dots`: the runs that `value` is the median of. `style`: class of its colour."""

    name: str
    value: float
    style: str
    dots: tuple = ()
    label: str = ""


@dataclasses.dataclass
class Series:
    """`points`: (x, y, lowest, highest); the last two may be None. `style`: class of its colour."""

    name: str
    style: str
    shape: str
    points: list


@dataclasses.dataclass
class Frame:
    """What a plot of lines is drawn in. Scales are "log" or "linear" (from 0)."""

    x_label: str
    y_label: str
    x_scale: str = "log"
    y_scale: str = "linear"
    width: int = WIDTH
    height: int = 300
    x_ticks: tuple = ()
    y_values: tuple = ()  # more values that the y axis has to show: to make plots comparable
    x_text: callable = short
    unit: str = ""


def figure(width, height, title, *children):
    return element("svg", element("title", title), *children, viewBox=f"0 0 {width} {height}",
                   role="img", xmlns="http://www.w3.org/2000/svg")


def label(text, x, y, anchor="middle", **attributes):
    return element("text", text, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor, **attributes)


def line(x1, y1, x2, y2, style):
    return element("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}",
                   class_=style)


# ---- bars ----------------------------------------------------------------------------------------

def bars(title, rows, axis):
    """Horizontal bars from 0, one a row, with every run as a dot. `axis`: what they count."""
    height = TOP + ROW * len(rows) + BOTTOM
    bottom = height - BOTTOM
    scale = Linear(max([row.value for row in rows] + [dot for row in rows for dot in row.dots]),
                   LEFT, WIDTH - RIGHT)
    parts = []
    for tick in scale.ticks():
        x = scale(tick)
        parts += [line(x, TOP, x, bottom, "grid"), label(short(tick), x, bottom + 16)]
    parts.append(label(axis, (LEFT + WIDTH - RIGHT) / 2, height - 8, class_="axis"))
    for number, row in enumerate(rows):
        parts += bar(row, TOP + ROW * number + ROW / 2, scale)
    parts.append(line(LEFT, TOP, LEFT, bottom, "base"))
    return figure(WIDTH, height, title, *parts)


def bar(row, middle, scale):
    end = scale(row.value)
    parts = [label(row.name, LEFT - 8, middle + 4, "end"),
             element("rect", element("title", f"{row.name}: {short(row.value)} {row.label}"),
                     x=LEFT, y=f"{middle - BAR / 2:.1f}", width=f"{max(0, end - LEFT):.1f}",
                     height=BAR, rx=2, class_=f"fill {row.style}")]
    for number, dot in enumerate(row.dots):
        parts.append(element("circle", element("title", f"round {number + 1}: {short(dot)}"),
                             cx=f"{scale(dot):.1f}", cy=f"{middle:.1f}", r=3, class_="dot"))
    right = max([end] + [scale(dot) for dot in row.dots])
    parts.append(label(joined([short(row.value), f" {row.label}" if row.label else ""]), right + 8,
                       middle + 4, "start", class_="value"))
    return parts


# ---- lines ---------------------------------------------------------------------------------------

def lines(title, series, frame):
    """Lines with a mark at each point; whiskers from lowest to highest where points have them."""
    left, right, bottom = 58, frame.width - 22, frame.height - BOTTOM
    points = [point for each in series for point in each.points]
    ys = [y for point in points for y in point[1:] if y is not None] + list(frame.y_values)
    xs = [point[0] for point in points]
    x_scale = Log(xs, left, right) if frame.x_scale == "log" else Linear(max(xs), left, right)
    y_scale = Log(ys, bottom, TOP) if frame.y_scale == "log" else Linear(max(ys), bottom, TOP)
    parts = grid(frame, x_scale, y_scale, left, right, bottom)
    for each in series:
        parts.append(curve(each, x_scale, y_scale, frame))
    return figure(frame.width, frame.height, title, *parts)


def grid(frame, x_scale, y_scale, left, right, bottom):
    parts = []
    for tick in y_scale.ticks():
        y = y_scale(tick)
        parts += [line(left, y, right, y, "grid"), label(short(tick), left - 6, y + 4, "end")]
    for tick in frame.x_ticks or x_scale.ticks():
        x = x_scale(tick)
        parts += [line(x, bottom, x, bottom + 4, "base"),
                  label(frame.x_text(tick), x, bottom + 17)]
    middle = (TOP + bottom) / 2
    parts += [line(left, bottom, right, bottom, "base"),
              label(frame.x_label, (left + right) / 2, frame.height - 8, class_="axis"),
              label(frame.y_label, 12, middle, class_="axis",
                    transform=f"rotate(-90 12 {middle:.1f})")]
    return parts


def curve(series, x_scale, y_scale, frame):
    places = [(x_scale(point[0]), y_scale(point[1])) for point in series.points]
    parts = [element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places),
                     class_="stroke")]
    for (x, y), (x_value, y_value, lowest, highest) in zip(places, series.points):
        if lowest is not None and highest is not None:
            parts.append(line(x, y_scale(lowest), x, y_scale(highest), "stroke"))
        about = f"{series.name}, {frame.x_text(x_value)}: {short(y_value)} {frame.unit}"
        parts.append(mark(series.shape, x, y, element("title", about.strip())))
    return element("g", *parts, class_=series.style)


def mark(shape, x, y, *children):
    """One of SHAPES around a place."""
    if shape == "circle":
        return element("circle", *children, cx=f"{x:.1f}", cy=f"{y:.1f}", r=R, class_="mark fill")
    corners = {"square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
               "triangle": ((0, -1.2), (1.1, 0.9), (-1.1, 0.9)),
               "diamond": ((0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0))}
    if shape in corners:
        text = " ".join(f"{x + R * dx:.1f},{y + R * dy:.1f}" for dx, dy in corners[shape])
        return element("polygon", *children, points=text, class_="mark fill")
    strokes = {"plus": ((-1.2, 0, 1.2, 0), (0, -1.2, 0, 1.2)),
               "cross": ((-1, -1, 1, 1), (-1, 1, 1, -1))}[shape]
    path = " ".join(f"M{x + R * a:.1f},{y + R * b:.1f}L{x + R * c:.1f},{y + R * d:.1f}"
                    for a, b, c, d in strokes)
    return element("path", *children, d=path, class_="stroke thick")


def legend(series):
    """One line of marks and names; for plots with more than one series."""
    def entry(each):
        sample = element("svg", element("g", line(0, 7, 22, 7, "stroke"), mark(each.shape, 11, 7),
                                        class_=each.style),
                         viewBox="0 0 22 14", width=22, height=14, aria_hidden="true")
        return element("span", sample, " ", each.name)

    return element("p", *map(entry, series), class_="legend")
