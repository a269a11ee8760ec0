//! The structure of delimited text, checked strictly before anything is read from it.
//!
//! Quoting follows RFC 4180: a field is quoted as a whole or not at all, and a quote inside a quoted field is
//! doubled. What readers disagree about (a stray quote, a lone carriage return, a blank line) is refused here.

/// Something wrong with the text, at a one-based line.
pub(super) struct Flaw {
    pub(super) line: usize,
    pub(super) problem: String,
}

/// The delimiters that are tried, the commonest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many records the delimiter is told from.
const SNIFFED: usize = 200;

/// One record.
struct Record {
    line: usize,
    fields: usize,
    blank: bool,
}

#[derive(PartialEq)]
enum State {
    FieldStart,
    Bare,
    Quoted,
    AfterQuote,
}

/// Walks through records.
struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    delimiter: u8,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a [u8], delimiter: u8) -> Self {
        Self { text, at: 0, line: 1, delimiter }
    }

    fn flaw<T>(&self, line: usize, problem: &str) -> Option<Result<T, Flaw>> {
        Some(Err(Flaw { line, problem: problem.to_owned() }))
    }
}

impl Iterator for Scanner<'_> {
    type Item = Result<Record, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.text.len() {
            return None;
        }
        let (start, line) = (self.at, self.line);
        let (mut fields, mut state, mut opened) = (1, State::FieldStart, line);
        while let Some(&byte) = self.text.get(self.at) {
            self.at += 1;
            match (&state, byte) {
                (_, 0) => {
                    return self.flaw(
                        self.line,
                        "holds a NUL byte: the file is damaged, or is not text in UTF-8",
                    );
                }
                (State::Quoted, b'"') => state = State::AfterQuote,
                (State::Quoted, _) => self.line += usize::from(byte == b'\n'),
                (_, b'\n') => {
                    self.line += 1;
                    let blank = matches!(&self.text[start..self.at], b"\n" | b"\r\n");
                    return Some(Ok(Record { line, fields, blank }));
                }
                (_, b'\r') if self.text.get(self.at).is_none_or(|next| *next == b'\n') => {}
                (_, b'\r') => {
                    return self.flaw(
                        self.line,
                        "has a carriage return without a line feed: convert the line ends to LF",
                    );
                }
                (_, _) if byte == self.delimiter => {
                    fields += 1;
                    state = State::FieldStart;
                }
                (State::FieldStart, b'"') => {
                    opened = self.line;
                    state = State::Quoted;
                }
                (State::AfterQuote, b'"') => state = State::Quoted,
                (State::AfterQuote, _) => {
                    return self.flaw(
                        self.line,
                        "has text after a closing quote: double the quotes inside a field",
                    );
                }
                (State::Bare, b'"') => {
                    return self.flaw(self.line, "has a quote inside a field that is not quoted: quote the whole field and double that quote");
                }
                (State::FieldStart | State::Bare, _) => state = State::Bare,
            }
        }
        if state == State::Quoted {
            return self.flaw(opened, "opens a quote that is never closed: the file is cut off, or a quote inside a field is not doubled");
        }
        Some(Ok(Record { line, fields, blank: false }))
    }
}

/// The text without the line ends at its very end.
pub(super) fn trim_end(text: &[u8]) -> &[u8] {
    let end =
        text.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
    &text[..end]
}

/// The delimiter under which the first records agree with the header, in the largest number of
/// fields; a comma when no delimiter occurs in the header.
pub(super) fn sniff(text: &[u8]) -> u8 {
    let judge = |delimiter: u8| {
        let records: Vec<Record> =
            Scanner::new(text, delimiter).take(SNIFFED).map_while(Result::ok).collect();
        let header = records.first().map_or(0, |record| record.fields);
        let agreeing = records.iter().filter(|record| record.fields == header).count();
        (header, agreeing)
    };
    // `max_by_key` keeps the last of equals, so the commonest delimiter comes last.
    let tried = DELIMITERS.into_iter().rev();
    let split = tried.clone().filter(|delimiter| judge(*delimiter).0 >= 2);
    let best = split.max_by_key(|delimiter| {
        let (header, agreeing) = judge(*delimiter);
        (agreeing, header)
    });
    // One column: whatever its values do not contain.
    best.or_else(|| tried.max_by_key(|delimiter| judge(*delimiter).1)).unwrap_or(b',')
}

/// Checks every record of `text` and returns how many there are, the header included.
pub(super) fn check(text: &[u8], delimiter: u8) -> Result<usize, Flaw> {
    let (mut header, mut count, mut last) = (0, 0, None);
    let mut ragged: Option<Record> = None;
    for record in Scanner::new(text, delimiter) {
        let record = record?;
        if record.blank {
            let problem =
                "is blank: remove it (in a file of one column, write a missing value as \"\")"
                    .to_owned();
            return Err(Flaw { line: record.line, problem });
        }
        if count == 0 {
            header = record.fields;
        }
        count += 1;
        last = Some(record.line);
        if record.fields != header && ragged.is_none() {
            ragged = Some(record);
        }
    }
    let Some(Record { line, fields, .. }) = ragged else { return Ok(count) };
    let hint = if last == Some(line) && fields < header {
        "the file seems to be cut off: write it again"
    } else {
        "quote values that hold the delimiter, and write every missing value as an empty field"
    };
    let problem = format!(
        "has {fields} {}, the first line has {header}: {hint}",
        if fields == 1 { "field" } else { "fields" }
    );
    Err(Flaw { line, problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(text: &str) -> (usize, String) {
        let flaw = check(text.as_bytes(), b',').err().unwrap();
        (flaw.line, flaw.problem)
    }

    #[test]
    fn flaws_carry_their_line() {
        let cases = [
            ("a,b\n1,2\n3\n4,5", 3, "has 1 field, the first line has 2"),
            ("a,b\n1,2,3\n4,5", 2, "has 3 fields"),
            ("a,b\n1,2\n3", 3, "cut off"),
            ("a,b\n\n1,2", 2, "blank"),
            ("a,b\r\n\r\n1,2", 2, "blank"),
            ("a,b\n\"x\ny\",2\n1,\"2", 4, "never closed"),
            ("a,b\n1,x\0", 2, "NUL"),
            ("a,b\n1,5\" pipe", 2, "not quoted"),
            ("a,b\n1,\"5\" pipe\"", 2, "after a closing quote"),
            ("a,b\r1,2", 1, "carriage return"),
        ];
        for (text, line, words) in cases {
            let (found, problem) = flaw(text);
            assert_eq!(found, line, "{text:?}");
            assert!(problem.contains(words), "{text:?}: {problem}");
        }
    }

    #[test]
    fn quoted_delimiters_and_line_ends_are_part_of_a_field() {
        assert_eq!(check(b"a,b\n\"x,\ny\",\"say \"\"hi\"\"\"\r\n1,2", b',').ok(), Some(3));
    }

    #[test]
    fn the_delimiter_is_told_from_the_records() {
        let cases: [(&str, u8); 6] = [
            ("a,b\n1,2", b','),
            ("a;b\n1,5;2", b';'),
            ("a\tb\tc\n1\t2,3\t4", b'\t'),
            ("a|b\n1|2", b'|'),
            ("\"a;x\",b\n\"1;2\",3", b','),
            ("note\nx, y\nz", b';'),
        ];
        for (text, delimiter) in cases {
            assert_eq!(sniff(text.as_bytes()), delimiter, "{text:?}");
        }
    }
}
