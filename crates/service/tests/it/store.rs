//! A store that misbehaves on request, and counts.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use marquetry_job::Timestamp;
use marquetry_model::{
    Account, ApiKey, ApiKeyId, AttemptRecord, Carriage, ContentHash, Delivery, DeliveryId, Endpoint,
    EndpointId, Job, JobId, KeyHash, Lane, LedgerEntry, Mockup, MockupId, Tenant, TenantId, Version,
};
use marquetry_store::memory::MemoryStore;
use marquetry_store::{
    Bell, Changes, Cursor, DeliveryFilter, DeliveryStore, EndpointStore, IdempotencyClaim, Inserted,
    JobFilter, JobStore, JobSwap, KeyStore, LedgerStore, MockupFilter, MockupOrder, MockupPage, MockupStore,
    Page, Pick, Posted, PostingOrder, Record, RecordCursor, RecordKind, RecordPage, RecordStore, StoreError,
    Submission, Swap, Window,
};

type Answer<T> = Result<T, StoreError>;

/// The store in memory, with faults.
#[derive(Debug, Default)]
pub(crate) struct OddStore {
    pub(crate) inner: MemoryStore,
    /// When there, listeners hear this bell, which nobody rings.
    pub(crate) silence: Option<Bell>,
    /// So many looks at a job fail.
    pub(crate) failing_looks: AtomicU32,
    /// So many writes of key uses fail.
    pub(crate) failing_counts: AtomicU32,
    /// How often the uses of a key were written.
    pub(crate) counts: AtomicU32,
}

fn fails(left: &AtomicU32) -> Answer<()> {
    let took = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
    match took {
        Ok(_) => Err(StoreError::Unavailable {
            source: "on request".into(),
        }),
        Err(_) => Ok(()),
    }
}

#[async_trait]
impl JobStore for OddStore {
    async fn insert_job(&self, job: &Job, claim: Option<&IdempotencyClaim>) -> Answer<Inserted> {
        self.inner.insert_job(job, claim).await
    }

    async fn insert_jobs(&self, submission: &Submission) -> Answer<Inserted> {
        self.inner.insert_jobs(submission).await
    }

    async fn remembers(&self, tenant: TenantId, key: &str, at: Timestamp) -> Answer<bool> {
        self.inner.remembers(tenant, key, at).await
    }

    async fn job(&self, tenant: TenantId, id: JobId) -> Answer<Option<Job>> {
        fails(&self.failing_looks)?;
        self.inner.job(tenant, id).await
    }

    async fn list_jobs(
        &self,
        tenant: TenantId,
        filter: &JobFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Answer<Page<Job>> {
        self.inner.list_jobs(tenant, filter, after, limit).await
    }

    async fn due_jobs(&self, pick: &Pick) -> Answer<Vec<Job>> {
        self.inner.due_jobs(pick).await
    }

    async fn next_due_job(&self) -> Answer<Option<Timestamp>> {
        self.inner.next_due_job().await
    }

    async fn held_jobs(&self, after: Option<JobId>, limit: u32) -> Answer<Vec<Job>> {
        self.inner.held_jobs(after, limit).await
    }

    async fn replace_job(&self, expected: Version, swap: &JobSwap) -> Answer<Swap> {
        self.inner.replace_job(expected, swap).await
    }

    async fn overdue_jobs(&self, before: Timestamp, limit: u32) -> Answer<Vec<Job>> {
        self.inner.overdue_jobs(before, limit).await
    }

    async fn forget_jobs(&self, before: Timestamp, limit: u32) -> Answer<u64> {
        self.inner.forget_jobs(before, limit).await
    }

    async fn count_live_jobs(&self, tenant: Option<TenantId>) -> Answer<u64> {
        self.inner.count_live_jobs(tenant).await
    }

    async fn forget_claims(&self, now: Timestamp) -> Answer<u64> {
        self.inner.forget_claims(now).await
    }

    fn changes(&self) -> Changes {
        match &self.silence {
            Some(bell) => bell.listen(),
            None => self.inner.changes(),
        }
    }
}

#[async_trait]
impl MockupStore for OddStore {
    async fn insert_mockup(&self, mockup: &Mockup) -> Answer<()> {
        self.inner.insert_mockup(mockup).await
    }

    async fn mockup(&self, tenant: TenantId, id: MockupId) -> Answer<Option<Mockup>> {
        self.inner.mockup(tenant, id).await
    }

    async fn list_mockups(
        &self,
        tenant: TenantId,
        filter: &MockupFilter,
        order: MockupOrder,
        limit: u32,
        offset: u64,
    ) -> Answer<MockupPage> {
        self.inner
            .list_mockups(tenant, filter, order, limit, offset)
            .await
    }

    async fn replace_mockup(&self, expected: Version, mockup: &Mockup) -> Answer<Swap> {
        self.inner.replace_mockup(expected, mockup).await
    }

    async fn delete_mockup(&self, tenant: TenantId, id: MockupId) -> Answer<Option<Mockup>> {
        self.inner.delete_mockup(tenant, id).await
    }

    async fn content_in_use(&self, content: ContentHash) -> Answer<bool> {
        self.inner.content_in_use(content).await
    }
}

#[async_trait]
impl RecordStore for OddStore {
    async fn insert_record(&self, record: &Record) -> Answer<()> {
        self.inner.insert_record(record).await
    }

    async fn record(&self, tenant: TenantId, kind: RecordKind, id: &str) -> Answer<Option<Record>> {
        self.inner.record(tenant, kind, id).await
    }

    async fn list_records(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        after: Option<&RecordCursor>,
        limit: u32,
    ) -> Answer<RecordPage<Record>> {
        self.inner.list_records(tenant, kind, after, limit).await
    }

    async fn replace_record(&self, expected: Version, record: &Record) -> Answer<Swap> {
        self.inner.replace_record(expected, record).await
    }

    async fn delete_record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
        expected: Option<Version>,
    ) -> Answer<Swap> {
        self.inner.delete_record(tenant, kind, id, expected).await
    }

    async fn discharge_record(
        &self,
        tenant: TenantId,
        kind: RecordKind,
        id: &str,
        expected: Version,
        owed: &[Delivery],
    ) -> Answer<Swap> {
        self.inner
            .discharge_record(tenant, kind, id, expected, owed)
            .await
    }

    async fn is_referred_to(&self, id: &str) -> Answer<bool> {
        self.inner.is_referred_to(id).await
    }

    async fn loose_records(
        &self,
        kind: RecordKind,
        before: Timestamp,
        after: Option<(TenantId, &str)>,
        limit: u32,
    ) -> Answer<Vec<Record>> {
        self.inner.loose_records(kind, before, after, limit).await
    }
}

#[async_trait]
impl LedgerStore for OddStore {
    async fn account(&self, tenant: TenantId) -> Answer<Option<Account>> {
        self.inner.account(tenant).await
    }

    async fn post(&self, order: &PostingOrder) -> Answer<Posted> {
        self.inner.post(order).await
    }

    async fn list_entries(
        &self,
        tenant: TenantId,
        before: Option<u64>,
        limit: u32,
    ) -> Answer<Vec<LedgerEntry>> {
        self.inner.list_entries(tenant, before, limit).await
    }
}

#[async_trait]
impl EndpointStore for OddStore {
    async fn insert_endpoint(&self, endpoint: &Endpoint) -> Answer<()> {
        self.inner.insert_endpoint(endpoint).await
    }

    async fn endpoint(&self, tenant: TenantId, id: EndpointId) -> Answer<Option<Endpoint>> {
        self.inner.endpoint(tenant, id).await
    }

    async fn list_endpoints(&self, tenant: TenantId) -> Answer<Vec<Endpoint>> {
        self.inner.list_endpoints(tenant).await
    }

    async fn swap_endpoint(&self, expected: Version, endpoint: &Endpoint, owed: &[Delivery]) -> Answer<Swap> {
        self.inner.swap_endpoint(expected, endpoint, owed).await
    }

    async fn delete_endpoint(&self, tenant: TenantId, id: EndpointId) -> Answer<bool> {
        self.inner.delete_endpoint(tenant, id).await
    }
}

#[async_trait]
impl DeliveryStore for OddStore {
    async fn insert_delivery(&self, delivery: &Delivery) -> Answer<()> {
        self.inner.insert_delivery(delivery).await
    }

    async fn delivery(&self, tenant: TenantId, id: DeliveryId) -> Answer<Option<Delivery>> {
        self.inner.delivery(tenant, id).await
    }

    async fn list_deliveries(
        &self,
        tenant: TenantId,
        filter: &DeliveryFilter,
        after: Option<Cursor>,
        limit: u32,
    ) -> Answer<Page<Delivery>> {
        self.inner.list_deliveries(tenant, filter, after, limit).await
    }

    async fn due_deliveries(
        &self,
        carriage: Carriage,
        window: Window,
        limit: u32,
        except: &[Lane],
    ) -> Answer<Vec<Delivery>> {
        self.inner.due_deliveries(carriage, window, limit, except).await
    }

    async fn next_due_delivery(
        &self,
        carriage: Carriage,
        from: Timestamp,
        except: &[Lane],
    ) -> Answer<Option<Timestamp>> {
        self.inner.next_due_delivery(carriage, from, except).await
    }

    async fn held_deliveries(
        &self,
        carriage: Carriage,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Answer<Vec<Delivery>> {
        self.inner.held_deliveries(carriage, after, limit).await
    }

    async fn forget_deliveries(&self, before: Timestamp, limit: u32) -> Answer<u64> {
        self.inner.forget_deliveries(before, limit).await
    }

    async fn replace_delivery(
        &self,
        expected: Version,
        delivery: &Delivery,
        tried: Option<&AttemptRecord>,
    ) -> Answer<Swap> {
        self.inner.replace_delivery(expected, delivery, tried).await
    }

    async fn delivery_attempts(
        &self,
        tenant: TenantId,
        id: DeliveryId,
        before: Option<u32>,
        limit: u32,
    ) -> Answer<Vec<AttemptRecord>> {
        self.inner.delivery_attempts(tenant, id, before, limit).await
    }

    async fn forget_attempts(&self, before: Timestamp, limit: u32) -> Answer<u64> {
        self.inner.forget_attempts(before, limit).await
    }
}

#[async_trait]
impl KeyStore for OddStore {
    async fn insert_tenant(&self, tenant: &Tenant) -> Answer<()> {
        self.inner.insert_tenant(tenant).await
    }

    async fn tenant(&self, id: TenantId) -> Answer<Option<Tenant>> {
        self.inner.tenant(id).await
    }

    async fn list_tenants(&self) -> Answer<Vec<Tenant>> {
        self.inner.list_tenants().await
    }

    async fn insert_key(&self, key: &ApiKey) -> Answer<()> {
        self.inner.insert_key(key).await
    }

    async fn key_by_hash(&self, hash: &KeyHash) -> Answer<Option<ApiKey>> {
        self.inner.key_by_hash(hash).await
    }

    async fn list_keys(&self, tenant: TenantId) -> Answer<Vec<ApiKey>> {
        self.inner.list_keys(tenant).await
    }

    async fn revoke_key(&self, tenant: TenantId, id: ApiKeyId, at: Timestamp) -> Answer<bool> {
        self.inner.revoke_key(tenant, id, at).await
    }

    async fn count_use(&self, id: ApiKeyId, requests: u64, at: Timestamp) -> Answer<()> {
        fails(&self.failing_counts)?;
        self.counts.fetch_add(1, Ordering::SeqCst);
        self.inner.count_use(id, requests, at).await
    }
}
