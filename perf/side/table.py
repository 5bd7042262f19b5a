"""The table that a run ends with, and what is said of it in a line."""

from side import stats

HEADINGS = ("link", "server", "answers/s", "lowest", "highest", "of reflector", "of Bowline",
            "wrong/checked")


def cells_of(result, link, server):
    """The row of a server on a link; None if it was never measured."""
    rates = stats.rates(result, link, server)
    if not stats.measured(rates):
        return None
    found = stats.summary(stats.measured(rates))
    names = result["links"][link]["servers"]
    row = [link, server, *(f"{found[key]:,.0f}" for key in ("median", "min", "max"))]
    for base in ("reflector", "bowline"):
        ratio = base in names and stats.ratios(rates, stats.rates(result, link, base))
        row.append(f"{ratio['median']:.2f}" if ratio else "-")
    runs = stats.measured(names[server]["rounds"])
    if server == "reflector":
        row.append("-")  # it answers nothing
    elif link == "memory":
        row.append(f"0/{sum(run.get('verified', 0) for run in runs)}")
    else:
        row.append(f"{sum(run['wrong'] for run in runs)}/{sum(run['checked'] for run in runs)}")
    return row


def rows(result):
    found = (cells_of(result, link, server) for link, each in result["links"].items()
             for server in each["servers"])
    return [row for row in found if row]


def aligned(lines):
    """Columns as wide as their widest cell; the first two to the left, numbers to the right."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return "\n".join("  ".join(
        cell.ljust(width) if i < 2 else cell.rjust(width)
        for i, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines)


def memif_share(result):
    """Of what 1/(1/reflector + 1/in memory) allows, Bowline's share over memif: a summary."""
    links = result["links"]
    if not {"reflector", "bowline"} <= set(links.get("memif", {}).get("servers", {})) or \
            "memory" not in links:
        return None
    limit, ours, inside = (stats.rates(result, link, server) for link, server in
                           (("memif", "reflector"), ("memif", "bowline"), ("memory", "bowline")))
    bounds = [1 / (1 / a + 1 / b) if a and b else None for a, b in zip(limit, inside)]
    return stats.ratios(ours, bounds)


def remarks(result):
    """Sentences below the table."""
    found = []
    share = memif_share(result)
    if share:
        found.append(f"memif: Bowline reached {share['median']:.0%} ({share['min']:.0%} .. "
                     f"{share['max']:.0%}) of what 1/(1/reflector + 1/in memory) allows")
    for link, each in result["links"].items():
        split = [server for server in each["servers"]
                 if stats.two_states(stats.rates(result, link, server))]
        if split:
            found.append(f"{link}: {', '.join(split)} ran in two states of speed; the ratios, "
                         "which compare within a round, say more than the medians")
    for entry in result["skipped"]:
        found.append(f"not measured: {entry['what']}: {entry['why']}")
    for entry in result["failed"]:
        found.append(f"FAILED: {entry['what']}: {entry['why']}")
    return found


def machine_line(result):
    here = result["machine"]
    return (f"{here['cpu']}, {here['cpus']} CPUs{', virtual' if here['hypervisor'] else ''}, "
            f"Linux {here['kernel']}, load {here['load_before']:.1f} before")


def text(result):
    """All that is printed."""
    settings = result["settings"]
    head = [machine_line(result),
            f"zone {result['zone']}; {settings['rounds']} rounds of {settings['seconds']} s each; "
            "ratios are medians of those within a round",
            "; ".join(f"{name} {version}" for name, version in result["versions"].items())]
    found = rows(result)
    table = [aligned([list(HEADINGS), *found])] if found else ["nothing was measured"]
    return "\n".join([*head, "", *table, "", *remarks(result)]).rstrip()
