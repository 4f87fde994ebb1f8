//! Requests and answers, one JSON value per line; byte strings and numbers of the EVM are hexadecimal with 0x.
use std::collections::HashMap;

use revm::primitives::{Address, Bytes, U256};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub enum Request {
    /// Begins with an empty state.
    Open {
        fork: String,
    },
    /// Adds to the state.
    Accounts {
        accounts: Vec<Account>,
    },
    Call(Call),
    Block(Block),
}

#[derive(Deserialize)]
pub struct Account {
    pub address: Address,
    pub balance: U256,
    pub nonce: u64,
    pub code: Bytes,
    pub storage: HashMap<U256, U256>,
}

#[derive(Deserialize)]
pub struct Call {
    pub from: Address,
    pub to: Address,
    pub data: Bytes,
    pub gas: u64,
}

#[derive(Deserialize)]
pub struct Block {
    /// Signed transactions in their network encoding (EIP-2718).
    pub transactions: Vec<Bytes>,
}

/// Times in nanoseconds of CPU.
#[derive(Default, Serialize)]
pub struct Answer {
    pub recover: u64,
    pub execute: u64,
    pub gas: u64,
    /// Transactions that reverted or halted.
    pub failed: u64,
    /// Of a call.
    pub output: Bytes,
}
