//! What lies inside an envelope: sealing for phones, opening for the desk.
