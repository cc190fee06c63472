// Products of float matrices by kernels of our own, on the one pool. Compiled once for
// each instruction set; the processor says which one runs.
#ifndef THEANOLIKE_RUNTIME_PRODUCT_H_
#define THEANOLIKE_RUNTIME_PRODUCT_H_

#include <string>
#include <vector>

#include "theanolike/abi.h"

namespace theanolike {

// c = alpha op(a) op(b) + beta c, c row-major. Element (i, p) of op(a) is
// a[i * a_row + p * a_step], (p, j) of op(b) is b[p * b_step + j * b_column]. Where
// beta is 0 c is not read.
template <typename T>
struct Product {
  i64 m, n, k;
  const T* a;
  i64 a_row, a_step;
  const T* b;
  i64 b_step, b_column;
  T* c;
  i64 c_row;
  T alpha, beta;
};

// Computes the rows [top, bottom) of the columns [left, right), where `left` is a
// multiple of the panel's width. The same bits whatever else is computed.
template <typename T>
struct ProductRoutine {
  void (*compute)(const Product<T>&, i64 top, i64 bottom, i64 left, i64 right);
  i64 rows;   // of a tile
  i64 panel;  // columns of a panel
};

struct ProductKernel {
  const char* name;
  ProductRoutine<float> f32;
  ProductRoutine<double> f64;
};

extern const ProductKernel kPlainProduct;
#ifdef __x86_64__
extern const ProductKernel kAvx2Product;
extern const ProductKernel kAvx512Product;
#endif

// Whether such a product is faster here than by BLAS.
bool suits_product(i64 m, i64 n, i64 k);

// Computes a product that isn't empty, on several threads where that pays.
void compute_product(const Product<float>& product);
void compute_product(const Product<double>& product);

// The names of the kernels that this processor has, the best one first.
std::vector<std::string> product_kernels();

// Chooses a kernel by name, "blas" for none where there is BLAS, "" for the best one;
// false where this processor hasn't it.
bool choose_product_kernel(const std::string& name);

}  // namespace theanolike

#endif  // THEANOLIKE_RUNTIME_PRODUCT_H_
