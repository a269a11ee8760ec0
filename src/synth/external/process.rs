//! A command in a process group of its own, watched until it ends, is late, or writes too much; then
//! the whole group is killed, so that nothing it started is left behind.
//!
//! # Limits
//! A process that leaves its group on purpose (`setsid`, a daemon, a container) is not reached. An end of
//! this program that nothing can catch (`SIGKILL`) leaves the command running.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, kill_process_group, test_kill_process_group, waitid,
};

/// How long a killed group may take to disappear. The kernel needs microseconds; a process that
/// waits for a disk can need longer.
const GONE: Duration = Duration::from_secs(5);

/// What a command may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// When it is late.
    pub(super) until: Instant,
    /// Bytes that all files in its folder may hold together.
    pub(super) bytes: u64,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// By itself.
    Itself(ExitStatus),
    /// It was killed because it was late.
    Late,
    /// It was killed because it wrote too much.
    Large,
}

/// Runs `words` with nothing to read; what it prints goes to `stdout` and `stderr` in `folder`.
/// When this returns, no process of its group is left.
pub(super) fn run(words: &[String], folder: &Path, bounds: Bounds) -> io::Result<Ended> {
    let [program, arguments @ ..] = words else {
        return Err(io::Error::from(io::ErrorKind::InvalidInput));
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(File::create(folder.join("stdout"))?)
        .stderr(File::create(folder.join("stderr"))?);
    let mut group = Group::spawn(command, folder)?;
    let overrun = watch(group.leader, folder, bounds);
    let status = group.end()?;
    Ok(overrun?.unwrap_or(Ended::Itself(status)))
}

/// Waits until the command ends, which is nothing to report, or must be ended.
fn watch(leader: Pid, folder: &Path, bounds: Bounds) -> io::Result<Option<Ended>> {
    let mut pause = Duration::from_millis(1);
    // The leader stays unreaped, so that its number names this group and no other until it is killed.
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    loop {
        let ended = match waitid(WaitId::Pid(leader), options) {
            Err(Errno::INTR) => false,
            ended => ended?.is_some(),
        };
        // What it wrote is measured after its end too.
        if size(folder) > bounds.bytes {
            return Ok(Some(Ended::Large));
        }
        if ended {
            return Ok(None);
        }
        if Instant::now() >= bounds.until {
            return Ok(Some(Ended::Late));
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// Bytes in the files of a folder; what is removed meanwhile counts nothing.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|about| about.len()).sum()
}

/// A running process group. Dropped, it is killed.
struct Group {
    child: Child,
    leader: Pid,
    ended: bool,
}

impl Group {
    /// Starts `command` as the leader of a new group that an end of this program ends, too.
    fn spawn(mut command: Command, folder: &Path) -> io::Result<Self> {
        use std::os::unix::process::CommandExt;
        stop_with_us();
        // Held while it starts: a signal meanwhile waits, and finds it.
        let mut running = running();
        let child = command.process_group(0).spawn()?;
        let leader = Pid::from_child(&child);
        running.insert(leader.as_raw_pid(), folder.to_path_buf());
        Ok(Self { child, leader, ended: false })
    }

    /// Kills whatever is left of the group and waits until it is gone.
    fn end(&mut self) -> io::Result<ExitStatus> {
        if !self.ended {
            kill(self.leader);
        }
        self.ended = true;
        let status = self.child.wait();
        running().remove(&self.leader.as_raw_pid());
        let start = Instant::now();
        while test_kill_process_group(self.leader).is_ok() && start.elapsed() < GONE {
            std::thread::sleep(Duration::from_millis(1));
        }
        status
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            let _ = self.end();
        }
    }
}

/// A group that is gone already is as good as killed.
fn kill(leader: Pid) {
    let _ = kill_process_group(leader, Signal::KILL);
}

/// The groups that run now, by leader, with the folders that hold their records.
fn running() -> MutexGuard<'static, BTreeMap<i32, PathBuf>> {
    static RUNNING: Mutex<BTreeMap<i32, PathBuf>> = Mutex::new(BTreeMap::new());
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes an interrupt or a termination of this program end all groups and remove their folders first: a group
/// of its own does not hear the terminal's Ctrl-C. A hang-up is left alone, since `nohup` asks for that.
fn stop_with_us() {
    use signal_hook::consts::{SIGINT, SIGTERM};
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Without the handler a signal ends this program as ever, only less tidily.
        let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else {
            return;
        };
        std::thread::spawn(move || {
            if let Some(signal) = signals.forever().next() {
                // Kept until the end, so that nothing starts any more.
                let running = running();
                running.keys().filter_map(|&leader| Pid::from_raw(leader)).for_each(kill);
                running.values().for_each(|folder| drop(std::fs::remove_dir_all(folder)));
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, seconds: f64, bytes: u64) -> (Ended, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let words = ["sh", "-c", script].map(str::to_owned);
        let until = Instant::now() + Duration::from_secs_f64(seconds);
        let ended = run(&words, folder.path(), Bounds { until, bytes }).unwrap();
        (ended, folder)
    }

    /// Whether the process whose number a script wrote to its standard output still runs.
    fn runs(folder: &tempfile::TempDir) -> bool {
        let text = std::fs::read_to_string(folder.path().join("stdout")).unwrap();
        let pid = Pid::from_raw(text.trim().parse().unwrap()).unwrap();
        // One that has no parent any more is reaped by another process, which may take a moment.
        (0..200).all(|_| {
            std::thread::sleep(Duration::from_millis(5));
            let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid()));
            rustix::process::test_kill_process(pid).is_ok()
                && !stat.is_ok_and(|stat| stat.contains(") Z "))
        })
    }

    #[test]
    fn a_command_ends_by_itself_and_says_how() {
        let (ended, folder) = sh("echo out; echo err >&2; exit 7", 20.0, 1 << 20);
        let Ended::Itself(status) = ended else { panic!("{ended:?}") };
        assert_eq!(status.code(), Some(7));
        assert_eq!(std::fs::read_to_string(folder.path().join("stderr")).unwrap(), "err\n");
        assert!(running().values().all(|running| running != folder.path()));
    }

    #[test]
    fn a_late_command_is_killed_with_what_it_forked() {
        let start = Instant::now();
        let (ended, folder) = sh("sleep 600 & echo $!; wait", 0.3, 1 << 20);
        assert_eq!(ended, Ended::Late);
        assert!(start.elapsed() < Duration::from_secs(10));
        assert!(!runs(&folder));
    }

    #[test]
    fn what_outlives_a_command_that_ended_well_is_killed() {
        let (ended, folder) = sh("sleep 600 & echo $!", 20.0, 1 << 20);
        assert!(matches!(ended, Ended::Itself(status) if status.success()));
        assert!(!runs(&folder));
    }

    #[test]
    fn a_command_that_floods_its_folder_is_killed() {
        let (ended, _) = sh("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done", 20.0, 100_000);
        assert_eq!(ended, Ended::Large);
    }

    #[test]
    fn a_program_that_does_not_exist_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let bounds = Bounds { until: Instant::now(), bytes: 1 };
        let words = ["/no/such/program".to_owned()];
        assert_eq!(run(&words, folder.path(), bounds).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(run(&[], folder.path(), bounds).is_err());
    }
}
