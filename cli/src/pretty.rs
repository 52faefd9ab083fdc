//! Indents JSON text for people. It works on the text, not on what a parser makes of it, so that numbers, spellings and the order
//! of properties stay as the service sent them.

/// Returns the same JSON with one property or element per line.
pub(crate) fn indent(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut tokens = json.trim().chars().peekable();
    while let Some(token) = tokens.next() {
        match token {
            '"' => {
                out.push(token);
                let mut escaped = false;
                for inner in tokens.by_ref() {
                    out.push(inner);
                    if inner == '"' && !escaped {
                        break;
                    }
                    escaped = inner == '\\' && !escaped;
                }
            }
            '{' | '[' => {
                out.push(token);
                while tokens.next_if(|next| next.is_whitespace()).is_some() {}
                if let Some(end) = tokens.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(end);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(token);
            }
            ',' => {
                out.push(token);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            token if token.is_whitespace() => {}
            token => out.push(token),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_white_space_between_tokens_changes() {
        let json = r#"{"b":[1.50, 2e400],"a":{"x":"{ \"[, \\"} , "e":[ ],"o":{}, "n":null}"#;
        let expected = "{\n  \"b\": [\n    1.50,\n    2e400\n  ],\n  \"a\": {\n    \"x\": \"{ \\\"[, \\\\\"\n  },\n  \"e\": [],\n  \
                        \"o\": {},\n  \"n\": null\n}";
        assert_eq!(indent(json), expected);
        assert_eq!(indent(expected), expected);
    }
}
