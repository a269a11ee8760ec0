//! The command line: one file per subcommand. Results go to stdout, progress and errors to stderr.

mod audit;
mod check;
mod claim;
mod compare;
mod config;
mod exit;
mod explain;
mod folder;
mod generate;
mod init;
mod list;
mod plan;
mod policy;
mod profile;
mod progress;
mod split;
mod synth;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ColorChoice, Parser, Subcommand};

use crate::error::{Error, Result};

pub use exit::Exit;

/// Measures how much of the real people leaks through a synthetic table, decides against a policy,
/// and says what was shown.
#[derive(Parser)]
#[command(
    name = "dosimeter",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = EXAMPLES
)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  dosimeter init --real patients.csv --synthetic release.csv
  dosimeter split patients.csv                        before the generator is trained
  dosimeter audit                                     reads ./audit.toml
  dosimeter audit --real train.csv --holdout holdout.csv --synthetic release.csv \\
                  --schema schema.toml --policy dev-test-data --out audit/
  dosimeter check audit/evidence.json --policy dev-test-data
  dosimeter compare audit/ --policy dev-test-data        which release to choose
  dosimeter explain holdout

Exit codes:
  0 policy met (or advisory)   1 policy not met   2 could not judge   3 not shown   101 bug";

const COMMON: &str = "Common options";

#[derive(Args)]
struct Common {
    /// When to use colour; NO_COLOR and CLICOLOR_FORCE are respected
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = COMMON)]
    color: ColorChoice,
    /// Only the result and errors: no progress
    #[arg(short, long, global = true, help_heading = COMMON)]
    quiet: bool,
    /// Also how each table is searched, which results never depend on
    #[arg(short, long, global = true, conflicts_with = "quiet", help_heading = COMMON)]
    verbose: bool,
    /// Worker threads; results never depend on it [default: all cores]
    #[arg(long, global = true, value_name = "N", env = "DOSIMETER_THREADS", help_heading = COMMON, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

#[derive(Subcommand)]
enum Command {
    Init(init::Arguments),
    Profile(profile::Arguments),
    Split(split::Arguments),
    Synth(synth::Arguments),
    Plan(plan::Arguments),
    Audit(audit::Arguments),
    Check(check::Arguments),
    Compare(compare::Arguments),
    List(list::Arguments),
    Explain(explain::Arguments),
    Policy(policy::Arguments),
    Completions(generate::Completions),
    Man(generate::Man),
}

/// The largest whole number that every JSON reader keeps exactly: 2⁵³.
const LARGEST_SEED: u64 = 1 << 53;

/// Runs the program on the process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(report_bug));
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results; a usage error is "could not judge". Nothing is left to
            // do if the terminal is gone.
            let _ = error.print();
            let code = if error.use_stderr() { Exit::COULD_NOT_JUDGE } else { Exit::MET };
            return code.into();
        }
    };
    cli.common.apply();
    match run(&cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            let style = anstyle::AnsiColor::Red.on_default().bold();
            let _ = writeln!(anstream::stderr(), "{style}error{style:#}: {error}");
            Exit::COULD_NOT_JUDGE.into()
        }
    }
}

fn run(cli: &Cli) -> Result<Exit> {
    let common = &cli.common;
    match &cli.command {
        Command::Init(arguments) => init::run(arguments),
        Command::Profile(arguments) => profile::run(arguments),
        Command::Split(arguments) => split::run(arguments),
        Command::Synth(arguments) => synth::run(arguments),
        Command::Plan(arguments) => plan::run(arguments),
        Command::Audit(arguments) => audit::run(arguments, common),
        Command::Check(arguments) => check::run(arguments),
        Command::Compare(arguments) => compare::run(arguments),
        Command::List(arguments) => list::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Policy(arguments) => policy::run(arguments),
        Command::Completions(arguments) => generate::completions(arguments),
        Command::Man(arguments) => generate::man(arguments),
    }
}

impl Common {
    fn apply(&self) {
        match self.color {
            ColorChoice::Auto => {}
            ColorChoice::Always => anstream::ColorChoice::Always.write_global(),
            ColorChoice::Never => anstream::ColorChoice::Never.write_global(),
        }
        if let Some(threads) = self.threads {
            // Fails only if a pool exists already, which nothing has built before this line.
            let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.into()).build_global();
        }
    }
}

/// A panic is a bug. Its payload may quote a record, so that only its place is printed.
fn report_bug(panic: &std::panic::PanicHookInfo<'_>) {
    let place =
        panic.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
    let _ = writeln!(
        io::stderr(),
        "error: this is a bug in dosimeter {}{place}; nothing was judged. Please report this line; \
         it holds no data.",
        env!("CARGO_PKG_VERSION")
    );
}

/// Prints to stdout.
fn print(text: &str) -> Result<()> {
    print_bytes(&mut anstream::stdout(), format!("{}\n", text.trim_end()).as_bytes())
}

/// Prints to `out`, a form of stdout. A reader that has gone (`| head`) is no error and changes
/// nothing: a judgement keeps its exit code.
fn print_bytes(out: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(source) if source.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::io("standard output", "write", source))
        }
        _ => Ok(()),
    }
}

/// Reads a configuration or evidence file as text.
fn read_text(path: &std::path::Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|source| Error::io(path, "read", source))?;
    String::from_utf8(bytes).map_err(|_| Error::input(path, "expected UTF-8 text"))
}

/// Where a command writes, or stdout.
fn write_or_print(output: Option<&PathBuf>, text: &str) -> Result<()> {
    match output.filter(|path| path.as_os_str() != "-") {
        None => print(text),
        Some(path) => {
            refuse_existing(path)?;
            crate::file::write_atomically(path, crate::file::Access::Shared, |out| {
                out.write_all(text.as_bytes())
            })
        }
    }
}

/// Nothing that a person may have edited is overwritten.
fn refuse_existing(path: &std::path::Path) -> Result<()> {
    if path.exists() {
        let problem = "it exists already and is not overwritten: remove it or name another file";
        return Err(Error::input(path, problem));
    }
    Ok(())
}
