"""Statistics, table, plots and report of perf/run, from made-up results."""

import copy
import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import appliance
import perf_results
import pytest

from side import plots, report, scales, stats, table  # noqa: E402, found by perf_results
from side.markup import Markup, element

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</svg><script>alert('\"&')</script>"


def page(result):
    """The report as a tree of elements: well-formed, or this raises."""
    text = report.html(result)
    assert text.startswith("<!DOCTYPE html>\n")
    return ElementTree.fromstring(text)


def words(tree):
    return " ".join(" ".join(tree.itertext()).split())


# ---- numbers -------------------------------------------------------------------------------------

def test_ratios_compare_within_a_round():
    # The medians (2 and 1.5) would say 1.33; in each round it is 1 or 2.
    assert stats.ratios([1, 2, 6], [1, 1, 3]) == {"median": 2, "min": 1, "max": 2}


def test_rounds_that_one_lacks_do_not_count():
    assert stats.ratios([4, None, 9], [2, 5, None])["median"] == 2
    assert stats.ratios([None], [3]) is None
    assert stats.ratios([3], [0]) is None


def test_two_states_are_told_from_one_stray_run():
    assert stats.two_states([0.6, 1.6, 0.61, 1.58, 0.6])
    assert not stats.two_states([0.6, 1.6, 0.61, 0.62, 0.6])
    assert not stats.two_states([0.6, None, 0.7, 0.65, 0.6])
    assert not stats.two_states([0.6, 1.6])


@pytest.mark.parametrize("value, text", [
    (0, "0"), (7, "7"), (999.6, "1k"), (1500, "1.5k"), (812345, "812k"), (7712345, "7.71M"),
    (2e9, "2G"), (0.25, "0.25"), (None, "-")])
def test_short_numbers(value, text):
    assert scales.short(value) == text


@pytest.mark.parametrize("highest, ticks", [
    (9.8e6, [0, 2e6, 4e6, 6e6, 8e6, 10e6]), (10, [0, 2, 4, 6, 8, 10]), (0.7, [0, .2, .4, .6, .8]),
    (0, [0, 1])])
def test_ticks_from_zero(highest, ticks):
    assert scales.Linear(highest, 0, 100).ticks() == pytest.approx(ticks)


def test_linear_scale_reaches_both_ends():
    scale = scales.Linear(10, 300, 20)
    assert (scale(0), scale(10)) == (300, 20)


def test_log_scale_has_whole_decades():
    scale = scales.Log([15, 2000], 0, 90)
    assert scale.ticks() == pytest.approx([10, 100, 1000, 10000])
    assert (scale(10), scale(10000)) == (0, 90)
    assert scale(0) == 0
    assert scales.Log([1000], 0, 1).ticks() == pytest.approx([1000, 10000])
    assert scales.Log([], 0, 1).ticks() == pytest.approx([1, 10])


# ---- the table -----------------------------------------------------------------------------------

def test_table_has_medians_spread_and_ratios():
    rows = {(row[0], row[1]): row[2:] for row in table.rows(perf_results.result())}
    assert rows["xdp", "bowline"] == ["900,000", "600,000", "1,200,000", "0.88", "1.00", "0/200"]
    assert rows["xdp", "knotd"] == ["800,000", "800,000", "800,000", "0.50", "0.67", "0/100"]
    assert rows["memory", "bowline"][3:] == ["-", "1.00", "0/100"]
    assert rows["memif", "reflector"][-1] == "-"


def test_table_is_aligned():
    lines = table.aligned([list(table.HEADINGS), *table.rows(perf_results.result())]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == 1 + 6


def test_server_without_a_run_has_no_row():
    result = perf_results.result()
    result["links"]["xdp"]["servers"]["knotd"]["rounds"] = [None, None]
    assert ["xdp", "knotd"] not in [row[:2] for row in table.rows(result)]


def test_share_of_what_the_stages_in_a_row_allow():
    # 10 and 10 in a row allow 5, 8 and 8 allow 4: Bowline's 4 are 0.8 and 1 of that.
    share = table.memif_share(perf_results.result())
    assert share == pytest.approx({"median": 0.9, "min": 0.8, "max": 1.0})
    result = perf_results.result()
    del result["links"]["memory"]
    assert table.memif_share(result) is None


def test_text_names_what_is_missing_and_what_failed():
    result = perf_results.result()
    result["failed"].append({"what": "round 1, xdp, knotd", "why": "3 answers are wrong"})
    text = table.text(result)
    assert "not measured: nsd: nsd is not installed" in text
    assert "FAILED: round 1, xdp, knotd: 3 answers are wrong" in text


def test_nothing_measured_is_said():
    result = perf_results.result()
    result["links"] = {}
    assert "nothing was measured" in table.text(result)


# ---- plots ---------------------------------------------------------------------------------------

def test_bars_begin_at_zero_and_show_every_run():
    tree = ElementTree.fromstring(plots.bars("rates", [
        plots.Bar("a", 2e6, "s-bowline", (1e6, 3e6)), plots.Bar("b", 4e6, "s-knotd", (4e6,))],
        "answers a second"))
    widths = [float(each.get("width")) for each in tree.iter(f"{SVG}rect")]
    assert widths[1] == pytest.approx(2 * widths[0], abs=0.1)
    assert len(list(tree.iter(f"{SVG}circle"))) == 3
    assert {"a", "b", "0", "4M", "answers a second"} <= {each.text for each in
                                                        tree.iter(f"{SVG}text")}


def test_lines_stay_in_their_frame():
    frame = plots.Frame("names", "answers", y_scale="log", y_values=(1, 1e5))
    tree = ElementTree.fromstring(plots.lines("t", [plots.Series(
        "s", "s-nsd", "square", [(1000, 20, None, None), (10000, 7000, 5000, 9000)])], frame))
    points = next(tree.iter(f"{SVG}polyline")).get("points")
    places = [tuple(map(float, pair.split(","))) for pair in points.split()]
    assert all(0 < x < frame.width and 0 < y < frame.height for x, y in places)
    assert places[0][0] < places[1][0] and places[0][1] > places[1][1]  # more is higher


@pytest.mark.parametrize("shape", plots.SHAPES)
def test_every_shape_is_drawn(shape):
    assert ElementTree.fromstring(plots.mark(shape, 10, 10)).tag in ("circle", "polygon", "path")


# ---- the page ------------------------------------------------------------------------------------

def test_text_is_escaped_and_markup_is_not():
    inner = element("b", "<&>")
    assert inner == "<b>&lt;&amp;&gt;</b>"
    assert element("p", inner, title='"<') == '<p title="&quot;&lt;"><b>&lt;&amp;&gt;</b></p>'
    assert isinstance(inner, Markup)


def test_report_has_all_plots_and_tables():
    tree = page(perf_results.result())
    titles = [each.text for each in tree.iter(f"{SVG}title")]
    for title in ("Answers a second, memory", "Answers a second, memif", "Answers a second, xdp",
                  "Answers a second by names in the zone", "Latency, median", "Latency, 99 %",
                  "Latency, 99.9 %", "Cycles by stage", "Memory by records"):
        assert title in titles
    assert {"bowline", "knotd", "reflector"} <= set(words(tree).split())
    assert "nsd is not installed" in words(tree)


def test_report_needs_nothing_else():
    text = report.html(perf_results.result())
    assert not re.search(r"<(script|link|img|iframe)|@import|url\(|src=|href=", text)
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")


def test_report_of_a_part_is_whole():
    result = perf_results.result()
    for part in ("zone_sizes", "latency", "memory"):
        result[part] = type(result[part])()
    result["links"] = {"xdp": result["links"]["xdp"]}
    assert "Latency" not in words(page(result))


def test_hostile_names_are_shown_as_text():
    result = perf_results.result()
    hostile = copy.deepcopy(result)
    hostile["zone"] = hostile["started"] = hostile["machine"]["cpu"] = HOSTILE
    hostile["versions"] = {HOSTILE: HOSTILE}
    hostile["command"] = ["perf/run", HOSTILE]
    hostile["skipped"] = hostile["failed"] = [{"what": HOSTILE, "why": HOSTILE}]
    hostile["settings"][HOSTILE] = [HOSTILE]
    hostile["links"][HOSTILE] = {"what": HOSTILE, "servers": {
        HOSTILE: {"rounds": [perf_results.run(1e6)]}}}
    hostile["latency"][HOSTILE] = {HOSTILE: hostile["latency"]["memif"]["bowline"]}
    hostile["memory"][HOSTILE] = hostile["memory"]["bowline"]
    memory = hostile["links"]["memory"]["servers"]["bowline"]["rounds"][0]
    memory["cycles_by_stage"] = {HOSTILE: 5.0}
    tree = page(hostile)
    tags = {each.tag for each in tree.iter()}
    assert not {"script", f"{SVG}script"} & tags
    assert words(tree).count("alert(") > 15
    assert tags <= {each.tag for each in page(result).iter()} | {"path", f"{SVG}path"}


def test_report_only_makes_the_page_again(tmp_path):
    source = tmp_path / "result.json"
    source.write_text(json.dumps(perf_results.result()))
    done = subprocess.run([appliance.TOP / "perf/run", "--report-only", source],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "result.html").read_text() == report.html(json.loads(source.read_text()))


@pytest.mark.parametrize("text, fault", [
    (None, "No such file"), ("{", "Expecting"), ("[]", "no result of format 1"),
    ('{"format": 7}', "no result of format 1"), ('{"format": 1}', "not whole")])
def test_report_only_refuses_what_is_no_result(tmp_path, text, fault):
    source = tmp_path / "result.json"
    if text is not None:
        source.write_text(text)
    done = subprocess.run([appliance.TOP / "perf/run", "--report-only", source],
                          capture_output=True, text=True)
    assert done.returncode != 0
    assert fault in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "result.html").exists()
