//! Objects: their members, and what an interface extends.

use std::rc::Rc;

use oxc_ast::ast::*;
use oxc_span::{GetSpan, Span};

use super::shape::{Object, Shape};
use super::{ANYTHING, Inference, TOO_LARGE};

impl Inference<'_, '_, '_> {
    pub(super) fn object(&mut self, members: &[TSSignature<'_>]) -> Object {
        let mut object = Object::default();
        for member in members {
            if self.is_full() {
                object.comments.push(self.told(member.span(), TOO_LARGE, ANYTHING));
                break;
            }
            match member {
                TSSignature::TSPropertySignature(it) => {
                    let annotation = it.type_annotation.as_deref();
                    self.member(&mut object, &it.key, annotation, it.optional, it.span);
                }
                TSSignature::TSMethodSignature(it) if it.kind == TSMethodSignatureKind::Get => {
                    self.member(&mut object, &it.key, it.return_type.as_deref(), false, it.span);
                }
                TSSignature::TSIndexSignature(it) => {
                    let names = self.shape(&it.parameter.type_annotation.type_annotation);
                    if self.has_text(&names) {
                        object.others = Some(self.shape(&it.type_annotation.type_annotation));
                    } else {
                        object.comments.push(self.unknown_names(it.span));
                    }
                }
                TSSignature::TSMethodSignature(_)
                | TSSignature::TSCallSignatureDeclaration(_)
                | TSSignature::TSConstructSignatureDeclaration(_) => {
                    object.comments.push(self.told(member.span(), "a function is no data", ANYTHING));
                }
            }
        }
        object
    }

    fn member(
        &mut self,
        object: &mut Object,
        key: &PropertyKey<'_>,
        annotation: Option<&TSTypeAnnotation<'_>>,
        optional: bool,
        span: Span,
    ) {
        let Some(name) = key.static_name() else {
            object.comments.push(self.told(span, "the name of this member is not known", ANYTHING));
            return;
        };
        let shape = match annotation {
            Some(annotation) => self.shape(&annotation.type_annotation),
            None => Rc::new(Shape::Any),
        };
        let description = self.comments.before(span.start);
        object.put(name.into_owned(), shape, optional, description);
    }

    /// An interface, with what it extends. A member of its own stands in place of one that it extends, of which TypeScript has
    /// checked that it takes no less.
    pub(super) fn interface(&mut self, declarations: &[&TSInterfaceDeclaration<'_>]) -> Rc<Shape> {
        let mut whole = Object::default();
        for declaration in declarations {
            for base in &declaration.extends {
                let shape = self.reference(&base.type_name, base.type_arguments.as_deref(), base.span);
                match self.definitions.resolved(&shape).object() {
                    Some(object) => self.extend(&mut whole, object, base.span),
                    None => {
                        let what = "what this interface extends can't be expressed";
                        whole.comments.push(self.told(base.span, what, ANYTHING));
                    }
                }
            }
        }
        for declaration in declarations {
            let own = self.object(&declaration.body.body);
            self.extend(&mut whole, &own, declaration.span);
        }
        Rc::new(Shape::Object(whole))
    }

    fn extend(&mut self, whole: &mut Object, by: &Object, span: Span) {
        for (name, member) in by.in_order() {
            if !self.take() {
                whole.comments.push(self.told(span, TOO_LARGE, ANYTHING));
                break;
            }
            whole.put(name.clone(), Rc::clone(&member.shape), member.optional, member.description.clone());
        }
        whole.others = by.others.clone().or_else(|| whole.others.take());
        whole.comments.extend(by.comments.iter().cloned());
    }
}
