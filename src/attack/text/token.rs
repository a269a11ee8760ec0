//! Texts as words, compared without regard to case, width, accents' encoding or punctuation, and runs of
//! words as 64-bit fingerprints: no text is kept.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, DefaultHasher, Hasher};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Fingerprints of runs. Two different runs of 10⁷ agree by chance with probability 3·10⁻⁶ in all.
pub(super) type Prints = HashSet<u64, BuildHasherDefault<Mixed>>;

/// A fingerprint is mixed already: it hashes to itself.
#[derive(Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = mix(self.0, u64::from(byte));
        }
    }

    fn write_u64(&mut self, print: u64) {
        self.0 = print;
    }
}

/// One more word of a run, as a bijection of each argument with the other fixed (the finalizer of
/// `SplitMix64`: Steele, Lea, Flood 2014, OOPSLA).
fn mix(run: u64, word: u64) -> u64 {
    let mut z = run.rotate_left(23).wrapping_add(0x9e37_79b9_7f4a_7c15) ^ word;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One word of a text.
struct Word {
    print: u64,
    /// Its length in characters, wide ones counted double.
    length: u32,
}

/// A text as words.
pub(super) struct Words(Vec<Word>);

/// How long a run must be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shortest {
    /// Characters of a whole value.
    pub(super) whole: u32,
    /// Characters of a passage.
    pub(super) passage: u32,
    /// Words of a passage.
    pub(super) words: usize,
}

impl Words {
    /// Words are the longest runs of letters, digits and marks after compatibility composition (NFKC)
    /// and lower-casing; in scripts that put no spaces between words every character is one.
    pub(super) fn of(text: &str) -> Self {
        let folded: String = text.nfkc().flat_map(char::to_lowercase).nfkc().collect();
        let mut words = Vec::new();
        let mut hasher = DefaultHasher::new();
        let mut length = 0;
        let mut end = |hasher: &mut DefaultHasher, length: &mut u32| {
            if *length > 0 {
                words.push(Word { print: hasher.finish(), length: *length });
            }
            (*hasher, *length) = (DefaultHasher::new(), 0);
        };
        for c in folded.chars() {
            let unspaced = unspaced(c);
            if unspaced || !(c.is_alphanumeric() || is_combining_mark(c)) {
                end(&mut hasher, &mut length);
            }
            if c.is_alphanumeric() || is_combining_mark(c) {
                hasher.write_u32(u32::from(c));
                length += if wide(c) { 2 } else { 1 };
            }
            if unspaced {
                end(&mut hasher, &mut length);
            }
        }
        end(&mut hasher, &mut length);
        Self(words)
    }

    /// Calls `visit` with the fingerprint of every run that could be a whole value or a passage: from
    /// each word on, the runs of at least `whole` characters up to the first that is a passage.
    pub(super) fn runs(&self, shortest: Shortest, mut visit: impl FnMut(u64)) {
        for start in 0..self.0.len() {
            let _ = self.from(start, shortest, &mut visit);
        }
    }

    /// Calls `visit` with the fingerprint of what is to be looked for elsewhere: each passage, or the whole
    /// value where there is none and it is long enough.
    pub(super) fn wanted(&self, shortest: Shortest, mut visit: impl FnMut(u64)) {
        let mut any = false;
        for start in 0..self.0.len() {
            if let Some(passage) = self.from(start, shortest, &mut |_| {}) {
                any = true;
                visit(passage);
            }
        }
        let length: u32 = self.0.iter().map(|word| word.length).sum();
        if !any && length >= shortest.whole {
            visit(self.0.iter().fold(0, |run, word| mix(run, word.print)));
        }
    }

    /// The passage that begins at a word, if the text is long enough for one, with all runs before it.
    fn from(&self, start: usize, shortest: Shortest, visit: &mut impl FnMut(u64)) -> Option<u64> {
        let (mut run, mut length) = (0, 0);
        for (count, word) in (1..).zip(&self.0[start..]) {
            run = mix(run, word.print);
            length += word.length;
            if length >= shortest.whole {
                visit(run);
            }
            if count >= shortest.words && length >= shortest.passage {
                return Some(run);
            }
        }
        None
    }
}

/// Scripts written without spaces between words: Thai, Lao, Myanmar, Khmer, kana and ideographs.
fn unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e01}'..='\u{0e30}' | '\u{0e32}' | '\u{0e33}' | '\u{0e40}'..='\u{0e46}'
        | '\u{0e81}'..='\u{0eb0}' | '\u{0ec0}'..='\u{0ec6}'
        | '\u{1000}'..='\u{102a}' | '\u{1780}'..='\u{17b3}'
        | '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

/// Characters that say about as much as two letters: ideographs, kana and Korean syllables.
fn wide(c: char) -> bool {
    matches!(c,
        '\u{3041}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3fffd}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORTEST: Shortest = Shortest { whole: 8, passage: 20, words: 5 };

    fn wanted(text: &str) -> Vec<u64> {
        let mut prints = Vec::new();
        Words::of(text).wanted(SHORTEST, |print| prints.push(print));
        prints
    }

    fn stands_in(needle: &str, text: &str) -> bool {
        let mut runs = Prints::default();
        Words::of(text).runs(SHORTEST, |print| {
            runs.insert(print);
        });
        let wanted = wanted(needle);
        wanted.iter().any(|print| runs.contains(print))
    }

    /// Case, width (ＺＯË), composed or combining accents, punctuation and spaces make no difference;
    /// another letter does.
    #[test]
    fn spelling_is_compared_and_not_writing() {
        let written =
            ["Zoë-Ann  Quill", "zoe\u{308} ann quill", "ＺＯË ANN QUILL", "(Zoë, Ann) QUILL!"];
        let first = wanted(written[0]);
        assert_eq!(first.len(), 1);
        for text in written {
            assert_eq!(wanted(text), first, "{text}");
        }
        assert_ne!(wanted("Zoe Ann Quill"), first);
        assert_ne!(wanted("Ann Zoë Quill"), first);
    }

    /// `quill` has 5 characters, fewer than 8. `a quill pen` has 9 and is sought whole; it has no five
    /// words. Eight words of 4 characters have passages of 5 words from 4 starts.
    #[test]
    fn what_is_sought_is_long_enough() {
        assert_eq!(wanted("quill").len(), 0);
        assert_eq!(wanted("a quill pen").len(), 1);
        assert_eq!(wanted("aaaa bbbb cccc dddd eeee ffff gggg hhhh").len(), 4);
        // Six words of one letter are no passage of 20 characters, and too short for a whole value.
        assert_eq!(wanted("a b c d e f").len(), 0);
        assert_eq!(wanted("").len(), 0);
        assert_eq!(wanted("?! --").len(), 0);
    }

    #[test]
    fn a_value_is_found_inside_longer_text_at_word_borders_only() {
        assert!(stands_in("Quillon Ashgrove", "Seen today: quillon ashgrove, no complaint."));
        assert!(!stands_in("Quillon Ashgrove", "Seen today: quillon m ashgrove, no complaint."));
        assert!(!stands_in("Quillon Ashgrove", "Seen today: quillon ashgroves, no complaint."));
        let note = "fell from the ladder behind the old barn";
        assert!(stands_in(note, "He fell from the ladder behind a shed"));
        assert!(!stands_in(note, "He fell from a ladder behind an old barn"));
    }

    /// Korean names of four syllables count as eight characters; ideographs are found without spaces.
    #[test]
    fn scripts_without_spaces_are_searched_by_character() {
        assert_eq!(wanted("남궁민수").len(), 1);
        assert_eq!(wanted("김민수").len(), 0);
        assert!(stands_in("欧阳娜娜", "患者欧阳娜娜今日复诊"));
        assert!(!stands_in("欧阳娜娜", "患者欧阳娜今日复诊"));
    }
}
