# SPDX-License-Identifier: ISC
"""The results as a drawing: CPU time a query as bars, split into kernel and user space."""

from html import escape

TABLES = ["static", "geo", "checked", "city", "tcp", "tcp-each"]
COLOURS = {"floor": "#9aa0a6", "gslbd": "#0b6e4f", "gdnsd": "#3366aa", "Knot": "#c77d0a", "NSD": "#8a4fbf", "PowerDNS": "#b5403a"}
WIDTH, LEFT, RIGHT, BAR, GAP, HEAD = 900, 96, 190, 15, 5, 34
BAR_WIDTH = WIDTH - LEFT - RIGHT
FAR = 4  # a bar longer than so many times gslbd's is cut off, or nothing else could be seen


def text(x, y, content, size=12, anchor="start", weight="normal", fill="#222"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" '
            f'fill="{fill}">{escape(content)}</text>')


def rect(x, y, width, height, fill, opacity=1.0):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height}" fill="{fill}" opacity="{opacity}"/>'


def label_of(figures):
    parts = [f"{figures.total_us:.2f}", f"({figures.user_us:.2f})" if figures.user_us else ""]
    if figures.instructions:
        parts.append(f" {figures.instructions:,.0f} instr")
    return " ".join(parts)


def panel(y, title, rows):
    """One table: a bar a server, light in the kernel and full in user space. Returns its marks and where it ends."""
    rows = {label: f for label, f in rows.items() if f.total_us is not None}
    own = rows["gslbd"].total_us if "gslbd" in rows else max(f.total_us for f in rows.values())
    longest = min(max(f.total_us for f in rows.values()), FAR * own)
    marks = [text(LEFT, y + 16, title, 13, weight="bold")]
    y += 26
    for label, figures in rows.items():
        colour = COLOURS.get(label, "#555")
        scale = BAR_WIDTH / max(longest, figures.total_us)
        user = figures.user_us or 0
        system = figures.total_us - user
        marks.append(text(LEFT - 8, y + 12, label, anchor="end", weight="bold" if label == "gslbd" else "normal"))
        marks.append(rect(LEFT, y, system * scale, BAR, colour, 0.45))
        marks.append(rect(LEFT + system * scale, y, user * scale, BAR, colour))
        end = LEFT + (system + user) * scale
        if figures.total_us > longest:  # both parts shrunk alike
            marks.append(f'<path d="M{end - 14:.1f} {y} l5 {BAR} M{end - 8:.1f} {y} l5 {BAR}" stroke="#fff" stroke-width="2"/>')
        marks.append(text(end + 6, y + 12, label_of(figures), 11))
        y += BAR + GAP
    return marks, y + HEAD - 20


def draw(tables, titles):
    """An SVG document; None: nothing of what is drawn was measured."""
    marks, y = [], 56
    for name in TABLES:
        if any(f.total_us is not None for f in tables.get(name, {}).values()):
            more, y = panel(y, titles[name], tables[name])
            marks += more
    if not marks:
        return None
    top = [text(LEFT, 22, "CPU time a query, in microseconds: the shorter the better", 15, weight="bold"),
           text(LEFT, 42, "light: kernel; full: user space, also in brackets; instr: user instructions by callgrind", 11, fill="#555")]
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" height="{y}" '
            f'font-family="DejaVu Sans, Helvetica, Arial, sans-serif">\n' +
            "\n".join([rect(0, 0, WIDTH, y, "#fff"), *top, *marks]) + "\n</svg>\n")


def write(path, tables, titles):
    drawing = draw(tables, titles)
    if drawing is not None:
        path.write_text(drawing)
    return drawing is not None
