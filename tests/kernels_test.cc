// Every kernel of every SIMD target of this machine against its definition in double, over all tails.
#include "convnext/kernels/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "convnext/kernels/bfloat16.h"

namespace convnext {
namespace {

using Buffer = AlignedVector<float>;
constexpr double kEpsilon = 0x1p-24;  // half a unit in the last place of float32

Buffer Random(int64_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Buffer values(static_cast<size_t>(count));
  for (float& value : values) value = uniform(random);
  return values;
}

// Rows of `used` random values, padded with zeros to `stride`.
Buffer RandomRows(int64_t rows, int64_t used, int64_t stride, uint32_t seed) {
  Buffer values = Random(rows * stride, seed);
  for (int64_t i = 0; i < rows * stride; ++i) {
    if (i % stride >= used) values[static_cast<size_t>(i)] = 0;
  }
  return values;
}

class ProductsTest : public testing::TestWithParam<const Products<float>*> {
 protected:
  const Products<float>& products = *GetParam();
  const int64_t tile = products.layout.column_tile;
};

std::string ProductsName(const testing::TestParamInfo<const Products<float>*>& instance) {
  return std::string(instance.param->name) + "_" + Name(instance.param->precision);
}
INSTANTIATE_TEST_SUITE_P(Float32, ProductsTest, testing::ValuesIn(AllProducts()), ProductsName);
INSTANTIATE_TEST_SUITE_P(Bfloat16, ProductsTest, testing::ValuesIn(AllProducts(Precision::kBfloat16)), ProductsName);

// Those of each target, which its products share.
std::vector<const Vectors<float>*> AllVectors() {
  std::vector<const Vectors<float>*> tables;
  for (const Products<float>* products : AllProducts()) tables.push_back(products->vectors);
  return tables;
}

class VectorsTest : public testing::TestWithParam<const Vectors<float>*> {
 protected:
  const Vectors<float>& vectors = *GetParam();
};

std::string VectorsName(const testing::TestParamInfo<const Vectors<float>*>& instance) { return instance.param->name; }
INSTANTIATE_TEST_SUITE_P(Kernels, VectorsTest, testing::ValuesIn(AllVectors()), VectorsName);

// A matrix product in memory of its own, with inputs that are not aligned.
struct MatMulCase {
  MatMulCase(const Products<float>& table, int64_t row_count, int64_t input_count, int64_t output_count)
      : products(table), rows(row_count), K(input_count), O(output_count), stride(table.vectors->PaddedChannels(O)) {
    table.pack(weight.data(), O, K, packed.data());
  }

  MatMulArgs<float> Args(Epilogue epilogue) {
    MatMulArgs<float> args;
    args.rows = rows;
    args.K = K;
    args.O = O;
    args.input = input.data() + 1;
    args.input_stride = K + 1;
    args.weight = packed.data();
    args.weight_inputs = K;
    args.partial = output.data();
    args.partial_stride = stride;
    args.epilogue = epilogue;
    args.bias = bias.data();
    args.scale = scale.data();
    args.residual = residual.data();
    args.output = output.data();
    args.output_stride = stride;
    return args;
  }

  // The largest error, as a multiple of what rounding can explain.
  double Error(Epilogue epilogue) const {
    double worst = 0;
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = 0; column < O; ++column) worst = std::max(worst, ErrorAt(row, column, epilogue));
    }
    return worst;
  }

  double ErrorAt(int64_t row, int64_t column, Epilogue epilogue) const {
    double sum = bias[static_cast<size_t>(column)], magnitude = std::abs(sum);
    for (int64_t k = 0; k < K; ++k) {
      const double product = Factor(input[static_cast<size_t>(1 + row * (K + 1) + k)]) *
                             Factor(weight[static_cast<size_t>(column * K + k)]);
      sum += product;
      magnitude += std::abs(product);
    }
    const auto at = static_cast<size_t>(row * stride + column);
    double expected = sum;
    if (epilogue == Epilogue::kBiasGelu) expected = 0.5 * sum * (1 + std::erf(sum * M_SQRT1_2));
    if (epilogue == Epilogue::kBiasScaleResidual) {
      expected = double{residual[at]} + double{scale[static_cast<size_t>(column)]} * sum;
      magnitude += std::abs(double{residual[at]});
    }
    // K roundings of sums no greater than `magnitude`, and a few more: those of GELU add 1.9e-7 |sum|, 3.2 epsilon.
    return std::abs(double{output[at]} - expected) / (kEpsilon * static_cast<double>(K + 8) * magnitude);
  }

  // A value as it is multiplied.
  double Factor(float value) const {
    return products.precision == Precision::kBfloat16 ? FromBfloat16(ToBfloat16(value)) : value;
  }

  const Products<float>& products;
  int64_t rows, K, O, stride;
  Buffer input = Random(rows * (K + 1) + 1, 1);
  Buffer weight = Random(O * K, 2);
  Buffer bias = RandomRows(1, O, stride, 3);
  Buffer scale = RandomRows(1, O, stride, 4);
  Buffer residual = RandomRows(rows, O, stride, 5);
  AlignedVector<std::byte> packed = AlignedVector<std::byte>(static_cast<size_t>(products.layout.Bytes(O, K)));
  Buffer output = Random(rows * stride, 6);
};

constexpr Epilogue kEpilogues[] = {Epilogue::kBias, Epilogue::kBiasGelu, Epilogue::kBiasScaleResidual};

TEST_P(ProductsTest, MatMulIsWithinRounding) {
  for (const int64_t rows : {1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 97}) {
    for (const int64_t K : {1, 3, 48, 255, 256, 257, 600}) {
      for (const int64_t O : {int64_t{1}, int64_t{7}, tile, tile + 1, 3 * tile - 1}) {
        for (const Epilogue epilogue : kEpilogues) {
          MatMulCase c(products, rows, K, O);
          products.matmul(c.Args(epilogue));
          ASSERT_LE(c.Error(epilogue), 1.0) << rows << " x " << K << " x " << O << ", epilogue " << int(epilogue);
        }
      }
    }
  }
}

TEST_P(ProductsTest, MatMulLeavesPaddingZero) {
  for (const Epilogue epilogue : kEpilogues) {
    MatMulCase c(products, 7, 20, tile + 3);
    products.matmul(c.Args(epilogue));
    for (int64_t i = 0; i < c.rows * c.stride; ++i) {
      ASSERT_TRUE(i % c.stride < c.O || c.output[static_cast<size_t>(i)] == 0) << i;
    }
  }
}

TEST_P(ProductsTest, MatMulInParts) {
  MatMulCase c(products, 13, 300, tile + 5);
  MatMulArgs<float> args = c.Args(Epilogue::kBiasScaleResidual);
  args.K = 130;
  args.finish = false;
  products.matmul(args);
  args.input += 130;
  args.first_input = 130;
  args.K = 170;
  args.accumulate = true;
  args.finish = true;
  products.matmul(args);
  EXPECT_LE(c.Error(Epilogue::kBiasScaleResidual), 1.0);
}

// This makes the embedding of a picture independent of its batch.
TEST_P(ProductsTest, MatMulRowsDoNotDependOnTheirNeighbours) {
  MatMulCase all(products, 13, 300, 40);
  products.matmul(all.Args(Epilogue::kBiasGelu));
  for (int64_t row = 0; row < all.rows; ++row) {
    MatMulCase one(products, 1, 300, 40);
    MatMulArgs<float> args = one.Args(Epilogue::kBiasGelu);
    args.input = all.input.data() + 1 + row * 301;
    products.matmul(args);
    EXPECT_EQ(0,
              std::memcmp(one.output.data(), &all.output[static_cast<size_t>(row * all.stride)], 40 * sizeof(float)));
  }
}

TEST_P(ProductsTest, GeluIsExactErfGelu) {
  double worst = 0;
  for (float x = -14; x < 14; x += 1.37e-3F) {
    const float one = 1;
    MatMulCase c(products, 1, 1, 1);
    products.pack(&one, 1, 1, c.packed.data());
    c.input[1] = 0;  // through the bias, which no table rounds
    c.bias[0] = x;
    products.matmul(c.Args(Epilogue::kBiasGelu));
    const double exact = 0.5 * double{x} * std::erfc(-double{x} * M_SQRT1_2);
    if (x != 0) worst = std::max(worst, std::abs(double{c.output[0]} - exact) / std::abs(double{x}));
  }
  EXPECT_LT(worst, 1.9e-7);
}

TEST_P(VectorsTest, DepthwiseIsWithinRounding) {
  for (int64_t channels = vectors.channel_tile; channels <= 3 * vectors.channel_tile;
       channels += vectors.channel_tile) {
    constexpr int kColumns = kDepthwiseTile + kDepthwiseSize - 1;
    const Buffer pixels = Random(kDepthwiseSize * kColumns * channels, 1);
    const Buffer weight = Random(int64_t{49} * channels, 2);
    const Buffer bias = Random(channels, 3);
    Buffer output = Random(kDepthwiseTile * channels, 4);
    DepthwiseArgs<float> args;
    args.channels = channels;
    args.weight = weight.data();
    args.bias = bias.data();
    for (int y = 0; y < kDepthwiseSize; ++y) {
      for (int x = 0; x < kColumns; ++x)
        args.window[y][x] = &pixels[static_cast<size_t>((y * kColumns + x) * channels)];
    }
    for (int x = 0; x < kDepthwiseTile; ++x) args.output[x] = &output[static_cast<size_t>(x * channels)];
    vectors.depthwise(args);
    for (int x = 0; x < kDepthwiseTile; ++x) {
      for (int64_t c = 0; c < channels; ++c) {
        double sum = bias[static_cast<size_t>(c)], magnitude = std::abs(sum);
        for (int tap = 0; tap < 49; ++tap) {
          const double product =
              double{args.window[tap / 7][x + tap % 7][c]} * double{weight[static_cast<size_t>(tap * channels + c)]};
          sum += product;
          magnitude += std::abs(product);
        }
        ASSERT_NEAR(double{args.output[x][c]}, sum, 50 * kEpsilon * magnitude) << channels << " " << x << " " << c;
      }
    }
  }
}

TEST_P(VectorsTest, LayerNormIsWithinRounding) {
  for (const int64_t channels : {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 63, 65, 96, 128, 1000}) {
    for (const float offset : {0.0F, 300.0F}) {
      const int64_t stride = vectors.PaddedChannels(channels), rows = 5;
      Buffer x = RandomRows(rows, channels, stride, 1);
      for (int64_t i = 0; i < rows * stride; ++i) x[static_cast<size_t>(i)] += i % stride < channels ? offset : 0;
      const Buffer weight = RandomRows(1, channels, stride, 2), bias = RandomRows(1, channels, stride, 3);
      Buffer y(x.size(), 7.0F);
      vectors.layer_norm({rows, channels, x.data(), stride, weight.data(), bias.data(), 1e-6, y.data()});
      for (int64_t row = 0; row < rows; ++row) {
        const float* in = &x[static_cast<size_t>(row * stride)];
        double mean = 0, variance = 0;
        for (int64_t c = 0; c < channels; ++c) mean += in[c] / static_cast<double>(channels);
        for (int64_t c = 0; c < channels; ++c)
          variance += (in[c] - mean) * (in[c] - mean) / static_cast<double>(channels);
        // The mean is known to about an epsilon of its size for each doubling of the number of summands.
        const double deviation = std::sqrt(variance + 1e-6);
        const double bound = (12 * kEpsilon * (double{offset} + 1) / deviation + 12 * kEpsilon) * 4;
        for (int64_t c = 0; c < stride; ++c) {
          const auto at = static_cast<size_t>(c);
          const double expected = c < channels ? (in[c] - mean) / deviation * double{weight[at]} + double{bias[at]} : 0;
          ASSERT_NEAR(double{y[static_cast<size_t>(row * stride + c)]}, expected, bound) << channels << " " << c;
        }
      }
    }
  }
}

TEST_P(VectorsTest, LayerNormInPlaceGivesTheSameBits) {
  const int64_t channels = 33, stride = vectors.PaddedChannels(channels);
  Buffer x = RandomRows(3, channels, stride, 1), y(x.size());
  const Buffer weight = RandomRows(1, channels, stride, 2), bias = RandomRows(1, channels, stride, 3);
  vectors.layer_norm({3, channels, x.data(), stride, weight.data(), bias.data(), 1e-6, y.data()});
  vectors.layer_norm({3, channels, x.data(), stride, weight.data(), bias.data(), 1e-6, x.data()});
  EXPECT_EQ(x, y);
}

TEST_P(VectorsTest, MeanRowsIsWithinRounding) {
  const int64_t channels = 3 * vectors.channel_tile;
  for (const int64_t rows : {1, 2, 9, 64, 100}) {
    const Buffer x = Random(rows * channels, 1);
    Buffer mean(static_cast<size_t>(channels));
    vectors.mean_rows(x.data(), rows, channels, mean.data());
    for (int64_t c = 0; c < channels; ++c) {
      double sum = 0;
      for (int64_t row = 0; row < rows; ++row) sum += double{x[static_cast<size_t>(row * channels + c)]};
      ASSERT_NEAR(double{mean[static_cast<size_t>(c)]}, sum / static_cast<double>(rows),
                  kEpsilon * static_cast<double>(rows + 2));
    }
  }
}

TEST(Bfloat16, RoundsToNearestEvenAndKeepsNaN) {
  for (uint32_t high = 0; high < 0x7f80; ++high) {
    const auto value = [&](uint32_t low) { return std::bit_cast<float>((high << 16) | low); };
    EXPECT_EQ(ToBfloat16(value(0)), high);
    EXPECT_EQ(ToBfloat16(value(0x7fff)), high);
    EXPECT_EQ(ToBfloat16(value(0x8000)), high + high % 2);
    EXPECT_EQ(ToBfloat16(value(0x8001)), high + 1);
    EXPECT_EQ(ToBfloat16(-value(0x8001)), 0x8000 + high + 1);
    ASSERT_EQ(FromBfloat16(static_cast<uint16_t>(high)), value(0));
  }
  for (const uint32_t nan : {0x7f800001U, 0x7fffffffU, 0xffffffffU})
    EXPECT_TRUE(std::isnan(FromBfloat16(ToBfloat16(std::bit_cast<float>(nan)))));
}

// A model that overflows must not look like one that does not.
TEST_P(ProductsTest, NaNAndInfinityComeThroughProducts) {
  for (const uint32_t bits : {0x7f800000U, 0x7f800001U, 0x7fffffffU, 0xffffffffU}) {
    MatMulCase c(products, 7, 70, 9);
    c.input[1 + 3 * 71 + 34] = std::bit_cast<float>(bits);
    products.matmul(c.Args(Epilogue::kBias));
    for (int64_t i = 0; i < 7; ++i) {
      EXPECT_EQ(std::isfinite(c.output[static_cast<size_t>(i * c.stride)]), i != 3) << std::hex << bits << " " << i;
    }
  }
}

TEST_P(ProductsTest, MultiplyAddsCountsWhatItDoes) {
  float sink = 1e-3F;
  const int64_t once = products.multiply_adds(1000, &sink);
  EXPECT_EQ(products.multiply_adds(2000, &sink), 2 * once);
  EXPECT_GE(once, 1000 * 2 * 8);
  EXPECT_NE(sink, 1e-3F);
}

// The value of a packed weight whose bytes begin at `packed`.
double PackedValue(Precision precision, const std::byte* packed) {
  if (precision == Precision::kBfloat16) {
    uint16_t value = 0;
    std::memcpy(&value, packed, sizeof(value));
    return FromBfloat16(value);
  }
  float value = 0;
  std::memcpy(&value, packed, sizeof(value));
  return value;
}

TEST_P(ProductsTest, WeightsLieWhereTheLayoutSays) {
  const PackedLayout& layout = products.layout;
  for (const int64_t K : {1, 2, 5, 48}) {
    const MatMulCase c(products, 1, K, tile + 3);
    ASSERT_EQ(layout.Bytes(c.O, K), 2 * layout.StripBytes(K));
    for (int64_t o = 0; o < 2 * tile; ++o) {
      for (int64_t k = 0; k < RoundUp(K, layout.input_group); ++k) {
        const double expected = o < c.O && k < K ? c.Factor(c.weight[static_cast<size_t>(o * K + k)]) : 0;
        ASSERT_EQ(PackedValue(products.precision, c.packed.data() + layout.Offset(o, k, K)), expected) << o << " " << k;
      }
    }
  }
}

// A product of int8 in fours, with a float32 scale for each output.
TEST(PackedLayoutTest, HasRoomForScales) {
  constexpr PackedLayout kLayout = {16, 4, 1, sizeof(float)};
  EXPECT_EQ(kLayout.InputOffset(0), 16 * 4);
  EXPECT_EQ(kLayout.StripBytes(6), 16 * 4 + 2 * 16 * 4);
  EXPECT_EQ(kLayout.Bytes(17, 6), 2 * kLayout.StripBytes(6));
  EXPECT_EQ(kLayout.StripOffset(16, 6), kLayout.StripBytes(6));
  EXPECT_EQ(kLayout.Offset(0, 0, 6), kLayout.InputOffset(0));
  EXPECT_EQ(kLayout.Offset(18, 5, 6), kLayout.StripBytes(6) + kLayout.InputOffset(4) + 2 * 4 + 1);
}

TEST_P(ProductsTest, ShareTheirTargetsPadding) {
  EXPECT_EQ(products.vectors->channel_tile % tile, 0);
  EXPECT_TRUE(std::string_view(products.name).starts_with(products.vectors->name));
}

TEST(KernelTables, ScalarIsAlwaysThereAndLast) {
  EXPECT_STREQ(AllProducts(Precision::kBfloat16).back()->name, "SCALAR");
  EXPECT_STREQ(AllProducts().back()->name, "SCALAR");
  EXPECT_EQ(AllProducts().front(), &BestProducts());
}

}  // namespace
}  // namespace convnext
