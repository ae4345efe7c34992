//! Reading JSON into types, of which every struct is a JSON object. Serde's derived readers also take a list for a struct and
//! its items for the members in their order, so that `["ada"]` would be read where `{"tenant": "ada"}` is expected. Nobody who
//! reads the description of the API knows of that form, and members that are added or sorted anew would change its meaning.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde_json::Value;

/// A deserializer that refuses lists in place of structs, at every depth. It does not see below members that serde reads into
/// its own buffer first: those of types with `flatten`, `untagged` or `tag`.
#[derive(Debug)]
pub struct ObjectsOnly<D>(pub D);

impl ObjectsOnly<()> {
    /// Reads a value.
    ///
    /// # Errors
    /// It is not of this shape.
    pub fn of_value<T: DeserializeOwned>(value: Value) -> Result<T, serde_json::Error> {
        T::deserialize(ObjectsOnly(value))
    }

    /// Reads a whole text.
    ///
    /// # Errors
    /// It is no JSON, or not of this shape.
    pub fn of_slice<'b, T: Deserialize<'b>>(text: &'b [u8]) -> Result<T, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(text);
        let read = T::deserialize(ObjectsOnly(&mut deserializer))?;
        deserializer.end()?;
        Ok(read)
    }
}

/// What reads a part: of a struct, or of something else that may be a list.
struct Part<V> {
    visitor: V,
    is_struct: bool,
}

impl<V> Part<V> {
    fn any(visitor: V) -> Self {
        Self { visitor, is_struct: false }
    }

    fn of_struct(visitor: V) -> Self {
        Self { visitor, is_struct: true }
    }
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* Part::any(visitor))
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ObjectsOnly<D> {
    type Error = D::Error;

    forward! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(length: usize);
        deserialize_tuple_struct(name: &'static str, length: usize);
        deserialize_map();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_struct(name, fields, Part::of_struct(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! visit {
    ($($method:ident: $type:ty;)*) => {
        $(fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Part<V> {
    type Value = V::Value;

    visit! {
        visit_bool: bool;
        visit_i8: i8;
        visit_i16: i16;
        visit_i32: i32;
        visit_i64: i64;
        visit_i128: i128;
        visit_u8: u8;
        visit_u16: u16;
        visit_u32: u32;
        visit_u64: u64;
        visit_u128: u128;
        visit_f32: f32;
        visit_f64: f64;
        visit_char: char;
        visit_str: &str;
        visit_borrowed_str: &'de str;
        visit_string: String;
        visit_bytes: &[u8];
        visit_borrowed_bytes: &'de [u8];
        visit_byte_buf: Vec<u8>;
    }

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(formatter)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(ObjectsOnly(deserializer))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(ObjectsOnly(deserializer))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        if self.is_struct {
            return Err(A::Error::invalid_type(Unexpected::Seq, &"an object"));
        }
        self.visitor.visit_seq(ObjectsOnly(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(ObjectsOnly(members))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(ObjectsOnly(variant))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Part<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.visitor.deserialize(ObjectsOnly(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for ObjectsOnly<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_element_seed(Part::any(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for ObjectsOnly<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        self.0.next_key_seed(Part::any(seed))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.0.next_value_seed(Part::any(seed))
    }

    fn size_hint(&self) -> Option<usize> {
        self.0.size_hint()
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for ObjectsOnly<A> {
    type Error = A::Error;
    type Variant = ObjectsOnly<A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), A::Error> {
        let (name, content) = self.0.variant_seed(Part::any(seed))?;
        Ok((name, ObjectsOnly(content)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for ObjectsOnly<A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.0.unit_variant()
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.0.newtype_variant_seed(Part::any(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, A::Error> {
        self.0.tuple_variant(length, Part::any(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        self.0.struct_variant(fields, Part::of_struct(visitor))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Leaf {
        one: u8,
        #[serde(default)]
        two: Option<String>,
    }

    #[derive(Debug, PartialEq, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        Nothing,
        Just(Leaf),
        Pair(u8, u8),
        Own { one: u8 },
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct All<'a> {
        #[serde(default)]
        leaf: Option<Leaf>,
        #[serde(default)]
        list: Vec<Leaf>,
        #[serde(default)]
        map: BTreeMap<String, Leaf>,
        #[serde(default)]
        choices: Vec<Choice>,
        #[serde(default)]
        pair: Option<(u8, Leaf)>,
        #[serde(default)]
        value: Value,
        #[serde(default, borrow)]
        raw: Option<&'a RawValue>,
    }

    #[test]
    fn objects_are_read_as_before() {
        let text = br#" {"leaf": {"one": 1, "two": "x"}, "list": [{"one": 2}], "map": {"a": {"one": 3}},
            "choices": ["nothing", {"just": {"one": 4}}, {"pair": [1, 2]}, {"own": {"one": 5}}], "pair": [6, {"one": 7}],
            "value": [{"deep": [1.5, null]}], "raw": [1,  2]} "#;
        let all: All<'_> = ObjectsOnly::of_slice(text).unwrap();
        assert_eq!(all.leaf, Some(Leaf { one: 1, two: Some("x".to_owned()) }));
        assert_eq!((all.list[0].one, all.map["a"].one), (2, 3));
        let just = Choice::Just(Leaf { one: 4, two: None });
        assert_eq!(all.choices, [Choice::Nothing, just, Choice::Pair(1, 2), Choice::Own { one: 5 }]);
        assert_eq!(all.pair, Some((6, Leaf { one: 7, two: None })));
        assert_eq!((all.value, all.raw.unwrap().get()), (json!([{"deep": [1.5, null]}]), "[1,  2]"));
        let trailing = ObjectsOnly::of_slice::<Leaf>(br#"{"one": 1} {"#).unwrap_err();
        assert!(trailing.to_string().contains("trailing"), "{trailing}");
    }

    #[test]
    fn lists_are_structs_nowhere() {
        for value in [
            json!([null]),
            json!({"leaf": [1]}),
            json!({"leaf": [1, "x"]}),
            json!({"list": [[1]]}),
            json!({"map": {"a": [1]}}),
            json!({"choices": [{"just": [1]}]}),
            json!({"choices": [{"own": [1]}]}),
            json!({"pair": [6, [7]]}),
        ] {
            let text = value.to_string();
            let refused = ObjectsOnly::of_slice::<All<'_>>(text.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains("sequence"), "{text}: {refused}");
        }
        // Of a value as of a text.
        assert!(ObjectsOnly::of_value::<Leaf>(json!([1])).unwrap_err().to_string().contains("expected an object"));
        assert!(ObjectsOnly::of_value::<Vec<Choice>>(json!([{"own": [1]}])).is_err());
        assert_eq!(ObjectsOnly::of_value::<Leaf>(json!({"one": 1})).unwrap(), Leaf { one: 1, two: None });
    }
}
