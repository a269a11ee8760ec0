//! Parquet and Arrow files through polars, their typed columns turned into the texts a CSV would hold.

use std::fmt::Display;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use polars::prelude::{
    ArrowDataType, ArrowSchema, ChunkFullNull, Column, DataFrame, DataType, IpcReader,
    ParquetReader, PolarsResult, SerReader, StringChunked, TimeUnit,
};

use super::{RawTable, Reading};
use crate::error::{Error, Result};
use crate::table::moment;

/// Reads `bytes`, which begin as a Parquet or an Arrow file.
pub(super) fn read(path: &Path, bytes: Vec<u8>, reading: Reading) -> Result<RawTable> {
    let parquet = bytes.starts_with(b"PAR1");
    let (format, magic) =
        if parquet { ("Parquet", &b"PAR1"[..]) } else { ("Arrow", &b"ARROW1"[..]) };
    if bytes.len() < 2 * magic.len() || !bytes.ends_with(magic) {
        let problem = format!(
            "the {format} file ends before its footer: it is only half written, write it again"
        );
        return Err(Error::input(path, problem));
    }
    let damaged = || Error::input(path, format!("the {format} file is damaged: write it again"));
    let bytes = Cursor::new(bytes);
    let schema = guarded(|| {
        if parquet {
            ParquetReader::new(bytes.clone()).schema()
        } else {
            IpcReader::new(bytes.clone()).schema()
        }
    });
    refuse_types(path, schema.ok_or_else(damaged)?.as_ref())?;
    let frame = guarded(|| {
        if parquet { ParquetReader::new(bytes).finish() } else { IpcReader::new(bytes).finish() }
    });
    let frame: DataFrame = frame.ok_or_else(damaged)?;
    let names = frame.columns().iter().map(|column| column.name().to_string()).collect();
    let columns =
        frame.columns().iter().map(|column| texts(path, column, reading)).collect::<Result<_>>()?;
    RawTable::new(path, names, columns, reading)
}

/// Damaged files can make the reader panic as well as fail. Neither message is passed on: it may
/// quote values.
fn guarded<T>(read: impl FnOnce() -> PolarsResult<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()?.ok()
}

fn refuse_types(path: &Path, schema: &ArrowSchema) -> Result<()> {
    let refused: Vec<String> = schema
        .iter_values()
        .filter_map(|field| {
            Some(format!("column `{}` holds {}", field.name.trim(), refused(&field.dtype)?))
        })
        .collect();
    match refused.is_empty() {
        true => Ok(()),
        false => Err(Error::input(
            path,
            format!("{}: store one number, date or text a cell", refused.join("; ")),
        )),
    }
}

/// What a column of this type holds, if that cannot be read.
fn refused(kind: &ArrowDataType) -> Option<&'static str> {
    use ArrowDataType as A;
    match kind {
        A::List(_) | A::LargeList(_) | A::FixedSizeList(..) => Some("lists"),
        A::Struct(_) => Some("structs"),
        A::Map(..) => Some("maps"),
        A::Union(_) => Some("unions"),
        A::Binary | A::LargeBinary | A::BinaryView | A::FixedSizeBinary(_) => Some("bytes"),
        A::Decimal(..) | A::Decimal32(..) | A::Decimal64(..) | A::Decimal256(..) => {
            Some("decimals (use doubles)")
        }
        A::Time32(_) | A::Time64(_) => Some("times of day (use text)"),
        A::Duration(_) | A::Interval(_) => Some("durations (use numbers)"),
        A::Dictionary(_, values, _) => {
            refused(values).map(|_| "a dictionary of values other than text")
        }
        A::Null
        | A::Boolean
        | A::Int8
        | A::Int16
        | A::UInt8
        | A::UInt16
        | A::Int32
        | A::Int64
        | A::UInt32
        | A::UInt64
        | A::Float32
        | A::Float64
        | A::Utf8
        | A::LargeUtf8
        | A::Utf8View
        | A::Date32
        | A::Date64
        | A::Timestamp(..) => None,
        _ => Some("values of a type that is not supported"),
    }
}

/// The texts of a typed column; a null stays a null.
fn texts(path: &Path, column: &Column, reading: Reading) -> Result<StringChunked> {
    let unreadable = || {
        let problem = format!(
            "column `{}` holds values that cannot be written as text: store it as text",
            column.name()
        );
        Error::input(path, problem)
    };
    guarded(|| convert(column, reading)).flatten().ok_or_else(unreadable)
}

fn convert(column: &Column, reading: Reading) -> PolarsResult<Option<StringChunked>> {
    let series = column.as_materialized_series();
    Ok(match series.dtype() {
        DataType::String => Some(series.str()?.clone()),
        DataType::Null => Some(StringChunked::full_null(column.name().clone(), column.len())),
        DataType::Boolean => Some(shown(series.bool()?.iter())),
        DataType::Int8 => Some(shown(series.i8()?.iter())),
        DataType::Int16 => Some(shown(series.i16()?.iter())),
        DataType::UInt8 => Some(shown(series.u8()?.iter())),
        DataType::UInt16 => Some(shown(series.u16()?.iter())),
        DataType::Int32 => Some(shown(series.i32()?.iter())),
        DataType::Int64 => Some(shown(series.i64()?.iter())),
        DataType::UInt32 => Some(shown(series.u32()?.iter())),
        DataType::UInt64 => Some(shown(series.u64()?.iter())),
        DataType::Float32 => Some(shown(series.f32()?.iter())),
        DataType::Float64 => Some(shown(series.f64()?.iter())),
        DataType::Date => dated(
            series
                .to_physical_repr()
                .i32()?
                .iter()
                .map(|day| Some(i64::from(day?).saturating_mul(86_400_000_000))),
            reading,
        ),
        DataType::Datetime(unit, _) => {
            let unit = *unit;
            dated(
                series
                    .to_physical_repr()
                    .i64()?
                    .iter()
                    .map(move |ticks| Some(microseconds(ticks?, unit))),
                reading,
            )
        }
        _ => Some(series.cast(&DataType::String)?.str()?.clone()),
    })
}

/// Display is the shortest text that reads back as the same number, for `f32` and for `f64`.
fn shown<T: Display>(values: impl Iterator<Item = Option<T>>) -> StringChunked {
    values.map(|value| value.map(|value| value.to_string())).collect()
}

/// `None` when a moment lies outside the years that have a text; read leniently, it is missing.
fn dated(moments: impl Iterator<Item = Option<i64>>, reading: Reading) -> Option<StringChunked> {
    let text = |microseconds| match (moment::render_microseconds(microseconds), reading) {
        (None, Reading::Lenient) => Some(None),
        (text, _) => text.map(Some),
    };
    let texts: Option<Vec<Option<String>>> =
        moments.map(|moment| moment.map_or(Some(None), text)).collect();
    texts.map(|texts| texts.into_iter().collect())
}

/// A moment too far away for microseconds saturates, and is then refused as having no text.
fn microseconds(ticks: i64, unit: TimeUnit) -> i64 {
    match unit {
        TimeUnit::Milliseconds => ticks.saturating_mul(1000),
        TimeUnit::Microseconds => ticks,
        TimeUnit::Nanoseconds => ticks.div_euclid(1000),
    }
}
