//! Importing a package, and making a scope what a folder says: all of it in one unit of work, or nothing.

use std::collections::BTreeMap;

use bytes::Bytes;
use lockgate_domain::{Caller, Digest, Scope};
use lockgate_engine::EngineError;
use lockgate_store::Action;

use super::contents::{self, Contents, Layout};
use super::export::{component_permit, permit};
use super::plan::{GroupPlan, Plan, PlannedAction};
use super::prepare::PreparedGroup;
use super::put;
use crate::change::unit_of_work::bounded;
use crate::package_error::PackageError;
use crate::{Changes, FlowError, UnitOfWork};

/// How often everything is checked anew because somebody else has changed one of the groups meanwhile.
const ATTEMPTS: usize = 3;
/// Bytes of a component that are unpacked: the largest that a limit can allow.
const COMPONENT_MAX: u64 = 256 * 1024 * 1024;

/// What happens where a group of the package's slug or name is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnConflict {
    /// Nothing is changed, and the plan says so.
    #[default]
    Fail,
    /// The group of that slug becomes what the package says.
    Update,
    /// The imported group gets another slug and name.
    Rename,
}

/// What was sent.
#[derive(Debug, Clone)]
pub enum PackageBytes {
    /// A group's document, in YAML or JSON.
    Document(Bytes),
    /// A zip archive.
    Archive(Bytes),
}

/// How a change of several groups is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct PackageOptions {
    /// Make the plan, and change nothing.
    pub dry_run: bool,
    /// Remove or narrow connectors of groups that stay, and take OAuth clients away.
    pub allow_removal: bool,
}

/// What is done with what was read.
#[derive(Debug, Clone, Copy)]
enum Mode {
    Import(OnConflict),
    Apply { prune: bool },
}

impl Changes<'_> {
    /// Imports a package: one group, with its connectors, and its plugins as far as their bytes are in the package or in a
    /// group that the caller sees.
    ///
    /// # Errors
    /// [`FlowError::Package`], [`FlowError::Removal`], and as for making or changing the group. Nothing has changed then.
    pub async fn import(
        self,
        scope: &Scope,
        sent: PackageBytes,
        on_conflict: OnConflict,
        options: PackageOptions,
        by: &Caller,
    ) -> Result<Plan, FlowError> {
        let contents = self.read(*scope, sent, Layout::Package).await?;
        self.run(scope, &contents, Mode::Import(on_conflict), options, by).await
    }

    /// Makes the groups and installations of a scope what the archive of a folder says. With `prune`, groups that it has not
    /// are deleted, and installations that it has not are taken back.
    ///
    /// # Errors
    /// As for [`Self::import`]. Nothing has changed then.
    pub async fn apply(
        self,
        scope: &Scope,
        archive: Bytes,
        prune: bool,
        options: PackageOptions,
        by: &Caller,
    ) -> Result<Plan, FlowError> {
        let contents = self.read(*scope, PackageBytes::Archive(archive), Layout::Folder).await?;
        self.run(scope, &contents, Mode::Apply { prune }, options, by).await
    }

    /// Reads what was sent into a scope, and looks whether each plugin is the one that its name says.
    async fn read(self, scope: Scope, sent: PackageBytes, layout: Layout) -> Result<Contents, FlowError> {
        let _permit = permit().await?;
        let engine = &self.0.0.engine;
        let bytes = match sent {
            PackageBytes::Document(bytes) => return engine.compute(scope, move || contents::of_text(&bytes)).await?,
            PackageBytes::Archive(bytes) => bytes,
        };
        let mut read = engine.compute(scope, move || contents::of_archive(bytes, layout)).await??;
        for (index, digest) in read.components {
            let _permit = component_permit().await?;
            let archive = read.archive.clone();
            let unpacked = engine.compute(scope, move || -> Result<_, FlowError> {
                let Some(entry) = archive.entries().get(index) else {
                    return Err(FlowError::NotFound("the entry".to_owned()));
                };
                let bytes = archive.read(entry, COMPONENT_MAX)?;
                let found = Digest::of(&bytes);
                if found == digest {
                    Ok(bytes)
                } else {
                    Err(PackageError::PluginDigest { file: entry.name.clone(), found }.into())
                }
            });
            let bytes = unpacked.await??;
            // On disk, as a component that is sent alone.
            let mut upload = self.upload().await?;
            upload.write(&bytes).await.map_err(FlowError::from)?;
            drop(bytes);
            let bytes = upload.finish().await.map_err(|error: EngineError| FlowError::from(error))?;
            read.contents.components.insert(digest, bytes);
        }
        Ok(read.contents)
    }

    async fn run(
        self,
        scope: &Scope,
        contents: &Contents,
        mode: Mode,
        options: PackageOptions,
        by: &Caller,
    ) -> Result<Plan, FlowError> {
        let rename = matches!(mode, Mode::Import(OnConflict::Rename));
        let mut attempt = 0;
        loop {
            let mut groups = Vec::with_capacity(contents.groups.len());
            for wanted in &contents.groups {
                groups.push(self.prepare_group(scope, wanted, &contents.components, (rename, by)).await?);
            }
            let mut unit = self.begin(by).await?;
            let done = bounded(steps(&mut unit, scope, contents, (&groups, mode), options, by)).await;
            attempt += 1;
            match done {
                Ok(plan) if options.dry_run || !plan.changes => {
                    unit.rollback().await;
                    return Ok(plan);
                }
                Ok(plan) => return unit.commit().await.map(|()| plan),
                Err(FlowError::Changed) if attempt < ATTEMPTS => unit.rollback().await,
                Err(error) => {
                    unit.rollback().await;
                    return Err(error);
                }
            }
        }
    }
}

/// Everything that is to be changed, and the plan of it.
async fn steps(
    unit: &mut UnitOfWork,
    scope: &Scope,
    contents: &Contents,
    (groups, mode): (&[PreparedGroup], Mode),
    options: PackageOptions,
    by: &Caller,
) -> Result<Plan, FlowError> {
    let known = unit.catalog().clone();
    let mut plans = match mode {
        Mode::Apply { prune: true } => put::prune(unit, scope, groups, (&known, by)).await?,
        Mode::Apply { prune: false } | Mode::Import(_) => Vec::new(),
    };
    let update = match mode {
        Mode::Apply { .. } | Mode::Import(OnConflict::Update) => true,
        Mode::Import(OnConflict::Fail | OnConflict::Rename) => false,
    };
    for group in groups {
        let conflicts = put::conflicts(unit.catalog(), scope, group, update);
        if conflicts.is_empty() {
            let put = put::put_group(unit, scope, group, &known).await;
            plans.push(put.map_err(|error| error.in_file(&group.file))?);
        } else if options.dry_run {
            plans.push(put::conflicting(group, conflicts));
        } else {
            return Err(FlowError::from(PackageError::NameTaken(conflicts)).in_file(&group.file));
        }
    }
    let mut installations = Vec::new();
    let conflicting: Vec<_> = plans.iter().filter(|plan| plan.action == PlannedAction::Conflict).collect();
    if conflicting.is_empty() {
        for wanted in &contents.installations {
            let put = put::put_installation(unit, scope, wanted, by).await;
            installations.push(put.map_err(|error| error.in_file(&wanted.file))?);
        }
        if let Mode::Apply { prune: true } = mode {
            installations.extend(put::prune_installations(unit, scope, &contents.installations, by).await?);
        }
    }
    let plan = Plan::of(options.dry_run, plans, installations);
    if !(options.allow_removal || options.dry_run) {
        nothing_is_lost(&plan)?;
    }
    if plan.changes && !options.dry_run {
        let (action, subject) = match mode {
            Mode::Import(_) => (Action::ImportPackage, slugs(&plan.groups)),
            Mode::Apply { .. } => (Action::ApplyFolder, counted(&plan.groups)),
        };
        unit.note(action, scope, &subject).await?;
    }
    Ok(plan)
}

/// Refuses what takes connectors away, narrows their schemas, or deletes the secrets of clients.
fn nothing_is_lost(plan: &Plan) -> Result<(), FlowError> {
    let (removed, breaks) = plan.narrowed();
    if !(removed.is_empty() && breaks.is_empty()) {
        return Err(FlowError::Removal { removed, breaks });
    }
    let clients: BTreeMap<_, _> = plan
        .installations
        .iter()
        .filter(|one| !one.removed_clients.is_empty())
        .map(|one| (one.group.clone(), one.removed_clients.clone()))
        .collect();
    if clients.is_empty() { Ok(()) } else { Err(PackageError::ClientRemoval(clients).into()) }
}

fn slugs(groups: &[GroupPlan]) -> String {
    groups.iter().map(|group| group.slug.as_str()).collect::<Vec<_>>().join(" ")
}

/// How many groups there are of each kind.
fn counted(groups: &[GroupPlan]) -> String {
    let count = |wanted| groups.iter().filter(|group| group.action == wanted).count();
    let (made, changed) = (count(PlannedAction::Create), count(PlannedAction::Update));
    format!("{made} made, {changed} changed, {} deleted", count(PlannedAction::Delete))
}
