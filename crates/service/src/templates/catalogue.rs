//! Whether a layout refers to what there is. A layout is asked first what it refers to; all of that is looked up, and
//! then it is checked against what was found.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use marquetry_model::{AssetKind, LayerId, MockupId, TemplateAsset, TenantId};
use marquetry_store::RecordStoreExt as _;
use marquetry_template::{AssetId, Catalogue, Checked, Family, Template};
use serde_json::Value;

use crate::{Service, ServiceError};

/// Says yes to everything, and remembers what it was asked.
#[derive(Debug, Default)]
struct Asked {
    assets: RefCell<BTreeSet<String>>,
    mockups: RefCell<BTreeSet<MockupId>>,
}

/// What there is of that which a layout refers to.
#[derive(Debug)]
struct There<'f> {
    assets: BTreeMap<String, AssetKind>,
    smart_objects: BTreeMap<MockupId, BTreeSet<LayerId>>,
    families: &'f [String],
}

impl Service {
    /// Reads a layout and checks it against what the tenant has.
    pub(super) async fn check_layout(
        &self,
        tenant: TenantId,
        layout: &Value,
    ) -> Result<Checked, ServiceError> {
        let limits = &self.inner.settings.layout_limits;
        let template = Template::from_value(layout, limits).map_err(ServiceError::LayoutRefused)?;
        let (assets, mockups) = {
            let asked = Asked::default();
            // What else is wrong is told below, with everything that is not there.
            let _ = template.clone().check(&asked, limits);
            (asked.assets.into_inner(), asked.mockups.into_inner())
        };
        let mut there = There {
            assets: BTreeMap::new(),
            smart_objects: BTreeMap::new(),
            families: &self.inner.settings.families,
        };
        for id in assets {
            if let Some(asset) = self.store().get::<TemplateAsset>(tenant, &id).await? {
                there.assets.insert(id, asset.kind);
            }
        }
        for id in mockups {
            if let Some(mockup) = self.store().mockup(tenant, id).await? {
                let slots = mockup.catalogue.smart_objects.iter().map(|slot| slot.id);
                there.smart_objects.insert(id, slots.collect());
            }
        }
        template
            .check(&there, limits)
            .map_err(ServiceError::LayoutRefused)
    }
}

impl Asked {
    fn asset(&self, asset: &AssetId) -> bool {
        self.assets.borrow_mut().insert(asset.to_string());
        true
    }
}

impl Catalogue for Asked {
    fn has_picture(&self, asset: &AssetId) -> bool {
        self.asset(asset)
    }

    fn has_font(&self, asset: &AssetId) -> bool {
        self.asset(asset)
    }

    fn has_family(&self, _: &Family) -> bool {
        true
    }

    fn has_mockup(&self, mockup: uuid::Uuid) -> bool {
        self.mockups.borrow_mut().insert(mockup_of(mockup));
        true
    }

    fn has_smart_object(&self, mockup: uuid::Uuid, _: uuid::Uuid) -> bool {
        self.has_mockup(mockup)
    }
}

impl There<'_> {
    fn has(&self, asset: &AssetId, kind: AssetKind) -> bool {
        self.assets.get(asset.as_str()) == Some(&kind)
    }
}

impl Catalogue for There<'_> {
    fn has_picture(&self, asset: &AssetId) -> bool {
        self.has(asset, AssetKind::Image)
    }

    fn has_font(&self, asset: &AssetId) -> bool {
        self.has(asset, AssetKind::Font)
    }

    fn has_family(&self, family: &Family) -> bool {
        self.families.iter().any(|known| known == family.as_str())
    }

    fn has_mockup(&self, mockup: uuid::Uuid) -> bool {
        self.smart_objects.contains_key(&mockup_of(mockup))
    }

    fn has_smart_object(&self, mockup: uuid::Uuid, smart_object: uuid::Uuid) -> bool {
        let slots = self.smart_objects.get(&mockup_of(mockup));
        slots.is_some_and(|slots| slots.contains(&LayerId::from_bytes(*smart_object.as_bytes())))
    }
}

/// The mockup that a layout names.
pub(super) fn mockup_of(id: uuid::Uuid) -> MockupId {
    MockupId::from_bytes(*id.as_bytes())
}
