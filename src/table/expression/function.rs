//! The functions that expressions may call.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Cell, compare, finite};

/// A function of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `abs(x)`: without its sign.
    Abs,
    /// `min(x, y, …)`: the smallest.
    Min,
    /// `max(x, y, …)`: the largest.
    Max,
    /// `round(x)` or `round(x, digits)`: to the nearest, halves away from zero.
    Round,
    /// `floor(x)`: the largest whole number that is not above it.
    Floor,
    /// `ceil(x)`: the smallest whole number that is not below it.
    Ceil,
    /// `sqrt(x)`.
    Sqrt,
    /// `exp(x)`.
    Exp,
    /// `ln(x)`.
    Ln,
    /// `pow(x, y)`: x to the power of y.
    Pow,
    /// `year(moment)`, UTC.
    Year,
    /// `month(moment)`: 1 to 12, UTC.
    Month,
    /// `day(moment)`: of the month, 1 to 31, UTC.
    Day,
    /// `among(x, a, b, …)`: whether it is one of them.
    Among,
    /// `is_missing(x)`.
    IsMissing,
}

impl Function {
    /// Every function.
    pub(super) const ALL: [Self; 15] = [
        Self::Abs,
        Self::Min,
        Self::Max,
        Self::Round,
        Self::Floor,
        Self::Ceil,
        Self::Sqrt,
        Self::Exp,
        Self::Ln,
        Self::Pow,
        Self::Year,
        Self::Month,
        Self::Day,
        Self::Among,
        Self::IsMissing,
    ];

    /// How it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Abs => "abs",
            Self::Min => "min",
            Self::Max => "max",
            Self::Round => "round",
            Self::Floor => "floor",
            Self::Ceil => "ceil",
            Self::Sqrt => "sqrt",
            Self::Exp => "exp",
            Self::Ln => "ln",
            Self::Pow => "pow",
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Among => "among",
            Self::IsMissing => "is_missing",
        }
    }

    /// The fewest and most arguments.
    pub(super) fn arguments(self) -> (usize, usize) {
        match self {
            Self::Min | Self::Max | Self::Among => (2, 1000),
            Self::Round => (1, 2),
            Self::Pow => (2, 2),
            _ => (1, 1),
        }
    }

    /// Its value.
    pub(super) fn of<'a>(self, arguments: &[Cell<'a>]) -> Cell<'a> {
        match (self, arguments) {
            (Self::IsMissing, [value]) => Cell::Truth(*value == Cell::Missing),
            (_, arguments) if arguments.contains(&Cell::Missing) => Cell::Missing,
            (Self::Among, [value, others @ ..]) => {
                let is = |other: &Cell<'a>| compare(*value, *other).is_some_and(|o| o.is_eq());
                Cell::Truth(others.iter().any(is))
            }
            (_, arguments) => {
                let number = |cell: &Cell<'a>| match cell {
                    Cell::Number(number) => Some(*number),
                    _ => None,
                };
                let numbers: Option<Vec<f64>> = arguments.iter().map(number).collect();
                numbers.map_or(Cell::Missing, |numbers| finite(self.of_numbers(&numbers)))
            }
        }
    }

    fn of_numbers(self, numbers: &[f64]) -> f64 {
        let moment = |part: fn(jiff::civil::DateTime) -> f64| {
            #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
            let second = numbers[0].floor() as i64;
            let timestamp = Timestamp::from_second(second);
            timestamp.map_or(f64::NAN, |timestamp| part(TimeZone::UTC.to_datetime(timestamp)))
        };
        match (self, numbers) {
            (Self::Abs, [x]) => x.abs(),
            (Self::Min, numbers) => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            (Self::Max, numbers) => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            (Self::Round, [x]) => x.round(),
            (Self::Round, [x, digits]) => {
                let scale = 10.0_f64.powf(digits.round());
                (x * scale).round() / scale
            }
            (Self::Floor, [x]) => x.floor(),
            (Self::Ceil, [x]) => x.ceil(),
            (Self::Sqrt, [x]) => x.sqrt(),
            (Self::Exp, [x]) => x.exp(),
            (Self::Ln, [x]) => x.ln(),
            (Self::Pow, [x, y]) => x.powf(*y),
            (Self::Year, [_]) => moment(|moment| f64::from(moment.year())),
            (Self::Month, [_]) => moment(|moment| f64::from(moment.month())),
            (Self::Day, [_]) => moment(|moment| f64::from(moment.day())),
            _ => f64::NAN,
        }
    }
}
