#include "plan.h"

#include <algorithm>

namespace theanolike {

namespace {

bool is_cell(PyObject* object) {
  if (Py_IS_TYPE(object, &cell_type)) return true;
  PyErr_Format(PyExc_TypeError, "expected a Cell, got %.200R", object);
  return false;
}

// Calls `read(item)` for each item of a sequence until one fails.
template <typename Read>
bool each(PyObject* sequence, const char* expectation, Read read) {
  PyObject* items = PySequence_Fast(sequence, expectation);
  if (items == nullptr) return false;
  bool good = true;
  for (Py_ssize_t i = 0; good && i < PySequence_Fast_GET_SIZE(items); ++i) {
    PyObject* item = PySequence_Fast_GET_ITEM(items, i);
    good = PyTuple_Check(item);
    if (!good) {
      PyErr_Format(PyExc_TypeError, "%s, got %.200R", expectation, item);
    } else {
      good = read(item);
    }
  }
  Py_DECREF(items);
  return good;
}

bool set_default(Argument* argument, PyObject* fallback) {
  if (fallback == Py_None) return true;
  const char* kind = nullptr;
  PyObject* value = nullptr;
  if (!PyTuple_Check(fallback) || !PyArg_ParseTuple(fallback, "sO", &kind, &value)) {
    if (!PyErr_Occurred()) {
      PyErr_Format(PyExc_TypeError,
                   "expected None, ('value', v) or ('cell', c), got %.200R", fallback);
    }
    return false;
  }
  argument->kind = kind[0] == 'c' ? Default::kCell : Default::kValue;
  if (argument->kind == Default::kCell && !is_cell(value)) return false;
  argument->fallback = Py_NewRef(value);
  return true;
}

bool set_name(Argument* argument, PyObject* name) {
  if (name == Py_None) return true;
  if (!PyUnicode_Check(name)) {
    PyErr_Format(PyExc_TypeError, "expected a name or None for an argument, got %.200R",
                 name);
    return false;
  }
  argument->name = Py_NewRef(name);
  PyUnicode_InternInPlace(&argument->name);
  return true;
}

bool read_argument(Plan* plan, PyObject* item) {
  PyObject *name, *shape, *fallback;
  long typenum, ndim, flags = 0;
  if (!PyArg_ParseTuple(item, "OllOO|l:input", &name, &typenum, &ndim, &shape,
                        &fallback, &flags)) {
    return false;
  }
  // In the plan before it can fail, so that release_plan finds what it owns.
  plan->arguments.emplace_back();
  Argument& argument = plan->arguments.back();
  argument.flags = flags;
  plan->only_scalars &= ndim == 0;
  return set_name(&argument, name) && argument.spec.set(typenum, ndim, shape) &&
         set_default(&argument, fallback);
}

bool read_captured_item(Plan* plan, PyObject* item) {
  PyObject *cell, *shape;
  long typenum, ndim;
  if (!PyArg_ParseTuple(item, "OllO:captured", &cell, &typenum, &ndim, &shape) ||
      !is_cell(cell)) {
    return false;
  }
  plan->captured.emplace_back();
  plan->captured.back().cell = reinterpret_cast<Cell*>(Py_NewRef(cell));
  plan->only_scalars &= ndim == 0;
  return plan->captured.back().spec.set(typenum, ndim, shape);
}

bool read_spec(std::vector<TensorSpec>* specs, PyObject* item) {
  long typenum, ndim;
  if (!PyArg_ParseTuple(item, "ll:tensor", &typenum, &ndim)) return false;
  specs->emplace_back();
  return specs->back().set(typenum, ndim, nullptr);
}

bool read_update(Plan* plan, PyObject* item) {
  PyObject* object;
  long typenum, ndim;
  if (!PyArg_ParseTuple(item, "Oll:update", &object, &typenum, &ndim) ||
      !is_cell(object)) {
    return false;
  }
  auto* cell = reinterpret_cast<Cell*>(object);
  if (std::count(plan->locks.begin(), plan->locks.end(), cell) != 0) {
    PyErr_Format(PyExc_ValueError, "expected one update for each cell, got two for %R",
                 object);
    return false;
  }
  plan->locks.push_back(cell);
  plan->updates.emplace_back();
  plan->updates.back().cell = reinterpret_cast<Cell*>(Py_NewRef(object));
  return plan->updates.back().spec.set(typenum, ndim, nullptr);
}

bool read_host_entry(Plan* plan, PyObject* item) {
  PyObject *callable, *inputs, *outputs;
  if (!PyArg_ParseTuple(item, "OOO:host", &callable, &inputs, &outputs)) return false;
  plan->host.emplace_back();
  HostEntry& entry = plan->host.back();
  entry.callable = Py_NewRef(callable);
  const char* expectation = "expected (type number, rank) tuples in a host entry";
  return each(inputs, expectation,
              [&](PyObject* t) { return read_spec(&entry.inputs, t); }) &&
         each(outputs, expectation,
              [&](PyObject* t) { return read_spec(&entry.outputs, t); });
}

bool keys_match(const Plan& plan, PyObject* keys) {
  if (PyTuple_GET_SIZE(keys) == static_cast<Py_ssize_t>(plan.outputs.size()))
    return true;
  PyErr_Format(PyExc_ValueError, "expected %zu keys for the outputs, got %R",
               plan.outputs.size(), keys);
  return false;
}

}  // namespace

bool set_arguments(Plan* plan, PyObject* inputs) {
  return each(inputs,
              "expected inputs as (name, type number, rank, shape, default[, flags])",
              [&](PyObject* item) { return read_argument(plan, item); });
}

bool set_captured(Plan* plan, PyObject* captured) {
  return each(captured,
              "expected captured variables as (cell, type number, rank, shape)",
              [&](PyObject* item) { return read_captured_item(plan, item); });
}

bool set_outputs(Plan* plan, PyObject* outputs) {
  return each(outputs, "expected outputs as (type number, rank)",
              [&](PyObject* item) { return read_spec(&plan->outputs, item); });
}

bool set_updates(Plan* plan, PyObject* updates) {
  bool read = each(updates, "expected updates as (cell, type number, rank)",
                   [&](PyObject* item) { return read_update(plan, item); });
  std::sort(plan->locks.begin(), plan->locks.end());
  return read;
}

bool set_form(Plan* plan, PyObject* form) {
  if (PyTuple_Check(form)) {
    plan->form = Form::kDict;
    return keys_match(*plan, form);
  }
  struct {
    const char* word;
    Form form;
  } known[] = {{"single", Form::kSingle}, {"list", Form::kList}, {"none", Form::kNone}};
  for (const auto& entry : known) {
    if (!PyUnicode_Check(form)) break;
    if (PyUnicode_CompareWithASCIIString(form, entry.word) != 0) continue;
    plan->form = entry.form;
    if (plan->form != Form::kSingle || plan->outputs.size() == 1) return true;
    PyErr_Format(PyExc_ValueError, "expected one output for form 'single', got %zu",
                 plan->outputs.size());
    return false;
  }
  PyErr_Format(PyExc_ValueError,
               "expected 'single', 'list', 'none' or a tuple of keys, got %.200R",
               form);
  return false;
}

bool set_release(Plan* plan, PyObject* release_gil) {
  if (PyBool_Check(release_gil)) {
    plan->release_above = release_gil == Py_True ? 0 : -1;
    return true;
  }
  plan->release_above = PyLong_AsLongLong(release_gil);
  return !(plan->release_above == -1 && PyErr_Occurred());
}

bool set_layouts(Plan* plan, PyObject* layouts, PyObject** lay_out) {
  if (layouts == Py_None) return true;
  long long after;
  if (!PyTuple_Check(layouts) || !PyArg_ParseTuple(layouts, "OL", lay_out, &after)) {
    PyErr_Format(PyExc_TypeError, "expected layouts as (callable, bytes), got %.200R",
                 layouts);
    return false;
  }
  plan->lay_out_after = after;
  return true;
}

bool set_host(Plan* plan, PyObject* host) {
  if (host == Py_None) return true;
  return each(host, "expected host entries as (callable, inputs, outputs)",
              [&](PyObject* item) { return read_host_entry(plan, item); });
}

void release_plan(Plan* plan) {
  for (Argument& argument : plan->arguments) {
    Py_XDECREF(argument.name);
    Py_XDECREF(argument.fallback);
    argument.spec.clear();
  }
  for (Captured& captured : plan->captured) {
    Py_XDECREF(captured.cell);
    captured.spec.clear();
  }
  for (Update& update : plan->updates) {
    Py_XDECREF(update.cell);
    update.spec.clear();
  }
  for (TensorSpec& spec : plan->outputs) spec.clear();
  for (HostEntry& entry : plan->host) {
    Py_XDECREF(entry.callable);
    for (TensorSpec& spec : entry.inputs) spec.clear();
    for (TensorSpec& spec : entry.outputs) spec.clear();
  }
  for (Variant& variant : plan->variants) Py_DECREF(variant.body);
  for (Layout& layout : plan->layouts) Py_XDECREF(layout.body);
  delete plan;
}

}  // namespace theanolike
