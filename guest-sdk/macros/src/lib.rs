//! The `#[connector]` attribute. Authors reach it through `lockgate-sdk`, where it is documented.

mod expand;
mod function;
mod options;

use proc_macro::TokenStream;

/// Makes a connector of a function; see `lockgate_sdk::connector`.
#[proc_macro_attribute]
pub fn connector(options: TokenStream, item: TokenStream) -> TokenStream {
    let parsed = syn::parse::<options::Options>(options)
        .and_then(|options| Ok((options, syn::parse::<function::Function>(item.clone())?)));
    match parsed {
        Ok((options, function)) => {
            let mut tokens = item;
            tokens.extend(TokenStream::from(expand::definition(&options, &function)));
            tokens
        }
        Err(error) => {
            // The function stays, so that one mistake is one message.
            let mut tokens = item;
            tokens.extend(TokenStream::from(error.into_compile_error()));
            tokens
        }
    }
}
