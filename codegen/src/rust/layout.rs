//! Lays out the few constructs that the emitter writes as rustfmt does, so that the result is formatted Rust without a
//! formatter in everybody's build. `tests/golden.rs` checks for all emitted code that rustfmt agrees.

/// The width of a line, as in this project's `rustfmt.toml`.
const WIDTH: usize = 120;

/// Returns whether this text fits on a line with this indent.
pub(super) fn fits(indent: usize, text: &str) -> bool {
    indent + text.chars().count() <= WIDTH
}

/// Lays out a list in brackets: `open a, b close` on one line if that fits with the `after` columns behind it, else one item per
/// line. The first line isn't indented.
pub(super) fn list(indent: usize, open: &str, items: &[String], close: &str, after: usize) -> String {
    let gap = if open.ends_with('{') && !items.is_empty() { " " } else { "" };
    let line = format!("{open}{gap}{}{gap}{close}", items.join(", "));
    if !line.contains('\n') && fits(indent + after, &line) {
        return line;
    }
    let mut out = format!("{open}\n");
    for item in items {
        out.push_str(&" ".repeat(indent + 4));
        out.push_str(item);
        // No comma may follow the base of a struct (`..base`).
        out.push_str(if item.starts_with("..") { "\n" } else { ",\n" });
    }
    out.push_str(&" ".repeat(indent));
    out.push_str(close);
    out
}

/// Lays out a function's signature, up to the bracket of its body. If `returned` is long, it is a path with arguments in `<>`.
pub(super) fn signature(indent: usize, open: &str, arguments: &[String], returned: &str) -> String {
    let line = list(indent, open, arguments, &format!(") -> {returned} {{"), 0);
    let last = line.rsplit('\n').next().unwrap_or_default();
    if line.len() == last.len() || fits(0, last) {
        return line;
    }
    let margin = " ".repeat(indent);
    // rustfmt counts neither the space nor the bracket here, and lets the returned type exceed the width by as much.
    if last.trim_end_matches(" {").chars().count() <= WIDTH + 2 {
        return format!("{}\n{margin}{{", line.trim_end_matches(" {"));
    }
    let Some((path, inner)) = returned.trim_end_matches('>').split_once('<') else { return line };
    let inner: Vec<_> = inner.split(", ").map(|ty| format!("{margin}    {ty},\n")).collect();
    let start = line.trim_end_matches(&format!("{returned} {{"));
    format!("{start}{path}<\n{}{margin}> {{", inner.concat())
}

/// Lays out an arm of a `match`.
pub(super) fn arm(indent: usize, pattern: &str, value: &str) -> String {
    let line = format!("{pattern} => {value},");
    if fits(indent, &line) {
        return line;
    }
    let margin = " ".repeat(indent);
    format!("{pattern} => {{\n{margin}    {value}\n{margin}}}")
}

/// Lays out `start = value;`: on one line if that fits, else with the value on its own line if that fits, else with each of its
/// arguments on its own line.
pub(super) fn assignment(start: &str, function: &str, arguments: impl Fn(usize) -> Vec<String>) -> String {
    let open = format!("{function}(");
    let line = format!("{open}{})", arguments(0).join(", "));
    if !line.contains('\n') {
        if fits(start.len() + 4, &line) {
            return format!("{start} = {line};");
        }
        if fits(5, &line) {
            return format!("{start} =\n    {line};");
        }
    }
    let mut out = format!("{start} = {open}\n");
    for argument in arguments(4) {
        out.push_str(&format!("    {argument},\n"));
    }
    out.push_str(");");
    out
}

/// Fills lines with words.
pub(super) fn filled(indent: usize, words: &[&str]) -> String {
    let mut lines = vec![String::new()];
    for word in words {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if fits(indent + 1 + word.len(), line) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push((*word).to_owned()),
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_a_line_until_it_does_not_fit() {
        let items = |count: usize| vec!["0123456789".to_owned(); count];
        assert_eq!(list(4, "f(", &items(2), ")", 0), "f(0123456789, 0123456789)");
        assert_eq!(list(4, "T {", &["a: 1".to_owned(), "..x".to_owned()], "}", 0), "T { a: 1, ..x }");
        // 4 + 2 + 9 * 10 + 8 * 2 + 1 = 113, and 7 more.
        assert!(!list(4, "f(", &items(9), ")", 7).contains('\n'));
        let long = list(4, "f(", &items(9), ")", 8);
        assert!(long.starts_with("f(\n        0123456789,\n") && long.ends_with("0123456789,\n    )"), "{long}");
    }

    #[test]
    fn what_is_returned_is_broken_where_it_does_not_fit() {
        let argument = ["&self".to_owned(), "x".repeat(100)];
        let cases = [
            (98, format!(") -> C<{}, u8> {{", "t".repeat(98))),
            (106, format!(") -> C<{}, u8>\n    {{", "t".repeat(106))),
            (107, format!(") -> C<\n        {},\n        u8,\n    > {{", "t".repeat(107))),
        ];
        for (length, end) in cases {
            let text = signature(4, "pub fn f(", &argument, &format!("C<{}, u8>", "t".repeat(length)));
            assert!(text.ends_with(&end), "{text}");
        }
    }

    #[test]
    fn words_fill_lines() {
        let text = filled(4, &["0123456789"; 12]);
        let lengths: Vec<_> = text.lines().map(|line| line.trim_start().len()).collect();
        assert_eq!(lengths, [109, 21]);
    }
}
