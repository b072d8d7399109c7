#include <algorithm>
#include <atomic>

#include "kernels/kernels.h"

namespace convnext {
namespace {

// Operations a second of all threads at once, for a millisecond or less.
template <class T>
double TimeMultiplyAdds(const Kernels<T>& kernels, ThreadPool& pool) {
  constexpr int64_t kRounds = 100'000;
  std::atomic<int64_t> operations = 0;
  const Stopwatch stopwatch;
  pool.Run(static_cast<size_t>(pool.size()), [&](size_t, size_t) {
    T sink = T(1e-3);
    operations += kernels.multiply_adds(kRounds, &sink);
  });
  return static_cast<double>(operations) / stopwatch.Seconds();
}

}  // namespace

template <class T>
double MeasurePeak(const Kernels<T>& kernels, ThreadPool& pool, double seconds) {
  double best = 0;
  for (const Stopwatch total; total.Seconds() < seconds;) best = std::max(best, TimeMultiplyAdds(kernels, pool));
  return best;
}

template double MeasurePeak(const Kernels<float>&, ThreadPool&, double);
template double MeasurePeak(const Kernels<double>&, ThreadPool&, double);

}  // namespace convnext
