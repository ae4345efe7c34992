//! `lockgate:signing/signing`: signatures with a secret that the guest never sees.

use lockgate_domain::Capability;
use wasmtime::component::{HasData, Linker};

use super::lockgate::signing::signing::{self, Host};
use super::types::Failure;
use crate::host_calls::HostCalls;
use crate::state::{GuestState, Phase};

/// What the functions of this interface see of an instance.
pub(crate) struct SigningView<'a> {
    phase: &'a Phase,
    calls: &'a mut HostCalls,
}

struct HasSigning;

impl HasData for HasSigning {
    type Data<'a> = SigningView<'a>;
}

pub(crate) fn link(linker: &mut Linker<GuestState>) -> wasmtime::Result<()> {
    signing::add_to_linker::<_, HasSigning>(linker, view)
}

fn view(state: &mut GuestState) -> SigningView<'_> {
    SigningView { phase: &state.phase, calls: &mut state.calls }
}

impl Host for SigningView<'_> {
    fn sign(&mut self, field: String, algorithm: String, data: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, Failure>> {
        self.calls.count()?;
        let signed = match self.phase.outbound(Capability::Signing) {
            Ok(outbound) => outbound.client.sign(&field, &algorithm, &data).map_err(|error| Failure::from(&error)),
            Err(refused) => Err(refused.into()),
        };
        Ok(signed)
    }

    fn verify(
        &mut self,
        field: String,
        algorithm: String,
        data: Vec<u8>,
        signature: Vec<u8>,
    ) -> wasmtime::Result<Result<bool, Failure>> {
        self.calls.count()?;
        let verified = match self.phase.outbound(Capability::Signing) {
            Ok(outbound) => {
                let verified = outbound.client.verify_signature(&field, &algorithm, &data, &signature);
                verified.map_err(|error| Failure::from(&error))
            }
            Err(refused) => Err(refused.into()),
        };
        Ok(verified)
    }
}
