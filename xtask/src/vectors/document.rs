//! The layout that every vector file has (`spec/vectors/README.md`).

use std::collections::BTreeSet;

use bittensor_auth::error::ErrorCode;
use bittensor_auth::time::UnixNanos;
use serde_json::{Map, Value, json};

/// What must come out: outputs, or the code of the one fault.
pub(super) type Verdict = Result<Value, ErrorCode>;

/// One vector file.
pub(super) struct Document {
    feature: &'static str,
    spec: &'static str,
    notes: &'static [(&'static str, &'static str)],
    groups: Vec<Group>,
}

impl Document {
    /// The file `<feature>.json`. `notes` says what each flag means.
    pub(super) const fn new(
        feature: &'static str,
        spec: &'static str,
        notes: &'static [(&'static str, &'static str)],
        groups: Vec<Group>,
    ) -> Self {
        Self { feature, spec, notes, groups }
    }

    pub(super) const fn feature(&self) -> &'static str {
        self.feature
    }

    /// The whole file and how many cases it has.
    ///
    /// # Panics
    /// When an id is used twice, or a flag without a note, or a note without a flag.
    pub(super) fn into_json(self) -> (Value, usize) {
        let cases = || self.groups.iter().flat_map(|group| &group.cases);
        let count = cases().count();
        let mut ids = BTreeSet::new();
        cases().for_each(|case| assert!(ids.insert(&case.id), "{} {}: this id is used twice", self.feature, case.id));
        let used: BTreeSet<_> = cases().flat_map(|case| case.flags.iter().copied()).collect();
        let noted: BTreeSet<_> = self.notes.iter().map(|(flag, _)| *flag).collect();
        assert_eq!(used, noted, "{}: flags and notes differ", self.feature);
        let notes: Map<String, Value> =
            self.notes.iter().map(|(flag, note)| ((*flag).into(), (*note).into())).collect();
        let groups: Vec<_> = self.groups.into_iter().map(|group| group.into_json(self.feature)).collect();
        let document = json!({
            "schema": format!("../schema/{}.json", self.feature),
            "spec": self.spec,
            "feature": self.feature,
            "count": count,
            "notes": notes,
            "groups": groups,
        });
        (document, count)
    }
}

/// Cases with the same surroundings.
pub(super) struct Group {
    inputs: Value,
    cases: Vec<Case>,
}

impl Group {
    /// A group with these shared inputs, a JSON object.
    pub(super) const fn new(inputs: Value, cases: Vec<Case>) -> Self {
        Self { inputs, cases }
    }

    fn into_json(self, feature: &str) -> Value {
        let cases: Vec<_> = self.cases.into_iter().map(|case| case.into_json(feature)).collect();
        let source = json!({ "source": { "name": "bittensor-auth", "version": env!("CARGO_PKG_VERSION") } });
        joined([source, self.inputs, json!({ "cases": cases })])
    }
}

/// One case. Its id gets the feature in front.
#[derive(Clone)]
pub(super) struct Case {
    id: String,
    comment: String,
    flags: Vec<&'static str>,
    inputs: Value,
    verdict: Option<Verdict>,
}

impl Case {
    /// A case with one verdict. `inputs` and the outputs of `verdict` are JSON objects.
    pub(super) fn new(id: impl Into<String>, comment: impl Into<String>, inputs: Value, verdict: Verdict) -> Self {
        Self { verdict: Some(verdict), ..Self::sequence(id, comment, inputs) }
    }

    /// A case whose verdicts are in its steps.
    pub(super) fn sequence(id: impl Into<String>, comment: impl Into<String>, inputs: Value) -> Self {
        Self { id: id.into(), comment: comment.into(), flags: Vec::new(), inputs, verdict: None }
    }

    /// The same case, flagged.
    pub(super) fn flags(mut self, flags: &[&'static str]) -> Self {
        self.flags.extend(flags);
        self
    }

    fn into_json(self, feature: &str) -> Value {
        let head = json!({ "id": format!("{feature}-{}", self.id), "comment": self.comment, "flags": self.flags });
        joined([head, self.inputs, self.verdict.map_or_else(|| json!({}), verdict_json)])
    }
}

/// One step of a sequence: when, what happens, what comes out.
pub(super) fn step(now: UnixNanos, event: Value, verdict: Verdict) -> Value {
    let head = Map::from_iter([("now".to_owned(), nanos(now).into()), ("event".to_owned(), event)]);
    joined([Value::Object(head), verdict_json(verdict)])
}

/// Nanoseconds as decimal text: they exceed 2^53.
pub(super) fn nanos(at: UnixNanos) -> String {
    at.as_nanos().to_string()
}

fn verdict_json(verdict: Verdict) -> Value {
    match verdict {
        Ok(outputs) => joined([outputs, json!({ "expect": "ok" })]),
        Err(code) => json!({ "expect": code.as_str() }),
    }
}

/// The members of several objects in one.
pub(super) fn joined<const N: usize>(objects: [Value; N]) -> Value {
    let mut members = Map::new();
    for object in objects {
        let Value::Object(object) = object else { panic!("inputs and outputs are JSON objects") };
        for (name, value) in object {
            let known = members.insert(name, value);
            assert!(known.is_none(), "a member is named twice");
        }
    }
    Value::Object(members)
}
