"""What .ci/structure takes for an import: python3 .ci/test_imports.py"""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import imports


class Imports(unittest.TestCase):
    def imports(self, **files):
        """What each file imports, of a crate with these files (`__` stands for a slash)."""
        with tempfile.TemporaryDirectory() as folder:
            imports.ROOT = pathlib.Path(folder)
            for name, text in files.items():
                file = pathlib.Path(folder, "src", name.replace("__", "/") + ".rs")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            self.crate = imports.Crate("src")
            short = lambda file: file.relative_to(pathlib.Path(folder, "src")).as_posix().removesuffix(".rs")
            self.circles = [[short(file) for file in circle] for circle in self.crate.circles()]
            return {short(a): sorted(map(short, targets)) for a, targets in sorted(self.crate.edges.items()) if targets}

    def test_a_path_leads_through_re_exports_to_the_file_that_defines_the_item(self):
        found = self.imports(
            lib="mod a; mod b; pub use b::Thing;",
            a="use crate::{Thing, b::{self, inner::Deep as Other}}; fn f(_: Thing, _: b::Second, _: Other) {}",
            b__mod="mod thing; pub(crate) mod inner; pub use thing::*;",
            b__thing="pub struct Thing; pub enum Second {}",
            b__inner="pub struct Deep;",
        )
        self.assertEqual(found, {"a": ["b/inner", "b/thing"]})

    def test_paths_in_the_code_count_and_comments_strings_and_tests_do_not(self):
        found = self.imports(
            lib="mod a; mod b; mod c; mod d;",
            a="""
                //! crate::d::X
                /* crate::d::X /* nested */ crate::d::X */
                fn f<'a>(c: char) { let _ = "crate::d::X"; let _ = r#"crate::d::"X""#; let _ = '"'; super::b::g(); }
                fn h() { use crate::c as other; other::k(); }
                #[cfg(test)] mod tests { use super::*; use crate::d::X; }
                #[cfg(test)] use crate::d::X;
                #[cfg(test)] fn only() { crate::d::X; }
            """,
            b="pub(crate) fn g() {}",
            c="pub(crate) fn k() {}",
            d="pub(crate) struct X;",
        )
        self.assertEqual(found, {"a": ["b", "c"]})

    def test_what_a_glob_brings_counts_where_it_is_used(self):
        found = self.imports(
            lib="mod a; mod b;",
            a="use crate::b::*; fn f(_: One) {}",
            b__mod="mod one; mod two; pub use one::One; pub use two::Two;",
            b__one="pub struct One;",
            b__two="pub struct Two;",
        )
        self.assertEqual(found, {"a": ["b/one"]})

    def test_an_item_of_its_modules_name_and_the_variants_of_an_enumeration_are_found(self):
        found = self.imports(
            lib="mod walk; mod a; pub use walk::walk;",
            walk__mod="mod crawl; mod kind; pub use crawl::walk; pub use kind::Kind;",
            walk__crawl="pub fn walk() {}",
            walk__kind="pub enum Kind { One }",
            a="use crate::walk; use crate::walk::Kind::*; fn f() { walk(); One; }",
        )
        self.assertEqual(found, {"a": ["walk/crawl", "walk/kind"]})

    def test_a_module_that_uses_what_it_re_exports_imports_it(self):
        files = {"lib": "mod a;", "a__child": "use super::Parent; pub struct Child(Parent);"}
        self.imports(a__mod="mod child; pub use child::Child; pub struct Parent;", **files)
        self.assertEqual(self.circles, [])
        self.imports(a__mod="mod child; pub use child::Child; pub struct Parent(Option<Box<Child>>);", **files)
        self.assertEqual(self.circles, [["a/child", "a/mod"]])

    def test_macros_and_inline_modules_belong_to_their_file(self):
        found = self.imports(
            lib="#[macro_use] mod m; mod a; mod b;",
            m="macro_rules! made { () => { $crate::b::inner::f() } }",
            a="fn f() { made!(); crate::b::inner::f(); }",
            b="pub(crate) mod inner { use super::Own; pub(crate) fn f() -> Own { Own } } pub(crate) struct Own;",
        )
        self.assertEqual(found, {"a": ["b", "m"], "m": ["b"]})


if __name__ == "__main__":
    unittest.main()
