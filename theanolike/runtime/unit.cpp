#include "unit.h"

#include <dlfcn.h>

namespace theanolike {

PyTypeObject unit_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

namespace {

const char kDoc[] =
    "Unit(path)\n--\n\n"
    "A compiled unit, opened; it stays open as long as a function refers to it.";

PyObject* new_unit(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* names[] = {"path", nullptr};
  PyObject* encoded = nullptr;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O&:Unit", const_cast<char**>(names),
                                   PyUnicode_FSConverter, &encoded)) {
    return nullptr;
  }
  const char* path = PyBytes_AS_STRING(encoded);
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void* compute = library != nullptr ? dlsym(library, "tl_compute") : nullptr;
  PyObject* made = nullptr;
  if (library == nullptr) {
    PyErr_Format(PyExc_OSError,
                 "expected a compiled unit at %s, but it does not open: %s", path,
                 dlerror());
  } else if (compute == nullptr) {
    PyErr_Format(PyExc_OSError,
                 "expected a compiled unit at %s, but it exports no tl_compute; "
                 "compile it again",
                 path);
  } else {
    made = type->tp_alloc(type, 0);
  }
  if (made == nullptr) {
    if (library != nullptr) dlclose(library);
    Py_DECREF(encoded);
    return nullptr;
  }
  auto* unit = reinterpret_cast<Unit*>(made);
  unit->library = library;
  unit->compute = reinterpret_cast<i32 (*)(tl_call*)>(compute);
  unit->commit = reinterpret_cast<void (*)(tl_call*)>(dlsym(library, "tl_commit"));
  unit->path = PyUnicode_DecodeFSDefault(path);
  Py_DECREF(encoded);
  if (unit->path == nullptr) Py_CLEAR(made);
  return made;
}

void free_unit(PyObject* self) {
  auto* unit = reinterpret_cast<Unit*>(self);
  Py_XDECREF(unit->path);
  if (unit->library != nullptr) dlclose(unit->library);
  Py_TYPE(self)->tp_free(self);
}

PyObject* represent_unit(PyObject* self) {
  return PyUnicode_FromFormat("Unit(%R)", reinterpret_cast<Unit*>(self)->path);
}

PyObject* get_path(PyObject* self, void*) {
  return Py_NewRef(reinterpret_cast<Unit*>(self)->path);
}

PyGetSetDef getters[] = {
    {"path", get_path, nullptr, "The file that was opened.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

}  // namespace

bool ready_unit_type() {
  unit_type.tp_name = "theanolike._runtime.Unit";
  unit_type.tp_doc = kDoc;
  unit_type.tp_basicsize = sizeof(Unit);
  unit_type.tp_flags = Py_TPFLAGS_DEFAULT;
  unit_type.tp_new = new_unit;
  unit_type.tp_dealloc = free_unit;
  unit_type.tp_repr = represent_unit;
  unit_type.tp_getset = getters;
  return PyType_Ready(&unit_type) == 0;
}

}  // namespace theanolike
