#include "variants.h"

namespace theanolike {

namespace {

constexpr size_t kMostVariants = 8;
constexpr int kBits = 64;

// One bit for each extent of each input that is 1; false when there are too many
// extents.
bool find_ones(const Frame* frame, u64* ones) {
  int bit = 0;
  *ones = 0;
  for (size_t i = 0; i < frame->inputs.size(); ++i) {
    int ndim = frame->input_spec(i).ndim;
    if (bit + ndim > kBits) return false;
    if (ndim == 0) continue;
    // Not as a unit is shown it, which may be the memory.
    const i64* shape = extents(frame->arrays[i]);
    for (int axis = 0; axis < ndim; ++axis, ++bit) {
      if (shape[axis] == 1) *ones |= u64{1} << bit;
    }
  }
  return true;
}

}  // namespace

void choose_variant(Frame* frame) {
  const std::vector<Variant>& variants = frame->function->plan->variants;
  u64 ones;
  if (variants.empty() || !find_ones(frame, &ones)) return;
  for (const Variant& variant : variants) {
    if (variant.ones != ones) continue;
    Py_SETREF(frame->body, Py_NewRef(variant.body));
    return;
  }
}

void remember_variant(Frame* frame, PyObject* body) {
  std::vector<Variant>& variants = frame->function->plan->variants;
  u64 ones;
  if (variants.size() == kMostVariants || !find_ones(frame, &ones)) return;
  for (const Variant& variant : variants) {
    if (variant.ones == ones) return;
  }
  variants.push_back({ones, Py_NewRef(body)});
}

}  // namespace theanolike
