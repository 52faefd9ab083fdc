"""Which commands of cargo are found in pages, and what is said of them: python3 .ci/test_cargo_shown.py"""

import unittest

import cargo_shown

PAGE = """Text with `cargo bench --bench
decode` and `cargo` alone.

```console
$ A=1 cargo build --features rosefish/openapi   # a comment
$ rosefish walk --demo
```

```sh
cargo never
```
"""


class Workspace(cargo_shown.Workspace):
    def __init__(self):
        targets = [{"name": "decode", "kind": ["bench"]}, {"name": "inventory", "kind": ["example"]}]
        self.packages = {"rosefish": {"targets": targets, "features": {"openapi": []}}, "rosefish-cli": {"targets": [], "features": {}}}


class Test(unittest.TestCase):
    def test_commands_are_found_in_console_blocks_and_sentences(self):
        self.assertEqual(list(cargo_shown.cargo_commands(PAGE)), ["cargo build --features rosefish/openapi", "cargo bench --bench decode"])

    def test_what_a_script_does_is_right_and_what_is_not_there_is_named(self):
        workspace = Workspace()
        for command in ["cargo bench --bench decode", "cargo build --features rosefish/openapi", "cargo run --example inventory https://bmc"]:
            self.assertIsNone(cargo_shown.fault(command, workspace), command)
        for command, why in [
            ("cargo bench --bench encode", "the bench encode"), ("cargo build --features rosefish/more", "the feature rosefish/more"),
            ("cargo test -p nobody --test x", "the package nobody"), ("cargo install rosefish-cli", "a program in the package rosefish-cli"),
            ("cargo install --path nowhere", "the path nowhere"), ("cargo fix", "no script runs it"),
        ]:
            self.assertIn(why, cargo_shown.fault(command, workspace), command)

    def test_a_script_that_changed_is_noticed(self):
        with unittest.mock.patch.object(cargo_shown, "RULES", [(r"cargo fix", ".ci/lint", "cargo fix")]):
            self.assertIn(".ci/lint no longer has", cargo_shown.fault("cargo fix", Workspace()))


if __name__ == "__main__":
    import unittest.mock

    unittest.main(verbosity=0)
