//! The words in `#[connector(…)]`.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Ident, LitStr, Token, parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
};

#[derive(Default)]
pub(crate) struct Options {
    pub(crate) title: Option<LitStr>,
    pub(crate) tags: Vec<LitStr>,
    pub(crate) read_only: bool,
    pub(crate) idempotent: bool,
    pub(crate) destructive: bool,
    /// Input and, if given, output, each in the notation of `json!`.
    pub(crate) examples: Vec<(TokenStream, Option<TokenStream>)>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let word: Ident = input.parse()?;
            match word.to_string().as_str() {
                "title" => {
                    input.parse::<Token![=]>()?;
                    options.title = Some(input.parse()?);
                }
                "tags" => {
                    let list;
                    parenthesized!(list in input);
                    options.tags.extend(Punctuated::<LitStr, Token![,]>::parse_terminated(&list)?);
                }
                "read_only" => options.read_only = true,
                "idempotent" => options.idempotent = true,
                "destructive" => options.destructive = true,
                "example" => {
                    let pair;
                    parenthesized!(pair in input);
                    options.examples.push(example(&pair)?);
                }
                _ => {
                    let known = "expected title = \"…\", tags(\"…\"), read_only, idempotent, destructive or \
                                 example(input => output)";
                    return Err(syn::Error::new(word.span(), known));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if options.read_only && options.destructive {
            return Err(input.error("a connector that is read_only can't be destructive"));
        }
        Ok(options)
    }
}

fn example(pair: ParseStream<'_>) -> syn::Result<(TokenStream, Option<TokenStream>)> {
    let mut input = TokenStream::new();
    while !pair.is_empty() && !pair.peek(Token![=>]) {
        input.extend([pair.parse::<TokenTree>()?]);
    }
    if input.is_empty() {
        return Err(pair.error("expected example(input) or example(input => output)"));
    }
    if pair.is_empty() {
        return Ok((input, None));
    }
    pair.parse::<Token![=>]>()?;
    Ok((input, Some(pair.parse()?)))
}
