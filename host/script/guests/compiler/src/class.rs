//! Classes: modifiers and members that are types.

use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Kind;
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use crate::erase::Eraser;

/// Modifiers that JavaScript has not.
fn is_modifier(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Public
            | Kind::Private
            | Kind::Protected
            | Kind::Readonly
            | Kind::Override
            | Kind::Abstract
            | Kind::Declare
    )
}

impl Eraser<'_> {
    /// A class that is no declaration of something elsewhere.
    pub(crate) fn class(&mut self, class: &Class<'_>) {
        if class.declare {
            return self.blank_statement(class.span);
        }
        for decorator in &class.decorators {
            self.visit_decorator(decorator);
        }
        if class.r#abstract {
            self.blank_token(Kind::Abstract, class.span.start);
        }
        if let Some(parameters) = &class.type_parameters {
            self.blank(parameters.span);
        }
        if let Some(heritage) = &class.heritage {
            self.visit_expression(&heritage.expression);
            if let Some(arguments) = &heritage.type_arguments {
                self.blank(arguments.span);
            }
        }
        if let (Some(first), Some(last)) = (class.implements.first(), class.implements.last()) {
            let keyword = self.tokens.before(first.span.start).map_or(first.span.start, |token| token.start());
            self.blank(Span::new(keyword, last.span.end));
        }
        for element in &class.body.body {
            self.element(element);
        }
    }

    fn element(&mut self, element: &ClassElement<'_>) {
        match element {
            ClassElement::TSIndexSignature(it) => self.blank_member(it.span),
            ClassElement::AccessorProperty(it) => {
                self.refuse(it.span, "`accessor` is not part of this engine: write a getter and a setter");
            }
            ClassElement::StaticBlock(it) => walk::walk_static_block(self, it),
            ClassElement::MethodDefinition(it) => {
                let is_abstract = it.r#type == MethodDefinitionType::TSAbstractMethodDefinition;
                if is_abstract || it.value.body.is_none() {
                    return self.blank_member(it.span);
                }
                it.decorators.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.modifiers(it.span, it.key.span());
                if it.optional {
                    self.mark_of_key(it.key.span(), it.computed);
                }
                self.visit_property_key(&it.key);
                self.visit_function(&it.value, ScopeFlags::Function);
            }
            ClassElement::PropertyDefinition(it) => {
                let is_abstract = it.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition;
                if is_abstract || it.declare {
                    return self.blank_member(it.span);
                }
                it.decorators.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.modifiers(it.span, it.key.span());
                if it.optional || it.definite {
                    self.mark_of_key(it.key.span(), it.computed);
                }
                self.visit_property_key(&it.key);
                if let Some(r#type) = &it.type_annotation {
                    self.blank(r#type.span);
                    if it.value.is_none() && !it.computed && self.reads_on(it.key.span()) {
                        self.blanks.write(r#type.span.start, ';');
                    }
                }
                if let Some(value) = &it.value {
                    self.visit_expression(value);
                }
            }
        }
    }

    /// A field of this name and without a type would be the beginning of the next member.
    fn reads_on(&self, key: Span) -> bool {
        matches!(self.tokens.text(key), "get" | "set" | "static" | "async" | "accessor")
    }

    /// Blanks a member with the semicolon behind it.
    fn blank_member(&mut self, span: Span) {
        self.blank_statement(span);
    }

    /// Blanks the modifiers before a name.
    fn modifiers(&mut self, member: Span, key: Span) {
        let modifiers: Vec<Span> = self
            .tokens
            .within(member.start, key.start)
            .filter(|token| is_modifier(token.kind()))
            .map(|token| token.span())
            .collect();
        for modifier in modifiers {
            if modifier.start == member.start {
                // The field before it may have ended by this word alone.
                self.blank_statement(modifier);
            } else {
                self.blank(modifier);
            }
        }
    }

    /// The `?` or `!` behind a name, or behind the bracket of a computed one.
    fn mark_of_key(&mut self, key: Span, computed: bool) {
        let behind = match self.tokens.find(Kind::RBrack, key.end) {
            Some(bracket) if computed => bracket.end(),
            _ => key.end,
        };
        self.blank_mark(behind);
    }
}
