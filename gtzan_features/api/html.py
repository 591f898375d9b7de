"""What a result looks like in a notebook: HTML fragments that need nothing else, light and dark.

A fragment is one element with its own style and no script; it asks for nothing from anywhere. It has no
ground of its own and takes the colour of the text around it, so that it is readable in every theme of
JupyterLab, VS Code, Colab or a page, also where the notebook is dark and the system is not. The three
colours with a meaning have enough contrast to a white and to a black ground. Every value is escaped; what is
HTML already is a `markupsafe.Markup`, as each helper returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from gtzan_features.reports.colours import AGAINST, BLUE, FOR
from gtzan_features.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt
    from matplotlib.figure import Figure

_LINE = "color-mix(in srgb, currentColor 22%, transparent)"

STYLE = Markup(
    ".gz.gz.gz{color:var(--jp-content-font-color1,var(--vscode-foreground,inherit));max-width:60rem;"
    "font:13px/1.45 var(--jp-ui-font-family,var(--vscode-font-family,system-ui,sans-serif));"
    f"border:1px solid {_LINE};border-radius:6px;padding:.6rem .8rem;margin:.3rem 0;"
    f"--gz-accent:{BLUE};--gz-for:{FOR};--gz-against:{AGAINST}}}"
    ".gz.gz.gz .gz-title{font-size:1.15em;font-weight:600;overflow-wrap:anywhere}"
    ".gz.gz.gz .gz-sub,.gz.gz.gz caption,.gz.gz.gz dt,.gz.gz.gz th{opacity:.75;font-weight:400}"
    ".gz.gz.gz .gz-part{margin-top:.6rem;overflow-x:auto}"
    ".gz.gz.gz table{border-collapse:collapse;border:0;margin:0;font:inherit;color:inherit;table-layout:auto}"
    ".gz.gz.gz tr,.gz.gz.gz td,.gz.gz.gz th{background:transparent;color:inherit;border:0;"
    "text-align:left;padding:.1rem .7rem .1rem 0;vertical-align:middle;max-width:none;white-space:nowrap}"
    f".gz.gz.gz thead{{border:0}}.gz.gz.gz thead th{{border-bottom:1px solid {_LINE}}}"
    ".gz.gz.gz td.gz-number,.gz.gz.gz th.gz-number{text-align:right;font-variant-numeric:tabular-nums}"
    ".gz.gz.gz caption{caption-side:top;text-align:left;padding:0 0 .2rem}"
    ".gz.gz.gz td.gz-scale{width:14rem;min-width:6rem}"
    f".gz.gz.gz .gz-track{{position:relative;height:.7rem;background:{_LINE};border-radius:2px}}"
    ".gz.gz.gz .gz-bar{position:absolute;top:0;bottom:0;background:var(--gz-accent);border-radius:2px}"
    ".gz.gz.gz .gz-bar.gz-plus{background:var(--gz-for)}"
    ".gz.gz.gz .gz-bar.gz-minus{background:var(--gz-against)}"
    ".gz.gz.gz .gz-range{position:absolute;top:calc(50% - 1px);height:2px;background:currentColor}"
    ".gz.gz.gz .gz-zero{position:absolute;top:-2px;bottom:-2px;width:1px;background:currentColor}"
    ".gz.gz.gz dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .9rem;margin:0}"
    ".gz.gz.gz dt{margin:0;float:none}.gz.gz.gz dd{margin:0;overflow-wrap:anywhere}"
    f".gz.gz.gz .gz-note{{border-left:3px solid {FOR};padding:.05rem .5rem;margin-top:.3rem;"
    "overflow-wrap:anywhere}"
    ".gz.gz.gz table.gz-matrix td{text-align:center;padding:.1rem .35rem;min-width:1.7rem;"
    f"border:1px solid {_LINE};font-variant-numeric:tabular-nums}}"
    ".gz.gz.gz table.gz-matrix thead th{writing-mode:vertical-rl;transform:rotate(180deg);"
    "padding:.3rem 0;border:0;vertical-align:bottom;line-height:1.7rem}"
    ".gz.gz.gz table.gz-matrix thead td{border:0}"
    ".gz.gz.gz table.gz-matrix td.gz-right{font-weight:600}"
    ".gz.gz.gz summary{cursor:pointer}"
)
"""The style of all fragments. Its doubled names outweigh what notebooks say of tables."""


def card(title: object, *parts: object, subtitle: object = "", notes: Iterable[object] = ()) -> str:
    """Return a whole fragment: a frame with a title, what is doubtful, and parts below one another.

    Parameters
    ----------
    title, subtitle : object
        Text; escaped, as everything that is no `Markup`.
    *parts : object
        What the other helpers return, or text; empty ones are left out.
    notes : iterable
        Warnings, a sentence each; they stand above the parts.

    Returns
    -------
    str
        For ``_repr_html_``.

    Examples
    --------
    >>> html = card("a<b>.wav", key_values([("genre", "blues")]), notes=["short: 2.0 s"])
    >>> html.startswith('<div class="gz"><style>'), "a&lt;b&gt;.wav" in html, "<b>" in html
    (True, True, False)
    """
    head = _element("div", "gz-title", title)
    below = _element("div", "gz-sub", subtitle) if subtitle else Markup()
    doubts = Markup().join(_element("div", "gz-note", note) for note in notes)
    body = Markup().join(_element("div", "gz-part", part) for part in parts if part)
    return str(
        Markup('<div class="gz"><style>{}</style>{}</div>').format(STYLE, head + below + doubts + body)
    )


def key_values(pairs: Iterable[tuple[object, object]]) -> Markup:
    """Return a list of names and values.

    Examples
    --------
    >>> key_values([("model", "lda"), ("rows", 30)])
    Markup('<dl><dt>model</dt><dd>lda</dd><dt>rows</dt><dd>30</dd></dl>')
    """
    items = (Markup("<dt>{}</dt><dd>{}</dd>").format(_text(key), _text(value)) for key, value in pairs)
    return Markup("<dl>{}</dl>").format(Markup().join(items))


def bars(
    rows: Iterable[tuple[object, float, object]],
    *,
    header: tuple[str, str] = ("", ""),
    low: float = 0.0,
    high: float = 1.0,
    signed: bool = False,
) -> Markup:
    """Return a row with a bar for each name: name, bar, figure in words.

    Parameters
    ----------
    rows : iterable of (name, value, text)
        `text` is the value as it is to be read; the bar alone tells nobody a number.
    header : (str, str)
        Over names, and over bars and figures.
    low, high : float
        Ends of the scale. Bars begin at zero, or at `low` where that is larger; values beyond are cut.
    signed : bool
        Whether the sign has a meaning: what speaks for something is orange, what speaks against it blue.

    Examples
    --------
    >>> html = bars([("blues", 0.75, "75.0 %")])
    >>> "left:0.00%;width:75.00%" in html, "75.0 %" in html
    (True, True)
    """
    lines = []
    for name, value, text in rows:
        kind = ("gz-plus" if value >= 0 else "gz-minus") if signed else ""
        start, end = sorted((_place(max(0.0, low), low, high), _place(value, low, high)))
        parts = Markup('<div class="gz-bar {}" style="left:{:.2f}%;width:{:.2f}%"></div>').format(
            kind, start, end - start
        )
        if low < 0:
            parts += Markup('<div class="gz-zero" style="left:{:.2f}%"></div>').format(_place(0.0, low, high))
        lines.append(_bar_row(name, parts, text))
    return _bar_table(lines, header)


def intervals(
    rows: Iterable[tuple[object, float, float, float, object]],
    *,
    header: tuple[str, str] = ("", ""),
    low: float = 0.0,
    high: float = 1.0,
) -> Markup:
    """Return a bar with its interval for each name, as for accuracies.

    Parameters
    ----------
    rows : iterable of (name, value, least, most, text)
        The value and the ends of its interval, on the scale from `low` to `high`; `text` as in `bars`.

    Examples
    --------
    >>> html = intervals([("artist", 0.6, 0.5, 0.7, "60.0 % (50.0 to 70.0)")])
    >>> 'class="gz-range" style="left:50.00%;width:20.00%"' in html
    True
    """
    lines = []
    for name, value, least, most, text in rows:
        places = [_place(v, low, high) for v in (value, least, most)]
        parts = Markup(
            '<div class="gz-bar" style="left:0.00%;width:{:.2f}%"></div>'
            '<div class="gz-range" style="left:{:.2f}%;width:{:.2f}%"></div>'
        ).format(places[0], places[1], places[2] - places[1])
        lines.append(_bar_row(name, parts, text))
    return _bar_table(lines, header)


def table(header: Sequence[object], rows: Iterable[Sequence[object]], caption: object = "") -> Markup:
    """Return a table; what reads as a number stands at the right.

    Examples
    --------
    >>> html = table(("genre", "tracks"), [("blues", 100)], caption="Tracks")
    >>> '<td class="gz-number">100</td>' in html, "<caption>Tracks</caption>" in html
    (True, True)
    """
    cells = [[_text(cell) for cell in row] for row in rows]
    numeric = [bool(cells) and all(_is_number(row[i]) for row in cells) for i in range(len(header))]
    kinds = ["gz-number" if is_number else "" for is_number in numeric]
    head = Markup().join(
        Markup('<th scope="col" class="{}">{}</th>').format(kind, _text(name))
        for kind, name in zip(kinds, header, strict=True)
    )
    body = Markup().join(
        Markup("<tr>{}</tr>").format(
            Markup().join(_element("td", kind, cell) for kind, cell in zip(kinds, row, strict=True))
        )
        for row in cells
    )
    top = Markup("<caption>{}</caption>").format(_text(caption)) if caption else Markup()
    return Markup("<table>{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(top, head, body)


def confusion_matrix(counts: npt.ArrayLike, names: Sequence[object], caption: object = "") -> Markup:
    """Return a confusion matrix as a table: rows true, columns predicted, shade by the share of the row.

    Parameters
    ----------
    counts : array_like of shape (n, n)
        Whole numbers.
    names : sequence of length n
        Of the classes.

    Examples
    --------
    >>> html = confusion_matrix([[3, 1], [0, 2]], ["a", "b"])
    >>> html.count("<tr>"), 'title="a as b: 1 of 4"' in html
    (3, True)
    """
    import numpy as np  # the fragments of what has no matrix need none

    matrix = np.asarray(counts)
    texts = [_text(name) for name in names]
    head = Markup().join(Markup('<th scope="col">{}</th>').format(name) for name in texts)
    lines = []
    for i, true in enumerate(texts):
        total = int(matrix[i].sum())
        cells = Markup().join(
            _matrix_cell(int(matrix[i, j]), total, f"{true} as {predicted}", right=i == j)
            for j, predicted in enumerate(texts)
        )
        lines.append(Markup('<tr><th scope="row">{}</th>{}</tr>').format(true, cells))
    words = caption or "Rows: true genre. Columns: predicted genre."
    return Markup(
        '<table class="gz-matrix"><caption>{}</caption><thead><tr><td></td>{}</tr></thead>'
        "<tbody>{}</tbody></table>"
    ).format(_text(words), head, Markup().join(lines))


def figure(drawn: Figure, words: str) -> Markup:
    """Return a matplotlib figure as SVG in the colours of the page.

    Parameters
    ----------
    drawn : Figure
        As it was afterwards.
    words : str
        What it shows, for those who cannot see it.
    """
    from gtzan_features.reports.inline_svg import inline_svg  # matplotlib is slow to import

    return inline_svg(drawn, words)


def details(summary: object, *parts: object) -> Markup:
    """Return parts that are shown when a person asks for them.

    Examples
    --------
    >>> details("all segments", "…")
    Markup('<details><summary>all segments</summary>…</details>')
    """
    inside = Markup().join(_text(part) for part in parts)
    return Markup("<details><summary>{}</summary>{}</details>").format(_text(summary), inside)


def _text(value: object) -> Markup:
    """Escape a value; characters that control a line or its direction are shown as their codes."""
    return value if isinstance(value, Markup) else escape(one_line(str(value)))


def _element(name: str, kind: str, value: object) -> Markup:
    tag = Markup(name)
    if not kind:
        return Markup("<{}>{}</{}>").format(tag, _text(value), tag)
    return Markup('<{} class="{}">{}</{}>').format(tag, kind, _text(value), tag)


def _place(value: float, low: float, high: float) -> float:
    """Return where a value lies on a scale, in per cent of its length."""
    return 100 * min(max((value - low) / (high - low), 0.0), 1.0) if high > low else 0.0


def _bar_row(name: object, parts: Markup, text: object) -> Markup:
    return Markup(
        '<tr><td>{}</td><td class="gz-scale"><div class="gz-track">{}</div></td>'
        '<td class="gz-number">{}</td></tr>'
    ).format(_text(name), parts, _text(text))


def _bar_table(lines: Sequence[Markup], header: tuple[str, str]) -> Markup:
    head = Markup()
    if any(header):
        head = Markup(
            '<thead><tr><th scope="col">{}</th><th scope="col" colspan="2">{}</th></tr></thead>'
        ).format(*map(_text, header))
    return Markup("<table>{}<tbody>{}</tbody></table>").format(head, Markup().join(lines))


def _matrix_cell(count: int, total: int, what: str, *, right: bool) -> Markup:
    share = count / total if total else 0.0
    # `what` is escaped by its makers already.
    return Markup(
        '<td class="{}" title="{}: {} of {}" '
        'style="background:color-mix(in srgb,var(--gz-accent) {:.0f}%,transparent)">{}</td>'
    ).format("gz-right" if right else "", Markup(what), count, total, 75 * share, count or "")


def _is_number(text: str) -> bool:
    bare = text.strip().rstrip("% ").replace(",", "").lstrip("+−-")
    return bool(bare) and bare.replace(".", "", 1).replace("e-", "", 1).isdigit()
