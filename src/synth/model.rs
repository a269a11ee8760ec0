//! Model files: what a method has learnt, kept so that releases can be made without the real table.
//!
//! # Format
//! Four parts: the line `dosimeter model 1`; a line of JSON with the method, its parameters, the version
//! that wrote it and `holds-personal-data`, for a person to read; the contents (`MessagePack`, compressed by
//! zstd); the SHA-256 of all that. It is one of the two places that write real values, so only its owner
//! may read the file. A file that was cut, edited or written in another format is refused.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::dp::{Entry, Total};
use super::manifest::{Input, RealDataAccess};
use super::subject::Numbering;
use super::{Fitted, Guarantee, synthesizer};
use crate::digest::Digest;
use crate::error::{Error, Result};
use crate::file::{Access, write_atomically};
use crate::table::Schema;

pub(super) mod columns;

/// How a model file begins, with the version of the format.
const MAGIC: &str = "dosimeter model 1";

/// What every version of the format begins with.
const ANY_MAGIC: &str = "dosimeter model ";

/// Bytes of the digest at the end.
const DIGEST: usize = 32;

/// The line that a person can read.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Header {
    method: String,
    parameters: toml::Table,
    written_by: String,
    holds_personal_data: bool,
    schema_digest: Digest,
}

#[derive(Serialize, Deserialize)]
struct Contents {
    schema: Schema,
    ledger: Vec<Entry>,
    spent: Option<Total>,
    real_data_access: RealDataAccess,
    inputs: Vec<Input>,
    subjects: Option<Numbering>,
    secret: Option<Digest>,
    guarantee: Guarantee,
    #[serde(with = "serde_bytes_vec")]
    state: Vec<u8>,
}

/// `value` in the form that model files hold.
pub(super) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    // The encoder's message is not passed on: it could quote a value.
    rmp_serde::to_vec_named(value).map_err(|_| Error::Usage("the model cannot be encoded".into()))
}

/// What [`encode`] made.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    rmp_serde::from_slice(bytes)
        .map_err(|_| Error::Usage("the model is not one of this method and version".into()))
}

impl Fitted {
    /// Writes the model to `path`, readable by its owner only.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let header = Header {
            method: self.info.id.to_owned(),
            parameters: self.parameters.clone(),
            written_by: concat!("dosimeter ", env!("CARGO_PKG_VERSION")).to_owned(),
            holds_personal_data: self.holds_personal_data(),
            schema_digest: self.schema.digest(),
        };
        let contents = Contents {
            schema: self.schema.clone(),
            ledger: self.ledger.clone(),
            spent: self.spent,
            real_data_access: self.real_data_access,
            inputs: self.inputs.clone(),
            subjects: self.subjects.clone(),
            secret: self.secret,
            guarantee: self.guarantee(),
            state: self.model.state()?,
        };
        let header = serde_json::to_string(&header)
            .map_err(|_| Error::Usage("the parameters cannot be written as JSON".into()))?;
        let failed = |source| Error::io(path, "write", source);
        let contents = zstd::encode_all(&*encode(&contents)?, 0).map_err(failed)?;
        let mut body = format!("{MAGIC}\n{header}\n").into_bytes();
        body.extend(contents);
        let digest = Sha256::digest(&body);
        write_atomically(path, Access::Private, |out| {
            out.write_all(&body)?;
            out.write_all(&digest)
        })
    }

    /// Reads the model at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Input`] when it is no model file, or is cut, edited,
    /// of another format, or of a method that this version does not have.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::io(path, "read", source))?;
        parse(&bytes).map_err(|problem| Error::input(path, problem))
    }
}

fn parse(bytes: &[u8]) -> Result<Fitted, String> {
    let (header, contents) = parts(bytes)?;
    let damaged = |_| "its contents do not fit this version: fit the model again".to_owned();
    let header: Header = serde_json::from_str(header)
        .map_err(|_| "its second line does not fit this version: fit the model again".to_owned())?;
    let entry = synthesizer(&header.method).ok_or_else(|| {
        format!("it is a model of `{}`, which this version does not have", header.method)
    })?;
    let contents = zstd::decode_all(contents).map_err(|_| "its contents are damaged".to_owned())?;
    let contents: Contents = decode(&contents).map_err(damaged)?;
    let model = (entry.load)(&contents.state).map_err(damaged)?;
    let consistent = contents.schema.digest() == header.schema_digest
        && model.guarantee() == contents.guarantee
        && header.holds_personal_data
            == (matches!(contents.guarantee, Guarantee::None { .. })
                && contents.real_data_access == RealDataAccess::Read);
    if !consistent {
        return Err("its second line and its contents differ: fit the model again".to_owned());
    }
    Ok(Fitted {
        info: entry.info,
        parameters: header.parameters,
        schema: contents.schema,
        ledger: contents.ledger,
        spent: contents.spent,
        real_data_access: contents.real_data_access,
        inputs: contents.inputs,
        model,
        subjects: contents.subjects,
        secret: contents.secret,
    })
}

/// The second line and the compressed contents of a whole file.
fn parts(bytes: &[u8]) -> Result<(&str, &[u8]), String> {
    let foreign = || {
        let expected = "expected a model file written by `dosimeter synth --model`";
        format!("{expected}, found something else")
    };
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let magic = lines.next().and_then(|line| std::str::from_utf8(line).ok()).ok_or_else(foreign)?;
    if !magic.starts_with(ANY_MAGIC) {
        return Err(foreign());
    }
    if magic != MAGIC {
        let version = magic.trim_start_matches(ANY_MAGIC);
        let version: String = version.chars().take(12).collect();
        return Err(format!("expected a model file of format 1, found format `{version}`"));
    }
    let cut =
        || "it is cut or was edited (its checksum does not fit): fit the model again".to_owned();
    let body = bytes.len().checked_sub(DIGEST).and_then(|end| bytes.split_at_checked(end));
    let (body, digest) = body.ok_or_else(cut)?;
    if Sha256::digest(body)[..] != *digest {
        return Err(cut());
    }
    let mut parts = body.splitn(3, |byte| *byte == b'\n').skip(1);
    let header = parts.next().and_then(|line| std::str::from_utf8(line).ok()).ok_or_else(cut)?;
    Ok((header, parts.next().ok_or_else(cut)?))
}

/// Bytes as bytes, which serde would write as a list of numbers.
mod serde_bytes_vec {
    use std::fmt;

    use serde::de::{Deserializer, Visitor};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        from.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests;
