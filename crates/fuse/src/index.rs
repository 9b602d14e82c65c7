//! Where live incidents are: a grid in space whose cells list incidents with time and place, so that a search reads
//! one short list per cell and touches an incident only when it may matter.

use crate::geo::Cells;
use crate::hash::FastMap;

/// What a cell knows of an incident.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) slot: u32,
    /// First stated time, unix seconds.
    pub(crate) time: i64,
    pub(crate) lat: f64,
    pub(crate) lon: f64,
}

pub(crate) struct Index {
    cells: Cells,
    map: FastMap<u64, Vec<Entry>>,
}

impl Index {
    pub(crate) fn new(cell_km: f64) -> Self {
        Self {
            cells: Cells::of(cell_km),
            map: FastMap::default(),
        }
    }

    fn key(cell: (i32, i32)) -> u64 {
        (u64::from(cell.0.cast_unsigned()) << 32) | u64::from(cell.1.cast_unsigned())
    }

    /// The cell of a position, to be kept for [`Index::remove`].
    pub(crate) fn cell(&self, lat: f64, lon: f64) -> u64 {
        Self::key(self.cells.at(lat, lon))
    }

    pub(crate) fn insert(&mut self, cell: u64, entry: Entry) {
        self.map.entry(cell).or_default().push(entry);
    }

    /// Inserts, and drops the oldest entry if the cell would hold more than `most`.
    pub(crate) fn insert_bounded(&mut self, cell: u64, entry: Entry, most: usize) {
        let list = self.map.entry(cell).or_default();
        if list.len() >= most {
            list.remove(0);
        }
        list.push(entry);
    }

    pub(crate) fn remove(&mut self, cell: u64, slot: u32) {
        if let Some(list) = self.map.get_mut(&cell) {
            list.retain(|e| e.slot != slot);
            if list.is_empty() {
                self.map.remove(&cell);
            }
        }
    }

    /// Moves an entry, in place if its cell stays the same.
    pub(crate) fn update(&mut self, old: u64, new: u64, entry: Entry) {
        if old == new {
            if let Some(e) = self
                .map
                .get_mut(&old)
                .and_then(|l| l.iter_mut().find(|e| e.slot == entry.slot))
            {
                *e = entry;
            }
        } else {
            self.remove(old, entry.slot);
            self.insert(new, entry);
        }
    }

    /// Calls `f` with every entry in the cells within `km`.
    pub(crate) fn around(&self, lat: f64, lon: f64, km: f64, mut f: impl FnMut(&Entry)) {
        self.cells.around(lat, lon, km, |r, c| {
            if let Some(list) = self.map.get(&Self::key((r, c))) {
                list.iter().for_each(&mut f);
            }
        });
    }
}
