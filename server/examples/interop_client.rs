//! The client of `tests/interop` on reqwest: a line of JSON for each request, a line of JSON for each answer.
//!
//! `interop_client SEED SCHEME`. A request is `{"do": "send", "origin", "receiver", "method", "target", "body"}` with the body
//! as Latin-1 text or null; `{"do": "login", "origin"}` and `{"do": "logout", "origin", "token"}` are a session.

use std::collections::HashMap;
use std::env;
use std::fmt::Write as _;
use std::io::{BufRead as _, Write as _, stdin, stdout};

use bittensor_auth_server::Hotkey;
use bittensor_auth_server::bittensor_auth::key::{Scheme, SigningKey};
use bittensor_auth_server::bittensor_auth::nonce::OsEntropy;
use bittensor_auth_server::client::{HotkeySigner, refusal};
use reqwest_middleware::ClientWithMiddleware;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let [seed, scheme] = [1, 2].map(|at| env::args().nth(at).unwrap_or_default());
    let mut program = Program { seed: read_seed(&seed)?, scheme: Scheme::from_word(&scheme)?, signing: HashMap::new() };
    for line in stdin().lock().lines() {
        let answer = program.run(&serde_json::from_str(&line?)?).await?;
        writeln!(stdout(), "{answer}")?;
    }
    Ok(())
}

struct Program {
    seed: [u8; 32],
    scheme: Scheme,
    signing: HashMap<String, ClientWithMiddleware>,
}

impl Program {
    async fn run(&mut self, order: &Value) -> Result<Value, Failure> {
        let origin = text(order, "origin");
        match text(order, "do") {
            "login" => self.log_in(origin).await,
            "logout" => {
                let logout = reqwest::Client::new().post(format!("{origin}/auth/logout"));
                let answer = logout.bearer_auth(text(order, "token")).send().await?;
                Ok(json!({"status": answer.status().as_u16()}))
            }
            _ => self.send(origin, order).await,
        }
    }

    async fn send(&mut self, origin: &str, order: &Value) -> Result<Value, Failure> {
        let url = reqwest::Url::parse(&format!("{origin}{}", text(order, "target")))?;
        let wire = wire_form(&url);
        let mut request = self.client(origin, text(order, "receiver"))?.request(text(order, "method").parse()?, url);
        if let Some(body) = order["body"].as_str() {
            request = request.body(body.chars().map(u8::try_from).collect::<Result<Vec<u8>, _>>()?);
        }
        Ok(match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                json!({"status": status, "json": answer.json::<Value>().await.unwrap_or_default(), "wire": wire})
            }
            Err(error) => {
                let code = refusal(&error).map(|refused| refused.code().as_str());
                json!({"status": 0, "json": {"code": code, "detail": error.to_string()}, "wire": wire})
            }
        })
    }

    async fn log_in(&self, origin: &str) -> Result<Value, Failure> {
        let http = reqwest::Client::new();
        let key = SigningKey::from_seed(self.scheme, &self.seed);
        let hotkey = key.hotkey().to_ss58();
        let asked = http.post(format!("{origin}/auth/challenge")).json(&json!({"hotkey": hotkey})).send().await?;
        let challenge: Value = asked.json().await?;
        let signature = key.sign(text(&challenge, "challenge").as_bytes(), &mut OsEntropy);
        let mut digits = String::from("0x");
        for byte in signature.as_bytes() {
            write!(digits, "{byte:02x}")?;
        }
        let login = json!({
            "hotkey": hotkey, "sealed": challenge["sealed"], "signature": digits, "scheme": self.scheme.as_str(),
        });
        let grant: Value = http.post(format!("{origin}/auth/session")).json(&login).send().await?.json().await?;
        let token = text(&grant, "session_token");
        let used = http.get(format!("{origin}/echo/session")).bearer_auth(token).send().await?;
        let (status, fields) = (used.status().as_u16(), used.json::<Value>().await.unwrap_or_default());
        Ok(json!({"status": status, "json": fields, "token": token}))
    }

    /// One client for each origin and receiver, which keeps its connections.
    fn client(&mut self, origin: &str, receiver: &str) -> Result<&ClientWithMiddleware, Failure> {
        let key = format!("{origin} {receiver}");
        if !self.signing.contains_key(&key) {
            let signer = HotkeySigner::new(SigningKey::from_seed(self.scheme, &self.seed));
            let client = signer.sign_for(origin, Hotkey::from_ss58(receiver)?)?.client(reqwest::Client::builder())?;
            self.signing.insert(key.clone(), client);
        }
        Ok(&self.signing[&key])
    }
}

fn text<'a>(fields: &'a Value, name: &str) -> &'a str {
    fields[name].as_str().unwrap_or_default()
}

fn read_seed(digits: &str) -> Result<[u8; 32], Failure> {
    let bytes: Result<Vec<u8>, _> =
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16)).collect();
    bytes?.try_into().map_err(|_| "expected a seed of 64 hex digits".into())
}

/// What stands on the request line: the signer drops an empty query.
fn wire_form(url: &reqwest::Url) -> String {
    let query = url.query().filter(|query| !query.is_empty()).map_or_else(String::new, |query| format!("?{query}"));
    format!("{}{query}", url.path())
}
