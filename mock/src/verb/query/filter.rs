//! `$filter`: the expression grammar of DSP0266, and whether it holds for a resource.

use serde_json::Value;

use crate::message::{self, Message};

/// How deep parentheses and `not`s may nest.
const MAX_DEPTH: usize = 32;

/// A parsed `$filter`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Filter(Expression);

#[derive(Clone, Debug, PartialEq)]
enum Expression {
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Not(Box<Expression>),
    Compare(Operand, Comparison, Operand),
    /// A single Boolean property.
    Holds(Vec<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Property(Vec<String>),
    Literal(Value),
}

impl Filter {
    pub(crate) fn parse(text: &str) -> Result<Self, Message> {
        let malformed = || Message::new(&message::QUERY_VALUE_FORMAT, [text, "$filter"]);
        let tokens = tokens(text).ok_or_else(malformed)?;
        let mut parser = Parser { tokens: &tokens, depth: 0 };
        let expression = parser.or().ok_or_else(malformed)?;
        if parser.tokens.is_empty() { Ok(Self(expression)) } else { Err(malformed()) }
    }

    pub(crate) fn holds(&self, resource: &Value) -> bool {
        self.0.holds(resource)
    }

    /// Returns whether the filter mentions a property.
    pub(crate) fn mentions(&self, property: &str) -> bool {
        self.0.mentions(property)
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '(' | ')' => {
                tokens.push(if first == '(' { Token::Open } else { Token::Close });
                rest = rest.get(1..)?;
            }
            '\'' => {
                // Two quotes within a text stand for one.
                let mut literal = String::new();
                let mut tail = rest.get(1..)?;
                loop {
                    let (part, after) = tail.split_once('\'')?;
                    literal.push_str(part);
                    match after.strip_prefix('\'') {
                        Some(after) => {
                            literal.push('\'');
                            tail = after;
                        }
                        None => {
                            rest = after;
                            break;
                        }
                    }
                }
                tokens.push(Token::Text(literal));
            }
            _ => {
                let end = rest.find(|sign: char| sign.is_whitespace() || "()'".contains(sign)).unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end)?;
                tokens.push(Token::Word(word.to_owned()));
                rest = after;
            }
        }
        rest = rest.trim_start();
    }
    Some(tokens)
}

struct Parser<'a> {
    tokens: &'a [Token],
    depth: usize,
}

impl Parser<'_> {
    fn or(&mut self) -> Option<Expression> {
        let mut left = self.and()?;
        while self.take_word("or") {
            left = Expression::Or(Box::new(left), Box::new(self.and()?));
        }
        Some(left)
    }

    fn and(&mut self) -> Option<Expression> {
        let mut left = self.unary()?;
        while self.take_word("and") {
            left = Expression::And(Box::new(left), Box::new(self.unary()?));
        }
        Some(left)
    }

    fn unary(&mut self) -> Option<Expression> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let expression = if self.take_word("not") {
            Expression::Not(Box::new(self.unary()?))
        } else if self.tokens.first() == Some(&Token::Open) {
            self.advance();
            let inner = self.or()?;
            if self.advance()? != Token::Close {
                return None;
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Some(expression)
    }

    fn comparison(&mut self) -> Option<Expression> {
        let left = self.operand()?;
        let comparison = match self.tokens.first() {
            Some(Token::Word(word)) => comparison(word),
            _ => None,
        };
        match (comparison, left) {
            (Some(comparison), left) => {
                self.advance();
                Some(Expression::Compare(left, comparison, self.operand()?))
            }
            (None, Operand::Property(path)) => Some(Expression::Holds(path)),
            (None, Operand::Literal(_)) => None,
        }
    }

    fn operand(&mut self) -> Option<Operand> {
        match self.advance()? {
            Token::Text(text) => Some(Operand::Literal(text.into())),
            Token::Word(word) => match word.as_str() {
                "true" => Some(Operand::Literal(true.into())),
                "false" => Some(Operand::Literal(false.into())),
                "null" => Some(Operand::Literal(Value::Null)),
                "and" | "or" | "not" => None,
                word if comparison(word).is_some() => None,
                word if word.starts_with(|sign: char| sign.is_ascii_digit() || "+-.".contains(sign)) => {
                    serde_json::from_str::<Value>(word.trim_start_matches('+'))
                        .ok()
                        .filter(Value::is_number)
                        .map(Operand::Literal)
                }
                word => path(word).map(Operand::Property),
            },
            Token::Open | Token::Close => None,
        }
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let found = matches!(self.tokens.first(), Some(Token::Word(word)) if word == wanted);
        if found {
            self.advance();
        }
        found
    }

    fn advance(&mut self) -> Option<Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }
}

fn comparison(word: &str) -> Option<Comparison> {
    Some(match word {
        "eq" => Comparison::Eq,
        "ne" => Comparison::Ne,
        "gt" => Comparison::Gt,
        "ge" => Comparison::Ge,
        "lt" => Comparison::Lt,
        "le" => Comparison::Le,
        _ => return None,
    })
}

fn path(word: &str) -> Option<Vec<String>> {
    let parts: Vec<_> = word.split('/').map(str::to_owned).collect();
    let fine = |part: &String| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'@' | b'.' | b'#'))
    };
    parts.iter().all(fine).then_some(parts)
}

impl Expression {
    fn mentions(&self, property: &str) -> bool {
        let named = |path: &[String]| path.first().is_some_and(|first| first == property);
        match self {
            Self::And(left, right) | Self::Or(left, right) => left.mentions(property) || right.mentions(property),
            Self::Not(inner) => inner.mentions(property),
            Self::Holds(path) => named(path),
            Self::Compare(left, _, right) => {
                [left, right].iter().any(|operand| matches!(operand, Operand::Property(path) if named(path)))
            }
        }
    }

    fn holds(&self, resource: &Value) -> bool {
        match self {
            Self::And(left, right) => left.holds(resource) && right.holds(resource),
            Self::Or(left, right) => left.holds(resource) || right.holds(resource),
            Self::Not(inner) => !inner.holds(resource),
            Self::Holds(path) => values(resource, path).contains(&&Value::Bool(true)),
            Self::Compare(left, comparison, right) => {
                let (left, right) = (left.values(resource), right.values(resource));
                left.iter().any(|left| right.iter().any(|right| compare(left, *comparison, right)))
            }
        }
    }
}

impl Operand {
    fn values<'a>(&'a self, resource: &'a Value) -> Vec<&'a Value> {
        match self {
            Self::Literal(value) => vec![value],
            Self::Property(path) => values(resource, path),
        }
    }
}

/// Returns the values that a path leads to: one, or several if it passes an array; null if there is
/// nothing.
fn values<'a>(value: &'a Value, path: &[String]) -> Vec<&'a Value> {
    match (value, path.split_first()) {
        (Value::Array(elements), _) if !elements.is_empty() => {
            elements.iter().flat_map(|element| values(element, path)).collect()
        }
        (value, None) => vec![value],
        (value, Some((first, rest))) => match value.get(first) {
            Some(below) => values(below, rest),
            None => vec![&Value::Null],
        },
    }
}

fn compare(left: &Value, comparison: Comparison, right: &Value) -> bool {
    use std::cmp::Ordering;

    let order = match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left.as_f64().and_then(|left| right.as_f64().and_then(|right| left.partial_cmp(&right)))
        }
        // Dates and times are strings that sort chronologically as long as they have the same offset.
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (left, right) => (left == right).then_some(Ordering::Equal),
    };
    match comparison {
        Comparison::Eq => order == Some(Ordering::Equal),
        Comparison::Ne => order != Some(Ordering::Equal),
        Comparison::Gt => order == Some(Ordering::Greater),
        Comparison::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Comparison::Lt => order == Some(Ordering::Less),
        Comparison::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn expressions_hold_or_not() {
        let resource = json!({
            "Id": "3", "Name": "O'Neill", "Count": 2, "Size": 1.5, "On": true, "Nothing": null,
            "Status": { "Health": "OK" }, "Created": "2026-11-19T14:20:44Z",
            "Rows": [{ "A": 1 }, { "A": 2 }],
        });
        for (text, expected) in [
            ("Id eq '3'", true),
            ("Id eq '4'", false),
            ("Id ne '4'", true),
            ("Name eq 'O''Neill'", true),
            ("Count gt 1", true),
            ("Count ge 2 and Count le 2", true),
            ("Count lt 2", false),
            ("Size gt 1.4", true),
            ("2 eq Count", true),
            ("Status/Health eq 'OK'", true),
            ("Status/State eq 'Enabled'", false),
            ("On", true),
            ("On eq false", false),
            ("Nothing eq null", true),
            ("Missing eq null", true),
            ("Missing gt 1", false),
            ("not (Id eq '3')", false),
            ("not Id eq '4'", true),
            ("Id eq '4' or Id eq '3' and Count eq 2", true),
            ("(Id eq '4' or Id eq '3') and Count eq 3", false),
            ("Created gt '2026-11-01T00:00:00Z'", true),
            ("Rows/A eq 2", true),
            ("(((Id eq '3')))", true),
            ("Count eq '2'", false),
        ] {
            assert_eq!(Filter::parse(text).unwrap().holds(&resource), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        let deep = format!("{}Id eq 1{}", "(".repeat(40), ")".repeat(40));
        for text in [
            "",
            "Id eq",
            "eq 'a'",
            "Id eq 'a",
            "(Id eq 'a'",
            "Id eq 'a')",
            "Id = 'a'",
            "Id eq 'a' and",
            "'a'",
            "Id like 'a'",
            "Id eq 1x",
            "not",
            "and",
            "Status//Health eq 'OK'",
            "Id eq 'a' Id eq 'b'",
            &deep,
        ] {
            assert!(Filter::parse(text).is_err(), "{text}");
        }
    }
}
