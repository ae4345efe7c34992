//! Types by their names: those of the script, with their type parameters, and those of TypeScript.

use std::rc::Rc;

use oxc_ast::ast::*;
use oxc_span::Span;

use super::declared::{Named, name_of};
use super::shape::{Shape, same};
use super::{Inference, TOO_LARGE};

/// A type with arguments that is being made, or that refers to itself and so is a definition.
pub(super) struct Instance {
    name: String,
    arguments: Vec<Rc<Shape>>,
    definition: String,
    is_used: bool,
}

impl Instance {
    fn is(&self, name: &str, bound: &[(String, Rc<Shape>)]) -> bool {
        let of_bound = || self.arguments.iter().zip(bound).all(|(own, (_, other))| same(own, other));
        self.name == name && self.arguments.len() == bound.len() && of_bound()
    }
}

impl Inference<'_, '_, '_> {
    pub(super) fn reference(
        &mut self,
        name: &TSTypeName<'_>,
        arguments: Option<&TSTypeParameterInstantiation<'_>>,
        span: Span,
    ) -> Rc<Shape> {
        let Some(name) = name_of(name) else { return self.unknown(span, "a type of a namespace can't be expressed") };
        if let Some((_, own)) = self.parameters.iter().find(|(own, _)| own == name) {
            return Rc::clone(own);
        }
        let arguments: &[TSType<'_>] = arguments.map_or(&[], |arguments| &arguments.params);
        let declared = self.declared;
        match declared.named(name) {
            Some(Named::Other(what)) => self.unknown(span, &format!("`{name}` {what}")),
            Some(Named::Interface(all)) => {
                let parameters = all.first().and_then(|first| first.type_parameters.as_deref());
                self.declared_type(name, parameters, arguments, span, |own| own.interface(all))
            }
            Some(Named::Alias(alias)) => {
                let parameters = alias.type_parameters.as_deref();
                self.declared_type(name, parameters, arguments, span, |own| own.shape(&alias.type_annotation))
            }
            None => self.standard(name, arguments, span),
        }
    }

    fn declared_type(
        &mut self,
        name: &str,
        parameters: Option<&TSTypeParameterDeclaration<'_>>,
        arguments: &[TSType<'_>],
        span: Span,
        make: impl FnOnce(&mut Self) -> Rc<Shape>,
    ) -> Rc<Shape> {
        match parameters {
            Some(parameters) => {
                let bound = self.bound(name, parameters, arguments, span);
                self.instance(name, bound, span, make)
            }
            None => self.definition(name, span, make),
        }
    }

    /// A type with a name is a definition, so that it may refer to itself.
    fn definition(&mut self, name: &str, span: Span, make: impl FnOnce(&mut Self) -> Rc<Shape>) -> Rc<Shape> {
        if !self.definitions.has(name) {
            self.definitions.begin(name);
            let outer = std::mem::take(&mut self.parameters);
            let shape = make(self);
            self.parameters = outer;
            self.define(name, name, shape, span);
        }
        Rc::new(Shape::Named(name.to_owned()))
    }

    fn define(&mut self, declared: &str, name: &str, shape: Rc<Shape>, span: Span) {
        let shape = if self.definitions.is_made_of(&shape, name) {
            self.unknown(span, &format!("`{declared}` is made of nothing but itself"))
        } else {
            shape
        };
        let description = self.declared.start_of(declared).and_then(|start| self.comments.before(start));
        self.definitions.set(name, shape, description);
    }

    /// What the type parameters of a declaration stand for at one use.
    fn bound(
        &mut self,
        name: &str,
        parameters: &TSTypeParameterDeclaration<'_>,
        arguments: &[TSType<'_>],
        span: Span,
    ) -> Vec<(String, Rc<Shape>)> {
        let mut bound = Vec::new();
        for (index, parameter) in parameters.params.iter().enumerate() {
            let shape = match (arguments.get(index), &parameter.default) {
                (Some(argument), _) => self.shape(argument),
                (None, Some(default)) => self.within(&mut bound, default),
                (None, None) => self.unknown(span, &format!("`{name}` takes type arguments: write `{name}<…>`")),
            };
            bound.push((parameter.name.name.to_string(), shape));
        }
        bound
    }

    /// A type where these parameters are known, and no others.
    fn within(&mut self, parameters: &mut Vec<(String, Rc<Shape>)>, r#type: &TSType<'_>) -> Rc<Shape> {
        std::mem::swap(&mut self.parameters, parameters);
        let shape = self.shape(r#type);
        std::mem::swap(&mut self.parameters, parameters);
        shape
    }

    /// What a caller may put in place of a function's own type parameters.
    pub(super) fn constraints(
        &mut self,
        parameters: Option<&TSTypeParameterDeclaration<'_>>,
    ) -> Vec<(String, Rc<Shape>)> {
        let mut bound = Vec::new();
        for parameter in parameters.into_iter().flat_map(|own| &own.params) {
            let shape = match &parameter.constraint {
                Some(constraint) => self.within(&mut bound, constraint),
                None => Rc::new(Shape::Unknown),
            };
            bound.push((parameter.name.name.to_string(), shape));
        }
        bound
    }

    /// A type with arguments is written out at each use, but for one that refers to itself.
    fn instance(
        &mut self,
        name: &str,
        bound: Vec<(String, Rc<Shape>)>,
        span: Span,
        make: impl FnOnce(&mut Self) -> Rc<Shape>,
    ) -> Rc<Shape> {
        if let Some(instance) = self.instances.iter_mut().find(|one| one.is(name, &bound)) {
            instance.is_used = true;
            return Rc::new(Shape::Named(instance.definition.clone()));
        }
        let Some(definition) = self.free(name) else { return self.unknown(span, TOO_LARGE) };
        let arguments = bound.iter().map(|(_, shape)| Rc::clone(shape)).collect();
        let instance = Instance { name: name.to_owned(), arguments, definition: definition.clone(), is_used: false };
        self.instances.push(instance);
        self.definitions.begin(&definition);
        let outer = std::mem::replace(&mut self.parameters, bound);
        let shape = make(self);
        self.parameters = outer;
        if self.instances.iter().any(|one| one.definition == definition && one.is_used) {
            self.define(name, &definition, shape, span);
            return Rc::new(Shape::Named(definition));
        }
        self.instances.retain(|one| one.definition != definition);
        self.definitions.forget(&definition);
        shape
    }

    /// A name for a definition that no type has.
    fn free(&self, name: &str) -> Option<String> {
        let numbered = (2..=super::PARTS_MAX).map(|number| format!("{name}{number}"));
        let is_free = |name: &String| !self.definitions.has(name) && self.declared.named(name).is_none();
        if self.definitions.has(name) { numbered.into_iter().find(is_free) } else { Some(name.to_owned()) }
    }
}
