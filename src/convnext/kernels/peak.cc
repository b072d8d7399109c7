#include <algorithm>
#include <atomic>

#include "convnext/kernels/kernels.h"

namespace convnext {
namespace {

// Operations a second of all threads at once, for a millisecond or less.
template <class T>
double TimeMultiplyAdds(const Products<T>& products, ThreadPool& pool) {
  constexpr int64_t kRounds = 100'000;
  std::atomic<int64_t> operations = 0;
  const Stopwatch stopwatch;
  pool.Run(static_cast<size_t>(pool.size()), [&](size_t, size_t) {
    T sink = T(1e-3);
    operations += products.multiply_adds(kRounds, &sink);
  });
  return static_cast<double>(operations) / stopwatch.Seconds();
}

}  // namespace

template <class T>
double MeasurePeak(const Products<T>& products, ThreadPool& pool, double seconds) {
  double best = 0;
  for (const Stopwatch total; total.Seconds() < seconds;) best = std::max(best, TimeMultiplyAdds(products, pool));
  return best;
}

template double MeasurePeak(const Products<float>&, ThreadPool&, double);
template double MeasurePeak(const Products<double>&, ThreadPool&, double);

}  // namespace convnext
