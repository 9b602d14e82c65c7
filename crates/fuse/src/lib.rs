//! From reports to incidents: pure, streaming.
