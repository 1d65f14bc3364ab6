//! Layouts that were read and checked lately: what was found to be right stays so, whoever asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use marquetry_model::{ContentHash, Layout, TenantId};
use marquetry_store::{RecordStoreExt as _, StoreError};
use marquetry_template::{Checked, Everything, Filled, Template, Unknown};
use serde_json::Value;

use crate::{Service, ServiceError};

/// Checked layouts by their content.
#[derive(Debug, Default)]
pub(crate) struct CheckedLayouts(Mutex<HashMap<ContentHash, Arc<Checked>>>);

impl CheckedLayouts {
    /// Beyond so many all are forgotten: each is read again in a few milliseconds.
    const MOST: usize = 256;

    fn known(&self, content: ContentHash) -> Option<Arc<Checked>> {
        let layouts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        layouts.get(&content).cloned()
    }

    /// Remembers a layout that was checked.
    pub(super) fn learn(&self, content: ContentHash, checked: Checked) -> Arc<Checked> {
        let checked = Arc::new(checked);
        let mut layouts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if layouts.len() >= Self::MOST {
            layouts.clear();
        }
        layouts.insert(content, Arc::clone(&checked));
        checked
    }
}

impl Service {
    /// A layout that was saved, as it was found to be right then.
    pub(super) async fn checked_layout(
        &self,
        tenant: TenantId,
        content: ContentHash,
    ) -> Result<Arc<Checked>, ServiceError> {
        if let Some(checked) = self.inner.layouts.known(content) {
            return Ok(checked);
        }
        let layout = self.stored_layout(tenant, content).await?;
        let limits = &self.inner.settings.layout_limits;
        let checked = Template::parse(layout.json.as_bytes(), limits)
            .and_then(|template| template.check(&Everything, limits))
            .map_err(|problems| unreadable(&problems))?;
        Ok(self.inner.layouts.learn(content, checked))
    }

    pub(super) async fn stored_layout(
        &self,
        tenant: TenantId,
        content: ContentHash,
    ) -> Result<Layout, ServiceError> {
        let found = self.store().get::<Layout>(tenant, &content.to_string()).await?;
        found.ok_or_else(|| unreadable(&"it is not there"))
    }

    /// A layout with values in its gaps.
    pub(super) fn fill(&self, layout: &Checked, fields: &Value) -> Result<Filled, ServiceError> {
        layout
            .fill(fields, &self.inner.settings.layout_limits, Unknown::Warn)
            .map_err(ServiceError::ValuesRefused)
    }
}

fn unreadable(problem: &dyn std::fmt::Display) -> ServiceError {
    ServiceError::Store(StoreError::Unreadable {
        what: "layout",
        problem: problem.to_string(),
    })
}
