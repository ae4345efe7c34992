use lockgate_domain::{GroupId, OrganizationId, Scope, TenantName, WorkspaceId};

use super::*;
use crate::KeySource;

/// A place with everything set, for a test to change one part of.
struct Home {
    organization: OrganizationId,
    workspace: WorkspaceId,
    tenant: TenantName,
    group: GroupId,
}

impl Home {
    fn new() -> Self {
        let tenant = "customer-1".parse().unwrap();
        Self { organization: OrganizationId::new(), workspace: WorkspaceId::new(), tenant, group: GroupId::new() }
    }

    fn place(&self) -> Place<'_> {
        let scope = Scope::Workspace(self.organization, self.workspace);
        Place { scope, tenant: Some(&self.tenant), group: self.group, record: b"connection-1", field: "main.token" }
    }
}

fn vault() -> Vault {
    Vault::new(&KeyRing::generate().unwrap())
}

fn secret(text: &str) -> Secret {
    text.to_owned().into()
}

/// What opening gives, as text that tests compare.
fn opened(vault: &Vault, place: &Place<'_>, sealed: &[u8]) -> Result<String, VaultError> {
    vault.open(place, sealed).map(|secret| String::from_utf8(secret.expose().to_vec()).unwrap())
}

#[test]
fn a_value_comes_back_and_no_two_sealings_are_alike() {
    let (vault, home) = (vault(), Home::new());
    let sealed = vault.seal(&home.place(), &secret("hunter2")).unwrap();
    assert_eq!(opened(&vault, &home.place(), &sealed).unwrap(), "hunter2");
    assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
    let again = vault.seal(&home.place(), &secret("hunter2")).unwrap();
    assert!(sealed[9..] != again[9..] && sealed[..9] == again[..9]);
}

#[test]
fn a_value_opens_in_its_own_place_alone() {
    let (vault, home) = (vault(), Home::new());
    let place = home.place();
    let sealed = vault.seal(&place, &secret("hunter2")).unwrap();
    let tenant = "customer-2".parse().unwrap();
    let elsewhere = [
        Place { scope: Scope::Organization(home.organization), ..place },
        Place { scope: Scope::Workspace(home.organization, WorkspaceId::new()), ..place },
        Place { scope: Scope::Workspace(OrganizationId::new(), home.workspace), ..place },
        Place { tenant: Some(&tenant), ..place },
        Place { tenant: None, ..place },
        Place { group: GroupId::new(), ..place },
        Place { record: b"connection-2", ..place },
        Place { field: "main.key", ..place },
        // The same bytes in a row, cut elsewhere.
        Place { record: b"connection-1m", field: "ain.token", ..place },
        Place { record: b"connection-", field: "1main.token", ..place },
    ];
    for other in elsewhere {
        assert_eq!(opened(&vault, &other, &sealed), Err(VaultError::Refused), "{other:?}");
        assert_eq!(vault.rewrap(&other, &sealed), Err(VaultError::Refused), "{other:?}");
    }
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let (vault, home) = (vault(), Home::new());
    let sealed = vault.seal(&home.place(), &secret("hunter2")).unwrap();
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let error = opened(&vault, &home.place(), &changed).unwrap_err();
        match bit / 8 {
            0 => assert_eq!(error, VaultError::Algorithm(changed[0])),
            1..9 => assert!(matches!(error, VaultError::Key { .. }), "bit {bit}"),
            _ => assert_eq!(error, VaultError::Refused, "bit {bit}"),
        }
    }
}

#[test]
fn a_cut_or_longer_value_is_refused() {
    let (vault, home) = (vault(), Home::new());
    let sealed = vault.seal(&home.place(), &secret("hunter2")).unwrap();
    for length in 0..sealed.len() {
        assert_eq!(opened(&vault, &home.place(), &sealed[..length]), Err(VaultError::Refused), "{length} bytes");
    }
    let longer = [&sealed[..], &[0]].concat();
    assert_eq!(opened(&vault, &home.place(), &longer), Err(VaultError::Refused));
}

#[test]
fn another_algorithm_is_refused_by_its_number() {
    let (vault, home) = (vault(), Home::new());
    let mut sealed = vault.seal(&home.place(), &secret("hunter2")).unwrap();
    for algorithm in (0..=u8::MAX).filter(|number| *number != ALGORITHM) {
        sealed[0] = algorithm;
        assert_eq!(opened(&vault, &home.place(), &sealed), Err(VaultError::Algorithm(algorithm)));
        assert!(!vault.is_current(&sealed));
    }
}

#[test]
fn another_key_is_refused_by_its_id() {
    let (mine, theirs, home) = (vault(), vault(), Home::new());
    let sealed = mine.seal(&home.place(), &secret("hunter2")).unwrap();
    let refused = VaultError::Key { needs: mine.active.id, holds: vec![theirs.active.id] };
    assert_eq!(opened(&theirs, &home.place(), &sealed).unwrap_err(), refused);
    assert_eq!(theirs.verify_check(&mine.check_value()).unwrap_err(), refused);
    let text = refused.to_string();
    assert!(text.contains(&mine.active.id.to_string()) && text.contains(&theirs.active.id.to_string()), "{text}");
}

#[test]
fn a_check_value_tells_its_key_from_others() {
    let vault = vault();
    let check = vault.check_value();
    assert_eq!(vault.verify_check(&check), Ok(()));
    for byte in 0..check.len() {
        let mut changed = check.clone();
        changed[byte] ^= 1;
        assert!(vault.verify_check(&changed).is_err() && vault.verify_check(&check[..byte]).is_err(), "byte {byte}");
    }
}

#[test]
fn a_rotation_is_interrupted_and_continued() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("master.key");
    let home = Home::new();
    let records: Vec<String> = (0..10).map(|number| format!("connection-{number}")).collect();
    let place = |record: usize| Place { record: records[record].as_bytes(), ..home.place() };
    let restart = || Vault::new(&KeySource::File(file.clone()).load().unwrap().unwrap());
    let all_open = |vault: &Vault, rows: &[Vec<u8>]| {
        for (record, row) in rows.iter().enumerate() {
            assert_eq!(opened(vault, &place(record), row).unwrap(), format!("secret-{record}"));
        }
    };

    let mut ring = KeyRing::generate().unwrap();
    ring.save(&file).unwrap();
    let before = restart();
    let mut check = before.check_value();
    let seal = |record| before.seal(&place(record), &secret(&format!("secret-{record}"))).unwrap();
    let mut rows: Vec<Vec<u8>> = (0..records.len()).map(seal).collect();
    let first = rows.clone();

    // The new key is written, four rows are wrapped anew, and the host is killed.
    ring.add().unwrap();
    ring.save(&file).unwrap();
    let vault = restart();
    for (record, row) in rows.iter_mut().enumerate().take(4) {
        *row = vault.rewrap(&place(record), row).unwrap();
    }
    drop(vault);

    // It starts again: everything opens, and what is left to do shows.
    let vault = restart();
    vault.verify_check(&check).unwrap();
    all_open(&vault, &rows);
    let left: Vec<usize> = (0..records.len()).filter(|record| !vault.is_current(&rows[*record])).collect();
    assert_eq!(left, [4, 5, 6, 7, 8, 9]);
    for record in left {
        rows[record] = vault.rewrap(&place(record), &rows[record]).unwrap();
    }
    for (new, old) in rows.iter().zip(&first) {
        assert!(new[89..] == old[89..] && new[..89] != old[..89], "the value's own bytes stay");
    }

    // Only now the check value changes, and then the former key may go.
    let outdated = std::mem::replace(&mut check, vault.check_value());
    restart().verify_check(&check).unwrap();
    ring.retire();
    ring.save(&file).unwrap();
    let vault = restart();
    vault.verify_check(&check).unwrap();
    assert!(matches!(vault.verify_check(&outdated), Err(VaultError::Key { .. })), "a host that lost a key too early");
    all_open(&vault, &rows);
    assert!(matches!(opened(&vault, &place(0), &first[0]), Err(VaultError::Key { .. })));
}

/// Random values in random places: each opens in its own, and after any change to either it does not.
#[test]
fn whatever_is_sealed_opens_only_as_it_was() {
    let mut random = fastrand::Rng::with_seed(7);
    let (vault, home) = (vault(), Home::new());
    for round in 0..500 {
        let value: Vec<u8> = (0..random.usize(..300)).map(|_| random.u8(..)).collect();
        let record: Vec<u8> = (0..random.usize(..24)).map(|_| random.u8(..)).collect();
        let field: String = (0..random.usize(..12)).map(|_| random.char(..)).collect();
        let place = Place { record: &record, field: &field, ..home.place() };
        let sealed = vault.seal(&place, &value.clone().into()).unwrap();
        assert_eq!(sealed.len(), value.len() + 117, "round {round}");
        let wrapped = vault.rewrap(&place, &sealed).unwrap();
        for bytes in [&sealed, &wrapped] {
            assert_eq!(vault.open(&place, bytes).unwrap().expose(), value, "round {round}");
        }
        let mut changed = sealed.clone();
        changed[random.usize(..sealed.len())] ^= random.u8(1..);
        assert!(vault.open(&place, &changed).is_err(), "round {round}");
        let longer = format!("{field}x");
        assert!(vault.open(&Place { field: &longer, ..place }, &sealed).is_err(), "round {round}");
    }
}
