//! From a path to bytes: only regular files, decompressed within bounds, in UTF-8 when they are text.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use crate::error::{Error, Result};

/// What a compressed file may grow to is bounded by both: a legitimate table can compress a
/// thousandfold or be large, but not both.
const LARGEST_RATIO: u64 = 1000;
const LARGEST_UNQUESTIONED: u64 = 1 << 30;

/// The bytes of the file at `path`, decompressed.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    let bytes = read_regular(path)?;
    let bounds = Bounds { ratio: LARGEST_RATIO, unquestioned: LARGEST_UNQUESTIONED };
    let bytes = match Compression::of(&bytes) {
        None => bytes,
        Some(compression) => {
            let inflated = inflate(path, &bytes, compression, bounds)?;
            if Compression::of(&inflated).is_some() {
                return Err(Error::input(path, "the file is compressed twice: decompress it once"));
            }
            inflated
        }
    };
    match unsupported(&bytes) {
        Some(problem) => Err(Error::input(path, problem)),
        None if bytes.trim_ascii().is_empty() => {
            Err(Error::input(path, "the file is empty: expected a line of column names and rows"))
        }
        None => Ok(bytes),
    }
}

/// A pipe or a device is refused before it is opened: opening one can hang, and a table that can be read only
/// once cannot be audited and then named by its digest.
fn read_regular(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let failed = |source| Error::io(path, "read", source);
    open_regular(path)?.read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Opens a regular file; a folder, pipe or device is an error before it is opened.
pub(in crate::table) fn open_regular(path: &Path) -> Result<File> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => Error::input(
            path,
            "no such file: check the path, which is taken relative to the current folder",
        ),
        io::ErrorKind::PermissionDenied => Error::input(
            path,
            "the file may not be read: give yourself read permission, e.g. `chmod u+r`",
        ),
        _ => Error::io(path, "read", source),
    };
    let kind = fs::metadata(path).map_err(failed)?.file_type();
    if kind.is_dir() {
        return Err(Error::input(path, "is a folder: name the file in it"));
    }
    if !kind.is_file() {
        return Err(Error::input(
            path,
            "is a pipe or a device: write the table to a regular file first",
        ));
    }
    File::open(path).map_err(failed)
}

#[derive(Clone, Copy)]
enum Compression {
    Gzip,
    Zstandard,
}

impl Compression {
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstandard),
            _ => None,
        }
    }
}

#[derive(Clone, Copy)]
struct Bounds {
    ratio: u64,
    unquestioned: u64,
}

fn inflate(path: &Path, bytes: &[u8], compression: Compression, bounds: Bounds) -> Result<Vec<u8>> {
    let broken = |_| {
        Error::input(path, "the compressed file is damaged or only half written: compress it again")
    };
    let mut inflated = Vec::new();
    let limit = bounds.unquestioned.max(bounds.ratio.saturating_mul(bytes.len() as u64));
    // One byte more than the limit is enough to know that it is exceeded.
    let read = match compression {
        Compression::Gzip => {
            flate2::read::MultiGzDecoder::new(bytes).take(limit + 1).read_to_end(&mut inflated)
        }
        Compression::Zstandard => zstd::stream::read::Decoder::new(bytes)
            .and_then(|decoder| decoder.take(limit + 1).read_to_end(&mut inflated)),
    };
    if read.map_err(broken)? as u64 > limit {
        let problem = format!(
            "the compressed file grows more than {}-fold and beyond {} MiB, as no table does: decompress it yourself if you trust it",
            bounds.ratio,
            bounds.unquestioned >> 20
        );
        return Err(Error::input(path, problem));
    }
    Ok(inflated)
}

/// Formats that are recognised only to say what to do instead.
fn unsupported(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'P', b'K', 3, 4, ..] => Some(
            "is a zip archive or a spreadsheet: unpack it, or export the sheet as CSV in UTF-8",
        ),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            Some("is an old spreadsheet: export the sheet as CSV in UTF-8")
        }
        [b'B', b'Z', b'h', ..] => {
            Some("is compressed with bzip2: decompress it, or use .gz or .zst")
        }
        [0xfd, b'7', b'z', b'X', b'Z', ..] => {
            Some("is compressed with xz: decompress it, or use .gz or .zst")
        }
        [0xff, 0xff, 0xff, 0xff, ..] => {
            Some("is an Arrow stream: write it as an Arrow file (Feather) or as Parquet")
        }
        [b'F', b'E', b'A', b'1', ..] => {
            Some("is Feather version 1: write it as version 2 or as Parquet")
        }
        [b'S', b'Q', b'L', b'i', b't', b'e', ..] => {
            Some("is a SQLite database: export the table as CSV")
        }
        _ => None,
    }
}

/// The text in `bytes` without its byte order mark.
pub(super) fn utf8<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a [u8]> {
    let wide = match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        [0, second, 0, fourth, ..] if *second != 0 && *fourth != 0 => Some("UTF-16BE"),
        [first, 0, third, 0, ..] if *first != 0 && *third != 0 => Some("UTF-16LE"),
        _ => None,
    };
    if let Some(name) = wide {
        return Err(Error::input(path, foreign(name, name)));
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if std::str::from_utf8(text).is_ok() {
        return Ok(text);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(text, true);
    let problem = match detector.guess(None, Utf8Detection::Deny).name() {
        "EUC-KR" => foreign("EUC-KR (CP949)", "CP949"),
        "windows-1252" => foreign("windows-1252 (Latin-1)", "WINDOWS-1252"),
        "Shift_JIS" => foreign("Shift_JIS (CP932)", "CP932"),
        name => foreign(name, name),
    };
    Err(Error::input(path, problem))
}

fn foreign(name: &str, iconv: &str) -> String {
    format!(
        "the file is not in UTF-8, it looks like {name}: convert it, e.g. `iconv -f {iconv} -t UTF-8 old.csv > new.csv`"
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_bomb_is_refused_but_large_or_dense_files_are_not() {
        let zeros = vec![b'0'; 1 << 20];
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&zeros).unwrap();
        let gz = encoder.finish().unwrap();
        let zst = zstd::encode_all(&zeros[..], 19).unwrap();
        for (bytes, compression) in [(&gz, Compression::Gzip), (&zst, Compression::Zstandard)] {
            let inflate = |ratio, unquestioned| {
                inflate(Path::new("x"), bytes, compression, Bounds { ratio, unquestioned })
            };
            assert!(inflate(10, 1 << 10).unwrap_err().to_string().contains("10-fold"));
            assert_eq!(inflate(10, 1 << 21).unwrap(), zeros);
            assert_eq!(inflate(1_000_000, 1 << 10).unwrap(), zeros);
        }
    }
}
