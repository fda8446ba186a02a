/** The development phrase that everybody knows; its accounts hold nothing. */
export const PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
export const ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
export const BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
/** Alice at prefix 0. */
export const ALICE_AT_0 = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5";
/** `//Alice` as an ed25519 key. */
export const ALICE_ED25519 = "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu";
