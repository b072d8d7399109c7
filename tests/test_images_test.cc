// The pictures that evaluations use where the user gives none: pinned to the pixel, and like photographs in their
// figures.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <vector>

#include "convnext/scenes/scenes.h"
#include "test_util.h"

namespace convnext {
namespace {

constexpr size_t kMaxPngBytes = 110'000;

// SHA-256 of the pixels: on any machine, with any compiler.
constexpr std::array kPixelsSha256 = {
    "8b551ffa35b2ecea061548b4cc786aa9f5697045fb99fdcf252a9cc9dd5c5268",
    "53bb2b8394ec5eb71da7ab97c1c75695b2f66e7af74f9b6d62b8c445b721c12f",
    "86990fdd3d70db4f0559435ff355ac09beb75401fe819dc2373eb26c598b2f25",
    "91d9dd39bb3351e32c51482de710f2cd7f98b71fbc0b962f5e3825df691fcf8b",
    "a7e2d73b2ab1aff1af4556ddfd3470f776607d3a7e9eb45ecea9d8d49434dd16",
};

std::string PixelsSha256(int index) {
  const Pixels pixels = TestImage(index);
  return Sha256(std::as_bytes(std::span(pixels.data)));
}

struct Plane {
  int width = 0, height = 0;
  std::vector<double> values;
  double at(int x, int y) const { return values[static_cast<size_t>(y * width + x)]; }
};

Plane Luminance(const Pixels& pixels) {
  Plane plane{pixels.width, pixels.height, {}};
  for (size_t i = 0; i < pixels.data.size(); i += 3) {
    plane.values.push_back(0.299 * pixels.data[i] + 0.587 * pixels.data[i + 1] + 0.114 * pixels.data[i + 2]);
  }
  return plane;
}

double Variance(const Plane& plane) {
  double sum = 0, squares = 0;
  for (const double value : plane.values) {
    sum += value;
    squares += value * value;
  }
  const auto count = static_cast<double>(plane.values.size());
  return squares / count - sum / count * (sum / count);
}

// The mean square of the difference between horizontal and vertical neighbours.
double NeighbourDifference(const Plane& plane) {
  double squares = 0;
  for (int y = 0; y + 1 < plane.height; ++y) {
    for (int x = 0; x + 1 < plane.width; ++x) {
      const double right = plane.at(x + 1, y) - plane.at(x, y), down = plane.at(x, y + 1) - plane.at(x, y);
      squares += (right * right + down * down) / 2;
    }
  }
  return squares / ((plane.width - 1.0) * (plane.height - 1.0));
}

// Half as wide and half as high, by averaging.
Plane Halved(const Plane& plane) {
  Plane half{plane.width / 2, plane.height / 2, {}};
  for (int y = 0; y < 2 * half.height; y += 2) {
    for (int x = 0; x < 2 * half.width; x += 2) {
      half.values.push_back((plane.at(x, y) + plane.at(x + 1, y) + plane.at(x, y + 1) + plane.at(x + 1, y + 1)) / 4);
    }
  }
  return half;
}

class TestImages : public testing::TestWithParam<int> {};

TEST_P(TestImages, HavePinnedPixels) {
  EXPECT_EQ(PixelsSha256(GetParam()), kPixelsSha256[static_cast<size_t>(GetParam())]);
}

TEST_P(TestImages, HaveTheSizeAndShapeOfSmallPhotographs) {
  const Pixels pixels = TestImage(GetParam());
  EXPECT_EQ(pixels.data.size(), static_cast<size_t>(3 * pixels.width * pixels.height));
  for (const int side : {pixels.width, pixels.height}) {
    EXPECT_GE(side, 256);
    EXPECT_LE(side, 400);
  }
}

TEST_P(TestImages, PngHoldsThePixels) {
  const std::string png = ValueOrThrow(TestImagePng(GetParam()));
  EXPECT_LT(png.size(), kMaxPngBytes);
  const DecodedImage decoded = ValueOrThrow(DecodeImage(BytesOf(png)));
  EXPECT_EQ(decoded.format, "PNG");
  EXPECT_EQ(decoded.pixels.width, TestImage(GetParam()).width);
  EXPECT_EQ(decoded.pixels.data, TestImage(GetParam()).data);
}

TEST_P(TestImages, NeighboursAreAlikeAndContrastIsHigh) {
  const Plane plane = Luminance(TestImage(GetParam()));
  const double variance = Variance(plane);
  EXPECT_GT(std::sqrt(variance), 30);
  EXPECT_GT(1 - NeighbourDifference(plane) / (2 * variance), 0.9);  // the correlation of neighbours
}

// In photographs neighbours differ more the coarser one looks, as the spectrum falls with 1/f; in white noise they
// would differ less, by a factor of four for each halving.
TEST_P(TestImages, SpectrumFalls) {
  Plane plane = Luminance(TestImage(GetParam()));
  double finer = NeighbourDifference(plane);
  for (int octave = 1; octave <= 4; ++octave) {
    plane = Halved(plane);
    const double coarser = NeighbourDifference(plane);
    EXPECT_GT(coarser, finer) << octave;
    finer = coarser;
  }
}

TEST_P(TestImages, UseTheWholeRange) {
  std::array<size_t, 256> histogram{};
  const Pixels pixels = TestImage(GetParam());
  for (const uint8_t value : pixels.data) ++histogram[value];
  EXPECT_GT(histogram[0], 0U);
  EXPECT_GT(histogram[255], 0U);
  EXPECT_EQ(std::count(histogram.begin(), histogram.end(), 0U), 256 - 64);
  EXPECT_LT(*std::max_element(histogram.begin(), histogram.end()), pixels.data.size() / 10);
}

INSTANTIATE_TEST_SUITE_P(All, TestImages, testing::Range(0, static_cast<int>(kPixelsSha256.size())));

TEST(TestImageSet, DifferFromEachOther) {
  std::set<std::string> hashes;
  for (int index = 0; index < 10; ++index) hashes.insert(PixelsSha256(index));
  EXPECT_EQ(hashes.size(), 10U);
}

TEST(TestImageSet, AnyIndexWorks) {
  EXPECT_LT(ValueOrThrow(TestImagePng(std::numeric_limits<int>::max())).size(), kMaxPngBytes);
}

}  // namespace
}  // namespace convnext
