//! What a phone runs: compose, seal, outbox, bulletin reading.
