//! Messages of Protocol Buffers as bytes.

/// A field of a message that has a length (wire type 2).
pub fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
    [varint(u64::from(number << 3 | 2)), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

/// A field that is a number (wire type 0).
pub fn number(number: u32, value: u64) -> Vec<u8> {
    [varint(u64::from(number << 3)), varint(value)].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 128 {
        bytes.push(u8::try_from(value % 128).expect("seven bits") | 128);
        value /= 128;
    }
    bytes.push(u8::try_from(value).expect("seven bits"));
    bytes
}
