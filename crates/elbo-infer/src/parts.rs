//! Named bytes in a container.

use std::collections::BTreeMap;

use burn::store::RecordError;
use burn::tensor::{Bytes, DType};
use burn_pack::{Reader, Tensor, Writer};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes by name, in a container of Burn's (`burn-pack`), in which numbers keep all their bits.
#[derive(Default)]
pub(crate) struct Parts(BTreeMap<String, Vec<u8>>);

impl Parts {
    pub fn insert(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.insert(name.to_string(), bytes);
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub fn take(&mut self, name: &str) -> Result<Bytes, RecordError> {
        let bytes = self.0.remove(name);
        bytes.map(Bytes::from_bytes_vec).ok_or_else(|| fault(format!("\"{name}\" is missing")))
    }

    /// A value as CBOR.
    pub fn encode(&mut self, name: &str, value: &impl Serialize) -> Result<(), RecordError> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes)
            .map_err(|error| fault(format!("\"{name}\": {error}")))?;
        self.insert(name, bytes);
        Ok(())
    }

    pub fn decode<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, RecordError> {
        let bytes = self.take(name)?;
        ciborium::from_reader(&bytes[..]).map_err(|error| fault(format!("\"{name}\": {error}")))
    }

    pub fn into_bytes(self) -> Result<Bytes, RecordError> {
        let tensor = |(name, bytes): (String, Vec<u8>)| {
            Tensor::new(name, DType::U8, [bytes.len()], None, Bytes::from_bytes_vec(bytes))
        };
        Ok(Writer::new(self.0.into_iter().map(tensor).collect()).into_bytes()?)
    }

    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, RecordError> {
        let tensors = Reader::from_bytes(Bytes::from_bytes_vec(bytes))?.into_tensors()?;
        let part = |tensor: Tensor| Ok((tensor.name.clone(), tensor.into_bytes()?.to_vec()));
        Ok(Self(tensors.into_iter().map(part).collect::<Result<_, RecordError>>()?))
    }
}

fn fault(message: String) -> RecordError {
    RecordError::Io(message)
}
