//! Programs that were made before: those of the last saves in memory, those of saved scripts in the cache of the engine. A
//! program is known by all that it follows from: both guests, the language, the file's name and the text.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use lockgate_domain::connector::ScriptDefinition;
use lockgate_domain::{Digest, Scope};
use lockgate_engine::Bytecode;

use crate::{Compiled, Program, ScriptError, Scripts, digests};

/// Who saves a script calls it next, and who tests one does so again.
const RECENT_MAX: usize = 32;
/// What the recent ones may take of memory.
const RECENT_BYTES: usize = 4 * 1024 * 1024;

/// The programs that were made last, the newest at the end.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<(Digest, Compiled)>>);

impl Recent {
    fn get(&self, key: &Digest) -> Option<Compiled> {
        let programs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        programs.iter().find(|(own, _)| own == key).map(|(_, compiled)| compiled.clone())
    }

    fn put(&self, key: Digest, compiled: &Compiled) {
        let mut programs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        programs.retain(|(own, _)| *own != key);
        programs.push_back((key, compiled.clone()));
        let bytes =
            |programs: &VecDeque<(Digest, Compiled)>| programs.iter().map(|(_, one)| one.bytes()).sum::<usize>();
        while programs.len() > RECENT_MAX || bytes(&programs) > RECENT_BYTES {
            programs.pop_front();
        }
    }
}

/// What the program of a script is kept under.
pub fn key(script: &ScriptDefinition, name: &str) -> Digest {
    static GUESTS: OnceLock<[Digest; 2]> = OnceLock::new();
    let [compiler, engine] = GUESTS.get_or_init(digests);
    let language = script.language.word();
    // A name has no space and no end of a line.
    Digest::of(format!("{compiler} {engine} {language} {name}\n{}", script.digest).as_bytes())
}

impl Scripts {
    /// What a script becomes that is not saved, made unless that was done just now. Making it is the work of a scope.
    ///
    /// # Errors
    /// [`ScriptError::Diagnostics`] for what is wrong with the text.
    pub async fn unsaved(&self, script: &ScriptDefinition, name: &str, scope: Scope) -> Result<Compiled, ScriptError> {
        let key = key(script, name);
        if let Some(compiled) = self.recent().get(&key) {
            return Ok(compiled);
        }
        let compiled = self.compile(script, name, scope).await?;
        self.recent().put(key, &compiled);
        Ok(compiled)
    }

    /// The program of a script that is saved: taken from the cache, or made and kept there.
    ///
    /// # Errors
    /// As for [`Self::unsaved`].
    pub async fn saved(&self, script: &ScriptDefinition, name: &str, scope: Scope) -> Result<Program, ScriptError> {
        let key = key(script, name);
        if let Some(program) = self.engine().kept(key).await.as_deref().and_then(Program::read) {
            return Ok(program);
        }
        let program = self.unsaved(script, name, scope).await?.program;
        if let Err(error) = self.engine().keep(key, program.written()).await {
            tracing::warn!(%error, "the bytecode of a script is not kept, so it is made again after a restart");
        }
        Ok(program)
    }
}

/// Bytes of the length of what stands before the bytecode.
const LENGTH_BYTES: usize = 4;

impl Program {
    /// As it is kept: the length of the exports' JSON, that JSON, the bytecode.
    fn written(&self) -> Vec<u8> {
        let exports = serde_json::to_vec(&*self.exports).unwrap_or_default();
        let length = u32::try_from(exports.len()).unwrap_or(u32::MAX).to_le_bytes();
        [length.as_slice(), &exports, self.bytecode.bytes()].concat()
    }

    /// Reads what [`Self::written`] wrote. Where the bytes come from is checked before.
    fn read(bytes: &[u8]) -> Option<Self> {
        let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
        let (exports, bytecode) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let exports: Vec<String> = serde_json::from_slice(exports).ok()?;
        Some(Self { bytecode: Bytecode::new(bytecode.to_vec()), exports: Arc::from(exports) })
    }
}

#[cfg(test)]
mod tests {
    use lockgate_domain::connector::ScriptLanguage;
    use serde_json::json;

    use super::*;
    use crate::Described;

    fn program(bytes: usize) -> Program {
        Program { bytecode: Bytecode::new(vec![7; bytes]), exports: Arc::from(["default".to_owned()]) }
    }

    #[test]
    fn a_program_is_read_as_it_was_written() {
        let read = Program::read(&program(5).written()).unwrap();
        assert_eq!((&**read.bytecode.bytes(), &*read.exports), ([7; 5].as_slice(), ["default".to_owned()].as_slice()));
        assert!(Program::read(&[9, 0, 0, 0, b'[']).is_none());
        assert!(Program::read(&[1]).is_none());
    }

    #[test]
    fn the_key_differs_with_all_that_the_program_follows_from() {
        let script = |language, source: &str| ScriptDefinition {
            language,
            source: source.into(),
            digest: Digest::of(source.as_bytes()),
        };
        let keys = [
            key(&script(ScriptLanguage::JavaScript, "1"), "a"),
            key(&script(ScriptLanguage::TypeScript, "1"), "a"),
            key(&script(ScriptLanguage::JavaScript, "2"), "a"),
            key(&script(ScriptLanguage::JavaScript, "1"), "b"),
        ];
        for (index, one) in keys.iter().enumerate() {
            assert!(!keys[index + 1..].contains(one));
        }
        assert_eq!(keys[0], key(&script(ScriptLanguage::JavaScript, "1"), "a"));
    }

    fn compiled(bytes: usize) -> Compiled {
        Compiled { program: program(bytes), described: Arc::default() }
    }

    #[test]
    fn the_recent_ones_are_few_and_small() {
        let recent = Recent::default();
        let digest = |number: usize| Digest::of(&number.to_le_bytes());
        for number in 0..RECENT_MAX + 2 {
            recent.put(digest(number), &compiled(10));
        }
        assert!(recent.get(&digest(1)).is_none() && recent.get(&digest(2)).is_some());
        recent.put(digest(99), &compiled(RECENT_BYTES));
        assert!(recent.get(&digest(2)).is_none() && recent.get(&digest(99)).is_some());
        recent.put(digest(99), &compiled(RECENT_BYTES + 1));
        assert!(recent.get(&digest(99)).is_none());
    }

    #[test]
    fn what_a_script_says_of_its_connector_counts_too() {
        let recent = Recent::default();
        let digest = |number: usize| Digest::of(&number.to_le_bytes());
        let large = json!({"enum": ["x".repeat(RECENT_BYTES / 3)]});
        let described = |input, output| Compiled {
            described: Arc::new(Described { input, output, ..Described::default() }),
            ..compiled(10)
        };
        recent.put(digest(0), &described(Some(large.clone()), None));
        recent.put(digest(1), &described(None, Some(large.clone())));
        assert!(recent.get(&digest(0)).is_some());
        recent.put(digest(2), &described(Some(large), None));
        assert!(recent.get(&digest(0)).is_none() && recent.get(&digest(2)).is_some());
        // Short members count with what each takes.
        recent.put(digest(3), &described(Some(json!(vec![json!({}); RECENT_BYTES / 24])), None));
        assert!(recent.get(&digest(3)).is_none());
    }
}
