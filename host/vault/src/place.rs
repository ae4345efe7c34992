//! Where a sealed value belongs.

use lockgate_domain::{GroupId, Scope, TenantName};

/// The place of a value. It is not stored with the value but bound to it: a value that was copied to another scope,
/// tenant, group, record or field does not open there.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The scope that owns the value.
    pub scope: Scope,
    /// The scope's end customer, if it belongs to one.
    pub tenant: Option<&'a TenantName>,
    /// The group that uses it.
    pub group: GroupId,
    /// The record's id.
    pub record: &'a [u8],
    /// The name of the field in the record.
    pub field: &'a str,
}

impl Place<'_> {
    /// The place as bytes, after the parts that a use adds. Every part has its length before it, and the number of
    /// parts is fixed for each use, so two places never give the same bytes.
    pub(crate) fn bind(&self, parts: &[&[u8]]) -> Vec<u8> {
        let (organization, workspace) = match &self.scope {
            Scope::Organization(organization) => (organization, None),
            Scope::Workspace(organization, workspace) => (organization, Some(workspace)),
        };
        // An id has 16 bytes and a tenant's name at least one, so an empty part means that there is none.
        let own: [&[u8]; 6] = [
            organization.as_bytes(),
            workspace.map_or(&[], |workspace| workspace.as_bytes()),
            self.tenant.map_or(&[], |tenant| tenant.as_str().as_bytes()),
            self.group.as_bytes(),
            self.record,
            self.field.as_bytes(),
        ];
        let mut bytes = Vec::new();
        for part in parts.iter().chain(&own) {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part);
        }
        bytes
    }
}
