//! Team layouts: players take their slots one call at a time, and no two calls lose each other's.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use marquetry_model::{About, Design, DesignId, Handle, ModelError, TenantId, Version};
use marquetry_store::StoreError;
use marquetry_template::{Checked, FieldType, Kind, Layer, PlayerId, RepeatLayer, seat};
use serde_json::{Map, Value};

use super::designs::merge;
use super::fills::values;
use crate::mockups::ROUNDS;
use crate::{Service, ServiceError, fingerprint};

/// A player who takes a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct SeatRequest {
    /// In which design.
    pub design: TeamDesign,
    /// Who. 1 to 64 characters.
    pub player: String,
    /// The values of the slot, a JSON object: put over those that the player has there already.
    pub fields: String,
    /// Values outside the slots, a JSON object: put over those that are there.
    pub shared: String,
}

/// Which design of a team is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TeamDesign {
    /// The one that is there.
    There(DesignId),
    /// The one of this template and team, which the first call makes of the published revision.
    Of {
        /// The template.
        template: Handle,
        /// The team. 1 to 64 characters.
        team: String,
    },
}

/// Which slot a player took, and how full the layout is.
#[derive(Clone, Debug, PartialEq)]
pub struct Seat {
    /// The design as it is now.
    pub design: Design,
    /// The slot's name.
    pub slot: String,
    /// How many slots are taken.
    pub filled: usize,
    /// How many there are.
    pub slots: usize,
}

/// Held while one design is changed: calls for one team take turns, so that many at once are no race. Between processes
/// the store's swap decides.
#[derive(Debug)]
pub(crate) struct TeamGates([tokio::sync::Mutex<()>; 64]);

impl Default for TeamGates {
    fn default() -> Self {
        Self(std::array::from_fn(|_| tokio::sync::Mutex::default()))
    }
}

impl TeamGates {
    async fn enter(&self, design: DesignId) -> tokio::sync::MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        design.hash(&mut hasher);
        let gate = usize::try_from(hasher.finish() % 64).unwrap_or_default();
        self.0[gate].lock().await
    }
}

impl Service {
    /// Seats a player: in the slot that names them, else in the one they hold, else in the first free one.
    ///
    /// # Errors
    /// [`ServiceError::TemplateNotFound`], [`ServiceError::TemplateNotPublished`], [`ServiceError::DesignNotFound`];
    /// [`ServiceError::NoTeam`] when the template has no team layout; [`ServiceError::LayoutFull`];
    /// [`ServiceError::ValuesRefused`] and [`ServiceError::Invalid`]; those of the store.
    pub async fn seat_player(&self, tenant: TenantId, request: SeatRequest) -> Result<Seat, ServiceError> {
        let player = PlayerId::new(request.player.as_str()).ok_or(ModelError::Malformed {
            field: "player_id",
            expected: "1 to 64 characters, none of them control characters",
        })?;
        let (own, shared) = (values(&request.fields)?, values(&request.shared)?);
        let id = match &request.design {
            TeamDesign::There(id) => *id,
            TeamDesign::Of { template, team } => {
                marquetry_model::text("team_key", team, 64)?;
                let (template, team) = (template.as_str().as_bytes(), team.as_bytes());
                DesignId::from_random(fingerprint::short(&[tenant.as_bytes(), b"team", template, team]))
            }
        };
        let _turn = self.inner.teams.enter(id).await;
        for _ in 0..ROUNDS {
            let known = match (self.design(tenant, id).await, &request.design) {
                (Err(ServiceError::DesignNotFound { .. }), TeamDesign::Of { template, team }) => {
                    let design = self.new_team(tenant, id, template, team).await?;
                    self.insert_design(design).await?.0
                }
                (found, _) => found?,
            };
            let layout = self.checked_layout(tenant, known.pinned.layout).await?;
            let team = Team::of(&layout).ok_or(ServiceError::NoTeam)?;
            let mut fields = values(&known.fields)?;
            if shared.contains_key(team.field) {
                return Err(ServiceError::Invalid(ModelError::Malformed {
                    field: "shared_fields",
                    expected: "values outside the slots of the team",
                }));
            }
            merge(&mut fields, shared.clone());
            let mut cells = team.cells(&fields);
            let at = team.sit(&mut cells, &player, &own)?;
            let filled = cells.iter().flatten().count();
            let slots = cells.len();
            let items = cells
                .into_iter()
                .map(|cell| cell.map_or(Value::Null, Value::Object));
            fields.insert(team.field.to_owned(), items.collect());
            let fields = Value::Object(fields);
            self.fill(&layout, &fields)?;
            let design = Design {
                fields: fields.to_string(),
                version: known.version.next(),
                updated_at: self.now().max(known.updated_at),
                ..known.clone()
            };
            if self.replace_design(&known, &design).await? {
                return Ok(Seat {
                    slot: team.slot_name(at),
                    design,
                    filled,
                    slots,
                });
            }
        }
        Err(StoreError::Contended { what: "design" }.into())
    }

    /// The design of a team before anybody sits in it.
    async fn new_team(
        &self,
        tenant: TenantId,
        id: DesignId,
        template: &Handle,
        team: &str,
    ) -> Result<Design, ServiceError> {
        let (pinned, layout) = self.pinned_template(tenant, template).await?;
        if Team::of(&layout).is_none() {
            return Err(ServiceError::NoTeam);
        }
        let now = self.now();
        Ok(Design {
            tenant,
            id,
            pinned,
            fields: "{}".to_owned(),
            about: About::default(),
            team: Some(team.to_owned()),
            version: Version::FIRST,
            created_at: now,
            updated_at: now,
        })
    }
}

/// The values of one slot.
type Item = Map<String, Value>;

/// What an item calls the player whose it is.
const PLAYER: &str = "player_id";

/// The slots of a layout: those of its first repeat that has a field.
struct Team<'l> {
    field: &'l str,
    repeat: &'l RepeatLayer,
}

impl<'l> Team<'l> {
    fn of(layout: &'l Checked) -> Option<Self> {
        let mut fields = layout.fields().iter();
        let field = fields.find(|field| field.field_type == FieldType::Team)?;
        let field = field.name.as_str();
        let pages = &layout.template().pages;
        let repeat = pages.iter().find_map(|page| repeat_of(&page.layers, field))?;
        Some(Self { field, repeat })
    }

    /// Who sits where. Items that are not there leave their cells free.
    fn cells(&self, fields: &Item) -> Vec<Option<Item>> {
        let given = match fields.get(self.field) {
            Some(Value::Array(items)) => items.as_slice(),
            _ => &[],
        };
        let item = |at| given.get(at).and_then(Value::as_object).cloned();
        (0..self.repeat.cells()).map(item).collect()
    }

    /// Puts the player in a cell with these values over those they have; tells which.
    fn sit(
        &self,
        cells: &mut [Option<Item>],
        player: &PlayerId,
        given: &Item,
    ) -> Result<usize, ServiceError> {
        let at = self.place(cells, player)?;
        let (mut item, sat_there) = match cells[at].take() {
            Some(item) if player_of(&item).as_ref() == Some(player) => (item, None),
            other => (Item::new(), other),
        };
        merge(&mut item, given.clone());
        item.insert(PLAYER.to_owned(), player.as_str().into());
        cells[at] = Some(item);
        // Whoever sat where the slot names another moves on.
        if let Some(moving) = sat_there {
            let next = match player_of(&moving) {
                Some(player) => self.place(cells, &player)?,
                None => cells.iter().position(Option::is_none).ok_or(full(cells))?,
            };
            cells[next] = Some(moving);
        }
        Ok(at)
    }

    fn place(&self, cells: &[Option<Item>], player: &PlayerId) -> Result<usize, ServiceError> {
        let players: Vec<Option<Option<PlayerId>>> =
            cells.iter().map(|cell| cell.as_ref().map(player_of)).collect();
        let held: Vec<Option<Option<&PlayerId>>> = players
            .iter()
            .map(|cell| cell.as_ref().map(Option::as_ref))
            .collect();
        seat(&self.repeat.slots, &held, Some(player)).map_err(|_| full(cells))
    }

    fn slot_name(&self, at: usize) -> String {
        match self.repeat.slots.get(at) {
            Some(slot) => slot.id.to_string(),
            None => format!("s{:02}", at + 1),
        }
    }
}

fn full(cells: &[Option<Item>]) -> ServiceError {
    ServiceError::LayoutFull { slots: cells.len() }
}

fn player_of(item: &Item) -> Option<PlayerId> {
    item.get(PLAYER).and_then(Value::as_str).and_then(PlayerId::new)
}

fn repeat_of<'l>(layers: &'l [Layer], field: &str) -> Option<&'l RepeatLayer> {
    layers.iter().find_map(|layer| match &layer.kind {
        Kind::Repeat(repeat) => {
            let own = layer.common.field.as_ref();
            own.filter(|name| name.as_str() == field).map(|_| &**repeat)
        }
        Kind::Group(group) => repeat_of(&group.layers, field),
        _ => None,
    })
}
