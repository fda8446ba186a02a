//! Layouts: what is known is read, everything else is refused by name.

use bittensor_auth::chain::{Layout, SubnetQuery};
use bittensor_auth::error::{Error, ErrorCode};

use super::metadata::{answer, bare};
use super::node::known_lines;

const METAGRAPH: &str = "SubnetInfoRuntimeApi_get_selective_metagraph";
const STATE: &str = "SubnetInfoRuntimeApi_get_subnet_state";

/// The known lines with one entry changed, or left out.
fn changed(entry: &str, change: impl Fn(&str) -> Option<String>) -> Vec<String> {
    known_lines()
        .into_iter()
        .filter_map(|line| if line.starts_with(&format!("{entry}: ")) { change(&line) } else { Some(line) })
        .collect()
}

fn check(lines: &[String]) -> Result<Layout, Error> {
    let wrapped = Layout::check(&answer(lines));
    assert_eq!(wrapped, Layout::check(&bare(lines)), "bare or not");
    wrapped
}

#[test]
fn the_known_layout_is_supported() {
    let layout = check(&known_lines()).unwrap();
    assert_eq!((layout.query(), layout.has_state(), layout.has_swaps()), (SubnetQuery::Metagraph, true, true));
}

#[test]
fn a_change_of_any_required_entry_is_refused_by_name() {
    for entry in [
        "SubtensorModule.Uids",
        "SubtensorModule.Keys",
        "SubtensorModule.Owner",
        "SubtensorModule.NetworksAdded",
        "SubtensorModule.NetworkRegisteredAt",
        "SubtensorModule.SubnetOwner",
        "SubtensorModule.SubnetOwnerHotkey",
        "Timestamp.Now",
    ] {
        for lines in [
            changed(entry, |_| None),
            changed(entry, |line| {
                Some(
                    line.replace(" -> ", " -> Option<")
                        .replace(" Default", "> Default")
                        .replace(" Optional", "> Optional"),
                )
            }),
            changed(entry, |line| {
                let other = line.replace(" Default", " OPTIONAL").replace(" Optional", " Default");
                Some(other.replace(" OPTIONAL", " Optional"))
            }),
        ] {
            let error = check(&lines).unwrap_err();
            assert_eq!(error.code(), ErrorCode::ChainLayoutUnknown);
            assert!(error.message().starts_with(&format!("{entry}: expected ")), "{error}");
        }
    }
    let hashed = changed("SubtensorModule.Uids", |line| Some(line.replace("Blake2_128Concat", "Twox64Concat")));
    assert!(check(&hashed).unwrap_err().message().contains("Twox64Concat"));
}

#[test]
fn one_known_query_is_enough() {
    let renamed = changed(METAGRAPH, |line| Some(line.replace("total_stake", "weighted_stake")));
    let layout = check(&renamed).unwrap();
    assert_eq!(layout.query(), SubnetQuery::State);
    let layout = check(&changed(STATE, |_| None)).unwrap();
    assert_eq!((layout.query(), layout.has_state()), (SubnetQuery::Metagraph, false));
    let neither: Vec<_> = renamed.into_iter().filter(|line| !line.starts_with(STATE)).collect();
    let error = check(&neither).unwrap_err();
    assert!(error.message().starts_with(METAGRAPH), "{error}");
    assert!(error.message().len() < 600, "a message for people: {error}");
}

#[test]
fn later_runtimes_may_append_options_and_nothing_else() {
    let with = |more: &str| changed(METAGRAPH, |line| Some(line.replace('…', &format!("{more}}}>"))));
    let query = |more: &str| check(&with(more)).unwrap().query();
    assert_eq!(query(""), SubnetQuery::Metagraph);
    assert_eq!(query(",a:Option<Vec<Compact>>,b:Option<{x:u8,y:Vec<(u8,u16)>}>"), SubnetQuery::Metagraph);
    assert_eq!(query(",a:Option<u8>,b:u8"), SubnetQuery::State);
    assert_eq!(query(",a:Vec<Compact>"), SubnetQuery::State);
}

#[test]
fn without_the_swap_entries_swaps_are_not_watched() {
    for entry in ["SubtensorModule.ColdkeySwapAnnouncements", "SubtensorModule.ColdkeySwapDisputes"] {
        assert!(!check(&changed(entry, |_| None)).unwrap().has_swaps());
    }
}

#[test]
fn what_is_no_metadata_is_refused() {
    let good = answer(&known_lines());
    for bytes in [&[][..], &[0], &[1], &[1, 4, 0], b"meta", b"meta\x0f", &good[..good.len() - 1]] {
        assert!(Layout::check(bytes).is_err(), "{bytes:02x?}");
    }
    assert!(Layout::check(&[&good[..], &[0]].concat()).is_err(), "a byte too many");
}
