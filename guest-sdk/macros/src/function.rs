//! What the macro reads of a function: all but its body, so that syn's parser of statements stays out of the build.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Expr, Ident, Lit, Meta, Token, Type, Visibility, parenthesized,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};

pub(crate) struct Function {
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    /// The connector's name: the function's, without `r#`.
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) input: Option<Type>,
    pub(crate) output: Option<Type>,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        if input.peek(Token![async]) {
            return Err(input.error("a connector is a plain `fn`: the host runs other calls while this one waits"));
        }
        input.parse::<Token![fn]>()?;
        let ident: Ident = input.parse()?;
        let name = checked_name(&ident)?;
        if input.peek(Token![<]) {
            return Err(input.error("a connector has no generic parameters: its schemas come from concrete types"));
        }
        let arguments;
        parenthesized!(arguments in input);
        let argument = one_argument(&arguments)?;
        let output = if input.peek(Token![->]) {
            input.parse::<Token![->]>()?;
            Some(input.parse()?)
        } else {
            None
        };
        input.parse::<TokenStream>()?;
        Ok(Self { vis, ident, name, description: description(&attributes), input: argument, output })
    }
}

fn checked_name(ident: &Ident) -> syn::Result<String> {
    let name = ident.to_string().trim_start_matches("r#").to_owned();
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.len() > 64 || !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(allowed) {
        let rule = "a connector's name has 1 to 64 of a-z, 0-9 and _, and starts with a letter";
        return Err(syn::Error::new(ident.span(), rule));
    }
    Ok(name)
}

fn one_argument(arguments: ParseStream<'_>) -> syn::Result<Option<Type>> {
    if arguments.is_empty() {
        return Ok(None);
    }
    arguments.call(Attribute::parse_outer)?;
    while !arguments.peek(Token![:]) || arguments.peek(Token![::]) {
        if arguments.is_empty() || arguments.peek(Token![,]) {
            return Err(arguments.error("a connector is a free function with one typed input"));
        }
        if arguments.peek(Token![::]) {
            arguments.parse::<Token![::]>()?;
        } else {
            arguments.parse::<TokenTree>()?;
        }
    }
    arguments.parse::<Token![:]>()?;
    let input = arguments.parse()?;
    arguments.parse::<Option<Token![,]>>()?;
    if !arguments.is_empty() {
        return Err(arguments.error("a connector takes one input: put its values into one struct"));
    }
    Ok(Some(input))
}

/// The doc comment's text, each line without the space after `///`.
fn description(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned()).collect();
    lines.join("\n").trim().to_owned()
}

/// Whether the function answers with a `Result`, by the name that it is written with.
pub(crate) fn is_result(output: &Type) -> bool {
    match output {
        Type::Path(path) => path.path.segments.last().is_some_and(|segment| segment.ident == "Result"),
        Type::Group(group) => is_result(&group.elem),
        _ => false,
    }
}

/// Where a message about the output belongs.
pub(crate) fn output_span(function: &Function) -> proc_macro2::Span {
    function.output.as_ref().map_or_else(|| function.ident.span(), Spanned::span)
}
