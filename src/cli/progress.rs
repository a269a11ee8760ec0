//! Progress on stderr: a bar with ETA on a terminal, one plain line per stage otherwise.

use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::Common;
use crate::audit::Step;

/// Shows stages and remembers how long each took.
pub(super) struct Display {
    bar: Option<ProgressBar>,
    quiet: bool,
    verbose: bool,
    label: String,
    stages: Mutex<Vec<(&'static str, Instant)>>,
}

impl Display {
    /// A display for one release.
    pub(super) fn new(label: &str, common: &Common) -> Self {
        let (quiet, verbose) = (common.quiet, common.verbose);
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(0);
            let style = ProgressStyle::with_template("{msg:32} [{bar:24}] {pos}/{len} eta {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, quiet, verbose, label: label.to_owned(), stages: Mutex::new(Vec::new()) }
    }

    /// Shows one step.
    pub(super) fn step(&self, step: Step<'_>) {
        match step {
            Step::Begin(stage, units) => self.begin(stage, units),
            Step::Advance(units) => {
                if let Some(bar) = &self.bar {
                    bar.inc(units);
                }
            }
            Step::Note(text) if !self.quiet => self.print(&format!("{}: {text}", self.label)),
            Step::Detail(text) if self.verbose => self.print(&format!("{}:   {text}", self.label)),
            Step::Note(_) | Step::Detail(_) => {}
        }
    }

    fn begin(&self, stage: &'static str, units: u64) {
        if let Ok(mut stages) = self.stages.lock() {
            stages.push((stage, Instant::now()));
        }
        match &self.bar {
            Some(bar) => {
                bar.reset();
                bar.set_length(units);
                bar.set_message(format!("{}: {stage}", self.label));
            }
            None if !self.quiet => self.print(&format!("{}: {stage}", self.label)),
            None => {}
        }
    }

    /// A line of its own. Nothing is left to do if the terminal is gone.
    fn print(&self, line: &str) {
        let print = || drop(writeln!(std::io::stderr(), "{line}"));
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Ends the display and returns how many seconds each stage took.
    pub(super) fn finish(self) -> Vec<(&'static str, f64)> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        let end = Instant::now();
        let stages = self.stages.into_inner().unwrap_or_default();
        let ends = stages.iter().skip(1).map(|stage| stage.1).chain([end]).collect::<Vec<_>>();
        stages
            .iter()
            .zip(ends)
            .map(|((stage, start), end)| (*stage, end.duration_since(*start).as_secs_f64()))
            .collect()
    }
}
