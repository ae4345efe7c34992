//! Types become blanks. What makes code of its own (enums, namespaces, parameter properties, …) can't be erased, and is
//! refused with what to write in its place.

use oxc_ast::ast::*;
use oxc_ast_visit::{Visit, walk};
use oxc_parser::{Kind, Token};
use oxc_span::{GetSpan, Span};
use oxc_syntax::scope::ScopeFlags;

use crate::blanks::Blanks;
use crate::tokens::Tokens;

/// Walks a program, and notes what becomes blank.
pub(crate) struct Eraser<'t> {
    pub(crate) tokens: Tokens<'t>,
    pub(crate) blanks: Blanks,
    /// What can't be erased: where, and what to write.
    pub(crate) refused: Vec<(u32, String)>,
    /// Statements and members that are blank as a whole, in the order of the text.
    gone: Vec<Span>,
}

impl<'t> Eraser<'t> {
    pub(crate) fn new(source: &'t str, tokens: &'t [Token]) -> Self {
        Self { tokens: Tokens::new(source, tokens), blanks: Blanks::default(), refused: Vec::new(), gone: Vec::new() }
    }

    pub(crate) fn program(&mut self, program: &Program<'_>) {
        for statement in &program.body {
            self.visit_statement(statement);
        }
    }

    pub(crate) fn refuse(&mut self, span: Span, text: &str) {
        self.refused.push((span.start, text.to_owned()));
    }

    pub(crate) fn blank(&mut self, span: Span) {
        self.blanks.blank(span.start, span.end);
    }

    /// Blanks a whole statement or member. What stands before it may need the end that it made.
    pub(crate) fn blank_statement(&mut self, span: Span) {
        self.blank(span);
        if !matches!(self.kept_before(span.start), None | Some(Kind::Semicolon | Kind::LCurly)) {
            self.blanks.write(span.start, ';');
        }
        self.gone.push(span);
    }

    /// The last token before a place that is no part of what is blank as a whole.
    fn kept_before(&self, mut at: u32) -> Option<Kind> {
        for gone in self.gone.iter().rev() {
            match self.tokens.before(at) {
                Some(token) if token.start() >= gone.start && token.end() <= gone.end => at = gone.start,
                _ => break,
            }
        }
        self.tokens.before(at).map(Token::kind)
    }

    /// Blanks a token of that kind at a place, if it is there.
    pub(crate) fn blank_token(&mut self, kind: Kind, at: u32) {
        if let Some(token) = self.tokens.from(at).filter(|token| token.kind() == kind) {
            self.blank(token.span());
        }
    }

    /// Blanks an item of a list with the comma behind it.
    pub(crate) fn blank_item(&mut self, span: Span) {
        self.blank(span);
        self.blank_token(Kind::Comma, span.end);
    }

    /// Blanks what stands behind an expression. Where the type ended the statement, the next line must not go on with it.
    fn blank_behind(&mut self, expression: Span, end: u32) {
        self.blanks.blank(expression.end, end);
        let Some(next) = self.tokens.from(end) else { return };
        let goes_on =
            matches!(next.kind(), Kind::LParen | Kind::LBrack | Kind::NoSubstitutionTemplate | Kind::TemplateHead);
        if goes_on
            && self.tokens.breaks(end, next.start())
            && let Some(first) = self.tokens.from(expression.end)
        {
            self.blanks.write(first.start(), ';');
        }
    }

    /// `?` or `!` behind a name.
    pub(crate) fn blank_mark(&mut self, behind: u32) {
        for kind in [Kind::Question, Kind::Bang] {
            self.blank_token(kind, behind);
        }
    }
}

impl<'a> Visit<'a> for Eraser<'_> {
    fn visit_ts_type_annotation(&mut self, it: &TSTypeAnnotation<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_type_parameter_declaration(&mut self, it: &TSTypeParameterDeclaration<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_type_parameter_instantiation(&mut self, it: &TSTypeParameterInstantiation<'a>) {
        self.blank(it.span);
    }

    fn visit_ts_this_parameter(&mut self, it: &TSThisParameter<'a>) {
        self.blank_item(it.span);
    }

    fn visit_ts_as_expression(&mut self, it: &TSAsExpression<'a>) {
        self.visit_expression(&it.expression);
        self.blank_behind(it.expression.span(), it.span.end);
    }

    fn visit_ts_satisfies_expression(&mut self, it: &TSSatisfiesExpression<'a>) {
        self.visit_expression(&it.expression);
        self.blank_behind(it.expression.span(), it.span.end);
    }

    fn visit_ts_instantiation_expression(&mut self, it: &TSInstantiationExpression<'a>) {
        self.visit_expression(&it.expression);
        self.blank_behind(it.expression.span(), it.span.end);
    }

    fn visit_ts_non_null_expression(&mut self, it: &TSNonNullExpression<'a>) {
        self.visit_expression(&it.expression);
        self.blanks.blank(it.expression.span().end, it.span.end);
    }

    fn visit_ts_type_assertion(&mut self, it: &TSTypeAssertion<'a>) {
        self.refuse(it.span, "a type in angle brackets can't be erased: write `value as Type`");
    }

    fn visit_jsx_element(&mut self, it: &JSXElement<'a>) {
        self.refuse(it.span, "JSX is no part of this language");
    }

    fn visit_jsx_fragment(&mut self, it: &JSXFragment<'a>) {
        self.refuse(it.span, "JSX is no part of this language");
    }

    fn visit_decorator(&mut self, it: &Decorator<'a>) {
        self.refuse(it.span, "decorators make code of their own: call the function instead");
    }

    fn visit_import_expression(&mut self, it: &ImportExpression<'a>) {
        self.refuse(it.span, "a script can't import while it runs: write `import … from \"…\"` at its beginning");
    }

    fn visit_formal_parameter(&mut self, it: &FormalParameter<'a>) {
        if it.accessibility.is_some() || it.readonly || it.r#override {
            let text = "a parameter that makes a property can't be erased: declare the property, and assign it in the \
                        constructor";
            self.refuse(it.span, text);
        }
        if it.optional {
            self.blank_mark(it.pattern.span().end);
        }
        walk::walk_formal_parameter(self, it);
    }

    fn visit_variable_declarator(&mut self, it: &VariableDeclarator<'a>) {
        if it.definite {
            self.blank_mark(it.id.span().end);
        }
        walk::walk_variable_declarator(self, it);
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        if let Some(parameters) = &it.type_parameters {
            self.blank(parameters.span);
            let open = it.params.span.start;
            if self.tokens.breaks(parameters.span.start, open) {
                // No line may end behind `async` or `return`: the parenthesis goes to where the type parameters begin.
                self.blanks.write(parameters.span.start, '(');
                self.blanks.blank(open, open + 1);
            }
        }
        self.visit_formal_parameters(&it.params);
        if let Some(r#type) = &it.return_type {
            self.blank(r#type.span);
            let close = it.params.span.end;
            if self.tokens.breaks(close, r#type.span.end) {
                // No line may end before `=>`: the parenthesis goes to where the type ends.
                self.blanks.blank(close - 1, close);
                self.blanks.write(self.last_character(r#type.span), ')');
            }
        }
        self.visit_arrow_function_body(&it.body);
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        if it.body.is_none() || it.declare {
            return self.blank_statement(it.span);
        }
        walk::walk_function(self, it, flags);
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        self.class(it);
    }

    fn visit_statement(&mut self, it: &Statement<'a>) {
        self.statement(it);
    }
}

impl Eraser<'_> {
    /// Where the last character of a span begins.
    fn last_character(&self, span: Span) -> u32 {
        self.tokens.before(span.end).map_or(span.end.saturating_sub(1), |last| {
            let text = self.tokens.text(last.span());
            last.end() - text.chars().next_back().map_or(1, |last| last.len_utf8() as u32)
        })
    }
}
