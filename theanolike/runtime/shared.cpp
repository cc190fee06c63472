#include "shared.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "tensor_spec.h"

namespace theanolike {

PyTypeObject cell_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

namespace {

const char kDoc[] =
    "Cell(value, name=None)\n--\n\n"
    "The storage of one shared variable, which functions read and update.";

thread_local Holder this_holder;
unsigned fork_count = 0;

// Who waits sleeps until the number of releases changes. Never destroyed: a daemon
// thread may wait while the process ends.
struct Releases {
  std::mutex mutex;
  std::condition_variable changed;
  u64 count = 0;
  int waiting = 0;
};
Releases* releases = new Releases;

constexpr auto kLookForSignals = std::chrono::milliseconds(50);

Cell* as_cell(PyObject* object) { return reinterpret_cast<Cell*>(object); }

Holder* owner_of(const Cell* cell) {
  bool alive = cell->owner_fork == fork_count || cell->owner == &this_holder;
  return alive ? cell->owner : nullptr;
}

void refuse_lock(const Cell* cell, const char* reason) {
  const char* form =
      "expected shared variable %R to be free, but %s; return the new value from the "
      "outer call "
      "and update the variable there";
  PyErr_Format(PyExc_RuntimeError, form, cell->name, reason);
}

bool waiting_is_endless(const Cell* cell) {
  for (const Cell* next = cell; next != nullptr;) {
    Holder* owner = owner_of(next);
    if (owner == nullptr) return false;
    if (owner == &this_holder) return true;
    next = owner->waits_for;
  }
  return false;
}

// Sleeps without the GIL until some cell is released, or for a moment.
bool wait_for_release(Cell* cell) {
  Py_INCREF(cell);
  this_holder.waits_for = cell;
  u64 seen = releases->count;
  ++releases->waiting;
  Py_BEGIN_ALLOW_THREADS;
  {
    std::unique_lock<std::mutex> lock(releases->mutex);
    releases->changed.wait_for(lock, kLookForSignals,
                               [&] { return releases->count != seen; });
  }
  Py_END_ALLOW_THREADS;
  --releases->waiting;
  this_holder.waits_for = nullptr;
  Py_DECREF(cell);
  return PyErr_CheckSignals() == 0;
}

bool wait_until_free(Cell* cell) {
  while (owner_of(cell) != nullptr) {
    if (owner_of(cell) == &this_holder) {
      refuse_lock(cell, "a call that updates it is in progress in this thread");
      return false;
    }
    if (waiting_is_endless(cell)) {
      refuse_lock(cell, "calls in several threads wait for each other's variables");
      return false;
    }
    if (!wait_for_release(cell)) return false;
  }
  return true;
}

void announce_release() {
  if (releases->waiting == 0) return;
  {
    std::lock_guard<std::mutex> lock(releases->mutex);
    ++releases->count;
  }
  releases->changed.notify_all();
}

void unlock(Cell* cell) {
  cell->owner = nullptr;
  cell->granted = false;
}

PyObject* new_cell(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"value", "name", nullptr};
  PyObject* value = nullptr;
  PyObject* name = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:Cell", const_cast<char**>(names),
                                   &value, &name)) {
    return nullptr;
  }
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  as_cell(self)->value = Py_NewRef(value);
  as_cell(self)->name = Py_NewRef(name);
  return self;
}

int traverse_cell(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(as_cell(self)->value);
  Py_VISIT(as_cell(self)->name);
  return 0;
}

int clear_cell(PyObject* self) {
  // A call in progress reads `value`, so there is always one.
  Py_SETREF(as_cell(self)->value, Py_NewRef(Py_None));
  return 0;
}

void free_cell(PyObject* self) {
  PyObject_GC_UnTrack(self);
  Cell* cell = as_cell(self);
  if (cell->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  Py_XDECREF(cell->value);
  Py_XDECREF(cell->spare);
  Py_XDECREF(cell->name);
  Py_TYPE(self)->tp_free(self);
}

PyObject* get_value(PyObject* self, void*) { return read_cell(as_cell(self)); }

int set_value(PyObject* self, PyObject* value, void*) {
  if (value == nullptr) {
    PyErr_SetString(PyExc_AttributeError,
                    "a cell always has a value; set another one instead");
    return -1;
  }
  Cell* cell = as_cell(self);
  if (!wait_until_free(cell)) return -1;
  Py_XSETREF(cell->value, Py_NewRef(value));
  return 0;
}

PyObject* get_name(PyObject* self, void*) { return Py_NewRef(as_cell(self)->name); }

int set_name(PyObject* self, PyObject* name, void*) {
  Py_XSETREF(as_cell(self)->name, Py_NewRef(name != nullptr ? name : Py_None));
  return 0;
}

PyObject* represent_cell(PyObject* self) {
  return PyUnicode_FromFormat("<Cell %R>", as_cell(self)->name);
}

PyGetSetDef getters[] = {
    {"value", get_value, set_value,
     "What the cell holds, not copied; setting waits for a call that updates the cell.",
     nullptr},
    {"name", get_name, set_name, "What messages call the variable.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

}  // namespace

PyObject* read_cell(Cell* cell) {
  if (cell->granted) return PyArray_NewCopy(as_array(cell->value), NPY_CORDER);
  return Py_NewRef(cell->value);
}

bool lock_cells(const std::vector<Cell*>& cells) {
  for (size_t i = 0; i < cells.size(); ++i) {
    if (!wait_until_free(cells[i])) {
      for (size_t k = 0; k < i; ++k) unlock(cells[k]);
      announce_release();
      return false;
    }
    cells[i]->owner = &this_holder;
    cells[i]->owner_fork = fork_count;
    cells[i]->granted = false;
  }
  return true;
}

void unlock_cells(const std::vector<Cell*>& cells) {
  for (Cell* cell : cells) unlock(cell);
  announce_release();
}

void forget_locks_of_other_threads() {
  ++fork_count;
  // Whoever held the mutex is gone, so it cannot be taken any more.
  releases = new Releases;
}

bool ready_cell_type() {
  cell_type.tp_name = "theanolike._runtime.Cell";
  cell_type.tp_doc = kDoc;
  cell_type.tp_basicsize = sizeof(Cell);
  cell_type.tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC;
  cell_type.tp_new = new_cell;
  cell_type.tp_dealloc = free_cell;
  cell_type.tp_traverse = traverse_cell;
  cell_type.tp_clear = clear_cell;
  cell_type.tp_repr = represent_cell;
  cell_type.tp_getset = getters;
  cell_type.tp_weaklistoffset = offsetof(Cell, weak_references);
  return PyType_Ready(&cell_type) == 0;
}

}  // namespace theanolike
