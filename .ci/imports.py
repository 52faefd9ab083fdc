"""Which file of a crate imports which: a reader of Rust that knows modules, paths and re-exports, and nothing else."""

import collections
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent

TOKEN = re.compile(
    r"""
    (?P<comment>//[^\n]*|/\*)
  | (?P<raw>\b(?:b|c)?r(?P<hashes>\#*)")
  | (?P<string>\b[bc]?"(?:[^"\\]|\\.)*"|"(?:[^"\\]|\\.)*")
  | (?P<char>b?'(?:[^'\\\n]|\\(?:x[0-9A-Fa-f]{2}|u\{[0-9A-Fa-f_]+\}|.))')
  | (?P<lifetime>'[A-Za-z_]\w*)
  | (?P<ident>(?:r\#)?[A-Za-z_]\w*)
  | (?P<number>[0-9][\w.]*)
  | (?P<punct>::|[^\s\w])
    """,
    re.VERBOSE | re.DOTALL,
)
CLOSING = {"(": ")", "[": "]", "{": "}"}
DEFINES = {"fn", "struct", "enum", "union", "trait", "type", "const", "static"}


class Broken(Exception):
    """A source that this script doesn't understand."""


def tokens_of(text):
    """The tokens of Rust source without comments, lifetimes and literals: (text, line)."""
    found, at, line, counted = [], 0, 1, 0
    while match := TOKEN.search(text, at):
        at, kind = match.end(), match.lastgroup
        kind = "raw" if match["raw"] is not None else kind
        if kind == "comment" and match["comment"] == "/*":
            depth = 1
            while depth:
                edge = re.compile(r"/\*|\*/").search(text, at)
                if edge is None:
                    return found
                depth, at = depth + (1 if edge[0] == "/*" else -1), edge.end()
        elif kind == "raw":
            end = text.find('"' + match["hashes"], at)
            at = len(text) if end < 0 else end + 1 + len(match["hashes"])
        elif kind in ("ident", "punct", "string"):
            line, counted = line + text.count("\n", counted, match.start()), match.start()
            found.append((match[0].removeprefix("r#"), line))
    return found


class Module:
    """A module: where it stands, what it defines, declares and imports."""

    def __init__(self, crate, path, file, folder, parent):
        self.crate, self.path, self.file, self.folder, self.parent = crate, path, file, folder, parent
        self.children, self.defines, self.binds, self.globs = {}, set(), {}, []
        self.uses = []  # (segments, name or "*", line, is it a re-export)
        self.paths = []  # (segments, line) in the code
        self.idents = {}  # name: line, of what the code says

    def root(self):
        return self if self.parent is None else self.parent.root()


class Crate:
    """The modules of a crate, and what each of its files imports from its others."""

    def __init__(self, folder):
        self.folder, self.modules, self.macros = folder, [], {}
        root = next(file for name in ("lib.rs", "main.rs") if (file := ROOT / folder / name).exists())
        self.root = Module(self, (), root, root.parent, None)
        self.read(self.root)
        self.files = sorted({module.file for module in self.modules})
        self.edges = collections.defaultdict(lambda: collections.defaultdict(set))
        for module in self.modules:
            self.link(module)

    # --- reading ---

    def read(self, module):
        self.parse(tokens_of(module.file.read_text(encoding="utf-8")), module)

    def parse(self, tokens, module):
        self.modules.append(module)
        stack, at, attributes, public = [module], 0, [], False
        text = lambda index: tokens[index][0] if index < len(tokens) else ""

        def group(index):  # behind the group that opens here
            closing = []
            while index < len(tokens):
                if text(index) in CLOSING:
                    closing.append(CLOSING[text(index)])
                elif closing and text(index) == closing[-1]:
                    closing.pop()
                index += 1
                if not closing:
                    return index
            return index

        def item(index):  # behind the item that begins here
            is_use = text(index) == "use"
            while index < len(tokens):
                if text(index) == ";":
                    return index + 1
                if text(index) == "," and text(index - 1) != ">":
                    return index + 1
                if text(index) == "}":
                    return index
                braces = text(index) == "{"
                index = group(index) if text(index) in CLOSING else index + 1
                if braces and not is_use:
                    return index
            return index

        while at < len(tokens):
            word, line = tokens[at]
            here = next(entry for entry in reversed(stack) if isinstance(entry, Module))
            at_module = isinstance(stack[-1], Module)
            if word == "#" and text(at + 1) in ("[", "!"):
                opening = at + 1 if text(at + 1) == "[" else at + 2
                end = group(opening)
                words = [token[0] for token in tokens[opening + 1 : end - 1]]
                if words[:2] == ["cfg", "("] and "test" in words and "not" not in words and text(at + 1) == "[":
                    at = end
                    while text(at) == "#":
                        at = group(at + 1)
                    at = item(at)
                    attributes = []
                    continue
                attributes.append(words)
                at = end
                continue
            if word == "pub":
                public = True
                at = group(at + 1) if text(at + 1) == "(" else at + 1
                continue
            if word == "use" and text(at + 1) != "<" and text(at - 1) not in ("+", "::", "."):
                end = at
                while text(end) != ";":
                    end += 1
                for segments, name in trees([token[0] for token in tokens[at + 1 : end]]):
                    here.uses.append((segments, name, line, public))
                    if at_module and name == "*":
                        here.globs.append(segments)
                    elif name != "_":
                        here.binds.setdefault(name, segments)
                at = end
            elif word == "mod" and re.match(r"\w", text(at + 1)) and text(at + 2) in (";", "{"):
                name = text(at + 1)
                if text(at + 2) == "{":
                    child = Module(self, here.path + (name,), here.file, here.folder / name, here)
                    here.children[name] = child
                    self.modules.append(child)
                    stack.append(child)
                else:
                    self.declare(here, name, attributes)
                at += 2
            elif word == "macro_rules" and text(at + 1) == "!":
                here.defines.add(text(at + 2))
                self.macros[text(at + 2)] = here.file
                at += 2
            elif word in DEFINES and at_module and re.match(r"[A-Za-z]\w", text(at + 1) + "x") and text(at + 1) not in DEFINES:
                here.defines.add(text(at + 1))
                at += 1
            elif word == "{":
                stack.append("block")
            elif word == "}":
                if len(stack) > 1:
                    stack.pop()
            elif re.match(r"[A-Za-z_]", word):
                if text(at + 1) == "::" and text(at - 1) not in ("::", "."):
                    segments = [word]
                    while text(at + 1) == "::" and re.match(r"[A-Za-z_]", text(at + 2)):
                        segments.append(text(at + 2))
                        at += 2
                    here.paths.append((segments, line))
                    here.idents.setdefault(segments[0], line)
                else:
                    here.idents.setdefault(word, line)
                    if text(at + 1) == "!":
                        here.idents.setdefault(word + "!", line)
            attributes, public = [], False
            at += 1

    def declare(self, parent, name, attributes):
        given = [words[2].strip('"') for words in attributes if words[:2] == ["path", "="] and len(words) > 2]
        places = [parent.file.parent / given[0]] if given else [parent.folder / f"{name}.rs", parent.folder / name / "mod.rs"]
        file = next((place for place in places if place.exists()), None)
        if file is None:
            raise Broken(f"{shown(parent.file)} declares `mod {name}`, and there is no file for it")
        folder = file.parent if file.name == "mod.rs" else file.parent / name
        child = Module(self, parent.path + (name,), file, folder, parent)
        parent.children[name] = child
        self.read(child)

    # --- resolving ---

    def lookup(self, module, name, last, seen):
        """What `name` is in `module`: a Module, a file, or None. The last segment of a path may be an item of a module's name."""
        if (module, name, last) in seen:
            return None
        seen = seen | {(module, name, last)}
        if name in module.children and not last:
            return module.children[name]
        # An item may have its module's name (`pub use walk::walk`), and is what is meant at a path's end.
        if name in module.defines:
            return module.file
        if name in module.binds and (found := self.resolve(module, module.binds[name], seen)) is not None:
            return found
        if name in module.children:
            return module.children[name]
        for segments in module.globs:
            target = self.resolve(module, segments, seen)
            if isinstance(target, Module) and target is not module:
                found = self.lookup(target, name, last, seen)
                if found is not None:
                    return found
        return None

    def resolve(self, module, segments, seen=frozenset()):
        """Where a path leads: a Module, the file that defines the item, or None if that isn't in this crate."""
        at, rest = module, list(segments)
        if rest[0] == "crate":
            at, rest = self.root, rest[1:]
        elif rest[0] in ("self", "super"):
            while rest and rest[0] in ("self", "super"):
                at = at.parent or at if rest[0] == "super" else at
                rest = rest[1:]
        else:
            first = self.lookup(at, rest[0], len(rest) == 1, seen)
            if not isinstance(first, Module):
                return first
            at, rest = first, rest[1:]
        for index, name in enumerate(rest):
            found = self.lookup(at, name, index == len(rest) - 1, seen)
            if found is None:
                # Made by a macro, or of another crate that is re-exported under this name.
                outside = name in at.binds or name in self.macros
                return self.macros.get(name) if outside else at.file
            if not isinstance(found, Module):
                return found
            at = found
        return at

    def link(self, module):
        def edge(target, name, line):
            target = target.file if isinstance(target, Module) and not transparent(target) else target
            if isinstance(target, pathlib.Path) and target != module.file:
                self.edges[module.file][target].add((line, name))

        for segments, name, line, public in module.uses:
            if name == "*":
                target = self.resolve(module, segments)
                if isinstance(target, pathlib.Path):  # the variants of an enumeration
                    edge(target, "::".join([*segments, "*"]), line)
                elif isinstance(target, Module):
                    for ident, where in module.idents.items():
                        if ident not in module.defines and ident not in module.binds:
                            if (found := self.lookup(target, ident, True, frozenset())) is not None:
                                edge(found, ident, where)
            elif not (public or not module.idents) or name in module.idents:
                edge(self.resolve(module, segments), segments[-1], line)
        for segments, line in module.paths:
            if segments[0] == "Self" or (segments[0] in module.binds and len(segments) == 1):
                continue
            edge(self.resolve(module, segments), "::".join(segments), line)
        for ident, line in module.idents.items():
            if ident.endswith("!") and ident[:-1] in self.macros and self.lookup(module, ident[:-1], True, frozenset()) is None:
                edge(self.macros[ident[:-1]], ident, line)

    # --- what follows from it ---

    def circles(self):
        """The sets of files that import one another, the largest first."""
        graph = {file: sorted(self.edges[file]) for file in self.files}
        return sorted((sorted(part) for part in components(graph) if len(part) > 1), key=lambda part: (-len(part), part))


def transparent(module):
    """Whether a module only declares and re-exports."""
    return not module.idents and not module.defines


def trees(words):
    """The leaves of what stands between `use` and `;`: (segments, name)."""
    leaves = []

    def tree(at, prefix):
        segments = list(prefix)
        if words[at] == "::":
            segments.append("::")
            at += 1
        while True:
            word = words[at]
            if word == "{":
                at += 1
                while words[at] != "}":
                    at = tree(at, segments)
                    if words[at] == ",":
                        at += 1
                return at + 1
            if word == "*":
                leaves.append((segments, "*"))
                return at + 1
            if not (word == "self" and segments):
                segments = segments + [word]
            at += 1
            if at < len(words) and words[at] == "::":
                at += 1
                continue
            name = segments[-1]
            if at < len(words) and words[at] == "as":
                name, at = words[at + 1], at + 2
            leaves.append((segments, name))
            return at

    tree(0, [])
    return leaves


def components(graph):
    """Tarjan's strongly connected components of {node: [node]}, those that are imported before those that import."""
    number, low, stack, on_stack, parts = {}, {}, [], set(), []

    def visit(node):
        number[node] = low[node] = len(number)
        stack.append(node)
        on_stack.add(node)
        for other in graph.get(node, ()):
            if other not in number:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in on_stack:
                low[node] = min(low[node], number[other])
        if low[node] == number[node]:
            part = []
            while not part or part[-1] != node:
                part.append(stack.pop())
                on_stack.discard(part[-1])
            parts.append(part)

    for node in sorted(graph):
        if node not in number:
            visit(node)
    return parts


def shown(file):
    return file.relative_to(ROOT).as_posix()
