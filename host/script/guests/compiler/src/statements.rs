//! Statements that are types, and those that hold some.

use oxc_ast::ast::*;
use oxc_ast_visit::walk;
use oxc_span::Span;

use crate::erase::Eraser;

const ENUM: &str = "an enum makes code, so it can't be erased: write `const Color = { Red: \"red\", Blue: \"blue\" } as const` \
                    and `type Color = (typeof Color)[keyof typeof Color]`";
const NAMESPACE: &str =
    "a namespace makes code, so it can't be erased: a script is one module, write its members as they are";
const REQUIRE: &str = "`import … = …` can't be erased: write `import … from \"…\"`";
const ASSIGNMENT: &str = "`export =` can't be erased: write `export default`";

impl Eraser<'_> {
    pub(crate) fn statement(&mut self, statement: &Statement<'_>) {
        match statement {
            Statement::TSTypeAliasDeclaration(it) => self.blank_statement(it.span),
            Statement::TSInterfaceDeclaration(it) => self.blank_statement(it.span),
            Statement::TSExternalModuleDeclaration(it) => self.blank_statement(it.span),
            Statement::TSGlobalDeclaration(it) => self.blank_statement(it.span),
            Statement::TSNamespaceExportDeclaration(it) => self.blank_statement(it.span),
            Statement::TSEnumDeclaration(it) => self.enumeration(it, it.span),
            Statement::TSNamespaceDeclaration(it) => self.namespace(it, it.span),
            Statement::TSImportEqualsDeclaration(it) => self.import_equals(it, it.span),
            Statement::TSExportAssignment(it) => self.refuse(it.span, ASSIGNMENT),
            Statement::VariableDeclaration(it) if it.declare => self.blank_statement(it.span),
            Statement::ImportDeclaration(it) => self.import(it),
            Statement::ExportDeclaration(it) => self.export(it),
            Statement::ExportNamedDeclaration(it) => {
                self.specifiers(it.span, it.export_kind, &it.specifiers);
            }
            Statement::ExportFromDeclaration(it) => {
                self.specifiers(it.span, it.export_kind, &it.specifiers);
            }
            Statement::ExportAllDeclaration(it) => {
                if it.export_kind == ImportOrExportKind::Type {
                    self.blank_statement(it.span);
                }
            }
            Statement::ExportDefaultDeclaration(it) => match &it.declaration {
                ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => self.blank_statement(it.span),
                ExportDefaultDeclarationKind::FunctionDeclaration(function) if function.body.is_none() => {
                    self.blank_statement(it.span);
                }
                _ => walk::walk_export_default_declaration(self, it),
            },
            other => walk::walk_statement(self, other),
        }
    }

    fn import(&mut self, import: &ImportDeclaration<'_>) {
        if import.import_kind == ImportOrExportKind::Type {
            return self.blank_statement(import.span);
        }
        for specifier in import.specifiers.iter().flatten() {
            if let ImportDeclarationSpecifier::ImportSpecifier(one) = specifier
                && one.import_kind == ImportOrExportKind::Type
            {
                self.blank_item(one.span);
            }
        }
    }

    fn specifiers(&mut self, span: Span, kind: ImportOrExportKind, specifiers: &[ExportSpecifier<'_>]) {
        if kind == ImportOrExportKind::Type {
            return self.blank_statement(span);
        }
        for one in specifiers.iter().filter(|one| one.export_kind == ImportOrExportKind::Type) {
            self.blank_item(one.span);
        }
    }

    /// `export` before a declaration: what goes takes it along.
    fn export(&mut self, export: &ExportDeclaration<'_>) {
        match &export.declaration {
            Declaration::TSTypeAliasDeclaration(_)
            | Declaration::TSInterfaceDeclaration(_)
            | Declaration::TSExternalModuleDeclaration(_)
            | Declaration::TSGlobalDeclaration(_) => self.blank_statement(export.span),
            Declaration::TSEnumDeclaration(it) => self.enumeration(it, export.span),
            Declaration::TSNamespaceDeclaration(it) => self.namespace(it, export.span),
            Declaration::TSImportEqualsDeclaration(it) => self.import_equals(it, export.span),
            Declaration::FunctionDeclaration(it) if it.declare || it.body.is_none() => {
                self.blank_statement(export.span)
            }
            Declaration::ClassDeclaration(it) if it.declare => self.blank_statement(export.span),
            Declaration::VariableDeclaration(it) if it.declare => self.blank_statement(export.span),
            Declaration::FunctionDeclaration(_)
            | Declaration::ClassDeclaration(_)
            | Declaration::VariableDeclaration(_) => walk::walk_declaration(self, &export.declaration),
        }
    }

    fn enumeration(&mut self, it: &TSEnumDeclaration<'_>, span: Span) {
        if it.declare { self.blank_statement(span) } else { self.refuse(it.span, ENUM) }
    }

    fn namespace(&mut self, it: &TSNamespaceDeclaration<'_>, span: Span) {
        if it.declare || has_types_alone(it) { self.blank_statement(span) } else { self.refuse(it.span, NAMESPACE) }
    }

    fn import_equals(&mut self, it: &TSImportEqualsDeclaration<'_>, span: Span) {
        if it.import_kind == ImportOrExportKind::Type {
            self.blank_statement(span);
        } else {
            self.refuse(it.span, REQUIRE);
        }
    }
}

/// Whether a namespace makes no code.
fn has_types_alone(namespace: &TSNamespaceDeclaration<'_>) -> bool {
    match &namespace.body {
        TSNamespaceDeclarationBody::TSNamespaceDeclaration(inner) => has_types_alone(inner),
        TSNamespaceDeclarationBody::TSModuleBlock(block) => block.body.iter().all(|statement| match statement {
            Statement::TSTypeAliasDeclaration(_) | Statement::TSInterfaceDeclaration(_) => true,
            Statement::TSNamespaceDeclaration(inner) => inner.declare || has_types_alone(inner),
            Statement::ExportDeclaration(export) => match &export.declaration {
                Declaration::TSTypeAliasDeclaration(_) | Declaration::TSInterfaceDeclaration(_) => true,
                Declaration::TSNamespaceDeclaration(inner) => inner.declare || has_types_alone(inner),
                _ => false,
            },
            _ => false,
        }),
    }
}
