// The Python module theanolike._runtime.
#include <pybind11/pybind11.h>

PYBIND11_MODULE(_runtime, m) {
  m.doc() = "The compiled part of theanolike.";
  m.def("version", [] { return "0.1.0"; });
}
