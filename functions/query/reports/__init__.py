"""Reports out of cells: what is asked, what is read for it, how it is divided; and DORA's."""
