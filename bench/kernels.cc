// Every kernel over the shapes that convnext_base has at 256x256, for every SIMD target of this machine and in float32
// and bfloat16 products, by one thread: GFLOP/s, and the share of the peak of the same target.
//
//   build/release/bench_kernels --benchmark_filter=AVX3/fc1
#include "convnext/kernels/kernels.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "convnext/base/base.h"

namespace convnext {
namespace {

constexpr int64_t kRows = 72;     // of a panel
constexpr int64_t kHidden = 256;  // columns of fc1 at a time (kHiddenChunk in cpu/block.cc)

// The counters of a benchmark whose every iteration does `operations`.
void Count(benchmark::State& state, const Products<float>& products, int64_t operations) {
  ThreadPool pool(1);
  const auto total = static_cast<double>(operations) * static_cast<double>(state.iterations());
  state.counters["FLOP/s"] = benchmark::Counter(total, benchmark::Counter::kIsRate);
  state.counters["of peak"] = benchmark::Counter(total / MeasurePeak(products, pool, 0.1), benchmark::Counter::kIsRate);
}

// `matrices` of weights, one after the other: 1 stays in the cache, many come from memory as in a forward pass.
void MatMul(benchmark::State& state, const Products<float>& products, int64_t K, int64_t O, Epilogue epilogue,
            int64_t matrices) {
  const auto stride = products.vectors->PaddedChannels(O);
  const AlignedVector<float> matrix(static_cast<size_t>(O * K), 0.01F);
  const AlignedVector<float> x(static_cast<size_t>(kRows * K), 0.01F), vector(static_cast<size_t>(stride), 0.1F);
  const int64_t bytes = products.layout.Bytes(O, K);
  AlignedVector<std::byte> weight(static_cast<size_t>(matrices * bytes));
  for (int64_t m = 0; m < matrices; ++m) products.pack(matrix.data(), O, K, weight.data() + m * bytes);
  AlignedVector<float> y(static_cast<size_t>(kRows * stride), 0.0F);
  MatMulArgs<float> args;
  args.rows = kRows;
  args.K = args.input_stride = K;
  args.O = O;
  args.input = x.data();
  args.weight_inputs = K;
  args.partial = args.output = y.data();
  args.partial_stride = args.output_stride = stride;
  args.epilogue = epilogue;
  args.bias = args.scale = vector.data();
  args.residual = y.data();
  for (auto _ : state) {
    for (int64_t m = 0; m < matrices; ++m) {
      args.weight = weight.data() + m * bytes;
      products.matmul(args);
    }
    benchmark::ClobberMemory();
  }
  Count(state, products, 2 * kRows * K * O * matrices);
}

void Depthwise(benchmark::State& state, const Products<float>& products, int64_t C) {
  constexpr int64_t kColumns = kDepthwiseTile + kDepthwiseSize - 1;
  const AlignedVector<float> x(static_cast<size_t>(kDepthwiseSize * kColumns * C), 0.1F);
  const AlignedVector<float> weight(static_cast<size_t>(kDepthwiseSize * kDepthwiseSize * C), 0.1F);
  AlignedVector<float> y(static_cast<size_t>(kDepthwiseTile * C));
  DepthwiseArgs<float> args;
  args.channels = C;
  args.weight = args.bias = weight.data();
  for (int64_t ky = 0; ky < kDepthwiseSize; ++ky) {
    for (int64_t kx = 0; kx < kColumns; ++kx) args.window[ky][kx] = x.data() + (ky * kColumns + kx) * C;
  }
  for (int64_t i = 0; i < kDepthwiseTile; ++i) args.output[i] = y.data() + i * C;
  for (auto _ : state) {
    products.vectors->depthwise(args);
    benchmark::ClobberMemory();
  }
  Count(state, products, 2 * kDepthwiseTile * C * kDepthwiseSize * kDepthwiseSize);
}

void Norm(benchmark::State& state, const Vectors<float>& vectors, int64_t C) {
  const AlignedVector<float> x(static_cast<size_t>(kRows * C), 0.1F);
  AlignedVector<float> y(x.size());
  for (auto _ : state) {
    vectors.layer_norm({kRows, C, x.data(), C, x.data(), x.data(), 1e-6, y.data()});
    benchmark::ClobberMemory();
  }
  state.counters["B/s"] =
      benchmark::Counter(static_cast<double>(2 * kRows * C) * sizeof(float) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

// The peak as an average: less than 1 where other programs, or other guests of the host, take part of the core.
void MultiplyAdds(benchmark::State& state, const Products<float>& products) {
  float sink = 1e-3F;
  int64_t operations = 0;
  for (auto _ : state) operations = products.multiply_adds(10'000, &sink);
  Count(state, products, operations);
}

void RegisterProducts(const Products<float>& products) {
  const std::string prefix = fmt::format("{}/{}/", Name(products.precision), products.name);
  const auto add = [&](const std::string& name, int64_t K, int64_t O, Epilogue epilogue, int64_t matrices) {
    benchmark::RegisterBenchmark((prefix + name).c_str(), [=, &products](benchmark::State& state) {
      MatMul(state, products, K, O, epilogue, matrices);
    });
  };
  benchmark::RegisterBenchmark((prefix + "multiply_adds").c_str(),
                               [&products](benchmark::State& state) { MultiplyAdds(state, products); });
  for (const int64_t C : {128, 256, 512, 1024}) {
    add(fmt::format("fc1/C:{}", C), C, kHidden, Epilogue::kBiasGelu, 1);
    add(fmt::format("fc1_from_memory/C:{}", C), C, kHidden, Epilogue::kBiasGelu,
        (int64_t{32} << 20) / (4 * C * kHidden));
    add(fmt::format("fc2/C:{}", C), kHidden, C, Epilogue::kBiasScaleResidual, 1);
  }
  for (const int64_t C : {128, 256, 512}) add(fmt::format("downsample/C:{}", C), 4 * C, 2 * C, Epilogue::kBias, 1);
  add("stem", 48, 128, Epilogue::kBias, 1);
}

void RegisterRest(const Products<float>& products) {
  for (const int64_t C : {128, 256, 512, 1024}) {
    benchmark::RegisterBenchmark(fmt::format("float32/{}/depthwise/C:{}", products.name, C).c_str(),
                                 [=, &products](benchmark::State& state) { Depthwise(state, products, C); });
    benchmark::RegisterBenchmark(fmt::format("float32/{}/layer_norm/C:{}", products.name, C).c_str(),
                                 [=, &products](benchmark::State& state) { Norm(state, *products.vectors, C); });
  }
}

}  // namespace
}  // namespace convnext

int main(int argc, char** argv) {
  for (const convnext::Products<float>* products : convnext::AllProducts()) {
    convnext::RegisterProducts(*products);
    convnext::RegisterRest(*products);
  }
  for (const convnext::Products<float>* products : convnext::AllProducts(convnext::Precision::kBfloat16))
    convnext::RegisterProducts(*products);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
