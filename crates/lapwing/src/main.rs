//! The program: up, relay, desk, web, witness, replay, evaluate.
fn main() {}
