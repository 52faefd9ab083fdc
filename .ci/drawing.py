"""Draws directed graphs in layers, those that import above what they import, as text of an SVG. Same input, same text."""

import collections
import html

GAP, LAYER_GAP, DUMMY = 18, 46, 10
FONT = 'ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace'
CHARACTER = {"name": 7.9, "small": 6.6, "title": 9.1}
STYLE = f"""
  text {{ font-family: {FONT}; text-anchor: middle; fill: #1f2328; }}
  .name {{ font-size: 13px; }}
  .small {{ font-size: 11px; fill: #59636e; }}
  .title {{ font-size: 15px; font-weight: bold; text-anchor: start; }}
  .note {{ font-size: 11px; fill: #59636e; text-anchor: start; }}
  .page {{ fill: #ffffff; }}
  .crate {{ fill: #f6f8fa; stroke: #c8d1da; }}
  .room {{ fill: #ddf4ff; stroke: #54aeff; }}
  .file {{ fill: #ffffff; stroke: #afb8c1; }}
  .arrow {{ fill: none; stroke: #59636e; stroke-width: 1.3; }}
  .wide {{ fill: none; stroke: #8250df; stroke-width: 2.4; }}
  .back {{ fill: none; stroke: #bc4c00; stroke-width: 1.3; stroke-dasharray: 5 4; }}
  .head {{ fill: #59636e; }}
  .backhead {{ fill: #bc4c00; }}
  .widehead {{ fill: #8250df; }}
  @media (prefers-color-scheme: dark) {{
    text {{ fill: #e6edf3; }}
    .small, .note {{ fill: #9198a1; }}
    .page {{ fill: #0d1117; }}
    .crate {{ fill: #151b23; stroke: #3d444d; }}
    .room {{ fill: #0c2d6b; stroke: #388bfd; }}
    .file {{ fill: #0d1117; stroke: #656c76; }}
    .arrow {{ stroke: #9198a1; }}
    .head {{ fill: #9198a1; }}
    .back {{ stroke: #f0883e; }}
    .backhead {{ fill: #f0883e; }}
    .wide {{ stroke: #ab7df8; }}
    .widehead {{ fill: #ab7df8; }}
  }}
"""


def width(text, kind):
    return len(text) * CHARACTER[kind]


def reduced(edges):
    """Without the edges of an acyclic graph that follow from others."""
    below = {}

    def reach(node):
        if node not in below:
            below[node] = set()
            for other in edges.get(node, ()):
                below[node] |= {other} | reach(other)
        return below[node]

    for node in sorted(edges):
        reach(node)
    return {a: sorted(b for b in edges[a] if not any(b in below[c] for c in edges[a] if c != b)) for a in sorted(edges)}


def place(sizes, edges, widest):
    """Places the nodes of an acyclic graph, {node: (width, height)} and {node: [node]}.

    Gives {node: (x, y)} of their upper left corners, {(a, b): [(x, y)]} of what the edges pass, and width and height.
    """
    depth = {}

    def measure(node):
        if node not in depth:
            depth[node] = 1 + max((measure(other) for other in edges.get(node, ())), default=-1)
        return depth[node]

    layers = collections.defaultdict(list)
    for node in sorted(sizes):
        layers[measure(node)].append(node)
    rows = []
    for level in sorted(layers, reverse=True):  # from above
        # What is imported most stands lowest, where a layer needs several rows.
        users = {node: sum(node in others for others in edges.values()) for node in layers[level]}
        new = []
        for node in sorted(layers[level], key=lambda node: (users[node], node)):
            fits = (row for row in new if sum(sizes[other][0] + GAP for other in row) + sizes[node][0] <= widest)
            row = next(fits, None)
            if row is None:
                new.append(row := [])
            row.append(node)
        rows += new
    level_of = {node: level for level, row in enumerate(rows) for node in row}

    # An edge over several rows passes a narrow node in each between.
    chains, up, down = {}, collections.defaultdict(list), collections.defaultdict(list)
    for a in sorted(edges):
        for b in edges[a]:
            chain = [a] + [(a, b, level) for level in range(level_of[a] + 1, level_of[b])] + [b]
            for level in range(level_of[a] + 1, level_of[b]):
                rows[level].append((a, b, level))
            for one, next_one in zip(chain, chain[1:]):
                down[one].append(next_one)
                up[next_one].append(one)
            chains[a, b] = chain
    wide = lambda node: sizes[node][0] if node in sizes else DUMMY

    def mean(node, near, at):
        return sum(at[other] for other in near[node]) / len(near[node]) if near[node] else at[node]

    def crossings():
        total = 0
        for row in rows:
            order = {node: index for index, other in enumerate(rows) for index, node in enumerate(other)}
            lines = sorted((order[a], order[b]) for a in row for b in down[a])
            total += sum(x[1] > y[1] for index, x in enumerate(lines) for y in lines[index + 1 :] if x[0] < y[0])
        return total

    best = (crossings(), [list(row) for row in rows])
    for turn in range(24):
        at = {node: index - len(row) / 2 for row in rows for index, node in enumerate(row)}
        for row in rows if turn % 2 == 0 else reversed(rows):
            near = up if turn % 2 == 0 else down
            row.sort(key=lambda node: (mean(node, near, at), str(node)))
            at.update({node: index - len(row) / 2 for index, node in enumerate(row)})
        best = min(best, (crossings(), [list(row) for row in rows]), key=lambda found: found[0])
    rows = best[1]

    middle = {}
    for row in rows:
        x = -sum(wide(node) + GAP for node in row) / 2
        for node in row:
            middle[node] = x + wide(node) / 2
            x += wide(node) + GAP
    both = {node: up[node] + down[node] for row in rows for node in row}
    for turn in range(60):
        for row in rows if turn % 2 == 0 else reversed(rows):
            spread(row, {node: mean(node, both, middle) for node in row}, wide, middle)

    heights = [max(sizes[node][1] for node in row if node in sizes) for row in rows]
    tops = [sum(heights[:level]) + LAYER_GAP * level for level in range(len(rows))]
    left = min(middle[node] - wide(node) / 2 for row in rows for node in row)
    right = max(middle[node] + wide(node) / 2 for row in rows for node in row)
    placed, passes = {}, {}
    for level, row in enumerate(rows):
        for node in row:
            if node in sizes:
                placed[node] = (middle[node] - left - sizes[node][0] / 2, tops[level])
    for (a, b), chain in chains.items():
        points = []
        for node in chain:
            if node in sizes:
                ends = down[node] if node == a else up[node]
                order = sorted(ends, key=lambda other: (middle[other], str(other)))
                mine = chain[1] if node == a else chain[-2]
                # Arrows leave and arrive beside one another.
                step = min(14, sizes[node][0] * 0.7 / max(len(order), 1))
                x = middle[node] - left + (order.index(mine) - (len(order) - 1) / 2) * step
                points.append((x, placed[node][1] + (sizes[node][1] if node == a else 0)))
            else:
                x, level = middle[node] - left, node[2]
                points += [(x, tops[level]), (x, tops[level] + heights[level])]
        passes[a, b] = points
    return placed, passes, right - left, tops[-1] + heights[-1]


def spread(row, wanted, wide, middle):
    """Brings each node of a row as near to where it is wanted as their order and their widths allow."""
    offset, offsets, blocks = 0, [], []
    for index, node in enumerate(row):
        offset += (wide(row[index - 1]) + wide(node)) / 2 + GAP if index else 0
        offsets.append(offset)
        blocks.append([wanted[node] - offset, 1])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            value, count = blocks.pop()
            blocks[-1] = [(blocks[-1][0] * blocks[-1][1] + value * count) / (blocks[-1][1] + count), blocks[-1][1] + count]
    values = [value for value, count in blocks for _ in range(count)]
    middle.update({node: values[index] + offsets[index] for index, node in enumerate(row)})


def path(points):
    """A curve that passes through the points, upright at each."""
    moved = [(round(x, 1), round(y, 1)) for x, y in points]
    text = f"M{moved[0][0]:g} {moved[0][1]:g}"
    for (ax, ay), (bx, by) in zip(moved, moved[1:]):
        if ax == bx:
            text += f" V{by:g}"
        else:
            half = round((ay + by) / 2, 1)
            text += f" C{ax:g} {half:g} {bx:g} {half:g} {bx:g} {by:g}"
    return text


def rectangle(kind, x, y, w, h):
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="6"/>'


def words(kind, x, y, text):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{html.escape(text)}</text>'


def arrow(kind, points, both=False):
    """An arrow along the points; `both` gives it a head at its beginning as well."""
    head = "head" if kind == "arrow" else f"{kind}head"
    step = 3 if points[-1][1] > points[0][1] else -3
    *rest, (x, y) = points
    rest, markers = [*rest, (x, y - step)], f'marker-end="url(#{head})"'
    if both:
        (x, y), *rest = rest
        rest, markers = [(x, y + step), *rest], f'marker-start="url(#{head})" {markers}'
    return f'<path class="{kind}" {markers} d="{path(rest)}"/>'


def document(title, notes, w, h, parts):
    head = lambda kind, size: (
        f'<marker id="{kind}" viewBox="0 0 8 8" refX="5" refY="4" markerWidth="{size}" markerHeight="{size}" '
        f'markerUnits="userSpaceOnUse" orient="auto-start-reverse"><path class="{kind}" d="M0 0 L8 4 L0 8 Z"/></marker>'
    )
    edge, top = 24, 44 + 16 * len(notes)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w + 2 * edge:.0f} {h + top + edge:.0f}" role="img">',
        f"<title>{html.escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f"<defs>{head('head', 8)}{head('backhead', 8)}{head('widehead', 12)}</defs>",
        '<rect class="page" width="100%" height="100%"/>',
        words("title", edge, 30, title),
        *(words("note", edge, 50 + 16 * index, note) for index, note in enumerate(notes)),
        f'<g transform="translate({edge} {top})">',
        *parts,
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
