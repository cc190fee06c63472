// The callable type and the frame of one call of it.
#ifndef THEANOLIKE_RUNTIME_FUNCTION_H_
#define THEANOLIKE_RUNTIME_FUNCTION_H_

#include <atomic>
#include <type_traits>
#include <vector>

#include "numpy_api.h"
#include "shared.h"
#include "tensor_spec.h"
#include "unit.h"
#include "workspace.h"

namespace theanolike {

enum ArgumentFlags {
  kStrict = 1,   // only an array of the exact dtype is taken as it is
  kMutable = 2,  // the function may write to the caller's array
  kRoundFloat =
      4,  // a Python float may lose precision on its way into a narrower float
};

enum class Default { kNone, kValue, kCell };

struct Argument {
  TensorSpec spec;
  PyObject* name = nullptr;  // an interned str, or null
  Default kind = Default::kNone;
  PyObject* fallback = nullptr;  // the default value, or its cell
  long flags = 0;
};

struct Captured {
  Cell* cell = nullptr;
  TensorSpec spec;
};

struct Update {
  Cell* cell = nullptr;
  TensorSpec spec;
};

struct HostEntry {
  PyObject* callable = nullptr;
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;
};

// The body for arguments whose extents are 1 in the same places as when it was found.
struct Variant {
  u64 ones = 0;
  PyObject* body = nullptr;
};

// An argument that isn't dense, and what its elements lie like; see layouts.cpp.
struct PutOff {
  size_t input;
  int layout;
  bool operator==(const PutOff& other) const {
    return input == other.input && layout == other.layout;
  }
};

// The body for arguments that lie so, once copying them has cost enough.
struct Layout {
  std::vector<PutOff> inputs;
  i64 copied = 0;
  bool asked = false;
  PyObject* body = nullptr;
};

enum class Form { kSingle, kList, kNone, kDict };

struct Frame;

// What never changes after construction, besides the idle frames, the variants and the
// layouts.
struct Plan {
  std::vector<Argument> arguments;
  std::vector<Captured> captured;
  std::vector<TensorSpec> outputs;
  std::vector<Update> updates;
  std::vector<HostEntry> host;
  std::vector<Cell*> locks;  // the updated cells in the order of their addresses
  Form form = Form::kList;
  i64 release_above = -1;  // elements; negative: the GIL is never released
  bool only_scalars = true;
  Frame* idle = nullptr;
  std::vector<Variant> variants;
  i64 lay_out_after = -1;  // bytes copied; negative: copies are made always
  std::vector<Layout> layouts;
};

struct Function {
  PyObject_HEAD vectorcallfunc vectorcall;
  Plan* plan;
  PyObject* companion;
  PyObject* body;  // a Unit, another Function, or a Python callable
  PyObject* convert;
  PyObject* fail;
  PyObject* refuse;
  PyObject* lay_out;
  PyObject* keys;  // names of dict outputs, or null
  PyObject* weak_references;
  i64 calls;
  bool trust_input;
};

union Scalar {
  char bytes[16];
  double as_double;
  i64 as_integer;
};

// The array of one output or new value while the call runs. Without the GIL only `data`
// is made.
struct Fresh {
  PyObject* array = nullptr;
  void* data = nullptr;
};

// A call back into Python that was made.
struct HostCall {
  i32 site;
  PyObject* answer;  // its results, or the exception that it raised
};

struct Frame {
  tl_call call = {};  // first, so that a tl_call* of ours is a Frame*
  Function* function = nullptr;
  PyObject* body = nullptr;           // what this attempt runs
  PyThreadState* released = nullptr;  // set while the GIL is given back
  unsigned long thread = 0;
  i64 next_poll = 0;  // nanoseconds of the coarse clock; 0 before the first poll
  std::atomic<bool> interrupted{false};
  bool locked = false;
  Workspace workspace;

  // One per argument, then one per captured variable.
  std::vector<tl_array> inputs;
  std::vector<PyObject*> arrays;  // the array behind it, borrowed; null for a scalar
  std::vector<PyObject*> held;    // owned
  std::vector<Scalar> scalars;
  std::vector<PyObject*> given;  // arguments, borrowed, when they do not come in order
  std::vector<PutOff> put_off;   // arguments that are neither dense nor copied
  std::vector<i64> memory_shapes;

  // One per output, then one per update.
  std::vector<tl_array> outputs;
  std::vector<Fresh> fresh;
  std::vector<i64*> shapes;
  std::vector<i64> shape_storage;

  // One per update.
  std::vector<PyObject*> spares;
  std::vector<PyObject*> retired;
  std::vector<char> targeted;  // the unit asked for the storage, so it commits in place

  std::vector<PyObject*> kept;  // what host calls returned, until the call ends
  std::vector<HostCall> host_calls;

  Frame* next = nullptr;

  const TensorSpec& input_spec(size_t i) const;
  const TensorSpec& output_spec(size_t i) const;
};

static_assert(std::is_standard_layout<Frame>::value, "a tl_call* leads to its frame");

inline Frame* frame_of(tl_call* call) { return reinterpret_cast<Frame*>(call); }

inline const TensorSpec& Frame::input_spec(size_t i) const {
  const Plan& plan = *function->plan;
  size_t n = plan.arguments.size();
  return i < n ? plan.arguments[i].spec : plan.captured[i - n].spec;
}

inline const TensorSpec& Frame::output_spec(size_t i) const {
  const Plan& plan = *function->plan;
  size_t n = plan.outputs.size();
  return i < n ? plan.outputs[i] : plan.updates[i - n].spec;
}

// Holds the GIL in a call that may have given it back.
class WithGil {
 public:
  explicit WithGil(Frame* frame)
      : frame_(frame), was_released_(frame->released != nullptr) {
    if (was_released_) {
      PyEval_RestoreThread(frame->released);
      frame->released = nullptr;
    }
  }
  ~WithGil() {
    if (was_released_) frame_->released = PyEval_SaveThread();
  }
  WithGil(const WithGil&) = delete;
  WithGil& operator=(const WithGil&) = delete;

 private:
  Frame* frame_;
  bool was_released_;
};

extern PyTypeObject function_type;

bool ready_function_type();

// Gives back the memory that idle frames keep.
void trim(Function* function);

// The vectorcall of the type.
PyObject* call_function(PyObject* self, PyObject* const* args, size_t nargsf,
                        PyObject* kwnames);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_FUNCTION_H_
