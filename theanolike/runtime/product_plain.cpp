// Products of matrices by what every processor of the family has.
#include <utility>

#include "product.h"

namespace theanolike {

namespace {
constexpr i64 kVector = 16;
#ifdef __aarch64__
constexpr i64 kRows = 8;
#else
constexpr i64 kRows = 6;
#endif
constexpr i64 kVectors = 2;
}  // namespace

#include "product_kernel.h"

const ProductKernel kPlainProduct = {"plain", kRoutine<float>, kRoutine<double>};

}  // namespace theanolike
