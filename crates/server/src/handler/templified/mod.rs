//! The routes of the second dialect: read with `dialect::templified`, ask `service`, answer in its words.

pub(crate) mod exports;
pub(crate) mod photos;
pub(crate) mod renders;

use marquetry_dialect::templified::Problem;
use marquetry_service::ServiceError;

use crate::problem::templified::of_service;

/// The errors of the service, as every handler here tells them.
trait Told<T> {
    /// The problem that the error is to a client.
    fn told(self) -> Result<T, Problem>;
}

impl<T> Told<T> for Result<T, ServiceError> {
    fn told(self) -> Result<T, Problem> {
        self.map_err(of_service)
    }
}
