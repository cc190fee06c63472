// The contract between a compiled unit and the runtime that calls it. A unit includes
// this file and nothing else, and links nothing: whatever it needs from outside comes
// through `tl_table`. Plain C layout, no includes, so that a unit compiles in tens of
// milliseconds.
#ifndef THEANOLIKE_ABI_H_
#define THEANOLIKE_ABI_H_

#define TL_ABI 1

typedef __INT8_TYPE__ i8;
typedef __INT16_TYPE__ i16;
typedef __INT32_TYPE__ i32;
typedef __INT64_TYPE__ i64;
typedef __UINT8_TYPE__ u8;
typedef __UINT16_TYPE__ u16;
typedef __UINT32_TYPE__ u32;
typedef __UINT64_TYPE__ u64;

// Why a unit stopped. `tl_error::site` is a number that the binding maps to a node of
// the user's graph; `values` are what its message needs (extents, an index and its
// bound, an iteration).
enum tl_code {
  TL_OK = 0,
  TL_SHAPE = 1,      // two extents that must be equal are not: axis, first, second
  TL_BROADCAST = 2,  // a 1 met an n where the unit was compiled for equal extents:
                     // axis, first, second
  TL_INDEX = 3,      // an index is out of bounds: index, extent
  TL_HOST = 4,       // a Python exception is set
  TL_MEMORY = 5,     // an allocation failed: bytes
  TL_LIBRARY = 6,    // a library routine reported `info`
  TL_VALUE = 7,      // a value that the node refuses
  TL_ASSERT = 8,     // a condition of the user's does not hold
  TL_INTERRUPTED = 9
};

struct tl_error {
  i32 code;
  i32 site;
  i64 values[6];
};

// A dense, row-major, aligned array. Its rank and dtype are known to the unit. One
// compiled for arguments that lie otherwise is shown the memory that they lie in: its
// extents, then those of the array (codegen/arrangement.py).
struct tl_array {
  void* data;
  const i64* shape;
};

struct tl_table;

struct tl_call {
  const tl_table* table;
  const tl_array* inputs;  // the arguments in order, then the captured shared variables
  tl_array* outputs;  // the outputs, then the new values of updated shared variables
  tl_error error;
  void* context;  // the runtime's own
  void* state;    // the unit's own: what tl_compute leaves for tl_commit
};

// C[m, n] = alpha * op(A) op(B) + beta * C, row-major; `ta`, `tb` non-zero: transposed.
// `alpha` and `beta` point to one element of the dtype.
typedef void (*tl_gemm)(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha,
                        const void* a, i64 lda, const void* b, i64 ldb,
                        const void* beta, void* c, i64 ldc);

typedef void (*tl_body)(void* data, i64 begin, i64 end);

struct tl_table {
  i32 abi;
  i32 threads;  // how many threads `parallel` uses

  // A fresh array for output `index`, of its declared dtype and rank; null when memory
  // is out. Fills `outputs[index]`.
  void* (*output)(tl_call*, i32 index, const i64* shape);

  // The storage of updated variable `index` (counted from the first update) if `shape`
  // is its shape and nobody else can see it; null otherwise. Only `tl_commit` may write
  // to it.
  void* (*target)(tl_call*, i32 index, const i64* shape);

  // Scratch memory, aligned to 64 bytes, kept between calls; null when memory is out.
  void* (*workspace)(tl_call*, i64 bytes);

  // Runs body(data, begin, end) over disjoint ranges that cover [0, n), each but the
  // last a multiple of `grain` long, on the pool's threads. Nested calls run serially.
  void (*parallel)(tl_call*, tl_body body, void* data, i64 n, i64 grain);

  // Calls back into Python; fills `outputs` (data and shape live until the call ends).
  i32 (*host)(tl_call*, i32 site, const tl_array* inputs, tl_array* outputs);

  // Non-zero when the user wants to stop; an exception is set. Cheap enough for every
  // 4096 steps.
  i32 (*poll)(tl_call*);

  // A BLAS or LAPACK routine by its Fortran name ("dpotrf"), or null. Loaded at first
  // use.
  void* (*routine)(tl_call*, const char* name);

  tl_gemm sgemm, dgemm, cgemm, zgemm;

  // Runs body(data, member, members) for every member at the same time, so that members
  // may wait for each other between the steps of a loop. At most `most` of them; one
  // where the pool is in use.
  void (*team)(tl_call*, tl_body body, void* data, i64 most);
};

// What a unit exports.
extern "C" {
// May fail, poll, call Python; writes only to the workspace and to fresh outputs.
i32 tl_compute(tl_call*);
// Optional. Cannot fail: writes to the storage that `target` gave.
void tl_commit(tl_call*);
}

#endif  // THEANOLIKE_ABI_H_
