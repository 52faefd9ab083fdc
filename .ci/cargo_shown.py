"""The `cargo` commands that pages show, held against the scripts that do the same.

Each has to be known to RULES: a script of .ci has to hold the rule's literal, and the packages, targets, features and files that the command
names have to be there. What no script does is in BY_HAND, with the reason. `python3 .ci/cargo_shown.py` prints what is wrong, and fails if
anything is.
"""

import json
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# A pattern that the whole command has to match, without variables in front; a script, and what has to stand in it.
RULES = [
    (r"cargo test --workspace", ".ci/run", "cargo test --workspace\n"),
    (r"cargo test -p \S+ --test \S+", ".ci/run", "cargo test --workspace\n"),
    (r"cargo test -p \S+ --test \S+ -- --ignored --nocapture", ".ci/needs", '"--ignored"'),
    # With the package's own features .ci/features checks it; the commands that pages show run a program with those of the tests.
    (r"cargo (run -p rosefish-cli -- .*|install --path cli)", ".ci/program.py", '"cargo", "build", "--workspace", "--bins"'),
    (r"cargo run --example (?P<literal>\S+)( https://\S+)?", ".ci/examples", '    "{literal}": ('),
    # Built with the tests of its package.
    (r"cargo run -p \S+ --example \S+ -- .*", ".ci/run", "cargo test --workspace\n"),
    (r"cargo (?P<literal>check|build)( --release)?", ".ci/build-cost", '"{literal}"'),
    (r"cargo build --features rosefish/(?P<literal>\S+)", ".ci/features", "--features \"$feature\""),
    (r"cargo bench --bench \S+", ".ci/lint", "--all-targets"),
    (r"cargo publish --workspace", ".ci/publish", 'cargo("publish", *PACKAGING, "--dry-run"'),
    (r"cargo install rosefish-\w+( --features \S+)?", ".ci/publish", 'cargo("publish", *PACKAGING, "--dry-run"'),
]
BY_HAND = {
    "cargo run --release --manifest-path benches/compare/Cargo.toml -- FOLDER": "takes minutes to build, and measures",
}


def shown(text):
    """The commands of a page: lines of console blocks, and code within sentences."""
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from (line[2:] for line in block.splitlines() if line.startswith("$ "))
    prose = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from (" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose))


def cargo_commands(text):
    for line in shown(text):
        line = re.sub(r"\s+# .*$", "", line).strip()
        bare = re.sub(r"^(\w+=\S+ )+", "", line)
        # `cargo` alone, and what is no command line (`cargo test --doc` of a script), have no argument that a reader would type.
        if re.match(r"cargo [a-z]", bare):
            yield bare


class Workspace:
    def __init__(self):
        told = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True, text=True)
        self.packages = {package["name"]: package for package in json.loads(told.stdout)["packages"]}

    def lacks(self, command):
        """What the command names and is not there."""
        words = shlex.split(command.split(" -- ")[0])
        options = {word: words[at + 1] for at, word in enumerate(words[:-1]) if word.startswith("-")}
        named = options.get("-p") or options.get("--package")
        if words[1] == "install" and not words[2].startswith("-"):
            named = words[2]
            if not any("bin" in target["kind"] for target in self.packages.get(named, {"targets": []})["targets"]):
                yield f"a program in the package {named}"
        if named and named not in self.packages:
            yield f"the package {named}"
            return
        packages = [self.packages[named]] if named else list(self.packages.values())
        for kind in ("test", "bench", "example"):
            name = options.get(f"--{kind}")
            if name and not any(target["name"] == name and kind in target["kind"] for package in packages for target in package["targets"]):
                yield f"the {kind} {name}"
        for feature in filter(None, options.get("--features", "").split(",")):
            package, _, name = feature.rpartition("/")
            of = [self.packages[package]] if package in self.packages else packages
            if not any(name in one["features"] for one in of):
                yield f"the feature {feature}"
        for option in ("--manifest-path", "--path"):
            if option in options and not (ROOT / options[option]).exists():
                yield f"the path {options[option]}"


def fault(command, workspace):
    """Why a reader can't rely on a command; none if a script shows that it works."""
    lacking = list(workspace.lacks(command))
    if lacking:
        return f"there is not {', '.join(lacking)}"
    if command in BY_HAND:
        return None
    for pattern, script, literal in RULES:
        found = re.fullmatch(pattern, command)
        if found:
            text = literal.format(**found.groupdict()) if "{literal}" in literal else literal
            return None if text in (ROOT / script).read_text(encoding="utf-8") else f"{script} no longer has {text.strip()!r}"
    return "no script runs it: add it to .ci/cargo_shown.py with the script that does, or to BY_HAND with the reason"


def faults(pages):
    """How many commands there are, how many of them are left to people, and what is wrong with the others."""
    workspace, count, by_hand, wrong = Workspace(), 0, 0, []
    for page in pages:
        for command in cargo_commands(page.read_text(encoding="utf-8")):
            count += 1
            by_hand += command in BY_HAND
            why = fault(command, workspace)
            if why:
                wrong.append(f"{page.relative_to(ROOT)}: {command}\n  {why}")
    return count, by_hand, wrong


def pages():
    names = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [ROOT / name for name in names]


def main():
    count, by_hand, wrong = faults(pages())
    print("\n".join([*wrong, f"{count} commands of cargo, {by_hand} of them are run by hand, {len(wrong)} faults"]))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
