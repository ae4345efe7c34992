//! What the attribute adds to a function.
//!
//! The definition hangs on a type of the function's name: types and functions have separate namespaces, so `plugin!`
//! finds it by that name, and a `use` brings both.

use crate::{
    function::{Function, is_result, output_span},
    options::Options,
};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

pub(crate) fn definition(options: &Options, function: &Function) -> TokenStream {
    let Function { vis, ident, name, description, .. } = function;
    let title = options.title.as_ref().map_or_else(|| title_of(name), syn::LitStr::value);
    let tags = &options.tags;
    let Options { read_only, idempotent, destructive, .. } = options;
    let examples = options.examples.iter().map(|(input, output)| match output {
        Some(output) => quote!((private::json!(#input), Some(private::json!(#output)))),
        None => quote!((private::json!(#input), None)),
    });
    let (input_schema, call) = input(function);
    let (output_type, outcome) = output(function, call);
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, missing_debug_implementations, dead_code)]
        #vis struct #ident {}

        const _: () = {
            use ::lockgate_sdk::__private as private;
            impl private::Connector for #ident {
                const DEFINITION: private::Definition = private::Definition {
                    name: #name,
                    title: #title,
                    description: #description,
                    tags: &[#(#tags),*],
                    read_only: #read_only,
                    idempotent: #idempotent,
                    destructive: #destructive,
                    examples: || vec![#(#examples),*],
                    input_schema: || #input_schema,
                    output_schema: || private::output_schema::<#output_type>(),
                    invoke: |json| private::answer(#outcome),
                };
            }
        };
    }
}

fn input(function: &Function) -> (TokenStream, TokenStream) {
    let ident = &function.ident;
    match &function.input {
        Some(input) => {
            let call = quote_spanned!(input.span()=> #ident(private::input::<#input>(json)?));
            (quote_spanned!(input.span()=> private::input_schema::<#input>()), call)
        }
        None => {
            let call = quote!({
                private::input::<private::Empty>(json)?;
                #ident()
            });
            (quote!(private::input_schema::<private::Empty>()), call)
        }
    }
}

/// The type of a good answer, and the call as a `Result`.
fn output(function: &Function, call: TokenStream) -> (TokenStream, TokenStream) {
    let span = output_span(function);
    match &function.output {
        Some(output) if is_result(output) => {
            (quote_spanned!(span=> <#output as private::Outcome>::Output), quote_spanned!(span=> #call))
        }
        Some(output) => (quote_spanned!(span=> #output), quote_spanned!(span=> Ok::<#output, private::Failure>(#call))),
        None => (quote!(()), quote!(Ok::<(), private::Failure>(#call))),
    }
}

/// `create_issue` -> `Create issue`
fn title_of(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.trim().chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
