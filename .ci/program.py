"""Builds the programs that checks run, with the features that `cargo test --workspace` has: with a selection of packages, cargo
takes other features of what they depend on, and compiles nearly all of it again."""

import json
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ("cargo", "build", "--workspace", "--bins", "--examples")


def target():
    """The folder that cargo builds into."""
    metadata = subprocess.run(["cargo", "metadata", "--format-version", "1", "--no-deps"], cwd=ROOT, check=True, capture_output=True, text=True)
    return pathlib.Path(json.loads(metadata.stdout)["target_directory"])


def built():
    """The folder with the programs, which are there then, and with the folder `examples`."""
    subprocess.run([*BUILD, "--quiet"], cwd=ROOT, check=True)
    return target() / "debug"
