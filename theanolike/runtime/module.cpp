// The Python module theanolike._runtime.
#include <pthread.h>
#include <pybind11/pybind11.h>

#define THEANOLIKE_OWNS_NUMPY_API
#include "blas_table.h"
#include "buffers.h"
#include "errors.h"
#include "function.h"
#include "product.h"
#include "shared.h"
#include "table.h"
#include "tensor_spec.h"
#include "threads.h"
#include "unit.h"

namespace py = pybind11;

namespace theanolike {

namespace {

void after_fork_in_child() {
  forget_workers();
  forget_blas_lock();
  forget_buffer_lock();
  forget_main_thread();
  forget_locks_of_other_threads();
}

void set_threads(int count) {
  if (count < 1) {
    throw py::value_error("expected at least 1 thread, got " + std::to_string(count) +
                          "; see os.cpu_count()");
  }
  {
    py::gil_scoped_release release;
    set_thread_count(count);
    tell_blas_threads(count);
  }
  note_thread_count();
}

void set_blas(const std::string& path, const std::string& prefix) {
  if (choose_blas(path, prefix)) return;
  throw py::value_error(
      "expected to open " + path + ", but " + blas_state().path +
      " is open already; choose the library before the first call that needs it");
}

py::dict describe_blas() {
  BlasState state = blas_state();
  py::dict described;
  described["path"] = state.path;
  described["prefix"] = state.prefix;
  described["opened"] = state.opened;
  described["problem"] = state.problem;
  return described;
}

std::string product_names() {
  std::string names;
  for (const std::string& name : product_kernels()) names += name + ", ";
  return names + "blas or nothing";
}

void set_products(const std::string& name) {
  if (choose_product_kernel(name)) return;
  throw py::value_error("expected " + product_names() + " (the best), got " + name +
                        "; products() tells what this processor has");
}

py::list list_products() {
  py::list names;
  for (const std::string& name : product_kernels()) names.append(name);
  return names;
}

void trim_function(const py::object& function) {
  if (!Py_IS_TYPE(function.ptr(), &function_type)) {
    throw py::type_error("expected a Function to trim");
  }
  trim(reinterpret_cast<Function*>(function.ptr()));
}

void add_type(py::module_& m, const char* name, bool ready, PyTypeObject* type) {
  if (!ready ||
      PyModule_AddObjectRef(m.ptr(), name, reinterpret_cast<PyObject*>(type)) != 0) {
    throw py::error_already_set();
  }
}

}  // namespace

}  // namespace theanolike

PYBIND11_MODULE(_runtime, m) {
  using namespace theanolike;
  if (_import_array() < 0 || !find_main_thread()) throw py::error_already_set();
  m.doc() =
      "The compiled part of theanolike: shared storage, compiled units, the callable.";
  add_type(m, "Cell", ready_cell_type(), &cell_type);
  add_type(m, "Unit", ready_unit_type(), &unit_type);
  add_type(m, "Function", ready_function_type(), &function_type);
  m.attr("ABI") = TL_ABI;
  m.attr("STRICT") = static_cast<int>(kStrict);
  m.attr("MUTABLE") = static_cast<int>(kMutable);
  m.attr("ROUND_FLOAT") = static_cast<int>(kRoundFloat);
  m.def(
      "version", [] { return THEANOLIKE_VERSION; },
      "Version of the library this was built for.");
  m.def("threads", thread_count, "How many threads units and BLAS use.");
  m.def("set_threads", set_threads, py::arg("count"),
        "Set how many threads units and BLAS use.");
  m.def("set_blas", set_blas, py::arg("path"), py::arg("prefix") = "",
        "Choose the BLAS library that is opened at the first product.");
  m.def("blas", describe_blas, "The chosen BLAS: path, prefix, opened, problem.");
  m.def("products", list_products,
        "The kernels for products of float matrices that this processor has.");
  m.def("set_products", set_products, py::arg("name") = "",
        "Choose what computes products of float matrices.");
  m.def("allocations", allocations,
        "Allocations so far, besides outputs and new values.");
  m.def("trim", trim_function, py::arg("function"),
        "Free the memory kept between its calls.");
  pthread_atfork(nullptr, nullptr, after_fork_in_child);
}
