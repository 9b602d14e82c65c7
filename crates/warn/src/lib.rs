//! Warnings as CAP 1.2 and Atom.
