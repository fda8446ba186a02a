//! A strict SCALE reader: minimal compacts, booleans 0 and 1, lengths bounded by what is left, every byte used.

use crate::error::{Error, ErrorCode};

/// The most rows that any list may have.
const MAX_ROWS: usize = 65_536;

/// Reads one answer from its first byte to its last.
pub(super) struct Reader<'a> {
    what: &'static str,
    bytes: &'a [u8],
    at: usize,
}

type Result<T> = std::result::Result<T, Error>;

impl<'a> Reader<'a> {
    /// `what` names the answer in messages.
    pub(super) const fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, bytes, at: 0 }
    }

    /// The error for a field at this place.
    pub(super) fn wrong(&self, field: &str, expected: &str) -> Error {
        Error::new(ErrorCode::ChainAnswerInvalid)
            .detail(format!("{}, {field}, at byte {}: expected {expected}", self.what, self.at))
    }

    pub(super) fn take(&mut self, field: &str, count: usize) -> Result<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..count) else {
            return Err(self.wrong(field, &format!("{count} bytes more, found {}", rest.len())));
        };
        self.at += count;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self, field: &str) -> Result<[u8; N]> {
        self.take(field, N).map(|bytes| bytes.try_into().expect("N bytes were taken"))
    }

    pub(super) fn u8(&mut self, field: &str) -> Result<u8> {
        self.array::<1>(field).map(|[byte]| byte)
    }

    pub(super) fn bool(&mut self, field: &str) -> Result<bool> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.wrong(field, "a boolean, 0 or 1, before this")),
        }
    }

    /// Whether an `Option` holds something.
    pub(super) fn option(&mut self, field: &str) -> Result<bool> {
        match self.u8(field)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.wrong(field, "an option, 0 or 1, before this")),
        }
    }

    /// A compact integer in its shortest form.
    pub(super) fn compact(&mut self, field: &str) -> Result<u128> {
        let first = self.u8(field)?;
        let (value, least) = match first & 3 {
            0 => (u128::from(first >> 2), 0),
            1 => {
                let [second] = self.array(field)?;
                (u128::from(u16::from_le_bytes([first, second]) >> 2), 1 << 6)
            }
            2 => {
                let [b, c, d] = self.array(field)?;
                (u128::from(u32::from_le_bytes([first, b, c, d]) >> 2), 1 << 14)
            }
            _ => {
                let len = usize::from(first >> 2) + 4;
                if len > 16 {
                    return Err(self.wrong(field, "an integer of at most 128 bits before this"));
                }
                let mut bytes = [0; 16];
                bytes[..len].copy_from_slice(self.take(field, len)?);
                // The last byte of the shortest form is not zero; four bytes hold what the form before cannot.
                (u128::from_le_bytes(bytes), if len == 4 { 1 << 30 } else { 1 << (8 * (len - 1)) })
            }
        };
        if value < least { Err(self.wrong(field, "the shortest form of an integer before this")) } else { Ok(value) }
    }

    pub(super) fn compact_u64(&mut self, field: &str) -> Result<u64> {
        let value = self.compact(field)?;
        u64::try_from(value).map_err(|_| self.wrong(field, "an integer of at most 64 bits before this"))
    }

    pub(super) fn compact_u16(&mut self, field: &str) -> Result<u16> {
        let value = self.compact(field)?;
        u16::try_from(value).map_err(|_| self.wrong(field, "an integer of at most 16 bits before this"))
    }

    /// The length of a list whose items take at least `least` bytes each.
    pub(super) fn len(&mut self, field: &str, least: usize) -> Result<usize> {
        let len = usize::try_from(self.compact(field)?).unwrap_or(usize::MAX);
        let left = self.bytes.len() - self.at;
        if len > MAX_ROWS || len > left / least.max(1) {
            return Err(self.wrong(field, "a list no longer than what follows, and of at most 65,536 items"));
        }
        Ok(len)
    }

    /// A list of items of at least `least` bytes each. The allocation is bounded by what is left.
    pub(super) fn list<T>(
        &mut self,
        field: &str,
        least: usize,
        mut item: impl FnMut(&mut Self) -> Result<T>,
    ) -> Result<Vec<T>> {
        let len = self.len(field, least)?;
        let mut items = Vec::with_capacity(len);
        for _ in 0..len {
            items.push(item(self)?);
        }
        Ok(items)
    }

    pub(super) fn skip_list(
        &mut self,
        field: &str,
        least: usize,
        mut item: impl FnMut(&mut Self) -> Result<()>,
    ) -> Result<()> {
        for _ in 0..self.len(field, least)? {
            item(self)?;
        }
        Ok(())
    }

    pub(super) fn accounts(&mut self, field: &str) -> Result<Vec<[u8; 32]>> {
        self.list(field, 32, |reader| reader.array(field))
    }

    pub(super) fn bools(&mut self, field: &str) -> Result<Vec<bool>> {
        self.list(field, 1, |reader| reader.bool(field))
    }

    pub(super) fn compacts(&mut self, field: &str) -> Result<Vec<u64>> {
        self.list(field, 1, |reader| reader.compact_u64(field))
    }

    pub(super) fn skip_compacts(&mut self, field: &str) -> Result<()> {
        self.skip_list(field, 1, |reader| reader.compact(field).map(drop))
    }

    /// A `Vec<u8>`, or a `str`; unlike lists of rows it may be long.
    pub(super) fn skip_bytes(&mut self, field: &str) -> Result<()> {
        let len = usize::try_from(self.compact(field)?).unwrap_or(usize::MAX);
        self.take(field, len).map(drop)
    }

    /// What is left, which has no layout of its own.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.bytes.split_at(self.at).1
    }

    /// Everything has to be used.
    pub(super) fn finish(self) -> Result<()> {
        if self.at == self.bytes.len() {
            return Ok(());
        }
        Err(self.wrong("end", &format!("no more bytes, found {}", self.bytes.len() - self.at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compact(bytes: &[u8]) -> Option<u128> {
        let mut reader = Reader::new("test", bytes);
        let value = reader.compact("value").ok()?;
        reader.finish().ok().map(|()| value)
    }

    #[test]
    fn compacts_have_one_form() {
        for (bytes, value) in [
            (&[0x00][..], 0),
            (&[0xfc], 63),
            (&[0x01, 0x01], 64),
            (&[0xfd, 0xff], 16_383),
            (&[0x02, 0x00, 0x01, 0x00], 16_384),
            (&[0xfe, 0xff, 0x03, 0x00], 65_535),
            (&[0xfe, 0xff, 0xff, 0xff], (1 << 30) - 1),
            (&[0x03, 0x00, 0x00, 0x00, 0x40], 1 << 30),
            (&[0x07, 0, 0, 0, 0, 1], 1 << 32),
            (&[0x02, 0x28, 0x6b, 0xee], 1_000_000_000),
            (&[0x13, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], u128::from(u64::MAX)),
        ] {
            assert_eq!(compact(bytes), Some(value), "{bytes:02x?}");
            assert_eq!(compact(&bytes[..bytes.len() - 1]), None, "{bytes:02x?} cut");
        }
        for bytes in [
            &[0x01, 0x00][..],
            &[0xfd, 0x00],
            &[0x02, 0x00, 0x00, 0x00],
            &[0xfe, 0xff, 0x00, 0x00],
            &[0x03, 0xff, 0xff, 0xff, 0x3f],
            &[0x07, 0, 0, 0, 1, 0],
            &[0x13, 1, 0, 0, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(compact(bytes), None, "{bytes:02x?}");
        }
        assert_eq!(compact(&[[0x33].as_slice(), &[0xff; 16]].concat()), Some(u128::MAX));
        assert_eq!(compact(&[[0x37].as_slice(), &[0xff; 17]].concat()), None);
    }

    #[test]
    fn a_length_beyond_the_input_allocates_nothing() {
        let huge = [0xfe, 0xff, 0xff, 0xff, 1, 2, 3];
        assert!(Reader::new("test", &huge).accounts("rows").is_err());
        assert!(Reader::new("test", &huge).compacts("rows").is_err());
    }

    #[test]
    fn messages_say_where() {
        let error = Reader::new("neurons", &[2]).bool("active").expect_err("2 is no boolean");
        assert_eq!(error.message(), "neurons, active, at byte 1: expected a boolean, 0 or 1, before this");
    }
}
