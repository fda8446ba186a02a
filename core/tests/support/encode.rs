//! What a runtime would answer, written by a second hand: SCALE encoders that share nothing with the decoders.

/// The shortest form of an integer.
pub fn compact(value: u128) -> Vec<u8> {
    match value {
        0..0x40 => vec![(value << 2) as u8],
        0x40..0x4000 => ((value << 2 | 1) as u16).to_le_bytes().into(),
        0x4000..0x4000_0000 => ((value << 2 | 2) as u32).to_le_bytes().into(),
        _ => {
            let bytes = value.to_le_bytes();
            let len = bytes.iter().rposition(|&byte| byte != 0).map_or(4, |last| last + 1).max(4);
            [&[((len - 4) << 2) as u8 | 3], &bytes[..len]].concat()
        }
    }
}

/// A list.
pub fn list<T>(items: &[T], encode: impl Fn(&T) -> Vec<u8>) -> Vec<u8> {
    let mut bytes = compact(items.len() as u128);
    for item in items {
        bytes.extend(encode(item));
    }
    bytes
}

fn compacts(items: &[u64]) -> Vec<u8> {
    list(items, |item| compact((*item).into()))
}

fn some(bytes: Vec<u8>) -> Vec<u8> {
    [vec![1], bytes].concat()
}

/// One row of a subnet.
#[derive(Debug, Clone)]
pub struct Row {
    /// Key.
    pub hotkey: [u8; 32],
    /// Key.
    pub coldkey: [u8; 32],
    /// Flag.
    pub active: bool,
    /// Flag.
    pub permit: bool,
    /// Block.
    pub last_update: u64,
    /// Block.
    pub registered_at: u64,
    /// Rao.
    pub alpha: u64,
    /// Rao.
    pub tao: u64,
    /// Rao.
    pub total: u64,
}

/// A subnet at a block, uids in order.
#[derive(Debug, Clone)]
pub struct Subnet {
    /// Number.
    pub netuid: u16,
    /// Block.
    pub registered_at: u64,
    /// Key, zero for nobody.
    pub owner_hotkey: [u8; 32],
    /// Key, zero for nobody.
    pub owner_coldkey: [u8; 32],
    /// Number.
    pub block: u64,
    /// Blocks.
    pub tempo: u16,
    /// Block.
    pub last_step: u64,
    /// Members.
    pub rows: Vec<Row>,
}

impl Subnet {
    fn column<T>(&self, of: impl Fn(&Row) -> T) -> Vec<T> {
        self.rows.iter().map(of).collect()
    }

    fn keys(&self, of: impl Fn(&Row) -> [u8; 32]) -> Vec<u8> {
        list(&self.column(of), |key| key.to_vec())
    }

    fn flags(&self, of: impl Fn(&Row) -> bool) -> Vec<u8> {
        list(&self.column(of), |flag| vec![u8::from(*flag)])
    }

    fn numbers(&self, of: impl Fn(&Row) -> u64) -> Vec<u8> {
        compacts(&self.column(of))
    }

    /// `get_selective_metagraph` for these fields, by a runtime that knows `fields` of them.
    pub fn metagraph(&self, asked: &[u16], fields: u16) -> Vec<u8> {
        let netuid = if asked.contains(&0) { self.netuid } else { 0 };
        let mut bytes = some(compact(netuid.into()));
        for index in 1..fields {
            if asked.contains(&index) {
                bytes.extend(some(self.field(index)));
            } else {
                bytes.push(0);
            }
        }
        bytes
    }

    fn field(&self, index: u16) -> Vec<u8> {
        match index {
            4 => compact(self.registered_at.into()),
            5 => self.owner_hotkey.into(),
            6 => self.owner_coldkey.into(),
            7 => compact(self.block.into()),
            8 => compact(self.tempo.into()),
            9 => compact(self.last_step.into()),
            52 => self.keys(|row| row.hotkey),
            53 => self.keys(|row| row.coldkey),
            56 => self.flags(|row| row.active),
            57 => self.flags(|row| row.permit),
            59 => self.numbers(|row| row.last_update),
            66 => self.numbers(|row| row.registered_at),
            67 => self.numbers(|row| row.alpha),
            68 => self.numbers(|row| row.tao),
            69 => self.numbers(|row| row.total),
            _ => panic!("field {index} has no encoder"),
        }
    }

    /// `get_subnet_state`.
    pub fn state(&self) -> Vec<u8> {
        let none = || compacts(&[]);
        let zeros = || compacts(&vec![0; self.rows.len()]);
        some(
            [
                compact(self.netuid.into()),
                self.keys(|row| row.hotkey),
                self.keys(|row| row.coldkey),
                self.flags(|row| row.active),
                self.flags(|row| row.permit),
                none(),
                self.numbers(|row| row.last_update),
                zeros(),
                zeros(),
                zeros(),
                zeros(),
                none(),
                none(),
                self.numbers(|row| row.registered_at),
                self.numbers(|row| row.alpha),
                self.numbers(|row| row.tao),
                self.numbers(|row| row.total),
                list(&[(); 2], |()| compacts(&[1, 2, 3])),
            ]
            .concat(),
        )
    }

    /// `get_neurons_lite`.
    pub fn neurons_lite(&self) -> Vec<u8> {
        let rows: Vec<_> = self.rows.iter().enumerate().collect();
        list(&rows, |(uid, row)| {
            [
                row.hotkey.to_vec(),
                row.coldkey.to_vec(),
                compact(*uid as u128),
                compact(self.netuid.into()),
                vec![row.active.into()],
                vec![0; 34 + 31],
                list(&[row.alpha], |alpha| [row.coldkey.to_vec(), compact((*alpha).into())].concat()),
                vec![0; 7],
                compact(row.last_update.into()),
                vec![row.permit.into()],
                compact(65_535),
            ]
            .concat()
        })
    }
}
