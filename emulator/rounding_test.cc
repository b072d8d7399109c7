// Float16 and HF32 against their definitions.
#include "rounding.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace ascend_emulator {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Float16, EveryNumberIsItself) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const float value = FromFloat16Bits(static_cast<uint16_t>(bits));
    if (std::isnan(value)) {
      EXPECT_GT(bits & 0x7fff, 0x7c00U);
      EXPECT_TRUE(std::isnan(RoundToFloat16(value)));
      continue;
    }
    ASSERT_EQ(Float16Bits(value), bits);
    ASSERT_EQ(std::bit_cast<uint32_t>(RoundToFloat16(value)), std::bit_cast<uint32_t>(value));
  }
}

// Between two neighbours the nearer one; in the middle the one with an even last bit.
TEST(Float16, RoundsToTheNearest) {
  for (uint32_t bits = 0; bits < 0x7bff; ++bits) {
    const float low = FromFloat16Bits(static_cast<uint16_t>(bits)),
                high = FromFloat16Bits(static_cast<uint16_t>(bits + 1));
    const float middle = (low + high) / 2;  // exact: a float has 13 more bits
    ASSERT_EQ(RoundToFloat16(middle), bits % 2 == 0 ? low : high) << bits;
    ASSERT_EQ(RoundToFloat16(std::nextafter(middle, 0.0f)), low) << bits;
    ASSERT_EQ(RoundToFloat16(std::nextafter(middle, kInfinity)), high) << bits;
    ASSERT_EQ(RoundToFloat16(-middle), bits % 2 == 0 ? -low : -high) << bits;
  }
}

TEST(Float16, KnownValues) {
  EXPECT_EQ(RoundToFloat16(65504), 65504);
  EXPECT_EQ(RoundToFloat16(65519.996f), 65504);
  EXPECT_EQ(RoundToFloat16(65520), kInfinity);
  EXPECT_EQ(RoundToFloat16(-1e30f), -kInfinity);
  EXPECT_EQ(RoundToFloat16(std::ldexp(1.0f, -25)), 0);
  EXPECT_EQ(RoundToFloat16(std::ldexp(1.5f, -25)), std::ldexp(1.0f, -24));
  EXPECT_TRUE(std::signbit(RoundToFloat16(-1e-30f)));
  EXPECT_EQ(Float16Bits(1), 0x3c00);
  EXPECT_EQ(Float16Bits(-2), 0xc000);
  EXPECT_EQ(Float16Bits(1.0f / 3), 0x3555);
  EXPECT_EQ(Float16Bits(1e-6f), 0x0011);  // 17 * 2^-24
  EXPECT_EQ(Float16Bits(kInfinity), 0x7c00);
}

TEST(Hf32, KeepsElevenBitsOfFraction) {
  const float step = std::ldexp(1.0f, -11);
  EXPECT_EQ(RoundToHf32(1 + step), 1 + step);
  EXPECT_EQ(RoundToHf32(1 + step / 2), 1);  // a tie goes to even
  EXPECT_EQ(RoundToHf32(1 + 1.5f * step), 1 + 2 * step);
  EXPECT_EQ(RoundToHf32(1 + 0.501f * step), 1 + step);
  EXPECT_EQ(RoundToHf32(-1 - 0.4f * step), -1);
  EXPECT_EQ(RoundToHf32(2 - step / 8), 2);  // a carry into the exponent
  EXPECT_EQ(RoundToHf32(1e30f * (1 + step)), RoundToHf32(1e30f * (1 + step) * (1 + step / 64)));
  EXPECT_EQ(RoundToHf32(std::numeric_limits<float>::max()), kInfinity);
  EXPECT_EQ(RoundToHf32(kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(RoundToHf32(std::nanf(""))));
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) {  // what is a float16 is an HF32
    const float value = FromFloat16Bits(static_cast<uint16_t>(bits));
    ASSERT_EQ(RoundToHf32(value), value);
  }
}

TEST(Round, All) {
  std::vector<float> values = {1.0f / 3, 1e-9f, 1e6f};
  Round(Rounding::kNone, values);
  EXPECT_EQ(values[0], 1.0f / 3);
  Round(Rounding::kHf32, values);
  EXPECT_EQ(values[0], RoundToHf32(1.0f / 3));
  EXPECT_NEAR(values[1], 1e-9, 1e-12);
  Round(Rounding::kFloat16, values);
  EXPECT_EQ(values[1], 0);
  EXPECT_EQ(values[2], kInfinity);
}

}  // namespace
}  // namespace ascend_emulator
