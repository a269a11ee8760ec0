//! What `synth` says of what it made, and `explain` of a method.

use std::path::Path;

use crate::synth::dp::Total;
use crate::synth::{Entry, Fitted, Guarantee};
use crate::table::{ColumnKind, ColumnSchema, Role, Table};

/// What was made, and from what columns.
pub(super) fn table(output: &Path, fitted: &Fitted, made: &Table) -> String {
    let names = |wanted: &dyn Fn(&str, &ColumnSchema) -> bool| -> Vec<&str> {
        let columns = fitted.schema.columns.iter();
        columns.filter(|(name, column)| wanted(name, column)).map(|(name, _)| &**name).collect()
    };
    let has = |name: &str| made.column(name).is_some();
    let gone = names(&|name, _| !has(name));
    let new = names(&|name, column| column.role == Role::Subject && has(name));
    let texts = names(&|_, column| column.kind == ColumnKind::Text && column.compared());
    let mut lines = vec![format!(
        "wrote     {} ({} rows, {} columns) by `{}`",
        output.display(),
        made.rows,
        made.columns.len(),
        fitted.info.id
    )];
    let mut tell = |title: &str, names: &[&str]| {
        if !names.is_empty() {
            lines.push(format!("{title}{}", names.join(", ")));
        }
    };
    tell("left out  ", &gone);
    tell("new ids   ", &new);
    // Other methods draw no text of few persons as it is.
    if fitted.info.id == "independent" {
        tell("as it is  free text, word for word: ", &texts);
    }
    lines.join("\n")
}

/// Where the model was kept.
pub(super) fn model(path: &Path, fitted: &Fitted) -> String {
    let holds = if fitted.holds_personal_data() {
        "it holds personal data: keep it as you keep the real table"
    } else {
        "what it holds is covered by the guarantee"
    };
    format!("kept      {} (the model of `{}`): {holds}", path.display(), fitted.info.id)
}

/// What it does and does not protect: told each time, since the file cannot.
pub(super) fn protection(fitted: &Fitted) -> String {
    let info = fitted.info;
    let mut lines = vec![format!("protects  {}\nexposes   {}", info.protects, info.exposes)];
    if let Guarantee::ZeroConcentrated { delta, epsilon, relation, .. } = fitted.guarantee() {
        let epsilon = rounded_up(epsilon);
        lines.push(format!("claims    ({epsilon}, {delta:e})-differential privacy: {relation}"));
    }
    if let Some(Total { syntheses, epsilon, delta, .. }) = fitted.spent {
        let epsilon = rounded_up(epsilon);
        lines.push(format!(
            "spent     ε = {epsilon} at δ = {delta:e} by all {syntheses} syntheses of the real table on record"
        ));
    }
    lines.push("\nAudit it before it leaves: `dosimeter audit --synthetic …`".into());
    lines.join("\n")
}

/// ε with six digits after the point, never less than it is but for a part in 10⁹, by which conversions are rounded
/// outward: ε = 1 is 1.
fn rounded_up(epsilon: f64) -> f64 {
    (epsilon * (1.0 - 1e-9) * 1e6).ceil() / 1e6
}

/// What `explain` says of a method.
pub(in crate::cli) fn explain(entry: &Entry) -> String {
    let info = entry.info;
    let mut text = format!(
        "{}: {}\n\n  Method        {}\n  Protects      {}\n  Exposes       {}\n  Made for      {}\n  \
         References    {}",
        info.id,
        info.title,
        info.method,
        info.protects,
        info.exposes,
        info.purpose,
        info.references.join("; ")
    );
    let defaults = (entry.defaults)();
    if !defaults.is_empty() {
        text.push_str("\n  Parameters    with their defaults; `--set KEY=VALUE` overrides them\n");
        defaults.lines().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
}
