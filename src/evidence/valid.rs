//! What makes a fact valid beyond its types: counts that fit their trials, finite numbers, known
//! metrics, one fact per metric, group and thing it is about.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Contrast, Count, Evidence, Measure, NotRun, Scope};
use crate::metric::metric;

/// Checks every fact and that no metric is reported twice for the same group and the same thing.
pub(super) fn check_facts(facts: &[Evidence], not_run: &[NotRun]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for fact in facts {
        fact.check().map_err(|problem| format!("metric `{}`: {problem}", fact.metric))?;
        if !seen.insert((fact.metric.as_str(), fact.group.as_deref(), fact.about.as_deref())) {
            return Err(format!("metric `{}` is reported twice for one group", fact.metric));
        }
    }
    let mut reasons = BTreeSet::new();
    for missing in not_run {
        if !reasons.insert(missing.metric.as_str()) {
            return Err(format!("metric `{}` is told twice not to have been run", missing.metric));
        }
        if metric(&missing.metric).is_none() {
            return Err(format!("unknown metric `{}`", missing.metric));
        }
        if facts.iter().any(|fact| fact.metric == missing.metric) {
            return Err(format!("metric `{}` is both reported and not run", missing.metric));
        }
    }
    Ok(())
}

impl Evidence {
    /// Whether the fact can be read at all. `verdict` asks again: it trusts no reader.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self) -> Result<(), String> {
        let known = metric(&self.metric).ok_or("it is not in the catalogue")?;
        if !known.shapes.contains(&self.measure.shape()) {
            return Err("its statistics have another shape than the metric's".into());
        }
        if (self.scope == Scope::Group) != self.group.is_some() {
            return Err("expected a group exactly when the scope is `group`".into());
        }
        self.measure.check()?;
        if self.ceiling.is_some_and(|ceiling| !known.utility || !ceiling.is_finite()) {
            return Err("expected a ceiling of a utility metric only, and a finite one".into());
        }
        if known.contrast && matches!(self.measure, Measure::Difference { baseline: None, .. }) {
            return Err("a contrast lacks its baseline".into());
        }
        if let Measure::Guesses { claimed, .. } = &self.measure
            && claimed.is_some() != known.calibrated
        {
            return Err("expected a claimed ε exactly where the metric is about one".into());
        }
        for cell in &self.positive_control {
            let sound = cell.detected <= cell.of && (0.0..=1.0).contains(&cell.true_value);
            if !sound {
                return Err("a positive-control cell has more detections than plants".into());
            }
        }
        let cells: BTreeSet<_> = self.positive_control.iter().map(|cell| &cell.cell).collect();
        if cells.len() != self.positive_control.len() {
            return Err("a positive-control cell is reported twice".into());
        }
        Ok(())
    }
}

impl Measure {
    /// Whether the statistics can be true together: hits within trials, trials within the frame,
    /// everything finite and not negative.
    fn check(&self) -> Result<(), String> {
        let sound = match self {
            Self::Rate { successes, trials, frame } => {
                *trials > 0
                    && successes.is_finite()
                    && *successes >= 0.0
                    && *successes <= *trials as f64
                    && frame.is_none_or(|frame| frame >= *trials)
            }
            Self::Detected { found, targets, expected_false, threshold, excess } => {
                *targets > 0
                    && found <= targets
                    && expected_false.is_finite()
                    && *expected_false >= 0.0
                    && threshold.map_or(*found == 0, f64::is_finite)
                    && excess.iter().all(Contrast::is_sound)
            }
            Self::Difference { treated, control, baseline } => {
                treated.is_sound()
                    && control.is_sound()
                    && baseline.is_none_or(|baseline| {
                        baseline.is_sound() && baseline.trials == control.trials
                    })
            }
            Self::Normal { value, standard_error, range: [low, high] } => {
                [value, standard_error, low, high].iter().all(|x| x.is_finite())
                    && *standard_error >= 0.0
                    && (low..=high).contains(&value)
            }
            Self::Roc { false_positive_rate: f, members, non_members, detected, .. } => {
                let counts = !detected.is_empty() && detected.len() as u64 <= *non_members;
                let rising = detected.is_sorted() && detected.last() <= Some(members);
                *f > 0.0 && *f < 1.0 && *members > 0 && counts && rising
            }
            Self::LogOdds { told, mistaken } => told.is_sound() && mistaken.is_sound(),
            Self::Guesses { canaries, made, right, delta, claimed, half_noise, .. } => {
                let counts = *made > 0 && made <= canaries && right <= made;
                counts
                    && (0.0..1.0).contains(delta)
                    && claimed.is_none_or(|claimed| claimed.is_finite() && claimed > 0.0)
                    && half_noise.is_none_or(|half| half.is_sound() && half.trials == *made)
            }
            Self::Exact { value } => value.is_finite(),
            Self::Quantiles { quantiles } => {
                !quantiles.is_empty() && quantiles.iter().flatten().all(|x| x.is_finite())
            }
        };
        if sound { Ok(()) } else { Err("its statistics contradict each other".into()) }
    }
}

impl Count {
    /// At least one trial, and no more hits than trials.
    fn is_sound(&self) -> bool {
        self.trials > 0 && self.successes <= self.trials
    }
}

impl Contrast {
    /// A finite score, and sound counts on both sides.
    fn is_sound(&self) -> bool {
        self.score.is_finite() && self.treated.is_sound() && self.control.is_sound()
    }
}

/// Reads any JSON value, refusing an object in which a member occurs twice: which of the two
/// counts would depend on the reader.
pub(super) fn unique_value<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    deserializer.deserialize_any(UniqueVisitor)
}

/// Builds a JSON value and refuses doubled members on the way.
struct UniqueVisitor;

/// Reads a nested value by the same rule.
struct UniqueSeed;

impl<'de> de::DeserializeSeed<'de> for UniqueSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        unique_value(deserializer)
    }
}

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(UniqueSeed)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(UniqueSeed)?;
            if object.insert(key, value).is_some() {
                return Err(de::Error::custom("a member occurs twice"));
            }
        }
        Ok(Value::Object(object))
    }
}
