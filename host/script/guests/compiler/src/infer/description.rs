//! What a script's JSDoc says of the connector.

use oxc_ast::ast::*;

use super::comments::Comments;

/// The description before the default export, or before the function that is exported by its name.
pub(crate) fn description(program: &Program<'_>, source: &str) -> Option<String> {
    let comments = Comments::new(program, source);
    program.body.iter().find_map(|statement| match statement {
        Statement::ExportDefaultDeclaration(export) => {
            let named = || match export.declaration.as_expression()?.get_inner_expression() {
                Expression::Identifier(name) => comments.before(start_of(program, name.name.as_str())?),
                _ => None,
            };
            comments.before(export.span.start).or_else(named)
        }
        Statement::ExportNamedDeclaration(export) => {
            let own = export.specifiers.iter().find(|one| one.exported.name() == "default")?;
            comments.before(start_of(program, &own.local.name())?)
        }
        _ => None,
    })
}

/// Where the declaration of a function or a variable begins.
fn start_of(program: &Program<'_>, name: &str) -> Option<u32> {
    program.body.iter().find_map(|statement| match statement {
        Statement::FunctionDeclaration(it) => is_function(it, name).then_some(it.span.start),
        Statement::VariableDeclaration(it) => has_variable(it, name).then_some(it.span.start),
        Statement::ExportDeclaration(export) => {
            let own = match &export.declaration {
                Declaration::FunctionDeclaration(it) => is_function(it, name),
                Declaration::VariableDeclaration(it) => has_variable(it, name),
                _ => false,
            };
            own.then_some(export.span.start)
        }
        _ => None,
    })
}

fn is_function(it: &Function<'_>, name: &str) -> bool {
    it.id.as_ref().is_some_and(|id| id.name == name)
}

fn has_variable(it: &VariableDeclaration<'_>, name: &str) -> bool {
    it.declarations.iter().any(|one| matches!(&one.id, BindingPattern::BindingIdentifier(id) if id.name == name))
}
