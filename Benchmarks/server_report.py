"""The Markdown of a run of the server's benchmark."""

import datetime
import os
import statistics

import report

TOOLS = ["redis-benchmark", "lvkv bench"]


def describe(arguments, loads):
    lines = report.machine_lines() + [
        report.first_line(["redis-server", "--version"]),
        "%d connections, %d-byte values, %s keys, medians of %d turns, load average %.2f at the start" % (
            loads["connections"], loads["value"], format(loads["keys"], ","), arguments.turns, os.getloadavg()[0]),
        "lvkv: defaults but for `appendfsync everysec`; redis-server: `appendonly yes`, `appendfsync everysec`, `save \"\"`",
    ]
    return "\n".join("- " + line for line in lines)


class ServerReport:
    def __init__(self, targets):
        self.targets = targets
        self.missed = []

    def verdict(self, line, reached):
        if not reached:
            self.missed.append(line)
        return "reached" if reached else "**missed**"

    def loads(self, title, results):
        """The lines of one part, by redis-benchmark's ratio; ours stands beside it."""
        yield "| load | -P | redis-server | lvkv | × | turns | at least | | × by `lvkv bench` |"
        yield "|---|--:|--:|--:|--:|---|--:|---|--:|"
        for row in self.targets["loads"]:
            for pipeline in (1, 16):
                if all((row["load"], pipeline, tool) in results for tool in TOOLS):
                    yield self.load_line(title, row, pipeline, results)

    def load_line(self, title, row, pipeline, results):
        sides, own = (results[row["load"], pipeline, tool] for tool in TOOLS)
        redis, lvkv = statistics.median(sides["redis"]), statistics.median(sides["lvkv"])
        turns = [b / a for a, b in zip(sides["redis"], sides["lvkv"])]
        least = row[str(pipeline)]
        line = "%s -P %d, %s" % (row["line"], pipeline, title)
        return "| %s | %d | %s/s | %s/s | **%.2f** | %.2f–%.2f | %.2f | %s | %.2f |" % (
            row["line"], pipeline, format(int(redis), ","), format(int(lvkv), ","), lvkv / redis, min(turns), max(turns),
            least, self.verdict(line, lvkv / redis >= least),
            statistics.median(own["lvkv"]) / statistics.median(own["redis"]))

    def figures(self, values):
        yield "| figure | measured | target | |"
        yield "|---|--:|--:|---|"
        for row in self.targets["figures"]:
            value = values.get(row["figure"])
            if value is None:
                continue
            target, verdict = "", ""
            if "most" in row:
                target, verdict = "at most %g %s" % (row["most"], row["unit"]), self.verdict(row["line"], value <= row["most"])
            if "least" in row:
                target, verdict = "at least %g %s" % (row["least"], row["unit"]), self.verdict(row["line"], value >= row["least"])
            yield "| %s | %.2f %s | %s | %s |" % (row["line"], value, row["unit"], target, verdict)


def render(targets, machine, parts, figures):
    """The whole text, and the lines that missed their target.

    `parts` are titles with what `server_loads.Loads` measured.
    """
    made = ServerReport(targets)
    lines = ["# The server, %s" % datetime.date.today(), "", machine]
    for title, words, results in parts:
        lines += ["", "## " + title[0].upper() + title[1:], "", words, "", *made.loads(title, results)]
    if figures.values:
        lines += ["", "## Figures", "", *made.figures(figures.values)]
    if figures.notes:
        lines += ["", *["- " + note for note in figures.notes]]
    return "\n".join(lines) + "\n", made.missed


# Pages that show a short form

BEGIN, END = "<!-- from scripts/bench-server -->", "<!-- end -->"


def summary(targets, parts):
    """The ratios of all parts in one table."""
    yield "| over redis-server | -P 1, at least |%s -P 16, at least |%s" % (
        ("".join(" %s |" % name for name, _ in parts),) * 2)
    yield "|---|" + "--:|" * (2 + 2 * len(parts))
    for row in targets["loads"]:
        cells = []
        for pipeline in (1, 16):
            cells.append("%.2f" % row[str(pipeline)])
            for _, results in parts:
                sides = results.get((row["load"], pipeline, TOOLS[0]))
                cells.append("" if sides is None else "**%.2f**" % (
                    statistics.median(sides["lvkv"]) / statistics.median(sides["redis"])))
        yield "| %s | %s |" % (row["line"], " | ".join(cells))


def fill_page(path, targets, parts, figures):
    """Puts the short form into a page, between two comments that are there."""
    text = path.read_text()
    if BEGIN not in text or END not in text.split(BEGIN, 1)[1]:
        raise ValueError("%s has no lines %s and %s" % (path, BEGIN, END))
    head, rest = text.split(BEGIN, 1)
    made = ServerReport(targets)
    lines = [*summary(targets, parts), "", *made.figures(figures.values)] if figures.values else [*summary(targets, parts)]
    path.write_text(head + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + END + rest.split(END, 1)[1])
