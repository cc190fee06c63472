// Cells: where shared variables are stored, and the locks that updating calls take on
// them.
//
// Everything here happens under the GIL, which therefore guards every field. A lock is
// a mark on the cell; whoever waits for one has given the GIL back.
#ifndef THEANOLIKE_RUNTIME_SHARED_H_
#define THEANOLIKE_RUNTIME_SHARED_H_

#include <vector>

#include "numpy_api.h"

namespace theanolike {

struct Cell;

// One per thread: what the thread waits for, so that a circle of waiting threads is
// noticed.
struct Holder {
  Cell* waits_for = nullptr;
};

struct Cell {
  PyObject_HEAD PyObject* value;
  PyObject* spare;  // an array of ours alone, for the next new value of this shape
  PyObject* name;   // str, or None
  Holder* owner;    // who updates the cell
  unsigned owner_fork;
  bool granted;  // the owner may write into `value`: whoever else asks for it gets a
                 // copy
  PyObject* weak_references;
};

extern PyTypeObject cell_type;

bool ready_cell_type();

// A new reference to what the cell holds.
PyObject* read_cell(Cell* cell);

// False with an exception set: when this thread holds the cell already, or waits for
// ever, or is interrupted. The cells must be in the order of their addresses.
bool lock_cells(const std::vector<Cell*>& cells);
void unlock_cells(const std::vector<Cell*>& cells);

// In a forked child no other thread is left, so no lock of another thread holds.
void forget_locks_of_other_threads();

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_SHARED_H_
