// The resize: SIMD against scalar, both against a plain reference, and the geometry of torchvision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "convnext/image/image.h"
#include "hwy/targets.h"

namespace convnext {
namespace {

Pixels Noise(int width, int height, unsigned seed = 1) {
  std::mt19937 random(seed);
  Pixels pixels{width, height, std::vector<uint8_t>(static_cast<size_t>(width) * static_cast<size_t>(height) * 3)};
  // Extremes make the bicubic overshoot, so that the clipping is tested, too.
  for (uint8_t& value : pixels.data) value = static_cast<uint8_t>(random() % 3 == 0 ? random() % 2 * 255 : random());
  return pixels;
}

const uint8_t* PixelAt(const Pixels& pixels, int x, int y) {
  return &pixels.data[static_cast<size_t>((y * pixels.width + x) * 3)];
}

double Weight(double x, bool bicubic) {
  x = std::abs(x);
  if (!bicubic) return std::max(0.0, 1.0 - x);
  if (x < 1.0) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2.0 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0.0;
}

// A line of pixels resized in full, in the simplest way: real weights, then 22 bits after the point.
std::vector<int> ResizeLine(const std::vector<int>& line, int resized, bool bicubic) {
  const auto size = static_cast<int>(line.size());
  if (size == resized) return line;
  const double scale = static_cast<double>(size) / resized;
  const double stretch = std::max(1.0, scale);
  const double support = (bicubic ? 2.0 : 1.0) * stretch;
  std::vector<int> output;
  for (int i = 0; i < resized; ++i) {
    const double center = (i + 0.5) * scale;
    const int first = std::max(0, static_cast<int>(center - support + 0.5));
    const int end = std::min(size, static_cast<int>(center + support + 0.5));
    double total = 0;
    for (int k = first; k < end; ++k) total += Weight((k - center + 0.5) * (1.0 / stretch), bicubic);
    int64_t sum = 1 << 21;
    for (int k = first; k < end; ++k) {
      const double weight = Weight((k - center + 0.5) * (1.0 / stretch), bicubic) / total;
      sum += static_cast<int64_t>(weight * (1 << 22) + (weight < 0 ? -0.5 : 0.5)) * line[static_cast<size_t>(k)];
    }
    output.push_back(static_cast<int>(std::clamp<int64_t>(sum >> 22, 0, 255)));
  }
  return output;
}

Pixels ResizeWidth(const Pixels& pixels, int resized, bool bicubic) {
  Pixels output{resized, pixels.height, {}};
  output.data.resize(static_cast<size_t>(resized * pixels.height * 3));
  for (int y = 0; y < pixels.height; ++y) {
    for (int channel = 0; channel < 3; ++channel) {
      std::vector<int> line;
      for (int x = 0; x < pixels.width; ++x) line.push_back(PixelAt(pixels, x, y)[channel]);
      const std::vector<int> values = ResizeLine(line, resized, bicubic);
      for (int x = 0; x < resized; ++x) {
        output.data[static_cast<size_t>((y * resized + x) * 3 + channel)] =
            static_cast<uint8_t>(values[static_cast<size_t>(x)]);
      }
    }
  }
  return output;
}

Pixels Transpose(const Pixels& pixels) {
  Pixels output{pixels.height, pixels.width, {}};
  for (int x = 0; x < pixels.width; ++x) {
    for (int y = 0; y < pixels.height; ++y)
      output.data.insert(output.data.end(), PixelAt(pixels, x, y), PixelAt(pixels, x, y) + 3);
  }
  return output;
}

// The whole resized picture; Pillow 13's order of the passes.
Pixels Reference(const Pixels& pixels, int width, int height, bool bicubic) {
  const int shrinks = pixels.height - height;
  const bool height_first = shrinks > 0 && shrinks > 2 * (pixels.width - width);
  if (height_first) return ResizeWidth(Transpose(ResizeWidth(Transpose(pixels), height, bicubic)), width, bicubic);
  return Transpose(ResizeWidth(Transpose(ResizeWidth(pixels, width, bicubic)), height, bicubic));
}

// Python's round(): to nearest, ties to even, the default rounding of nearbyint.
int CropStart(int resized, int size) { return static_cast<int>(std::nearbyint((resized - size) / 2.0)); }

Pixels Crop(const Pixels& pixels, int size) {
  Pixels output{size, size, {}};
  const int left = CropStart(pixels.width, size), top = CropStart(pixels.height, size);
  for (int y = 0; y < size; ++y) {
    output.data.insert(output.data.end(), PixelAt(pixels, left, top + y), PixelAt(pixels, left, top + y) + 3 * size);
  }
  return output;
}

struct Case {
  int width, height, size;
};

TEST(ImageResizeTest, EqualsThePlainReference) {
  for (const bool bicubic : {true, false}) {
    for (const Case c : {Case{40, 30, 16},
                         {30, 40, 16},
                         {17, 17, 16},
                         {16, 33, 16},
                         {33, 16, 16},
                         {5, 7, 16},
                         {1, 1, 9},
                         {20, 90, 10},
                         {21, 100, 20},
                         {90, 20, 10},
                         {64, 48, 47},
                         {3, 2, 8},
                         {16, 16, 16},
                         {2, 31, 7}}) {
      SCOPED_TRACE(fmt::format("{}x{} to {}", c.width, c.height, c.size));
      const Pixels pixels = Noise(c.width, c.height);
      const int longer = c.size * std::max(c.width, c.height) / std::min(c.width, c.height);
      const bool wide = c.width > c.height;
      const Pixels whole = Reference(pixels, wide ? longer : c.size, wide ? c.size : longer, bicubic);
      const Preprocessing preprocessing{.image_size = {c.size, c.size},
                                        .interpolation = bicubic ? Interpolation::kBicubic : Interpolation::kBilinear};
      const auto resized = ResizeAndCrop(pixels, preprocessing, ResizeCode::kScalar);
      ASSERT_TRUE(resized.ok());
      EXPECT_EQ(resized->data, Crop(whole, c.size).data);
    }
  }
}

void ExpectSimdEqualsScalar() {
  std::mt19937 random(7);
  for (int i = 0; i < 150; ++i) {
    const int width = 1 + static_cast<int>(random() % 150), height = 1 + static_cast<int>(random() % 150);
    const Pixels pixels = Noise(width, height, static_cast<unsigned>(i));
    Preprocessing preprocessing;
    preprocessing.image_size = {1 + static_cast<int64_t>(random() % 70), 1 + static_cast<int64_t>(random() % 70)};
    preprocessing.crop_pct = random() % 2 == 0 ? 1.0 : 0.875;
    preprocessing.crop_mode = static_cast<CropMode>(random() % 3);
    preprocessing.interpolation = static_cast<Interpolation>(random() % 6);
    const auto simd = ResizeAndCrop(pixels, preprocessing, ResizeCode::kSimd);
    const auto scalar = ResizeAndCrop(pixels, preprocessing, ResizeCode::kScalar);
    ASSERT_EQ(simd.ok(), scalar.ok());
    if (!simd.ok()) continue;  // a side of which no pixel is left
    ASSERT_EQ(simd->data, scalar->data) << width << "x" << height << " to " << ToString(preprocessing.image_size);
  }
}

TEST(ImageResizeTest, SimdEqualsScalarBitForBitOnEveryTarget) {
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    SCOPED_TRACE(hwy::TargetName(target));
    hwy::SetSupportedTargetsForTest(target);
    ExpectSimdEqualsScalar();
  }
  hwy::SetSupportedTargetsForTest(0);
}

// 8-pixel crops of pictures whose resized width leaves 1, 2, 3 and 5 pixels: halves go to the even neighbour.
TEST(ImageResizeTest, TheCropStartsWherePythonRoundsTo) {
  const int starts[] = {0, 0, 1, 2, 2, 2, 3, 4, 4};
  for (int extra = 0; extra < 9; ++extra) {
    const Pixels pixels = Noise(8 + extra, 8);
    const auto cropped = ResizeAndCrop(pixels, {.image_size = {8, 8}});
    ASSERT_TRUE(cropped.ok());
    EXPECT_TRUE(std::equal(PixelAt(*cropped, 0, 0), PixelAt(*cropped, 0, 0) + 24, PixelAt(pixels, starts[extra], 0)))
        << extra;
  }
}

TEST(ImageResizeTest, TheLongerSideIsCutNotRounded) {
  const Pixels pixels = Noise(5, 3);  // int(4 * 5 / 3) = 6
  const auto resized = ResizeAndCrop(pixels, {.image_size = {4, 4}});
  ASSERT_TRUE(resized.ok());
  EXPECT_EQ(resized->data, Crop(Reference(pixels, 6, 4, true), 4).data);
}

TEST(ImageResizeTest, CropPctResizesToMoreThanItShows) {
  const Pixels pixels = Noise(40, 50);
  const auto resized =
      ResizeAndCrop(pixels, {.image_size = {14, 14}, .crop_pct = 0.875});  // 14 / 0.875 = 16; 16 * 50 / 40 = 20
  ASSERT_TRUE(resized.ok());
  EXPECT_EQ(resized->data, Crop(Reference(pixels, 16, 20, true), 14).data);
}

TEST(ImageResizeTest, ACropBeyondThePictureIsPaddedWithBlack) {
  const Pixels pixels{6, 4, std::vector<uint8_t>(6 * 4 * 3, 200)};
  const auto padded =
      ResizeAndCrop(pixels, {.image_size = {9, 9}, .crop_pct = 2.0});  // 4 high, 6 wide: 2 above, 1 left
  ASSERT_TRUE(padded.ok());
  for (int y = 0; y < 9; ++y) {
    for (int x = 0; x < 9; ++x)
      EXPECT_EQ(*PixelAt(*padded, x, y), y >= 2 && y < 6 && x >= 1 && x < 7 ? 200 : 0) << x << " " << y;
  }
}

TEST(ImageResizeTest, SquashIgnoresTheAspect) {
  const Pixels pixels = Noise(30, 11);
  const auto resized = ResizeAndCrop(pixels, {.image_size = {12, 12}, .crop_mode = CropMode::kSquash});
  ASSERT_TRUE(resized.ok());
  EXPECT_EQ(resized->data, Reference(pixels, 12, 12, true).data);
}

// Resized in full it would have 16,768,000 x 256 pixels.
TEST(ImageResizeTest, AVeryLongPictureCostsNoMemory) {
  for (const bool wide : {true, false}) {
    const Pixels pixels = wide ? Noise(65500, 1) : Noise(1, 65500);
    const auto simd = ResizeAndCrop(pixels, {});
    const auto scalar = ResizeAndCrop(pixels, {}, ResizeCode::kScalar);
    ASSERT_EQ(simd.ok(), scalar.ok());
    if (!simd.ok()) continue;  // a side of which no pixel is left
    EXPECT_EQ(simd->data, scalar->data);
    const auto squashed = ResizeAndCrop(pixels, {.crop_mode = CropMode::kSquash});
    ASSERT_TRUE(squashed.ok());
  }
}

TEST(ImageResizeTest, ImpossibleSizesAreRefused) {
  const Pixels pixels = Noise(4, 4);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double crop_pct : {5.0, 0.0, -1.0, 1e-300, nan}) {
    const auto resized = ResizeAndCrop(pixels, {.image_size = {4, 4}, .crop_pct = crop_pct});
    ASSERT_FALSE(resized.ok()) << crop_pct;
    EXPECT_EQ(resized.status().code(), Code::kInvalid);
  }
  EXPECT_FALSE(ResizeAndCrop(pixels, {.image_size = {0, 0}}).ok());
  EXPECT_FALSE(ResizeAndCrop(pixels, {.image_size = {-5, -5}, .crop_pct = -1.0}).ok());
  EXPECT_FALSE(ResizeAndCrop(Pixels{}, {}).ok());
}

TEST(ImageResizeTest, NormalizeDividesSubtractsAndDivides) {
  const Pixels pixels{1, 1, {0, 128, 255}};
  std::vector<float> output(3);
  Normalize(pixels, {.mean = {0.5, 0.25, 0.1}, .std = {0.5, 0.2, 0.3}}, output);
  EXPECT_EQ(output[0], (0.0F / 255.0F - 0.5F) / 0.5F);
  EXPECT_EQ(output[1], (128.0F / 255.0F - 0.25F) / 0.2F);
  EXPECT_EQ(output[2], (255.0F / 255.0F - 0.1F) / 0.3F);
}

}  // namespace
}  // namespace convnext
