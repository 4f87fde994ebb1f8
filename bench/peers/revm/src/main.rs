//! revm as a measured peer: workloads come in as lines of JSON on stdin, one line with figures answers each. Every time
//! is CPU time of this thread and covers the execution alone: parsing, set-up and the answer are outside.
mod protocol;

use std::io::{BufRead, Write};

use alloy_consensus::{Transaction as _, TxEnvelope, transaction::SignerRecoverable};
use alloy_eips::eip2718::Decodable2718;
use protocol::{Account, Answer, Block, Call, Request};
use revm::{
    Context, Database, DatabaseCommit, ExecuteEvm, MainBuilder, MainContext,
    bytecode::Bytecode,
    context::{BlockEnv, CfgEnv, TxEnv},
    context_interface::result::ExecutionResult,
    database::InMemoryDB,
    primitives::{Address, Bytes, TxKind, U256, hardfork::SpecId},
    state::AccountInfo,
};

/// What `open` and `accounts` prepared: each measured call or block begins with this state.
struct World {
    spec: SpecId,
    database: InMemoryDB,
}

fn main() {
    let mut world = World { spec: SpecId::PRAGUE, database: InMemoryDB::default() };
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line.expect("stdin")).expect("a request");
        let answer = match request {
            Request::Open { fork } => {
                world = World { spec: fork.parse().expect("a fork of revm"), database: InMemoryDB::default() };
                Answer::default()
            }
            Request::Accounts { accounts } => {
                accounts.into_iter().for_each(|account| insert(&mut world.database, account));
                Answer::default()
            }
            Request::Call(call) => run_call(&world, call),
            Request::Block(block) => run_block(&world, block),
        };
        serde_json::to_writer(&mut out, &answer).expect("stdout");
        out.write_all(b"\n").and_then(|()| out.flush()).expect("stdout");
    }
}

fn insert(database: &mut InMemoryDB, Account { address, balance, nonce, code, storage }: Account) {
    let code = Bytecode::new_raw(code);
    let info = AccountInfo { balance, nonce, code_hash: code.hash_slow(), code: Some(code), ..Default::default() };
    database.insert_account_info(address, info);
    for (key, value) in storage {
        database.insert_account_storage(address, key, value).expect("a database in memory");
    }
}

fn configuration(spec: SpecId) -> CfgEnv {
    let mut cfg = CfgEnv::new_with_spec(spec);
    cfg.tx_gas_limit_cap = Some(u64::MAX);
    cfg.limit_contract_code_size = Some(usize::MAX);
    cfg
}

fn block_environment() -> BlockEnv {
    BlockEnv {
        number: U256::from(1),
        timestamp: U256::from(1000),
        gas_limit: u64::MAX,
        basefee: 0,
        ..Default::default()
    }
}

/// One call whose effects are forgotten.
fn run_call(world: &World, Call { from, to, data, gas }: Call) -> Answer {
    let mut database = world.database.clone();
    let nonce = database.basic(from).expect("a database in memory").map_or(0, |info| info.nonce);
    let mut evm = Context::mainnet()
        .with_cfg(configuration(world.spec))
        .with_block(block_environment())
        .with_db(&mut database)
        .build_mainnet();
    let transaction = TxEnv { caller: from, kind: TxKind::Call(to), data, gas_limit: gas, nonce, ..Default::default() };
    let start = cpu_nanoseconds();
    let result = evm.transact_one(transaction).expect("a valid call");
    let execute = cpu_nanoseconds() - start;
    Answer {
        execute,
        gas: result.gas().total_gas_spent(),
        output: result.into_output().unwrap_or_default(),
        ..Default::default()
    }
}

/// Signed transactions in one block: senders recovered first, then all executed on one journal and committed.
fn run_block(world: &World, Block { transactions }: Block) -> Answer {
    let raw: Vec<Bytes> = transactions;
    let start = cpu_nanoseconds();
    let decoded: Vec<(TxEnvelope, Address)> = raw.iter().map(decode).collect();
    let recover = cpu_nanoseconds() - start;
    let transactions: Vec<TxEnv> = decoded.into_iter().map(|(envelope, from)| environment(&envelope, from)).collect();

    let mut database = world.database.clone();
    let start = cpu_nanoseconds();
    let (mut gas, mut failed) = (0, 0);
    let mut evm = Context::mainnet()
        .with_cfg(configuration(world.spec))
        .with_block(block_environment())
        .with_db(&mut database)
        .build_mainnet();
    for transaction in transactions {
        let result: ExecutionResult = evm.transact_one(transaction).expect("a valid transaction");
        gas += result.tx_gas_used();
        failed += u64::from(!result.is_success());
    }
    let state = evm.finalize();
    drop(evm);
    database.commit(state);
    Answer { recover, execute: cpu_nanoseconds() - start, gas, failed, ..Default::default() }
}

fn decode(raw: &Bytes) -> (TxEnvelope, Address) {
    let envelope = TxEnvelope::decode_2718(&mut raw.as_ref()).expect("a transaction");
    let from = envelope.recover_signer().expect("a signature");
    (envelope, from)
}

fn environment(envelope: &TxEnvelope, from: Address) -> TxEnv {
    TxEnv {
        tx_type: envelope.tx_type() as u8,
        caller: from,
        gas_limit: envelope.gas_limit(),
        gas_price: envelope.max_fee_per_gas(),
        gas_priority_fee: envelope.max_priority_fee_per_gas(),
        kind: envelope.kind(),
        value: envelope.value(),
        data: envelope.input().clone(),
        nonce: envelope.nonce(),
        chain_id: envelope.chain_id(),
        ..Default::default()
    }
}

fn cpu_nanoseconds() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the answer.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(status, 0, "the thread's CPU clock");
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
