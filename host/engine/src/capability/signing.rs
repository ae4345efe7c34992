//! `lockgate:signing/signing`: signatures with a secret that the guest never sees.

use lockgate_domain::Capability;
use wasmtime::component::HasData;

use super::lockgate::signing::signing::Host;
use super::types::Failure;
use crate::state::{GuestState, HostCalls, Phase};

/// What the functions of this interface see of an instance.
pub(crate) struct SigningView<'a> {
    phase: &'a Phase,
    calls: &'a mut HostCalls,
}

pub(crate) struct HasSigning;

impl HasData for HasSigning {
    type Data<'a> = SigningView<'a>;
}

pub(crate) fn view(state: &mut GuestState) -> SigningView<'_> {
    SigningView { phase: &state.phase, calls: &mut state.calls }
}

impl Host for SigningView<'_> {
    fn sign(&mut self, field: String, algorithm: String, data: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, Failure>> {
        self.calls.count()?;
        let signed = match self.phase.way_out(Capability::Signing) {
            Ok(way) => way.outlet.sign(&field, &algorithm, &data).map_err(|error| Failure::from(&error)),
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
        let verified = match self.phase.way_out(Capability::Signing) {
            Ok(way) => {
                let verified = way.outlet.verify_signature(&field, &algorithm, &data, &signature);
                verified.map_err(|error| Failure::from(&error))
            }
            Err(refused) => Err(refused.into()),
        };
        Ok(verified)
    }
}
