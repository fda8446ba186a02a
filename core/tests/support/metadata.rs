//! Metadata from lines of layout: what a runtime with these entries, and nothing else, would say of itself.

use frame_metadata::RuntimeMetadataPrefixed;
use frame_metadata::v15::{
    CustomMetadata, ExtrinsicMetadata, OuterEnums, PalletMetadata, PalletStorageMetadata, RuntimeApiMetadata,
    RuntimeApiMethodMetadata, RuntimeApiMethodParamMetadata, RuntimeMetadataV15, StorageEntryMetadata,
    StorageEntryModifier, StorageEntryType, StorageHasher,
};
use parity_scale_codec::Encode as _;
use scale_info::form::PortableForm;
use scale_info::{
    Field, Path, PortableRegistryBuilder, Type, TypeDefArray, TypeDefCompact, TypeDefComposite, TypeDefPrimitive,
    TypeDefSequence, TypeDefTuple, TypeDefVariant, Variant,
};

/// Metadata 15 as `Metadata_metadata_at_version` answers it: `Option<Vec<u8>>`.
pub fn answer(lines: &[String]) -> Vec<u8> {
    let bare = bare(lines);
    [vec![1], super::encode::list(&bare, |byte| vec![*byte])].concat()
}

/// Metadata 15 by itself.
pub fn bare(lines: &[String]) -> Vec<u8> {
    let mut types = Types(PortableRegistryBuilder::new());
    let mut pallets: Vec<PalletMetadata<PortableForm>> = Vec::new();
    let mut apis: Vec<RuntimeApiMetadata<PortableForm>> = Vec::new();
    for line in lines {
        let (entry, layout) = line.split_once(": ").expect("an entry and its layout");
        let layout = layout.replace('…', "}>");
        if let Some((pallet, item)) = entry.split_once('.') {
            let entry = types.storage(item, &layout);
            let known = pallets.iter().position(|known| known.name == pallet);
            let index = known.unwrap_or_else(|| {
                pallets.push(empty_pallet(pallet));
                pallets.len() - 1
            });
            pallets[index].storage.as_mut().expect("made with storage").entries.push(entry);
        } else {
            let (api, method) = entry.split_once('_').expect("an API and its method");
            let method = types.method(method, &layout);
            let known = apis.iter().position(|known| known.name == api);
            let index = known.unwrap_or_else(|| {
                apis.push(RuntimeApiMetadata { name: api.into(), methods: Vec::new(), docs: Vec::new() });
                apis.len() - 1
            });
            apis[index].methods.push(method);
        }
    }
    let unit = types.of("()").into();
    let metadata = RuntimeMetadataV15 {
        types: types.0.finish(),
        pallets,
        extrinsic: ExtrinsicMetadata {
            version: 4,
            address_ty: unit,
            call_ty: unit,
            signature_ty: unit,
            extra_ty: unit,
            signed_extensions: Vec::new(),
        },
        ty: unit,
        apis,
        outer_enums: OuterEnums { call_enum_ty: unit, event_enum_ty: unit, error_enum_ty: unit },
        custom: CustomMetadata { map: std::collections::BTreeMap::new() },
    };
    RuntimeMetadataPrefixed::from(metadata).encode()
}

fn empty_pallet(name: &str) -> PalletMetadata<PortableForm> {
    PalletMetadata {
        name: name.into(),
        storage: Some(PalletStorageMetadata { prefix: name.into(), entries: Vec::new() }),
        calls: None,
        event: None,
        constants: Vec::new(),
        error: None,
        index: 0,
        docs: Vec::new(),
    }
}

struct Types(PortableRegistryBuilder);

impl Types {
    fn storage(&mut self, name: &str, layout: &str) -> StorageEntryMetadata<PortableForm> {
        let (shape, modifier) = layout.rsplit_once(' ').expect("a modifier at the end");
        let (keys, value) = shape.split_once(" -> ").expect("an arrow");
        let value = self.of(value).into();
        let ty = match keys.strip_prefix('[').filter(|_| keys.starts_with("[Ident") || keys.contains("] ")) {
            None => StorageEntryType::Plain(value),
            Some(keys) => {
                let (hashers, key) = keys.split_once("] ").expect("hashers before keys");
                let hashers = hashers
                    .split(',')
                    .map(|hasher| match hasher {
                        "Identity" => StorageHasher::Identity,
                        "Blake2_128Concat" => StorageHasher::Blake2_128Concat,
                        "Twox64Concat" => StorageHasher::Twox64Concat,
                        _ => panic!("{hasher}: no such hasher"),
                    })
                    .collect();
                StorageEntryType::Map { hashers, key: self.of(key).into(), value }
            }
        };
        let modifier = match modifier {
            "Optional" => StorageEntryModifier::Optional,
            _ => StorageEntryModifier::Default,
        };
        StorageEntryMetadata { name: name.into(), modifier, ty, default: Vec::new(), docs: Vec::new() }
    }

    fn method(&mut self, name: &str, layout: &str) -> RuntimeApiMethodMetadata<PortableForm> {
        let (inputs, output) = layout.split_once(" -> ").expect("an arrow");
        let inputs = split(inner(inputs, '(', ')'))
            .map(|input| RuntimeApiMethodParamMetadata { name: "input".into(), ty: self.of(input).into() })
            .collect();
        RuntimeApiMethodMetadata { name: name.into(), inputs, output: self.of(output).into(), docs: Vec::new() }
    }

    /// The number of the type that is written like this.
    fn of(&mut self, shape: &str) -> u32 {
        let primitive = match shape {
            "bool" => Some(TypeDefPrimitive::Bool),
            "str" => Some(TypeDefPrimitive::Str),
            "u8" => Some(TypeDefPrimitive::U8),
            "u16" => Some(TypeDefPrimitive::U16),
            "u32" => Some(TypeDefPrimitive::U32),
            "u64" => Some(TypeDefPrimitive::U64),
            "u128" => Some(TypeDefPrimitive::U128),
            "i128" => Some(TypeDefPrimitive::I128),
            _ => None,
        };
        let ty: Type<PortableForm> = if let Some(primitive) = primitive {
            plain(primitive)
        } else if shape == "Compact" {
            plain(TypeDefCompact::new(self.of("u64").into()))
        } else if let Some(item) = shape.strip_prefix("Vec<") {
            plain(TypeDefSequence::new(self.of(inner(item, '\0', '>')).into()))
        } else if let Some(item) = shape.strip_prefix("Option<") {
            let item = self.of(inner(item, '\0', '>'));
            let variant = |name: &str, index, fields| Variant { name: name.into(), fields, index, docs: Vec::new() };
            let variants = [variant("None", 0, Vec::new()), variant("Some", 1, vec![field(None, item)])];
            let path = Path { segments: vec!["Option".to_owned()] };
            Type { path, ..plain(TypeDefVariant { variants: variants.into() }) }
        } else if shape.starts_with('[') {
            let (item, len) = inner(shape, '[', ']').rsplit_once(';').expect("an array has a length");
            plain(TypeDefArray::new(len.parse().expect("a number"), self.of(item).into()))
        } else if shape.starts_with('{') {
            let fields = split(inner(shape, '{', '}'))
                .map(|named| {
                    let (name, shape) = named.split_once(':').expect("a name");
                    let id = self.of(shape);
                    field(Some(name), id)
                })
                .collect();
            plain(TypeDefComposite { fields })
        } else if shape.starts_with('(') {
            let fields: Vec<_> = split(inner(shape, '(', ')')).map(|shape| self.of(shape).into()).collect();
            plain(TypeDefTuple::<PortableForm> { fields })
        } else {
            panic!("{shape}: no such shape")
        };
        self.0.register_type(ty)
    }
}

fn plain(def: impl Into<scale_info::TypeDef<PortableForm>>) -> Type<PortableForm> {
    Type { path: Path { segments: Vec::new() }, type_params: Vec::new(), type_def: def.into(), docs: Vec::new() }
}

fn field(name: Option<&str>, id: u32) -> Field<PortableForm> {
    Field { name: name.map(str::to_owned), ty: id.into(), type_name: None, docs: Vec::new() }
}

/// What stands between the brackets at both ends.
fn inner(text: &str, open: char, close: char) -> &str {
    let text = text.strip_prefix(open).unwrap_or(text);
    text.strip_suffix(close).expect("brackets are closed")
}

/// Splits at the commas that stand in no bracket.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    text.split(move |letter| {
        depth += match letter {
            '<' | '(' | '[' | '{' => 1,
            '>' | ')' | ']' | '}' => -1,
            _ => 0,
        };
        letter == ',' && depth == 0
    })
    .filter(|part| !part.is_empty())
}
