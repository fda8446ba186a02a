//! Whether a runtime stores its facts the way the decoders read them: its metadata, line by line, against a table
//! (`spec/05 §6`).

mod outline;

use crate::error::{Error, ErrorCode};

use outline::Outline;

/// One line for each entry that is read; several lines for an entry are alternatives. The table is data.
const KNOWN: &str = include_str!("layout/known.txt");
/// Without one of these nothing can be read.
const REQUIRED: [&str; 8] = [
    "SubtensorModule.Uids",
    "SubtensorModule.Keys",
    "SubtensorModule.Owner",
    "SubtensorModule.NetworksAdded",
    "SubtensorModule.NetworkRegisteredAt",
    "SubtensorModule.SubnetOwner",
    "SubtensorModule.SubnetOwnerHotkey",
    "Timestamp.Now",
];
/// Without both of these coldkey swaps are not watched.
const SWAPS: [&str; 2] = ["SubtensorModule.ColdkeySwapAnnouncements", "SubtensorModule.ColdkeySwapDisputes"];
const METAGRAPH: &str = "SubnetInfoRuntimeApi_get_selective_metagraph";
const STATE: &str = "SubnetInfoRuntimeApi_get_subnet_state";
/// How much of what was found a message repeats.
const SHOWN: usize = 160;

/// Which runtime call a snapshot is read with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SubnetQuery {
    /// `get_selective_metagraph`: everything in one answer.
    Metagraph,
    /// `get_subnet_state`: larger, and without the last epoch.
    State,
}

/// What can be read from a runtime whose layout was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    query: SubnetQuery,
    has_state: bool,
    has_swaps: bool,
}

impl Layout {
    /// Checks metadata of version 14, 15 or 16, as `Metadata_metadata_at_version` or bare.
    ///
    /// # Errors
    /// [`ErrorCode::ChainLayoutUnknown`] with the first entry that is missing or different;
    /// [`ErrorCode::ChainAnswerInvalid`] when the bytes are no metadata.
    pub fn check(metadata: &[u8]) -> Result<Self, Error> {
        let outline = Outline::decode(metadata)?;
        for entry in REQUIRED {
            check(&outline, entry)?;
        }
        let metagraph = check(&outline, METAGRAPH);
        let state = check(&outline, STATE);
        let has_state = state.is_ok();
        let query = match (metagraph, state) {
            (Ok(()), _) => SubnetQuery::Metagraph,
            (Err(_), Ok(())) => SubnetQuery::State,
            (Err(error), Err(_)) => return Err(error),
        };
        Ok(Self { query, has_state, has_swaps: SWAPS.iter().all(|entry| check(&outline, entry).is_ok()) })
    }

    /// How a snapshot is read.
    #[must_use]
    pub const fn query(&self) -> SubnetQuery {
        self.query
    }

    /// Whether `get_subnet_state` can be read when the first query fails.
    #[must_use]
    pub const fn has_state(&self) -> bool {
        self.has_state
    }

    /// Whether coldkey swaps can be read.
    #[must_use]
    pub const fn has_swaps(&self) -> bool {
        self.has_swaps
    }

    /// The line of one entry, as metadata describes it: `None` when it is not there. For tests and reports.
    ///
    /// # Errors
    /// [`ErrorCode::ChainAnswerInvalid`] when the bytes are no metadata.
    pub fn line(metadata: &[u8], entry: &str) -> Result<Option<String>, Error> {
        Ok(Outline::decode(metadata)?.line(entry))
    }
}

fn check(outline: &Outline, entry: &str) -> Result<(), Error> {
    let unknown = |found: &str| {
        Error::new(ErrorCode::ChainLayoutUnknown)
            .detail(format!("{entry}: expected {}; found {found}", shown(known(entry).next().unwrap_or_default())))
    };
    let Some(line) = outline.line(entry) else {
        return Err(unknown("no such entry"));
    };
    let line = normal(&line);
    if known(entry).any(|known| is_same(&line, known)) {
        return Ok(());
    }
    let expected = known(entry).next().unwrap_or_default();
    let at = line.bytes().zip(expected.bytes()).take_while(|(one, other)| one == other).count();
    Err(unknown(&format!("{} from character {at} on", shown(line.get(at..).unwrap_or_default()))))
}

fn known(entry: &str) -> impl Iterator<Item = &'static str> {
    let entry = format!("{entry}: ");
    KNOWN.lines().filter(move |line| line.starts_with(&entry))
}

/// A line that ends in `…` leaves room for more fields, each an `Option`: they are one zero byte when not asked for.
fn is_same(line: &str, known: &str) -> bool {
    let Some(beginning) = known.strip_suffix('…') else { return line == known };
    let Some(more) = line.strip_prefix(beginning).and_then(|rest| rest.strip_suffix("}>")) else { return false };
    more.is_empty() || more.strip_prefix(',').is_some_and(|more| fields(more).all(is_option))
}

fn is_option(field: &str) -> bool {
    field.split_once(':').is_some_and(|(_, shape)| shape.starts_with("Option<") && shape.ends_with('>'))
}

/// Splits at the commas that stand in no bracket.
fn fields(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |letter| {
        match letter {
            '<' | '(' | '[' | '{' => depth += 1,
            '>' | ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    })
}

/// A compact integer has the same bytes in every width.
fn normal(line: &str) -> String {
    ["u8", "u16", "u32", "u64", "u128"]
        .iter()
        .fold(line.to_owned(), |line, width| line.replace(&format!("Compact<{width}>"), "Compact"))
}

fn shown(text: &str) -> &str {
    let end = (0..=SHOWN.min(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap_or_default();
    &text[..end]
}
