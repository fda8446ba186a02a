//! The text that a wallet shows and signs to log in (`spec/04 §2`).

use std::fmt::Write as _;

use crate::encoding::{decode_hex, encode_base64url, encode_hex};
use crate::error::{Error, ErrorCode};
use crate::key::{Address, Hotkey, Scheme, Signature, verify};
use crate::time::UnixNanos;

const OPEN: &[u8] = b"<Bytes>";
const CLOSE: &[u8] = b"</Bytes>";
const FIRST_LINE_END: &str = " wants you to sign in with your Bittensor account:";
const FULL_VERSION: &str = "1.0.0";
const COMPACT_VERSION: &str = "1";
const CAIP2_PREFIX: &str = "polkadot:";

/// Which of the two layouts a login text has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginForm {
    /// At most 241 bytes, for hardware wallets.
    Compact,
    /// The layout that wallets recognise as a sign-in text.
    Full,
}

impl LoginForm {
    /// The word in requests and configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compact => "compact",
            Self::Full => "full",
        }
    }

    /// Reads the exact word.
    ///
    /// # Errors
    /// [`ErrorCode::MalformedBody`].
    pub fn from_word(word: &str) -> Result<Self, Error> {
        match word {
            "compact" => Ok(Self::Compact),
            "full" => Ok(Self::Full),
            _ => Err(Error::new(ErrorCode::MalformedBody).detail("form: expected the word full or compact")),
        }
    }
}

/// The chain that a login text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    name: String,
    chain_id: String,
}

impl Network {
    /// Bittensor's main network.
    #[must_use]
    pub fn finney() -> Self {
        Self { name: "finney".into(), chain_id: "polkadot:2f0555cc76fc2840a25a6ea3b9637146".into() }
    }

    /// Another network: its name (1 to 16 of `a-z 0-9 -`) and genesis hash (64 hex digits).
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`].
    pub fn new(name: &str, genesis_hash: &str) -> Result<Self, Error> {
        let genesis = decode_hex::<32>(genesis_hash.strip_prefix("0x").unwrap_or(genesis_hash));
        match (is_network_name(name), genesis) {
            // CAIP-2 takes the first 32 digits of the genesis hash.
            (true, Some(hash)) => {
                Ok(Self { name: name.into(), chain_id: format!("{CAIP2_PREFIX}{}", encode_hex(&hash[..16])) })
            }
            _ => Err(invalid(
                "network: expected a name of 1 to 16 characters a-z 0-9 - and a genesis hash of 64 hex digits",
            )),
        }
    }
}

/// The site that people log in to, as the operator configured it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    domain: String,
    origin: String,
    network: Network,
    statement: Option<String>,
}

impl Site {
    /// The site at `origin`: `https://` (or `http://` for local work), a lower-case host and perhaps a port, no path.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`].
    pub fn new(origin: &str, network: Network) -> Result<Self, Error> {
        let Some(domain) = domain_of(origin) else {
            return Err(invalid(
                "origin: expected https:// and a lower-case host, without a path, as in https://dash.example.org",
            ));
        };
        Ok(Self { domain: domain.into(), origin: origin.into(), network, statement: None })
    }

    /// Adds one line of printable ASCII (1 to 256 characters) to the full form.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`].
    pub fn with_statement(self, statement: &str) -> Result<Self, Error> {
        if !is_statement(statement) {
            return Err(invalid("statement: expected one line of 1 to 256 printable ASCII characters"));
        }
        Ok(Self { statement: Some(statement.into()), ..self })
    }

    /// The host (and port) that the text names first.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Checks when the server starts that the compact text of this site fits a hardware wallet.
    ///
    /// # Errors
    /// [`ErrorCode::InvalidConfiguration`] when it does not.
    pub fn check_compact(&self) -> Result<(), Error> {
        let longest = LoginMessage {
            site: self,
            form: LoginForm::Compact,
            hotkey: &Address::from(Hotkey::from_bytes([0; 32])),
            nonce: [0; 16],
            issued_at: u64::from(u32::MAX),
            expires_at: u64::from(u32::MAX),
        };
        if longest.text().len() > LoginMessage::COMPACT_MAX_LEN {
            return Err(invalid(
                "origin: too long for the compact login text, which must fit 241 bytes for hardware wallets",
            ));
        }
        Ok(())
    }
}

fn is_network_name(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=16).contains(&text.len()) && text.bytes().all(allowed)
}

fn is_chain_id(text: &str) -> bool {
    text.strip_prefix(CAIP2_PREFIX)
        .and_then(decode_hex::<16>)
        .is_some_and(|genesis| text[CAIP2_PREFIX.len()..] == encode_hex(genesis))
}

/// Whether a browser could send this text as `Origin`.
pub(crate) fn is_origin(text: &str) -> bool {
    domain_of(text).is_some()
}

fn domain_of(origin: &str) -> Option<&str> {
    origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).filter(|domain| is_domain(domain))
}

/// A host name, an IPv4 or a bracketed IPv6 address, and perhaps a port, as a browser writes it in `Origin`.
fn is_domain(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (domain, None),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|number| number.to_string() == port && number != 0);
    let is_label = |label: &str| {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok_and(|parsed| parsed.to_string() == address),
        // Wallets decode texts that start with 0x.
        None => host.len() <= 253 && host.split('.').all(is_label) && !host.starts_with("0x"),
    };
    is_host && port.is_none_or(is_port)
}

fn is_statement(text: &str) -> bool {
    let printable = text.bytes().all(|b| (0x20..=0x7e).contains(&b));
    (1..=256).contains(&text.len()) && printable
}

fn invalid(detail: &'static str) -> Error {
    Error::new(ErrorCode::InvalidConfiguration).detail(detail)
}

/// Everything that a login signature covers. Times are whole Unix seconds.
#[derive(Debug, Clone, Copy)]
pub struct LoginMessage<'a> {
    /// Where to log in.
    pub site: &'a Site,
    /// The layout.
    pub form: LoginForm,
    /// Who logs in.
    pub hotkey: &'a Address,
    /// 16 random bytes.
    pub nonce: [u8; 16],
    /// When the challenge was made.
    pub issued_at: u64,
    /// When it ends.
    pub expires_at: u64,
}

impl LoginMessage<'_> {
    /// Longest compact text: the `<Bytes>` wrapping must fit the 256 bytes that older hardware wallets sign.
    pub const COMPACT_MAX_LEN: usize = 256 - (OPEN.len() + CLOSE.len());

    /// The text: LF between lines, none at the end.
    #[must_use]
    pub fn text(&self) -> String {
        let Site { domain, origin, network, statement } = self.site;
        let mut text = format!("{domain}{FIRST_LINE_END}\n{}\n", self.hotkey.as_str());
        match self.form {
            LoginForm::Compact => {
                let nonce = encode_base64url(&self.nonce);
                let Self { issued_at, expires_at, .. } = self;
                let _ = write!(text, "{origin}\n{COMPACT_VERSION} {} {nonce} {issued_at} {expires_at}", network.name);
            }
            LoginForm::Full => {
                if let Some(statement) = statement {
                    let _ = write!(text, "\n{statement}\n");
                }
                let _ = write!(
                    text,
                    "\nURI: {origin}\nVersion: {FULL_VERSION}\nChain ID: {}\nNonce: {}\nIssued At: {}\nExpiration Time: {}",
                    network.chain_id,
                    encode_hex(self.nonce),
                    rfc3339(self.issued_at),
                    rfc3339(self.expires_at),
                );
            }
        }
        text
    }

    /// Verifies a wallet's signature: over the text itself, or over the text in one level of `<Bytes>…</Bytes>`.
    /// Nothing else in this crate accepts the wrapped form.
    ///
    /// # Errors
    /// [`ErrorCode::WeakKey`] or [`ErrorCode::BadSignature`].
    pub fn verify(&self, scheme: Scheme, signature: &Signature) -> Result<Wrapping, Error> {
        verify_login(scheme, &self.hotkey.hotkey(), self.text().as_bytes(), signature)
    }
}

/// Which form of the text a wallet signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wrapping {
    /// `<Bytes>` + text + `</Bytes>`, as `signRaw` makes it.
    Bytes,
    /// The text itself.
    Plain,
}

impl Wrapping {
    /// The bytes that are signed for `text`.
    #[must_use]
    pub fn apply(self, text: &[u8]) -> Vec<u8> {
        match self {
            Self::Bytes => [OPEN, text, CLOSE].concat(),
            Self::Plain => text.to_vec(),
        }
    }
}

/// Verifies a wallet's signature over a login text: over the text itself, or over `<Bytes>` + text + `</Bytes>`.
///
/// # Errors
/// [`ErrorCode::WeakKey`] or [`ErrorCode::BadSignature`].
pub fn verify_login(scheme: Scheme, hotkey: &Hotkey, text: &[u8], signature: &Signature) -> Result<Wrapping, Error> {
    let check = |wrapping: Wrapping| verify(scheme, hotkey, &wrapping.apply(text), signature).map(|()| wrapping);
    check(Wrapping::Plain).or_else(|_| check(Wrapping::Bytes))
}

/// What a client checks before it lets a wallet sign a text that a server sent: this site, this account, a fixed
/// layout, and times near ours. The text is rebuilt from its parts and must come out the same to the byte.
///
/// # Errors
/// [`ErrorCode::ChallengeRefused`], with a message that names the check.
pub fn check_login_text(text: &str, origin: &str, hotkey: &Address, now: UnixNanos) -> Result<(), Error> {
    let refused = |detail: &'static str| Error::new(ErrorCode::ChallengeRefused).detail(detail);
    let site = Site::new(origin, Network::finney())?;
    let lines: Vec<&str> = text.split('\n').collect();
    if lines.first() != Some(&format!("{}{FIRST_LINE_END}", site.domain).as_str()) {
        return Err(refused("the text names another domain: expected the one this client was set up for"));
    }
    if lines.get(1) != Some(&hotkey.as_str()) {
        return Err(refused("the text names another hotkey: expected the one that signs"));
    }
    let parts = read_compact(&lines)
        .or_else(|| read_full(&lines))
        .ok_or_else(|| refused("expected one of the two login text layouts"))?;
    let site = Site { network: parts.network, statement: parts.statement, ..site };
    let LoginParts { form, nonce, issued_at, expires_at, .. } = parts;
    let rebuilt = LoginMessage { site: &site, form, hotkey, nonce, issued_at, expires_at }.text();
    if rebuilt != text {
        return Err(refused("expected one of the two login text layouts, for this client's origin"));
    }
    let near = |secs: u64| now.as_secs().abs_diff(secs) <= crate::request::ClockOffset::LIMIT.as_secs();
    if !near(issued_at) || !near(expires_at) || expires_at <= issued_at {
        return Err(refused("expected a challenge made just now, with an end after its start"));
    }
    Ok(())
}

struct LoginParts {
    form: LoginForm,
    network: Network,
    statement: Option<String>,
    nonce: [u8; 16],
    issued_at: u64,
    expires_at: u64,
}

/// Line 4 of the compact form: version, network, nonce, two times.
fn read_compact(lines: &[&str]) -> Option<LoginParts> {
    let [_, _, _, facts] = lines else { return None };
    let words: Vec<&str> = facts.split(' ').collect();
    let [_, network, nonce, issued_at, expires_at] = words[..] else { return None };
    if !is_network_name(network) {
        return None;
    }
    Some(LoginParts {
        form: LoginForm::Compact,
        network: Network { name: network.into(), chain_id: String::new() },
        statement: None,
        nonce: crate::encoding::decode_base64url(nonce.as_bytes())?,
        issued_at: issued_at.parse().ok()?,
        expires_at: expires_at.parse().ok()?,
    })
}

/// The last six lines of the full form, and the optional statement before them.
fn read_full(lines: &[&str]) -> Option<LoginParts> {
    let (statement, body) = match lines {
        [_, _, "", body @ ..] if body.len() == 6 => (None, body),
        [_, _, "", statement, "", body @ ..] if body.len() == 6 && is_statement(statement) => {
            (Some((*statement).into()), body)
        }
        _ => return None,
    };
    let chain_id = body[2].strip_prefix("Chain ID: ").filter(|id| is_chain_id(id))?;
    Some(LoginParts {
        form: LoginForm::Full,
        network: Network { name: String::new(), chain_id: chain_id.into() },
        statement,
        nonce: decode_hex(body[3].strip_prefix("Nonce: ")?)?,
        issued_at: read_rfc3339(body[4].strip_prefix("Issued At: ")?)?,
        expires_at: read_rfc3339(body[5].strip_prefix("Expiration Time: ")?)?,
    })
}

/// `YYYY-MM-DDTHH:MM:SS.000Z` of a time in Unix seconds.
fn rfc3339(secs: u64) -> String {
    let (year, month, day) = civil_date(secs / 86_400);
    let (hour, minute, second) = (secs / 3_600 % 24, secs / 60 % 60, secs % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z")
}

/// Year, month and day of a day since 1970-01-01 in the Gregorian calendar, counting years from March.
const fn civil_date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + (month <= 2) as u64, month, day)
}

/// Reads what [`rfc3339`] writes. A wrong calendar day is noticed when the text is rebuilt.
fn read_rfc3339(text: &str) -> Option<u64> {
    let digits = |from: usize, to: usize| text.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (digits(0, 4)?, digits(5, 7)?, digits(8, 10)?);
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let from_march_year = year - u64::from(month <= 2);
    let from_march = (month + 9) % 12;
    let year_of_era = from_march_year % 400;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * from_march + 2) / 5 + day - 1;
    let days = (from_march_year / 400 * 146_097 + day_of_era).checked_sub(719_468)?;
    Some(days * 86_400 + digits(11, 13)? * 3_600 + digits(14, 16)? * 60 + digits(17, 19)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alice() -> Address {
        Address::from_ss58("5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY").expect("an address")
    }

    fn site() -> Site {
        Site::new("https://dash.example.org", Network::finney()).expect("an origin")
    }

    fn text(site: &Site, form: LoginForm) -> String {
        let nonce = std::array::from_fn(|index| u8::try_from(index).expect("below 16"));
        LoginMessage { site, form, hotkey: &alice(), nonce, issued_at: 1_790_000_000, expires_at: 1_790_000_120 }.text()
    }

    #[test]
    fn the_compact_text_is_the_recorded_one() {
        use sha2::Digest as _;
        let text = text(&site(), LoginForm::Compact);
        assert_eq!(text.len(), 194);
        let hash = encode_hex(sha2::Sha256::digest(&text));
        assert_eq!(hash, "c3fcb750129cc25cbaf47f646056ee76548092e0a04216e4ffb244df8b74c89f");
    }

    #[test]
    fn a_domain_too_long_for_hardware_is_a_configuration_error() {
        let with_len =
            |len: usize| Site::new(&format!("https://{}", "a".repeat(len)), Network::finney()).expect("an origin");
        assert!(with_len(39).check_compact().is_ok());
        assert!(with_len(40).check_compact().is_err());
    }

    #[test]
    fn origins_are_written_as_browsers_write_them() {
        let is_origin = |origin: &str| Site::new(origin, Network::finney()).is_ok();
        for good in ["https://a", "http://127.0.0.1:8000", "https://[::1]:8443", "https://dash.example.org"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "https://",
            "https://A",
            "https://a/",
            "https://a:",
            "https://a:0",
            "https://a:08",
            "https://..",
            "https://a:65536",
            "https://-a",
            "https://a b",
            "https://[::1",
            "https://[0::1]",
            "https://0xa",
            "ftp://a",
            "https://u@a",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn dates_match_the_calendar_both_ways() {
        for (secs, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_790_000_000, "2026-09-21T14:13:20.000Z"),
            (4_070_908_799, "2098-12-31T23:59:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(secs), text);
            assert_eq!(read_rfc3339(text), Some(secs));
        }
        for bad in ["", "1970-13-01T00:00:00.000Z", "1969-12-31T00:00:00.000Z", "é970-01-01T00:00:00.000Z"] {
            assert_eq!(read_rfc3339(bad), None);
        }
    }

    #[test]
    fn a_client_signs_only_its_own_site_account_and_layout() {
        let now = UnixNanos::from_secs(1_790_000_010);
        let stated = site().with_statement("Hello.").expect("a statement");
        let check = |text: &str| check_login_text(text, "https://dash.example.org", &alice(), now);
        for good in [text(&site(), LoginForm::Compact), text(&site(), LoginForm::Full), text(&stated, LoginForm::Full)]
        {
            assert_eq!(check(&good), Ok(()), "{good}");
            assert!(check_login_text(&good, "https://dash.example.com", &alice(), now).is_err());
            assert!(check_login_text(&good, "http://dash.example.org", &alice(), now).is_err());
            assert!(
                check_login_text(&good, "https://dash.example.org", &alice(), UnixNanos::from_secs(1_790_002_000))
                    .is_err()
            );
            let mallory = Address::from(Hotkey::from_bytes([7; 32]));
            assert!(check_login_text(&good, "https://dash.example.org", &mallory, now).is_err());
            for bad in [
                format!("{good}\n"),
                format!("{good} "),
                good.replace('1', "2"),
                good.replace("14:", "15:"),
                good.replace('\n', "\n\n"),
                good.replace('\n', "\r\n"),
            ] {
                assert!(bad == good || check(&bad).is_err(), "{bad}");
            }
        }
        let payload = format!("btauth/1\nsr25519\nGET\n/\n{}", alice().as_str());
        assert!(check(&payload).is_err());
    }
}
