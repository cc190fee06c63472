#include "blas_table.h"

#include <dlfcn.h>

#include <algorithm>
#include <climits>
#include <complex>
#include <mutex>
#include <new>
#include <utility>

#include "product.h"
#include "threads.h"

namespace theanolike {

namespace {

constexpr int kRowMajor = 101;
constexpr int kPlain = 111;
constexpr int kTransposed = 112;

// OpenBLAS's contract for a threading backend.
using BlasJob = void (*)(int thread, void* data, int extra);
using ThreadsCallback = void (*)(int sync, BlasJob job, int jobs, size_t size,
                                 void* data, int extra);

struct Blas {
  void* library = nullptr;
  void* gemm[4] = {};  // s, d, c, z
  void (*set_threads)(int) = nullptr;
};

struct Choice {
  std::mutex mutex;
  std::string path;
  std::string prefix;
  std::string problem;
  bool tried = false;
  Blas blas;
};
Choice* choice = new Choice;

struct BlasRegion {
  BlasJob job;
  char* data;
  size_t size;
  int extra;
};

void run_blas_job(void* data, i64 index) {
  auto* region = static_cast<BlasRegion*>(data);
  int job = static_cast<int>(index);
  region->job(job, region->data + static_cast<size_t>(index) * region->size,
              region->extra);
}

void run_blas_region(int, BlasJob job, int jobs, size_t size, void* data, int extra) {
  BlasRegion region = {job, static_cast<char*>(data), size, extra};
  run_together(run_blas_job, &region, jobs);
}

void* find(const std::string& name) {
  return dlsym(choice->blas.library, name.c_str());
}

// OpenBLAS runs on our pool; a library that cannot is left with one thread, if it says
// how.
void join_pool() {
  const std::string& prefix = choice->prefix;
  void* callback = find(prefix + "openblas_set_threads_callback_function");
  void* set_threads = find(prefix + "openblas_set_num_threads");
  if (callback != nullptr && set_threads != nullptr) {
    reinterpret_cast<void (*)(ThreadsCallback)>(callback)(run_blas_region);
    choice->blas.set_threads = reinterpret_cast<void (*)(int)>(set_threads);
    choice->blas.set_threads(thread_count());
    return;
  }
  for (const char* name : {"MKL_Set_Num_Threads", "openblas_set_num_threads",
                           "bli_thread_set_num_threads"}) {
    void* one = find(name);
    if (one != nullptr) reinterpret_cast<void (*)(int)>(one)(1);
  }
}

void open_library() {
  choice->tried = true;
  if (choice->path.empty()) {
    choice->problem = "no BLAS library was chosen";
    return;
  }
  choice->blas.library = dlopen(choice->path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (choice->blas.library == nullptr) {
    choice->problem = dlerror();
    return;
  }
  const char* names[] = {"cblas_sgemm", "cblas_dgemm", "cblas_cgemm", "cblas_zgemm"};
  for (int i = 0; i < 4; ++i) choice->blas.gemm[i] = find(choice->prefix + names[i]);
  join_pool();
}

const Blas& opened_blas() {
  std::lock_guard<std::mutex> lock(choice->mutex);
  if (!choice->tried) open_library();
  return choice->blas;
}

bool fits_int(i64 value) { return value <= INT_MAX; }

// For a machine without BLAS, and for extents beyond its integers.
template <typename T>
void plain_gemm(bool ta, bool tb, i64 m, i64 n, i64 k, T alpha, const T* a, i64 lda,
                const T* b, i64 ldb, T beta, T* c, i64 ldc) {
  for (i64 i = 0; i < m; ++i) {
    T* row = c + i * ldc;
    for (i64 j = 0; j < n; ++j) row[j] = beta == T(0) ? T(0) : beta * row[j];
    for (i64 p = 0; p < k; ++p) {
      T scale = alpha * (ta ? a[p * lda + i] : a[i * lda + p]);
      for (i64 j = 0; j < n; ++j)
        row[j] += scale * (tb ? b[j * ldb + p] : b[p * ldb + j]);
    }
  }
}

template <typename T>
struct ByValue {
  using Scalar = T;
  static T pass(const void* value) { return *static_cast<const T*>(value); }
};

template <typename T>
struct ByPointer {
  using Scalar = const void*;
  static const void* pass(const void* value) { return value; }
};

template <typename T, typename Pass, int kSlot>
void run_gemm(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha, const void* a,
              i64 lda, const void* b, i64 ldb, const void* beta, void* c, i64 ldc) {
  if (m <= 0 || n <= 0) return;
  using Scalar = typename Pass::Scalar;
  using Routine = void (*)(int, int, int, int, int, int, Scalar, const void*, int,
                           const void*, int, Scalar, void*, int);
  auto routine = reinterpret_cast<Routine>(opened_blas().gemm[kSlot]);
  i64 largest = std::max({m, n, k, lda, ldb, ldc});
  if (routine == nullptr || !fits_int(largest) || k <= 0) {
    plain_gemm<T>(ta != 0, tb != 0, m, n, std::max<i64>(k, 0),
                  *static_cast<const T*>(alpha), static_cast<const T*>(a), lda,
                  static_cast<const T*>(b), ldb, *static_cast<const T*>(beta),
                  static_cast<T*>(c), ldc);
    return;
  }
  auto leading = [](i64 given, i64 columns) {
    return static_cast<int>(std::max(given, columns));
  };
  routine(kRowMajor, ta != 0 ? kTransposed : kPlain, tb != 0 ? kTransposed : kPlain,
          static_cast<int>(m), static_cast<int>(n), static_cast<int>(k),
          Pass::pass(alpha), a, leading(lda, ta != 0 ? m : k), b,
          leading(ldb, tb != 0 ? k : n), Pass::pass(beta), c, leading(ldc, n));
}

// Products of real matrices by a kernel of our own where that is the faster one, and
// where there is no BLAS for them.
template <typename T, int kSlot>
void run_real_gemm(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha,
                   const void* a, i64 lda, const void* b, i64 ldb, const void* beta,
                   void* c, i64 ldc) {
  if (m <= 0 || n <= 0) return;
  const bool by_blas =
      k <= 0 || (!suits_product(m, n, k) && opened_blas().gemm[kSlot] != nullptr);
  if (by_blas) {
    run_gemm<T, ByValue<T>, kSlot>(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c,
                                   ldc);
    return;
  }
  Product<T> product = {};
  product.m = m;
  product.n = n;
  product.k = k;
  product.a = static_cast<const T*>(a);
  product.a_row = ta != 0 ? 1 : lda;
  product.a_step = ta != 0 ? lda : 1;
  product.b = static_cast<const T*>(b);
  product.b_step = tb != 0 ? 1 : ldb;
  product.b_column = tb != 0 ? ldb : 1;
  product.c = static_cast<T*>(c);
  product.c_row = ldc;
  product.alpha = *static_cast<const T*>(alpha);
  product.beta = *static_cast<const T*>(beta);
  compute_product(product);
}

}  // namespace

bool choose_blas(const std::string& path, const std::string& prefix) {
  std::lock_guard<std::mutex> lock(choice->mutex);
  if (choice->blas.library != nullptr)
    return path == choice->path && prefix == choice->prefix;
  choice->path = path;
  choice->prefix = prefix;
  choice->problem.clear();
  choice->tried = false;
  return true;
}

BlasState blas_state() {
  std::lock_guard<std::mutex> lock(choice->mutex);
  return {choice->path, choice->prefix, choice->blas.library != nullptr,
          choice->problem};
}

void* blas_routine(const char* name) {
  if (opened_blas().library == nullptr) return nullptr;
  void* found = find(choice->prefix + name + "_");
  return found != nullptr ? found : find(choice->prefix + name);
}

void tell_blas_threads(int count) {
  std::lock_guard<std::mutex> lock(choice->mutex);
  if (choice->blas.set_threads != nullptr) choice->blas.set_threads(count);
}

void forget_blas_lock() { new (&choice->mutex) std::mutex; }

void sgemm(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha, const void* a,
           i64 lda, const void* b, i64 ldb, const void* beta, void* c, i64 ldc) {
  run_real_gemm<float, 0>(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void dgemm(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha, const void* a,
           i64 lda, const void* b, i64 ldb, const void* beta, void* c, i64 ldc) {
  run_real_gemm<double, 1>(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cgemm(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha, const void* a,
           i64 lda, const void* b, i64 ldb, const void* beta, void* c, i64 ldc) {
  using C = std::complex<float>;
  run_gemm<C, ByPointer<C>, 2>(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void zgemm(i32 ta, i32 tb, i64 m, i64 n, i64 k, const void* alpha, const void* a,
           i64 lda, const void* b, i64 ldb, const void* beta, void* c, i64 ldc) {
  using C = std::complex<double>;
  run_gemm<C, ByPointer<C>, 3>(ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

}  // namespace theanolike
