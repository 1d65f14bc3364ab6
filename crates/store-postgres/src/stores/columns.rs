//! Rows side by side become columns, the form in which one statement takes many of them.

use marquetry_store::persisted::{DeliveryRow, JobRow, MockupRow};
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::swapping::NewState;
use super::{text, uuid};
use crate::pool::Value;

/// Columns of one statement's rows, in the order of its parameters.
#[derive(Debug, Default)]
pub(super) struct Columns(Vec<(Column, Type)>);

#[derive(Debug)]
enum Column {
    Uuids(Vec<Option<Uuid>>),
    Numbers(Vec<Option<i64>>),
    Truths(Vec<bool>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Column {
    fn value(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Uuids(all) => all,
            Self::Numbers(all) => all,
            Self::Truths(all) => all,
            Self::Texts(all) => all,
            Self::Bytes(all) => all,
        }
    }
}

impl Columns {
    pub(super) fn uuids(mut self, all: impl Iterator<Item = Option<[u8; 16]>>) -> Self {
        let all = all.map(|id| id.as_ref().map(uuid)).collect();
        self.0.push((Column::Uuids(all), Type::UUID_ARRAY));
        self
    }

    pub(super) fn numbers(mut self, all: impl Iterator<Item = Option<i64>>) -> Self {
        self.0.push((Column::Numbers(all.collect()), Type::INT8_ARRAY));
        self
    }

    pub(super) fn truths(mut self, all: impl Iterator<Item = bool>) -> Self {
        self.0.push((Column::Truths(all.collect()), Type::BOOL_ARRAY));
        self
    }

    pub(super) fn texts<'a>(mut self, all: impl Iterator<Item = Option<&'a str>>) -> Self {
        let all = all.map(|one| one.map(|one| text(one).into_owned())).collect();
        self.0.push((Column::Texts(all), Type::TEXT_ARRAY));
        self
    }

    pub(super) fn bytes<'a>(mut self, all: impl Iterator<Item = Option<&'a [u8]>>) -> Self {
        let all = all.map(|one| one.map(<[u8]>::to_vec)).collect();
        self.0.push((Column::Bytes(all), Type::BYTEA_ARRAY));
        self
    }

    /// As parameters.
    pub(super) fn values(&self) -> Vec<Value<'_>> {
        self.0
            .iter()
            .map(|(column, kind)| (column.value(), kind.clone()))
            .collect()
    }

    /// id, tenant, kind, subject, due, running, started, priority, created_at, version, spec, record, suspect.
    pub(super) fn jobs(self, rows: &[&JobRow]) -> Self {
        let all = || rows.iter();
        self.uuids(all().map(|row| Some(row.id)))
            .uuids(all().map(|row| Some(row.tenant)))
            .texts(all().map(|row| Some(row.kind.as_str())))
            .uuids(all().map(|row| row.subject))
            .numbers(all().map(|row| row.due))
            .truths(all().map(|row| row.running))
            .truths(all().map(|row| row.started))
            .numbers(all().map(|row| Some(row.priority)))
            .numbers(all().map(|row| Some(row.created_at)))
            .numbers(all().map(|row| Some(row.version)))
            .texts(all().map(|row| Some(row.spec.as_str())))
            .texts(all().map(|row| Some(row.record.as_str())))
            .truths(all().map(|row| row.suspect))
    }

    /// id, tenant, expected, due, running, started, version, record, suspect, begins.
    pub(super) fn swaps(self, wishes: &[&NewState]) -> Self {
        let all = || wishes.iter().map(|wish| (wish.expected, &wish.row));
        self.uuids(all().map(|(_, row)| Some(row.id)))
            .uuids(all().map(|(_, row)| Some(row.tenant)))
            .numbers(all().map(|(expected, _)| Some(expected)))
            .numbers(all().map(|(_, row)| row.due))
            .truths(all().map(|(_, row)| row.running))
            .truths(all().map(|(_, row)| row.started))
            .numbers(all().map(|(_, row)| Some(row.version)))
            .texts(all().map(|(_, row)| Some(row.record.as_str())))
            .truths(all().map(|(_, row)| row.suspect))
            .truths(all().map(|(_, row)| row.begins))
    }

    /// What owes it, if anything does, then id, tenant, endpoint, lane, event, shown, due, sending, created_at,
    /// version, record, body, file, and the record of where it stands.
    pub(super) fn deliveries(self, rows: &[([u8; 16], &DeliveryRow)]) -> Self {
        let all = || rows.iter().map(|(_, row)| *row);
        let turns = || all().map(|row| &row.turn);
        self.uuids(rows.iter().map(|(owner, _)| Some(*owner)))
            .uuids(turns().map(|turn| Some(turn.id)))
            .uuids(turns().map(|turn| Some(turn.tenant)))
            .uuids(all().map(|row| row.endpoint))
            .texts(turns().map(|turn| Some(turn.lane.as_str())))
            .texts(all().map(|row| Some(row.event)))
            .texts(turns().map(|turn| Some(turn.shown)))
            .numbers(turns().map(|turn| turn.due))
            .truths(turns().map(|turn| turn.sending))
            .numbers(turns().map(|turn| Some(turn.created_at)))
            .numbers(turns().map(|turn| Some(turn.version)))
            .texts(all().map(|row| Some(row.record.as_str())))
            .bytes(all().map(|row| Some(&row.body[..])))
            .truths(turns().map(|turn| turn.file))
            .texts(turns().map(|turn| Some(turn.record.as_str())))
    }

    /// The job that made it, then id, tenant, name, folded_name, content, created_at, updated_at,
    /// version, record.
    pub(super) fn mockups(self, rows: &[([u8; 16], &MockupRow)]) -> Self {
        let all = || rows.iter().map(|(_, row)| *row);
        self.uuids(rows.iter().map(|(job, _)| Some(*job)))
            .uuids(all().map(|row| Some(row.id)))
            .uuids(all().map(|row| Some(row.tenant)))
            .texts(all().map(|row| Some(row.name.as_str())))
            .texts(all().map(|row| Some(row.folded_name.as_str())))
            .bytes(all().map(|row| Some(&row.content[..])))
            .numbers(all().map(|row| Some(row.created_at)))
            .numbers(all().map(|row| Some(row.updated_at)))
            .numbers(all().map(|row| Some(row.version)))
            .texts(all().map(|row| Some(row.record.as_str())))
    }
}
