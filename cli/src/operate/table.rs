//! Rows of text in aligned columns. A column that is empty throughout is left out.

use crate::terminal::one_line;

/// A table that is being filled.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|heading| (*heading).to_owned()).collect()] }
    }

    /// Adds a row, with as many cells as there are headings.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell)).collect());
    }

    /// The table as text; nothing where it has no rows.
    pub(crate) fn text(&self) -> String {
        if self.rows.len() < 2 {
            return String::new();
        }
        let columns = self.rows.first().map_or(0, Vec::len);
        let width = |column: usize| {
            let cells = || self.rows.iter().skip(1).filter_map(move |row| row.get(column));
            if cells().all(String::is_empty) {
                return 0;
            }
            self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<_> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let shown = row.iter().zip(&widths).filter(|(_, width)| **width > 0);
            let line: Vec<_> = shown.map(|(cell, width)| format!("{cell:<width$}")).collect();
            text.push_str(line.join("  ").trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let mut table = Table::new(&["NAME", "STATE", "UNIT"]);
        table.row(["Inlet".into(), String::new(), "°C".into()]);
        table.row(["Fan\u{1b}1".into(), String::new(), "RPM".into()]);
        assert_eq!(table.text(), "NAME        UNIT\nInlet       °C\nFan\\u001b1  RPM\n");
    }
}
