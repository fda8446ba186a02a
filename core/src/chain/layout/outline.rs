//! Metadata as lines of text: one for each storage item and runtime call.

use std::fmt::Write as _;

use frame_metadata::v14::{StorageEntryModifier, StorageEntryType, StorageHasher};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use parity_scale_codec::DecodeAll as _;
use scale_info::form::PortableForm;
use scale_info::{Field, PortableRegistry, Type, TypeDef, TypeDefPrimitive};

use super::super::scale::Reader;
use crate::error::{Error, ErrorCode};

/// Metadata of a runtime that does something takes less than half of it.
const MAX_LEN: usize = 4 << 20;
/// The longest line that is known has 3 kB. Types can refer to themselves, and to one another a thousand times.
const MAX_LINE: usize = 16 << 10;
const MAX_DEPTH: usize = 24;

/// What of metadata is needed to tell layouts apart.
pub(super) struct Outline {
    types: PortableRegistry,
    storage: Vec<Item>,
    calls: Vec<Call>,
}

struct Item {
    name: String,
    modifier: StorageEntryModifier,
    ty: StorageEntryType<PortableForm>,
}

struct Call {
    name: String,
    inputs: Vec<u32>,
    output: u32,
}

macro_rules! outline {
    ($metadata:expr, calls: $calls:expr) => {{
        let metadata = $metadata;
        let mut storage = Vec::new();
        for pallet in metadata.pallets {
            let Some(items) = pallet.storage else { continue };
            for item in items.entries {
                let name = format!("{}.{}", items.prefix, item.name);
                storage.push(Item { name, modifier: item.modifier, ty: item.ty });
            }
        }
        Outline { types: metadata.types, storage, calls: $calls }
    }};
}

macro_rules! calls {
    ($apis:expr) => {
        $apis
            .into_iter()
            .flat_map(|api| {
                api.methods.into_iter().map(move |method| Call {
                    name: format!("{}_{}", api.name, method.name),
                    inputs: method.inputs.iter().map(|input| input.ty.id).collect(),
                    output: method.output.id,
                })
            })
            .collect()
    };
}

impl Outline {
    /// Reads metadata 14, 15 or 16, bare or as the runtime call gives it: `Option<Vec<u8>>`.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let invalid = || {
            Error::new(ErrorCode::ChainAnswerInvalid).detail("metadata: expected version 14, 15 or 16, all bytes used")
        };
        if bytes.len() > MAX_LEN {
            return Err(invalid());
        }
        let bare = if bytes.starts_with(b"meta") { bytes } else { unwrapped(bytes)? };
        if !bare.starts_with(b"meta") {
            return Err(invalid());
        }
        let RuntimeMetadataPrefixed(_, metadata) =
            RuntimeMetadataPrefixed::decode_all(&mut &bare[..]).map_err(|_| invalid())?;
        match metadata {
            RuntimeMetadata::V14(metadata) => Ok(outline!(metadata, calls: Vec::new())),
            RuntimeMetadata::V15(metadata) => {
                let apis = metadata.apis.clone();
                Ok(outline!(metadata, calls: calls!(apis)))
            }
            RuntimeMetadata::V16(metadata) => {
                let apis = metadata.apis.clone();
                Ok(outline!(metadata, calls: calls!(apis)))
            }
            _ => Err(invalid()),
        }
    }

    /// The line of an entry; `None` when it is not there, or has no line of reasonable length.
    pub(super) fn line(&self, entry: &str) -> Option<String> {
        let mut line = format!("{entry}: ");
        let is_written = if let Some(item) = self.storage.iter().find(|item| item.name == entry) {
            self.item(item, &mut line)
        } else {
            self.call(self.calls.iter().find(|call| call.name == entry)?, &mut line)
        };
        is_written.then_some(line)
    }

    fn item(&self, item: &Item, line: &mut String) -> bool {
        let is_written = match &item.ty {
            StorageEntryType::Plain(value) => {
                line.push_str("() -> ");
                self.shape(value.id, 0, line)
            }
            StorageEntryType::Map { hashers, key, value } => {
                let hashers: Vec<_> = hashers.iter().map(hasher).collect();
                let _ = write!(line, "[{}] ", hashers.join(","));
                self.shape(key.id, 0, line) && {
                    line.push_str(" -> ");
                    self.shape(value.id, 0, line)
                }
            }
        };
        line.push_str(match item.modifier {
            StorageEntryModifier::Optional => " Optional",
            StorageEntryModifier::Default => " Default",
        });
        is_written
    }

    fn call(&self, call: &Call, line: &mut String) -> bool {
        line.push('(');
        let is_written = self.list(call.inputs.iter().copied(), 0, line);
        line.push_str(") -> ");
        is_written && self.shape(call.output, 0, line)
    }

    /// Appends a type. Newtypes are their inner type, what takes no bytes is left out. False when it becomes too long.
    fn shape(&self, id: u32, depth: usize, line: &mut String) -> bool {
        let Some(ty) = self.types.resolve(id) else { return false };
        if depth > MAX_DEPTH || line.len() > MAX_LINE {
            return false;
        }
        let depth = depth + 1;
        match &ty.type_def {
            TypeDef::Composite(composite) => self.fields(&composite.fields, depth, line),
            TypeDef::Variant(_) => self.variant(ty, depth, line),
            TypeDef::Sequence(sequence) => {
                line.push_str("Vec<");
                let is_written = self.shape(sequence.type_param.id, depth, line);
                line.push('>');
                is_written
            }
            TypeDef::Array(array) => {
                line.push('[');
                let is_written = self.shape(array.type_param.id, depth, line);
                let _ = write!(line, ";{}]", array.len);
                is_written
            }
            TypeDef::Tuple(tuple) => {
                let sized: Vec<_> =
                    tuple.fields.iter().map(|field| field.id).filter(|id| !self.is_empty(*id, 0)).collect();
                if let [only] = sized[..] {
                    return self.shape(only, depth, line);
                }
                line.push('(');
                let is_written = self.list(sized, depth, line);
                line.push(')');
                is_written
            }
            TypeDef::Primitive(primitive) => {
                line.push_str(name(primitive));
                true
            }
            TypeDef::Compact(compact) => {
                line.push_str("Compact<");
                let is_written = self.shape(compact.type_param.id, depth, line);
                line.push('>');
                is_written
            }
            TypeDef::BitSequence(_) => {
                line.push_str("bits");
                true
            }
        }
    }

    fn fields(&self, fields: &[Field<PortableForm>], depth: usize, line: &mut String) -> bool {
        let sized: Vec<_> = fields.iter().filter(|field| !self.is_empty(field.ty.id, 0)).collect();
        match sized[..] {
            [] => {
                line.push_str("()");
                true
            }
            [only] if only.name.is_none() => self.shape(only.ty.id, depth, line),
            _ if sized.iter().all(|field| field.name.is_none()) => {
                line.push('(');
                let is_written = self.list(sized.iter().map(|field| field.ty.id), depth, line);
                line.push(')');
                is_written
            }
            _ => {
                let mut opening = '{';
                for field in &sized {
                    line.push(opening);
                    opening = ',';
                    let _ = write!(line, "{}:", field.name.as_deref().unwrap_or("_"));
                    if !self.shape(field.ty.id, depth, line) {
                        return false;
                    }
                }
                line.push('}');
                true
            }
        }
    }

    fn variant(&self, ty: &Type<PortableForm>, depth: usize, line: &mut String) -> bool {
        let TypeDef::Variant(variants) = &ty.type_def else { return false };
        let path: Vec<_> = ty.path.segments.iter().map(String::as_str).collect();
        if let (["Option"], [none, some]) = (&path[..], &variants.variants[..])
            && (none.index, some.index, none.fields.len(), some.fields.len()) == (0, 1, 0, 1)
        {
            line.push_str("Option<");
            let is_written = self.shape(some.fields[0].ty.id, depth, line);
            line.push('>');
            return is_written;
        }
        line.push_str("enum{");
        for (place, variant) in variants.variants.iter().enumerate() {
            let _ = write!(line, "{}{}={}", if place > 0 { "," } else { "" }, variant.index, variant.name);
            if !variant.fields.is_empty() && !self.fields(&variant.fields, depth, line) {
                return false;
            }
        }
        line.push('}');
        line.len() <= MAX_LINE
    }

    fn list(&self, ids: impl IntoIterator<Item = u32>, depth: usize, line: &mut String) -> bool {
        for (place, id) in ids.into_iter().enumerate() {
            if place > 0 {
                line.push(',');
            }
            if !self.shape(id, depth, line) {
                return false;
            }
        }
        true
    }

    /// Whether a type takes no bytes.
    fn is_empty(&self, id: u32, depth: usize) -> bool {
        let empty = |id: u32| depth < 4 && self.is_empty(id, depth + 1);
        match self.types.resolve(id).map(|ty| &ty.type_def) {
            Some(TypeDef::Composite(composite)) => composite.fields.iter().all(|field| empty(field.ty.id)),
            Some(TypeDef::Tuple(tuple)) => tuple.fields.iter().all(|field| empty(field.id)),
            _ => false,
        }
    }
}

fn unwrapped(bytes: &[u8]) -> Result<&[u8], Error> {
    let mut reader = Reader::new("Metadata_metadata_at_version", bytes);
    if !reader.option("answer")? {
        return Err(Error::new(ErrorCode::ChainLayoutUnknown)
            .detail("Metadata_metadata_at_version: expected metadata 15; found none of that version"));
    }
    let len = usize::try_from(reader.compact("length")?).unwrap_or(usize::MAX);
    let bare = reader.take("metadata", len)?;
    reader.finish()?;
    Ok(bare)
}

const fn hasher(hasher: &StorageHasher) -> &'static str {
    match hasher {
        StorageHasher::Blake2_128 => "Blake2_128",
        StorageHasher::Blake2_256 => "Blake2_256",
        StorageHasher::Blake2_128Concat => "Blake2_128Concat",
        StorageHasher::Twox128 => "Twox128",
        StorageHasher::Twox256 => "Twox256",
        StorageHasher::Twox64Concat => "Twox64Concat",
        StorageHasher::Identity => "Identity",
    }
}

const fn name(primitive: &TypeDefPrimitive) -> &'static str {
    match primitive {
        TypeDefPrimitive::Bool => "bool",
        TypeDefPrimitive::Char => "char",
        TypeDefPrimitive::Str => "str",
        TypeDefPrimitive::U8 => "u8",
        TypeDefPrimitive::U16 => "u16",
        TypeDefPrimitive::U32 => "u32",
        TypeDefPrimitive::U64 => "u64",
        TypeDefPrimitive::U128 => "u128",
        TypeDefPrimitive::U256 => "u256",
        TypeDefPrimitive::I8 => "i8",
        TypeDefPrimitive::I16 => "i16",
        TypeDefPrimitive::I32 => "i32",
        TypeDefPrimitive::I64 => "i64",
        TypeDefPrimitive::I128 => "i128",
        TypeDefPrimitive::I256 => "i256",
    }
}
