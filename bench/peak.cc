// Measures what this machine can do at most: multiply-adds of every SIMD target at 1, 2, 4, ... threads, and the
// bandwidth of its memory. The percentages of `convnext infer --profile` and of bench/RESULTS.md are shares of the
// first.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <numeric>

#include "convnext/base/base.h"
#include "convnext/kernels/kernels.h"

namespace convnext {
namespace {

constexpr double kSeconds = 0.3;  // that each figure is measured

// Bytes a second of all threads reading memory that no cache holds, once.
double MeasureOneRead(const AlignedVector<uint64_t>& memory, ThreadPool& pool) {
  const auto threads = static_cast<size_t>(pool.size());
  const size_t share = memory.size() / threads;
  std::atomic<uint64_t> sum = 0;
  const Stopwatch stopwatch;
  pool.Run(threads, [&](size_t index, size_t) {
    const auto* begin = memory.data() + index * share;
    sum += std::accumulate(begin, begin + share, uint64_t{0});
  });
  return static_cast<double>(threads * share * sizeof(uint64_t)) / stopwatch.Seconds();
}

double Bandwidth(const AlignedVector<uint64_t>& memory, ThreadPool& pool) {
  double best = 0;
  for (const Stopwatch total; total.Seconds() < kSeconds;) best = std::max(best, MeasureOneRead(memory, pool));
  return best;
}

void PrintPeaks() {
  const AlignedVector<uint64_t> memory(size_t{64} << 20, uint64_t{1});  // 512 MiB
  std::vector<const Products<float>*> tables = AllProducts();
  for (const Products<float>* table : AllProducts(Precision::kBfloat16)) {
    if (table->multiply_adds != BestProducts().multiply_adds && std::string_view(table->name).ends_with("_BF16"))
      tables.push_back(table);
  }
  const int cores = AvailableCores();
  for (int threads = 1;; threads = std::min(2 * threads, cores)) {
    ThreadPool pool(threads);
    for (const Products<float>* table : tables) {
      const double operations = MeasurePeak(*table, pool, kSeconds);
      fmt::print("{:>4} {:<9} {:<10} {:>9.1f} GFLOP/s\n", threads, Name(table->precision), table->name,
                 operations * 1e-9);
    }
    fmt::print("{:>4} {:<9} {:<10} {:>9.1f} GB/s\n", threads, "memory", "read", Bandwidth(memory, pool) * 1e-9);
    if (threads == cores) return;
  }
}

}  // namespace
}  // namespace convnext

int main() {
  convnext::PrintPeaks();
  return 0;
}
