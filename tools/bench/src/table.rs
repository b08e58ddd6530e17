//! The table that is printed: rows of what was measured.

/// A row.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// What it is in Yolk.
    pub(crate) yolk: Amount,
    /// What it is elsewhere, and where.
    pub(crate) reference: Option<(Amount, &'static str)>,
}

/// A measured amount.
#[derive(Clone, Copy)]
pub(crate) enum Amount {
    Nanoseconds(f64),
    Bytes(f64),
}

/// Prints the heads of the columns.
pub(crate) fn print_head() {
    println!("{:<34} {:>12} {:>12} {:>8}  reference", "", "Yolk", "reference", "ratio");
}

/// Prints a row.
pub(crate) fn print(row: &Row) {
    let Row { what, yolk, reference } = row;
    match reference {
        Some((amount, name)) => {
            let ratio = yolk.number() / amount.number();
            println!("{what:<34} {:>12} {:>12} {ratio:>8.2}  {name}", yolk.text(), amount.text());
        }
        None => println!("{what:<34} {:>12}", yolk.text()),
    }
}

impl Amount {
    fn number(self) -> f64 {
        match self {
            Self::Nanoseconds(number) | Self::Bytes(number) => number,
        }
    }

    fn text(self) -> String {
        match self {
            Self::Nanoseconds(time) if time < 1e6 => format!("{:.1} us", time / 1e3),
            Self::Nanoseconds(time) => format!("{:.1} ms", time / 1e6),
            Self::Bytes(bytes) => format!("{:.1} MiB", bytes / f64::from(1 << 20)),
        }
    }
}
