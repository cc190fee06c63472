#include "function.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "plan.h"

namespace theanolike {

PyTypeObject function_type = {PyVarObject_HEAD_INIT(nullptr, 0)};

namespace {

const char kDoc[] =
    "Function(*, companion, body, inputs, captured, outputs, updates, form, convert, "
    "fail, "
    "refuse, release_gil, host=None, layouts=None)\n--\n\n"
    "A compiled function, called as `f(*args, **kwargs)`.\n\n"
    "`f.source` is its C++, `f.plan` its loops, `f.explain()` its rewrites and\n"
    "`f.memory_plan(...)` the memory of a call. What the type itself doesn't have\n"
    "is its companion's: see `theanolike.compile.companion.Companion`.";

Function* as_function(PyObject* object) { return reinterpret_cast<Function*>(object); }

bool is_body(PyObject* body) {
  if (Py_IS_TYPE(body, &unit_type) || PyCallable_Check(body)) return true;
  PyErr_Format(PyExc_TypeError, "expected a Unit or a callable as body, got %.200R",
               body);
  return false;
}

struct Pieces {
  PyObject* companion = nullptr;
  PyObject* body = nullptr;
  PyObject* inputs = nullptr;
  PyObject* captured = nullptr;
  PyObject* outputs = nullptr;
  PyObject* updates = nullptr;
  PyObject* form = nullptr;
  PyObject* convert = nullptr;
  PyObject* fail = nullptr;
  PyObject* refuse = nullptr;
  PyObject* release_gil = nullptr;
  PyObject* host = Py_None;
  PyObject* layouts = Py_None;
};

bool parse_pieces(PyObject* args, PyObject* kwargs, Pieces* p) {
  static const char* names[] = {"companion",   "body", "inputs",  "captured", "outputs",
                                "updates",     "form", "convert", "fail",     "refuse",
                                "release_gil", "host", "layouts", nullptr};
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OOOOOOOOOOOOO:Function",
                                   const_cast<char**>(names), &p->companion, &p->body,
                                   &p->inputs, &p->captured, &p->outputs, &p->updates,
                                   &p->form, &p->convert, &p->fail, &p->refuse,
                                   &p->release_gil, &p->host, &p->layouts)) {
    return false;
  }
  PyObject* needed[] = {p->companion, p->body,    p->inputs,     p->captured,
                        p->outputs,   p->updates, p->form,       p->convert,
                        p->fail,      p->refuse,  p->release_gil};
  for (size_t i = 0; i < std::size(needed); ++i) {
    if (needed[i] != nullptr) continue;
    PyErr_Format(PyExc_TypeError, "expected keyword argument %s of Function", names[i]);
    return false;
  }
  return true;
}

bool fill_plan(Plan* plan, const Pieces& p) {
  return set_arguments(plan, p.inputs) && set_captured(plan, p.captured) &&
         set_outputs(plan, p.outputs) && set_updates(plan, p.updates) &&
         set_form(plan, p.form) && set_release(plan, p.release_gil) &&
         set_host(plan, p.host);
}

PyObject* new_function(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  Pieces p;
  if (!parse_pieces(args, kwargs, &p) || !is_body(p.body)) return nullptr;
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  Function* function = as_function(self);
  function->vectorcall = call_function;
  function->plan = new Plan;
  function->companion = Py_NewRef(p.companion);
  function->body = Py_NewRef(p.body);
  function->convert = Py_NewRef(p.convert);
  function->fail = Py_NewRef(p.fail);
  function->refuse = Py_NewRef(p.refuse);
  if (PyTuple_Check(p.form)) function->keys = Py_NewRef(p.form);
  PyObject* lay_out = Py_None;
  bool filled =
      fill_plan(function->plan, p) && set_layouts(function->plan, p.layouts, &lay_out);
  function->lay_out = Py_NewRef(lay_out);
  if (!filled) Py_CLEAR(self);
  return self;
}

int traverse_function(PyObject* self, visitproc visit, void* arg) {
  Function* f = as_function(self);
  Py_VISIT(f->companion);
  Py_VISIT(f->body);
  Py_VISIT(f->convert);
  Py_VISIT(f->fail);
  Py_VISIT(f->refuse);
  Py_VISIT(f->lay_out);
  Py_VISIT(f->keys);
  if (f->plan == nullptr) return 0;
  for (const Argument& argument : f->plan->arguments) Py_VISIT(argument.fallback);
  for (const Captured& captured : f->plan->captured) Py_VISIT(captured.cell);
  for (const Update& update : f->plan->updates) Py_VISIT(update.cell);
  for (const HostEntry& entry : f->plan->host) Py_VISIT(entry.callable);
  for (const Variant& variant : f->plan->variants) Py_VISIT(variant.body);
  for (const Layout& layout : f->plan->layouts) Py_VISIT(layout.body);
  return 0;
}

// Only what can be part of a cycle and what no call needs; the rest goes when the
// object does.
int clear_function(PyObject* self) {
  Function* f = as_function(self);
  for (PyObject** slot :
       {&f->companion, &f->body, &f->convert, &f->fail, &f->refuse, &f->lay_out}) {
    Py_SETREF(*slot, Py_NewRef(Py_None));
  }
  for (Variant& variant : f->plan->variants) {
    Py_SETREF(variant.body, Py_NewRef(Py_None));
  }
  return 0;
}

void free_function(PyObject* self) {
  PyObject_GC_UnTrack(self);
  Function* f = as_function(self);
  if (f->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  if (f->plan != nullptr) {
    trim(f);
    release_plan(f->plan);
  }
  Py_XDECREF(f->companion);
  Py_XDECREF(f->body);
  Py_XDECREF(f->convert);
  Py_XDECREF(f->fail);
  Py_XDECREF(f->refuse);
  Py_XDECREF(f->lay_out);
  Py_XDECREF(f->keys);
  Py_TYPE(self)->tp_free(self);
}

PyObject* get_attribute(PyObject* self, PyObject* name) {
  PyObject* found = PyObject_GenericGetAttr(self, name);
  if (found != nullptr || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
  PyErr_Clear();
  return PyObject_GetAttr(as_function(self)->companion, name);
}

int set_attribute(PyObject* self, PyObject* name, PyObject* value) {
  if (PyUnicode_CompareWithASCIIString(name, "trust_input") == 0) {
    return PyObject_GenericSetAttr(self, name, value);
  }
  return PyObject_SetAttr(as_function(self)->companion, name, value);
}

PyObject* get_item(PyObject* self, PyObject* key) {
  return PyObject_GetItem(as_function(self)->companion, key);
}

int set_item(PyObject* self, PyObject* key, PyObject* value) {
  PyObject* companion = as_function(self)->companion;
  return value != nullptr ? PyObject_SetItem(companion, key, value)
                          : PyObject_DelItem(companion, key);
}

PyObject* represent(PyObject* self) {
  return PyObject_Repr(as_function(self)->companion);
}

PyObject* copy(PyObject* self, PyObject*) {
  return PyObject_CallMethod(as_function(self)->companion, "__copy__", nullptr);
}

PyObject* deep_copy(PyObject* self, PyObject* memo) {
  return PyObject_CallMethod(as_function(self)->companion, "__deepcopy__", "O", memo);
}

PyObject* reduce(PyObject* self, PyObject*) {
  return PyObject_CallMethod(as_function(self)->companion, "__reduce__", nullptr);
}

PyObject* list_names(PyObject* self, PyObject*) {
  PyObject* names = PyObject_Dir(as_function(self)->companion);
  if (names == nullptr) return nullptr;
  for (const char* name : {"calls", "trust_input"}) {
    PyObject* text = PyUnicode_FromString(name);
    int failed = text == nullptr || PyList_Append(names, text) != 0;
    Py_XDECREF(text);
    if (failed) Py_CLEAR(names);
    if (failed) break;
  }
  return names;
}

PyMethodDef methods[] = {
    {"__copy__", copy, METH_NOARGS, "The companion's copy."},
    {"__deepcopy__", deep_copy, METH_O, "The companion's deep copy."},
    {"__reduce__", reduce, METH_NOARGS, "The companion's pickle."},
    {"__dir__", list_names, METH_NOARGS, "The companion's names and the type's own."},
    {nullptr, nullptr, 0, nullptr}};

PyObject* get_calls(PyObject* self, void*) {
  return PyLong_FromLongLong(as_function(self)->calls);
}

PyObject* get_trust(PyObject* self, void*) {
  return PyBool_FromLong(as_function(self)->trust_input);
}

int set_trust(PyObject* self, PyObject* value, void*) {
  int truth = value != nullptr ? PyObject_IsTrue(value) : 0;
  if (truth >= 0) as_function(self)->trust_input = truth != 0;
  return truth < 0 ? -1 : 0;
}

PyGetSetDef getters[] = {
    {"calls", get_calls, nullptr, "How often the function was called.", nullptr},
    {"trust_input", get_trust, set_trust,
     "Kept for programs that set it; checks are free.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr}};

PyMappingMethods mapping = {nullptr, get_item, set_item};

}  // namespace

bool ready_function_type() {
  function_type.tp_name = "theanolike._runtime.Function";
  function_type.tp_doc = kDoc;
  function_type.tp_basicsize = sizeof(Function);
  function_type.tp_flags =
      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL;
  function_type.tp_new = new_function;
  function_type.tp_dealloc = free_function;
  function_type.tp_traverse = traverse_function;
  function_type.tp_clear = clear_function;
  function_type.tp_call = PyVectorcall_Call;
  function_type.tp_vectorcall_offset = offsetof(Function, vectorcall);
  function_type.tp_weaklistoffset = offsetof(Function, weak_references);
  function_type.tp_getattro = get_attribute;
  function_type.tp_setattro = set_attribute;
  function_type.tp_as_mapping = &mapping;
  function_type.tp_repr = represent;
  function_type.tp_methods = methods;
  function_type.tp_getset = getters;
  return PyType_Ready(&function_type) == 0;
}

}  // namespace theanolike
