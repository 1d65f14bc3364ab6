//! The server as its clients see it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should say where")]

mod http;
mod inspect;
mod late_database;
mod on_s3;
mod render_command;
mod sent_files;
mod sudden_death;
mod two_processes;
mod upgrade;
mod webhooks_command;
