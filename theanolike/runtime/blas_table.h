// BLAS and LAPACK, opened when a unit first needs them.
#ifndef THEANOLIKE_RUNTIME_BLAS_TABLE_H_
#define THEANOLIKE_RUNTIME_BLAS_TABLE_H_

#include <string>

#include "theanolike/abi.h"

namespace theanolike {

// Where the library is and what its symbols begin with. Takes effect for a library not
// yet opened; false when another one is open already.
bool choose_blas(const std::string& path, const std::string& prefix);

struct BlasState {
  std::string path;
  std::string prefix;
  bool opened;
  std::string problem;  // why it did not open, or nothing
};
BlasState blas_state();

// A Fortran routine by its plain name, or null.
void* blas_routine(const char* name);

// Tells an open library how many threads there are.
void tell_blas_threads(int count);

// In a forked child another thread may have held the lock.
void forget_blas_lock();

void sgemm(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha, const void* a,
           i64 lda, const void* b, i64 ldb, const void* beta, void* c, i64 ldc);
void dgemm(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha, const void* a,
           i64 lda, const void* b, i64 ldb, const void* beta, void* c, i64 ldc);
void cgemm(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha, const void* a,
           i64 lda, const void* b, i64 ldb, const void* beta, void* c, i64 ldc);
void zgemm(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha, const void* a,
           i64 lda, const void* b, i64 ldb, const void* beta, void* c, i64 ldc);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_BLAS_TABLE_H_
