//! `completions` and `man`.

use clap::{Args, CommandFactory};

use super::{Cli, Exit, print_bytes};
use crate::error::{Error, Result};

/// Print a completion script for a shell
#[derive(Args)]
#[command(after_help = "\
Example:
  dosimeter completions bash > ~/.local/share/bash-completion/completions/dosimeter")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Print the manual page
#[derive(Args)]
#[command(after_help = "\
Example:
  dosimeter man > dosimeter.1 && man ./dosimeter.1")]
pub(super) struct Man {
    /// The page of a subcommand instead of the whole program's
    #[arg(value_name = "COMMAND")]
    command: Option<String>,
}

pub(super) fn completions(arguments: &Completions) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "dosimeter", &mut script);
    write(&script)
}

pub(super) fn man(arguments: &Man) -> Result<Exit> {
    let mut program = Cli::command();
    program.build();
    let page = match &arguments.command {
        None => program,
        Some(name) => {
            let found = program.find_subcommand(name).cloned();
            found.ok_or_else(|| {
                Error::Usage(format!("no subcommand is called `{name}`: see `dosimeter --help`"))
            })?
        }
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page)
        .render(&mut text)
        .map_err(|source| Error::io("manual page", "write", source))?;
    write(&text)
}

fn write(bytes: &[u8]) -> Result<Exit> {
    print_bytes(&mut std::io::stdout(), bytes)?;
    Ok(Exit::MET)
}
