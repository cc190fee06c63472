// Products of matrices on processors with AVX-512.
#include <utility>

#include "product.h"

#ifdef __x86_64__

#ifdef __clang__
#pragma clang attribute push(                                               \
    __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma"))), \
    apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")
#endif

namespace theanolike {

namespace {
constexpr i64 kVector = 64;
constexpr i64 kRows = 8;
constexpr i64 kVectors = 3;
}  // namespace

#include "product_kernel.h"

const ProductKernel kAvx512Product = {"avx512", kRoutine<float>, kRoutine<double>};

}  // namespace theanolike

#ifdef __clang__
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // __x86_64__
