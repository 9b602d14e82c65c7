//! Every byte that crosses between zones, without the means to open any of it.
