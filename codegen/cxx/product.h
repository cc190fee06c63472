// Products of matrices inside of loops, where a call of BLAS costs as much as the work:
// they are small, and one factor is often the same in all steps. A block of TL_BLOCK
// rows and tl_panel<T> columns of the result stays in registers. The columns of the
// right factor are packed, panel by panel, before the loop or as they are needed. An
// element is summed up in one order, however the result is divided among threads.
#if defined(__AVX512VBMI2__)
#define TL_VECTOR 64
#elif defined(__AVX__)
#define TL_VECTOR 32
#else
#define TL_VECTOR 16
#endif
#if defined(__AVX512VBMI2__) || defined(__aarch64__)
#define TL_BLOCK 8
#else
#define TL_BLOCK 6
#endif
#define TL_DEEP 256           // products that an element sums up at a time
#define TL_GROUP 128          // rows that a panel is packed for, at least
#define TL_PRODUCT_WORK 4e6   // multiplications from which threads share a product
#define TL_LARGE_PRODUCT 1e9  // multiplications from which BLAS computes it

#if defined(__clang__)
#define TL_UNROLL _Pragma("clang loop unroll(full)")
#define TL_FUSED
#define TL_FUSE _Pragma("clang fp contract(fast)")
#else
#define TL_UNROLL _Pragma("GCC unroll 16")
#define TL_FUSED __attribute__((optimize("fp-contract=fast")))
#define TL_FUSE
#endif

template <class T>
constexpr i64 tl_panel = 2 * TL_VECTOR / sizeof(T);

// out[r][j] = sum over p of a[r][p] b[p][j], for a packed panel b. Rows beyond the last
// one repeat it. The multiply-adds are fused where the machine has them.
template <class T>
static TL_APART TL_FUSED void tl_block(i64 rows, i64 deep, const T* a, i64 a_row,
                                       i64 a_step, const T* b, T* out) {
  TL_FUSE
  typedef T lanes __attribute__((vector_size(TL_VECTOR), may_alias));
  constexpr i64 width = TL_VECTOR / sizeof(T);
  const T* row[TL_BLOCK];
  for (i64 r = 0; r < TL_BLOCK; ++r) row[r] = a + (r < rows ? r : rows - 1) * a_row;
  lanes sum[TL_BLOCK][2];
  TL_UNROLL
  for (i64 r = 0; r < TL_BLOCK; ++r) sum[r][0] = sum[r][1] = lanes{};
  for (i64 p = 0, at = 0; p < deep; ++p, at += a_step, b += 2 * width) {
    const lanes left = *(const lanes*)b, right = *(const lanes*)(b + width);
    TL_UNROLL
    for (i64 r = 0; r < TL_BLOCK; ++r) {
      sum[r][0] += row[r][at] * left;
      sum[r][1] += row[r][at] * right;
    }
  }
  TL_UNROLL
  for (i64 r = 0; r < TL_BLOCK; ++r) {
    *(lanes*)(out + 2 * r * width) = sum[r][0];
    *(lanes*)(out + (2 * r + 1) * width) = sum[r][1];
  }
}

// Copies a panel of op(b); columns that it hasn't are zeros.
template <class T>
static TL_APART void tl_pack_panel(i64 deep, i64 columns, const T* b, i64 b_step,
                                   i64 b_column, T* packed) {
  constexpr i64 width = tl_panel<T>;
  for (i64 p = 0; p < deep; ++p, b += b_step, packed += width) {
    if (columns < width) __builtin_memset(packed, 0, width * sizeof(T));
    if (b_column == 1 && columns == width)
      __builtin_memcpy(packed, b, width * sizeof(T));
    else if (b_column == 1)
      __builtin_memcpy(packed, b, columns * sizeof(T));
    else
      for (i64 j = 0; j < columns; ++j) packed[j] = b[j * b_column];
  }
}

// Copies all panels.
template <class T>
static void tl_pack(i64 deep, i64 columns, const T* b, i64 b_step, i64 b_column,
                    T* packed) {
  for (i64 j = 0; j < columns; j += tl_panel<T>)
    tl_pack_panel(deep, tl_min(tl_panel<T>, columns - j), b + j * b_column, b_step,
                  b_column, packed + j * deep);
}

template <class T>
struct tl_product;
// A panel of columns in groups of rows.
template <class T>
struct tl_part {
  const tl_product<T>* of;
  i64 groups;
};

// out = alpha op(a) op(b) + beta start, row-major with n columns each.
template <class T>
struct tl_product {
  i64 m, n, k;
  const T *a, *b, *packed, *start;
  i64 a_row, a_step, b_step, b_column;
  T* out;
  T alpha, beta;
  bool turned;  // `out` and `start` are transposed, with m columns

  i64 panels() const { return (n + tl_panel<T> - 1) / tl_panel<T>; }

  void store(i64 r, i64 rows, i64 j, const T* block, bool first) const {
    constexpr i64 width = tl_panel<T>;
    const i64 columns = tl_min(width, n - j);
    if (turned) return store_turned(r, rows, j, columns, block, first);
    for (i64 end = r + rows; r < end; ++r, block += width) {
      T* to = out + r * n + j;
      if (!first) {
        for (i64 l = 0; l < columns; ++l) to[l] += alpha * block[l];
      } else if (start) {
        const T* from = start + r * n + j;
        for (i64 l = 0; l < columns; ++l) to[l] = alpha * block[l] + beta * from[l];
      } else {
        for (i64 l = 0; l < columns; ++l) to[l] = alpha * block[l];
      }
    }
  }

  void store_turned(i64 r, i64 rows, i64 j, i64 columns, const T* block,
                    bool first) const {
    const T* from = first ? start : out;
    const T scale = first ? beta : T(1);
    for (i64 l = 0; l < columns; ++l)
      for (i64 i = 0; i < rows; ++i) {
        const i64 at = (j + l) * m + r + i;
        const T added = from ? scale * from[at] : T(0);
        out[at] = alpha * block[i * tl_panel<T> + l] + added;
      }
  }

  void compute(i64 top, i64 bottom, i64 panel, i64 end) const {
    constexpr i64 width = tl_panel<T>;
    alignas(64) T piece[TL_DEEP * width], block[TL_BLOCK * width];
    for (; panel < end; ++panel) {
      const i64 j = panel * width;
      for (i64 p = 0; p == 0 || p < k; p += TL_DEEP) {
        const i64 deep = tl_min(TL_DEEP, k - p);
        const T* right = packed ? packed + j * k + p * width : piece;
        if (!packed)
          tl_pack_panel(deep, tl_min(width, n - j), b + j * b_column + p * b_step,
                        b_step, b_column, piece);
        for (i64 r = top; r < bottom; r += TL_BLOCK) {
          const i64 rows = tl_min(TL_BLOCK, bottom - r);
          tl_block(rows, deep, a + r * a_row + p * a_step, a_row, a_step, right, block);
          store(r, rows, j, block, p == 0);
        }
      }
    }
  }

  // By rows where every part has enough of them, and where no part packs a panel that
  // another one packs too; else by columns.
  bool by_rows(i64 parts) const {
    return m >= TL_BLOCK * parts && (packed || panels() < parts);
  }

  // Computes the rows of one of several threads.
  void rows(i64 member, i64 members) const {
    compute(m * member / members, m * (member + 1) / members, 0, panels());
  }

  // Computes one of several parts of the result.
  void part(i64 member, i64 members) const {
    if (by_rows(members)) return rows(member, members);
    const i64 all = panels();
    compute(0, m, all * member / members, all * (member + 1) / members);
  }

  // Computes all of it, on several threads where that pays; BLAS is for large ones.
  void whole(tl_call* c) const {
    const i64 columns = panels();
    const double work = (double)m * (double)n * (double)k;
    if (work > TL_LARGE_PRODUCT) return by_blas(c);
    if (work < TL_PRODUCT_WORK) return compute(0, m, 0, columns);
    // Each thread packs a panel for at least so many rows.
    const i64 groups = tl_max(1, tl_min(m / TL_GROUP, 64 / columns));
    const tl_part<T> parts = {this, groups};
    const auto run = [](void* data, i64 begin, i64 end) {
      const tl_part<T>* p = (const tl_part<T>*)data;
      for (i64 rows = p->of->m, at = begin; at < end; ++at) {
        const i64 group = at % p->groups, panel = at / p->groups;
        p->of->compute(rows * group / p->groups, rows * (group + 1) / p->groups, panel,
                       panel + 1);
      }
    };
    const i64 all = columns * groups;
    const i64 grain = (i64)(TL_PRODUCT_WORK / 4 / work * (double)all) + 1;
    c->table->parallel(c, run, (void*)&parts, all, grain);
  }

  void by_blas(tl_call* c) const {
    const auto gemm = sizeof(T) == 4 ? c->table->sgemm : c->table->dgemm;
    const T scale = start ? beta : T(0);
    if (start && start != out) __builtin_memcpy(out, start, m * n * sizeof(T));
    // Of a turned product the right factor's transpose is the left one.
    const bool ta = turned ? b_step != 1 : a_step != 1;
    const bool tb = turned ? a_row != 1 : b_column != 1;
    const i64 lda = tl_max(a_row, a_step), ldb = tl_max(b_step, b_column);
    if (turned)
      gemm(ta, tb, n, m, k, &alpha, b, ldb, a, lda, &scale, out, m);
    else
      gemm(ta, tb, m, n, k, &alpha, a, lda, b, ldb, &scale, out, n);
  }
};
