//! Open, journal, decide: the trusted server.
