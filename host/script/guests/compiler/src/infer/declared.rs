//! What a script declares: types by their names, constants, and the functions that it may export.

use std::collections::BTreeMap;

use oxc_ast::ast::*;

/// A type with a name of its own.
pub(super) enum Named<'p, 'a> {
    /// Several declarations of one interface are one.
    Interface(Vec<&'p TSInterfaceDeclaration<'a>>),
    Alias(&'p TSTypeAliasDeclaration<'a>),
    /// What is no plain data.
    Other(&'static str),
}

/// The types of a function's first parameter and of what it returns.
#[derive(Clone, Copy)]
pub(super) struct Signature<'p, 'a> {
    pub(super) input: Option<&'p TSType<'a>>,
    pub(super) output: Option<&'p TSType<'a>>,
}

/// All of a module, by name.
#[derive(Default)]
pub(super) struct Declared<'p, 'a> {
    types: BTreeMap<&'p str, Named<'p, 'a>>,
    /// Where the statement of a type begins, which is what its comment stands before.
    starts: BTreeMap<&'p str, u32>,
    constants: BTreeMap<&'p str, &'p Expression<'a>>,
    functions: BTreeMap<&'p str, Signature<'p, 'a>>,
}

/// The name of a type, if it is one name.
pub(super) fn name_of<'n>(name: &'n TSTypeName<'_>) -> Option<&'n str> {
    match name {
        TSTypeName::IdentifierReference(reference) => Some(reference.name.as_str()),
        TSTypeName::QualifiedName(_) | TSTypeName::ThisExpression(_) => None,
    }
}

impl<'p, 'a> Declared<'p, 'a> {
    pub(super) fn of(program: &'p Program<'a>) -> Self {
        let mut declared = Self::default();
        for statement in &program.body {
            match statement {
                Statement::ExportDeclaration(export) => declared.declaration(&export.declaration, export.span.start),
                Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                    ExportDefaultDeclarationKind::FunctionDeclaration(function) => declared.function(function),
                    ExportDefaultDeclarationKind::TSInterfaceDeclaration(it) => {
                        declared.interface(it, export.span.start)
                    }
                    _ => {}
                },
                Statement::TSInterfaceDeclaration(it) => declared.interface(it, it.span.start),
                Statement::TSTypeAliasDeclaration(it) => declared.alias(it, it.span.start),
                Statement::ClassDeclaration(it) => declared.class(it),
                Statement::FunctionDeclaration(it) => declared.function(it),
                Statement::VariableDeclaration(it) => declared.variables(it),
                _ => {}
            }
        }
        declared
    }

    fn declaration(&mut self, declaration: &'p Declaration<'a>, start: u32) {
        match declaration {
            Declaration::TSInterfaceDeclaration(it) => self.interface(it, start),
            Declaration::TSTypeAliasDeclaration(it) => self.alias(it, start),
            Declaration::ClassDeclaration(it) => self.class(it),
            Declaration::FunctionDeclaration(it) => self.function(it),
            Declaration::VariableDeclaration(it) => self.variables(it),
            _ => {}
        }
    }

    fn interface(&mut self, it: &'p TSInterfaceDeclaration<'a>, start: u32) {
        let name = it.id.name.as_str();
        self.starts.entry(name).or_insert(start);
        match self.types.entry(name).or_insert_with(|| Named::Interface(Vec::new())) {
            Named::Interface(all) => all.push(it),
            Named::Alias(_) | Named::Other(_) => {}
        }
    }

    fn alias(&mut self, it: &'p TSTypeAliasDeclaration<'a>, start: u32) {
        self.starts.entry(it.id.name.as_str()).or_insert(start);
        self.types.insert(it.id.name.as_str(), Named::Alias(it));
    }

    fn class(&mut self, it: &'p Class<'a>) {
        if let Some(id) = &it.id {
            self.types.insert(id.name.as_str(), Named::Other("is a class, and data are no instances"));
        }
    }

    fn function(&mut self, it: &'p Function<'a>) {
        if let Some(id) = &it.id {
            // Of several signatures callers see the first.
            self.functions.entry(id.name.as_str()).or_insert_with(|| of_function(it));
        }
    }

    fn variables(&mut self, it: &'p VariableDeclaration<'a>) {
        for declarator in it.declarations.iter().filter(|_| it.kind == VariableDeclarationKind::Const) {
            if let (BindingPattern::BindingIdentifier(id), Some(value)) = (&declarator.id, &declarator.init) {
                self.constants.insert(id.name.as_str(), value);
            }
        }
    }

    pub(super) fn named(&self, name: &str) -> Option<&Named<'p, 'a>> {
        self.types.get(name)
    }

    pub(super) fn start_of(&self, name: &str) -> Option<u32> {
        self.starts.get(name).copied()
    }

    pub(super) fn constant(&self, name: &str) -> Option<&'p Expression<'a>> {
        self.constants.get(name).copied()
    }

    /// The function that callers call.
    pub(super) fn default_export(&self, program: &'p Program<'a>) -> Option<Signature<'p, 'a>> {
        program.body.iter().find_map(|statement| match statement {
            Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(it) => Some(match &it.id {
                    Some(id) => *self.functions.get(id.name.as_str())?,
                    None => of_function(it),
                }),
                declaration => self.of_expression(declaration.as_expression()?),
            },
            Statement::ExportNamedDeclaration(export) => {
                let own = export.specifiers.iter().find(|one| one.exported.name() == "default")?;
                self.by_name(&own.local.name())
            }
            _ => None,
        })
    }

    fn by_name(&self, name: &str) -> Option<Signature<'p, 'a>> {
        let constant = || of_value(self.constant(name)?);
        self.functions.get(name).copied().or_else(constant)
    }

    fn of_expression(&self, expression: &'p Expression<'a>) -> Option<Signature<'p, 'a>> {
        match expression.get_inner_expression() {
            Expression::Identifier(name) => self.by_name(name.name.as_str()),
            other => of_value(other),
        }
    }
}

fn of_value<'p, 'a>(value: &'p Expression<'a>) -> Option<Signature<'p, 'a>> {
    match value.get_inner_expression() {
        Expression::FunctionExpression(it) => Some(of_function(it)),
        Expression::ArrowFunctionExpression(it) => Some(signature(&it.params, it.return_type.as_deref())),
        _ => None,
    }
}

fn of_function<'p, 'a>(it: &'p Function<'a>) -> Signature<'p, 'a> {
    signature(&it.params, it.return_type.as_deref())
}

fn signature<'p, 'a>(
    parameters: &'p FormalParameters<'a>,
    output: Option<&'p TSTypeAnnotation<'a>>,
) -> Signature<'p, 'a> {
    let first = parameters.items.first().and_then(|first| first.type_annotation.as_deref());
    Signature { input: first.map(|own| &own.type_annotation), output: output.map(|own| &own.type_annotation) }
}
