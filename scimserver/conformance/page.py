"""The report as one HTML page: needs no network and no script, and can be printed."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; --line: #8884; --good: #17803d; --bad: #c62828; --note: #9a6700; --quiet: #6b7280; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; } .number { text-align: right; white-space: nowrap; }
code, pre { font: 13px/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; margin: .25rem 0 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 1rem 0; }
dt { color: var(--quiet); } dd { margin: 0; }
.passed { color: var(--good); } .failed { color: var(--bad); } .argued { color: var(--note); }
.not-run, .quiet { color: var(--quiet); }
@media print { body { max-width: none; margin: 0; font-size: 9pt; } tr { break-inside: avoid; } }
"""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conformance of {name}</title>
<style>{style}</style>
</head>
<body>
<header>
<h1>Conformance of {name}: <span class="{tone}">{verdict}</span></h1>
<dl>{facts}</dl>
</header>
<main>
{body}
</main>
</body>
</html>
"""
_SECTION = """<section>
{head}
<table>
<thead>{columns}</thead>
<tbody>
{rows}
</tbody>
</table>
</section>"""
_FACT = "<dt>{}</dt><dd>{}</dd>\n"
_ORDER = ("failed", "argued", "not run", "passed")
_EXPLAINED = {
    "failed": "The answer is not what it must be.",
    "argued": "A judge finds fault, and is wrong; the reason is given.",
    "not run": "Not sent, or not compared; the reason is given.",
    "passed": "",
}


def page(found: Mapping[str, Any]) -> str:
    """Return the page for a report in its JSON form."""
    verdict, tone = ("passed", "passed") if found["passed"] else ("failed", "failed")
    return _PAGE.format(
        name=escape(found["name"]),
        style=STYLE,
        tone=tone,
        verdict=verdict,
        facts="".join(_FACT.format(escape(name), value) for name, value in _facts(found)),
        body="\n".join([_summary(found["suites"]), *_left_behind(found["left_behind"]), *_details(found["checks"])]),
    )


def _facts(found: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    counts = found["counts"]
    yield "Tenant URL", f"<code>{escape(found['server'])}</code>"
    yield "Judged as", escape(found["reading"])
    yield "Checks", ", ".join(f'<span class="{_css(name)}">{counts[name]} {name}</span>' for name in counts)
    if found["prefix"]:
        yield "Prefix", f"<code>{escape(found['prefix'])}</code>: what needs an empty workspace was not run"
    if found["only"]:
        yield "Only", escape(", ".join(found["only"]))
    held, left = sum(found["held_before"].values()), len(found["left_behind"])
    yield (
        "Left behind",
        f"{left}, see below" if left else f"nothing: the tenant holds {held or 'no'} resources, as before",
    )
    yield "Started", f'<time datetime="{escape(found["started"])}">{escape(found["started"])}</time>'
    yield "Took", f"{found['seconds']:.1f} s"


def _summary(suites: Iterable[Mapping[str, Any]]) -> str:
    rows = "\n".join(
        f'<tr><td>{escape(line["suite"])}</td><td class="number">{line["parts_run"]} of {line["parts"]}</td>'
        + "".join(_number(line["counts"][verdict], verdict) for verdict in ("passed", "failed", "argued", "not run"))
        + f'<td class="number">{line["seconds"]:.1f} s</td></tr>'
        for line in suites
    )
    head = "".join(
        f"<th{'' if name == 'suite' else ' class=number'}>{name}</th>"
        for name in ("suite", "parts run", "passed", "failed", "argued", "not run", "took")
    )
    return _SECTION.format(head="<h2>Summary</h2>", columns=f"<tr>{head}</tr>", rows=rows)


def _number(number: int, verdict: str) -> str:
    return f'<td class="number {_css(verdict) if number else "quiet"}">{number}</td>'


def _left_behind(lines: list[str]) -> Iterable[str]:
    if lines:
        items = "".join(f"<li><code>{escape(line)}</code></li>" for line in lines)
        yield f'<section>\n<h2 class="failed">Left behind</h2>\n<ul>{items}</ul>\n</section>'


def _details(checks: list[Mapping[str, Any]]) -> Iterable[str]:
    """Yield a section for each verdict, what needs attention first."""
    for verdict in _ORDER:
        held = [check for check in checks if check["verdict"] == verdict]
        if not held:
            continue
        head = "<tr><th>check</th><th>request</th><th>expected</th><th>got</th><th class=number>ms</th></tr>"
        rows = "\n".join(_row(check) for check in held)
        explained = f'<p class="quiet">{_EXPLAINED[verdict]}</p>\n' if _EXPLAINED[verdict] else ""
        title = f'<h2 class="{_css(verdict)}">{verdict.capitalize()}: {len(held)}</h2>'
        yield _SECTION.format(head=title + explained, columns=head, rows=rows)


def _row(check: Mapping[str, Any]) -> str:
    place = "/".join(part for part in (check["suite"], check["part"]) if part)
    notes = [f'<span class="quiet">{escape(place)}: {escape(check["source"])}</span>', escape(check["reason"])]
    status, _, rest = check["got"].partition("\n")
    got = f"<code>{escape(status)}</code>" + (f"<pre>{escape(rest)}</pre>" if rest else "")
    cells = [
        f"{escape(check['title'])}<br>{'<br>'.join(note for note in notes if note)}",
        f"<code>{escape(check['request'])}</code>",
        escape(check["expected"]),
        got,
    ]
    milliseconds = f"{check['seconds'] * 1000:.0f}" if check["seconds"] else ""
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}<td class=number>{milliseconds}</td></tr>"


def _css(verdict: str) -> str:
    return verdict.replace(" ", "-")
