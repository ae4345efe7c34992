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
    /// The function's own type parameters.
    pub(super) parameters: Option<&'p TSTypeParameterDeclaration<'a>>,
    pub(super) input: Option<&'p TSType<'a>>,
    pub(super) output: Option<&'p TSType<'a>>,
    /// Whether the function follows: callers see such signatures, and not that of the function.
    is_overload: bool,
}

/// What a variable is.
#[derive(Clone, Copy)]
pub(super) enum Variable<'p, 'a> {
    /// Its type is written.
    Typed(&'p TSType<'a>),
    /// It is a constant of this value.
    Constant(&'p Expression<'a>),
}

/// All of a module, by name.
#[derive(Default)]
pub(super) struct Declared<'p, 'a> {
    types: BTreeMap<&'p str, Named<'p, 'a>>,
    /// Where the statement of a type begins, which is what its comment stands before.
    starts: BTreeMap<&'p str, u32>,
    variables: BTreeMap<&'p str, Variable<'p, 'a>>,
    /// All signatures of each; of the default export, where it has no name, as `default`.
    functions: BTreeMap<&'p str, Vec<Signature<'p, 'a>>>,
}

/// No function has this name.
const DEFAULT: &str = "default";

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
                Statement::ImportDeclaration(it) => declared.imports(it),
                Statement::TSEnumDeclaration(it) => declared.other(&it.id, "is an enum: write the union of its values"),
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
            Declaration::TSEnumDeclaration(it) => self.other(&it.id, "is an enum: write the union of its values"),
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
            self.other(id, "is a class, and data are no instances");
        }
    }

    fn other(&mut self, id: &'p BindingIdentifier<'a>, what: &'static str) {
        self.types.insert(id.name.as_str(), Named::Other(what));
    }

    fn imports(&mut self, it: &'p ImportDeclaration<'a>) {
        for specifier in it.specifiers.iter().flatten() {
            let local = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(own) => &own.local,
                ImportDeclarationSpecifier::ImportDefaultSpecifier(own) => &own.local,
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(own) => &own.local,
            };
            self.other(local, "is of another module, whose types are not known here");
        }
    }

    fn function(&mut self, it: &'p Function<'a>) {
        let name = it.id.as_ref().map_or(DEFAULT, |id| id.name.as_str());
        self.functions.entry(name).or_default().push(of_function(it));
    }

    fn variables(&mut self, it: &'p VariableDeclaration<'a>) {
        for declarator in &it.declarations {
            let BindingPattern::BindingIdentifier(id) = &declarator.id else { continue };
            let variable = match (declarator.type_annotation.as_deref(), &declarator.init) {
                (Some(annotation), _) => Variable::Typed(&annotation.type_annotation),
                (None, Some(value)) if it.kind == VariableDeclarationKind::Const => Variable::Constant(value),
                (None, _) => continue,
            };
            self.variables.insert(id.name.as_str(), variable);
        }
    }

    pub(super) fn named(&self, name: &str) -> Option<&Named<'p, 'a>> {
        self.types.get(name)
    }

    pub(super) fn start_of(&self, name: &str) -> Option<u32> {
        self.starts.get(name).copied()
    }

    pub(super) fn variable(&self, name: &str) -> Option<Variable<'p, 'a>> {
        self.variables.get(name).copied()
    }

    /// The signatures of the function that callers call; none where there is no such function.
    pub(super) fn default_export(&self, program: &'p Program<'a>) -> Vec<Signature<'p, 'a>> {
        let found = program.body.iter().find_map(|statement| match statement {
            Statement::ExportDefaultDeclaration(export) => match &export.declaration {
                ExportDefaultDeclarationKind::FunctionDeclaration(it) => {
                    self.by_name(it.id.as_ref().map_or(DEFAULT, |id| id.name.as_str()))
                }
                declaration => self.of_expression(declaration.as_expression()?),
            },
            Statement::ExportNamedDeclaration(export) => {
                let own = export.specifiers.iter().find(|one| one.exported.name() == "default")?;
                self.by_name(&own.local.name())
            }
            _ => None,
        });
        found.unwrap_or_default()
    }

    fn by_name(&self, name: &str) -> Option<Vec<Signature<'p, 'a>>> {
        let Some(all) = self.functions.get(name) else {
            return match self.variable(name)? {
                Variable::Constant(value) => Some(vec![of_value(value)?]),
                Variable::Typed(_) => None,
            };
        };
        let overloads: Vec<_> = all.iter().filter(|own| own.is_overload).copied().collect();
        Some(if overloads.is_empty() { all.clone() } else { overloads })
    }

    fn of_expression(&self, expression: &'p Expression<'a>) -> Option<Vec<Signature<'p, 'a>>> {
        match expression.get_inner_expression() {
            Expression::Identifier(name) => self.by_name(name.name.as_str()),
            other => Some(vec![of_value(other)?]),
        }
    }
}

fn of_value<'p, 'a>(value: &'p Expression<'a>) -> Option<Signature<'p, 'a>> {
    match value.get_inner_expression() {
        Expression::FunctionExpression(it) => Some(of_function(it)),
        Expression::ArrowFunctionExpression(it) => {
            Some(signature(it.type_parameters.as_deref(), &it.params, it.return_type.as_deref()))
        }
        _ => None,
    }
}

fn of_function<'p, 'a>(it: &'p Function<'a>) -> Signature<'p, 'a> {
    let own = signature(it.type_parameters.as_deref(), &it.params, it.return_type.as_deref());
    Signature { is_overload: it.body.is_none(), ..own }
}

fn signature<'p, 'a>(
    own: Option<&'p TSTypeParameterDeclaration<'a>>,
    parameters: &'p FormalParameters<'a>,
    output: Option<&'p TSTypeAnnotation<'a>>,
) -> Signature<'p, 'a> {
    let first = parameters.items.first().and_then(|first| first.type_annotation.as_deref());
    let (input, output) = (first.map(|own| &own.type_annotation), output.map(|own| &own.type_annotation));
    Signature { parameters: own, input, output, is_overload: false }
}
