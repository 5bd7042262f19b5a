"""The report: one HTML file that needs nothing else. It is well-formed XML, too."""

from side import plots, stats, table
from side.markup import Markup, element, joined
from side.plots import Bar, Frame, Series
from side.style import CSS

STYLES = ("reflector", "bowline", "knotd", "nsd", "named", "pdns_server")  # classes of the CSS
PERCENTILES = (("p50", "median"), ("p99", "99 %"), ("p99_9", "99.9 %"))
PANEL = {"width": 320, "height": 240}


def style_of(server):
    """A class of the style sheet; a name that it does not know has a colour all the same."""
    return f"s-{server}" if server in STYLES else "s-other"


def shape_of(server):
    return plots.SHAPES[STYLES.index(server) if server in STYLES else -1]


def section(title, *children):
    return element("section", element("h2", title), *children)


def html_table(headings, rows, words=1):
    """`words`: how many columns hold text; the others hold numbers."""
    def cells(kind, row):
        return [element(kind, cell, class_="number" if i >= words else None)
                for i, cell in enumerate(row)]

    body = [element("tr", *cells("td", row)) for row in rows]
    return element("div", element("table", element("thead", element("tr", *cells("th", headings))),
                                  element("tbody", *body)), class_="wide")


def details(summary, *children):
    return element("details", element("summary", summary), *children)


# ---- the sections --------------------------------------------------------------------------------

def rates_section(result):
    parts = [element("p", "Bars are medians; each dot is a run of one round. Servers take turns, "
                     "round by round. The reflector sends questions back: it is what the link and "
                     "the generator can do (on sockets, too, it takes frames by AF_XDP). In "
                     "parentheses: the part of the reflector's rate, within the same round.")]
    for link, each in result["links"].items():
        rows = []
        for server in each["servers"]:
            rates = stats.measured(stats.rates(result, link, server))
            if rates:
                rows.append(Bar(server, stats.summary(rates)["median"], style_of(server),
                                tuple(rates), ratio_text(result, link, server)))
        if rows:
            parts += [element("h3", link), element("p", each["what"], class_="note"),
                      plots.bars(f"Answers a second, {link}", rows, "answers a second")]
    found = table.rows(result)
    if found:
        parts.append(details("The same as a table", html_table(table.HEADINGS, found, words=2)))
    return section("Answers a second", *parts)


def ratio_text(result, link, server):
    """Beside a bar: what it reached of the link's limit in the same round."""
    if server == "reflector" or "reflector" not in result["links"][link]["servers"]:
        return ""
    ratio = stats.ratios(stats.rates(result, link, server),
                         stats.rates(result, link, "reflector"))
    return f"({ratio['median']:.0%})" if ratio else ""


def sizes_section(result):
    rows = sorted(result["zone_sizes"], key=lambda row: row["names"])
    if not rows:
        return Markup("")
    points = []
    for row in rows:
        found = stats.summary(row["answers_per_second"])
        points.append((row["names"], found["median"], found["min"], found["max"]))
    series = [Series("bowline", style_of("bowline"), shape_of("bowline"), points)]
    frame = Frame("names in the zone, all of them asked for", "answers a second",
                  unit="answers a second")
    listed = [(f"{x:,}", f"{y:,.0f}", f"{low:,.0f}", f"{high:,.0f}") for x, y, low, high in points]
    return section("Throughput by zone size",
                   element("p", "Bowline in memory (bench_answer), one worker; whiskers from the "
                           "lowest to the highest run."),
                   plots.lines("Answers a second by names in the zone", series, frame),
                   details("The same as a table", html_table(
                       ("names", "answers/s", "lowest", "highest"), listed, words=0)))


def latency_section(result):
    if not result["latency"]:
        return Markup("")
    parts = [element("p", "From a question sent to its answer received, at a part of the highest "
                     "rate, which was measured right before. A server whose "
                     "highest rate is lower is asked less at the same part.")]
    for link, each in result["latency"].items():
        parts += [element("h3", link), *latency_of(each)]
    return section("Latency by load", *parts)


def latency_of(servers):
    every = [row["latency_us"][key] for found in servers.values() for row in found["loads"]
             for key, _ in PERCENTILES]
    panels = []
    for key, name in PERCENTILES:
        series = [Series(server, style_of(server), shape_of(server),
                         [(row["load"] * 100, row["latency_us"][key], None, None)
                          for row in found["loads"]]) for server, found in servers.items()]
        frame = Frame("part of its highest rate", "microseconds", x_scale="linear", y_scale="log",
                      x_ticks=(0, 20, 40, 60, 80, 100), y_values=tuple(every),
                      x_text=lambda part: f"{part:.0f} %", unit="us", **PANEL)
        panels.append(element("figure", element("figcaption", name),
                              plots.lines(f"Latency, {name}", series, frame)))
    rows = [(server, f"{row['load']:.0%}", f"{row['asked']:,.0f}",
             *(f"{row['latency_us'][key]:,.1f}" for key, _ in PERCENTILES), f"{row['loss']:.4%}")
            for server, found in servers.items() for row in found["loads"]]
    headings = ("server", "load", "questions/s", *(f"{name}, us" for _, name in PERCENTILES),
                "lost")
    return [plots.legend(series), element("div", *panels, class_="panels"),
            details("The same as a table", html_table(headings, rows))]


def stages_section(result):
    runs = result["links"].get("memory", {}).get("servers", {}).get("bowline", {}).get("rounds", [])
    runs = [run["cycles_by_stage"] for run in runs if run and run.get("cycles_by_stage")]
    if not runs:
        return Markup("")
    rows = []
    for stage in runs[0]:
        cycles = [run[stage] for run in runs if stage in run]
        rows.append(Bar(stage, stats.summary(cycles)["median"], style_of("bowline"),
                        tuple(cycles)))
    total = sum(row.value for row in rows) or 1
    for row in rows:
        row.label = f"({row.value / total:.0%})"
    return section("Cost by stage", element(
        "p", f"Bowline in memory: cycles of the time stamp counter for each query, in the order of "
        f"the packet path; {total:.0f} in all stages. Measured in a run of its own, since looking "
        "at the counter costs time, too."),
        plots.bars("Cycles by stage", rows, "cycles a query"))


def memory_section(result):
    if not result["memory"]:
        return Markup("")
    series, rows = [], []
    for server, found in result["memory"].items():
        ordered = sorted(found, key=lambda row: row["records"])
        series.append(Series(server, style_of(server), shape_of(server),
                             [(row["records"], row["mebibytes"], None, None) for row in ordered]))
        rows += [(server, f"{row['records']:,}", f"{row['mebibytes']:,.1f}",
                  f"{row['seconds']:.3f}") for row in ordered]
    frame = Frame("records of a zone of delegations", "MiB", y_scale="log", unit="MiB")
    return section("Memory by records",
                   element("p", "Proportional set size of all processes of a server plus hugetlb "
                           "pages, some seconds after its first answer. Each has as many workers "
                           "as there are CPUs."),
                   plots.legend(series), plots.lines("Memory by records", series, frame),
                   details("The same as a table, with the time to the first answer", html_table(
                       ("server", "records", "MiB", "first answer after, s"), rows)))


def remarks_section(result):
    found = table.remarks(result)
    if not found:
        return Markup("")
    return section("Remarks", element("ul", *(element("li", each) for each in found)))


def machine_section(result):
    def plain(value):
        if isinstance(value, dict):
            return ", ".join(f"{key} {each}" for key, each in value.items())
        return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value

    def pairs(values):
        return [(key.replace("_", " "), plain(value)) for key, value in values.items()]

    return section("Where and how",
                   html_table(("machine", ""), pairs(result["machine"]), words=2),
                   html_table(("program", "version"), pairs(result["versions"]), words=2),
                   html_table(("setting", ""), pairs(result["settings"]), words=2),
                   element("p", element("code", " ".join(map(str, result["command"])))))


def html(result):
    """The whole page. `result`: as perf/run writes it."""
    title = f"Bowline side by side, {result['started'][:10]}"
    body = [element("h1", title), element("p", table.machine_line(result)),
            element("p", f"Zone {result['zone']}."), rates_section(result),
            sizes_section(result), latency_section(result), stages_section(result),
            memory_section(result), remarks_section(result), machine_section(result)]
    head = [element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("title", title), element("style", Markup(CSS))]
    page = element("html", element("head", *head), element("body", element("main", *body)),
                   lang="en")
    return "<!DOCTYPE html>\n" + joined([page]) + "\n"
