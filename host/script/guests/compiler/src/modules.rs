//! What a script imports and exports.

use oxc_ast::ast::{
    BindingPattern, Declaration, ExportDefaultDeclarationKind, ImportDeclaration, ImportDeclarationSpecifier,
    ImportOrExportKind, Program, Statement,
};

use crate::diagnostic::{Diagnostic, LineIndex};

/// The modules that there are, with the values that they export. The engine has the same.
const MODULES: [(&str, &[&str]); 8] = [
    ("lockgate", &["Failure", "context", "json", "log", "settings", "sign", "verify"]),
    ("lockgate/connectors", &["call"]),
    ("lockgate/csv", &["parse", "stringify"]),
    ("lockgate/database", &["execute", "query", "sql", "transaction"]),
    (
        "lockgate/dates",
        &["add", "difference", "endOf", "format", "from", "of", "parse", "parts", "startOf", "subtract"],
    ),
    ("lockgate/grpc", &["call", "reply", "statusOf", "stream"]),
    ("lockgate/jmespath", &["compile", "search"]),
    ("lockgate/xml", &["parse", "stringify"]),
];

/// The names that a script exports.
pub(crate) fn exports(program: &Program<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for statement in &program.body {
        match statement {
            Statement::ExportDefaultDeclaration(export)
                if !matches!(export.declaration, ExportDefaultDeclarationKind::TSInterfaceDeclaration(_)) =>
            {
                names.push("default".to_owned());
            }
            Statement::ExportDeclaration(export) => declared(&export.declaration, &mut names),
            Statement::ExportNamedDeclaration(export) if export.export_kind == ImportOrExportKind::Value => {
                let own = export.specifiers.iter().filter(|one| one.export_kind == ImportOrExportKind::Value);
                names.extend(own.map(|specifier| specifier.exported.name().to_string()));
            }
            _ => {}
        }
    }
    names.dedup();
    names
}

fn declared(declaration: &Declaration<'_>, names: &mut Vec<String>) {
    match declaration {
        Declaration::FunctionDeclaration(function) if function.body.is_some() => {
            names.extend(function.id.as_ref().map(|id| id.name.to_string()));
        }
        Declaration::ClassDeclaration(class) if !class.declare => {
            names.extend(class.id.as_ref().map(|id| id.name.to_string()));
        }
        Declaration::VariableDeclaration(variable) if !variable.declare => {
            for declarator in &variable.declarations {
                if let BindingPattern::BindingIdentifier(id) = &declarator.id {
                    names.push(id.name.to_string());
                }
            }
        }
        _ => {}
    }
}

/// Imports of what there is not.
pub(crate) fn diagnostics(program: &Program<'_>, lines: &LineIndex<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for statement in &program.body {
        match statement {
            Statement::ImportDeclaration(import) if import.import_kind == ImportOrExportKind::Value => {
                imported(import, lines, &mut diagnostics);
            }
            Statement::ExportFromDeclaration(export) if export.export_kind == ImportOrExportKind::Value => {
                let text = "a script is one file: export what is in it";
                diagnostics.push(lines.at(export.source.span.start, text));
            }
            Statement::ExportAllDeclaration(export) if export.export_kind == ImportOrExportKind::Value => {
                let text = "a script is one file: export what is in it";
                diagnostics.push(lines.at(export.source.span.start, text));
            }
            _ => {}
        }
    }
    diagnostics
}

fn imported(import: &ImportDeclaration<'_>, lines: &LineIndex<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let name = import.source.value.as_str();
    let Some((_, exports)) = MODULES.iter().find(|(own, _)| *own == name) else {
        return diagnostics.push(lines.at(import.source.span.start, &unknown(name)));
    };
    for specifier in import.specifiers.iter().flatten() {
        let (at, wanted) = match specifier {
            ImportDeclarationSpecifier::ImportSpecifier(one) if one.import_kind == ImportOrExportKind::Type => continue,
            ImportDeclarationSpecifier::ImportSpecifier(one) => (one.span.start, one.imported.name().to_string()),
            ImportDeclarationSpecifier::ImportDefaultSpecifier(one) => (one.span.start, "default".to_owned()),
            ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => continue,
        };
        if !exports.contains(&wanted.as_str()) {
            let text = format!(
                "`{name}` exports no `{wanted}`: it has {}; import a type with `import type`",
                exports.join(", ")
            );
            diagnostics.push(lines.at(at, &text));
        }
    }
}

fn unknown(name: &str) -> String {
    let known = MODULES.map(|(name, _)| name).join(", ");
    if name.starts_with("node:") {
        return format!("there is no Node here, so no module `{name}`: expected {known}");
    }
    let bundle = "a script is one file: `lockgate build` makes one of it and what it imports, in a project with a \
                  `package.json` and esbuild (`npm install --save-dev esbuild`)";
    if name.starts_with('.') || name.starts_with('/') {
        return format!("there is no file `{name}`: {bundle}");
    }
    format!("there is no module `{name}`: expected {known}; {bundle}")
}
