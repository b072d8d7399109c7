// The golden pictures: every pixel and every bit as Pillow, torchvision and timm give them (tests/golden/README.md).
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "convnext/image/image.h"
#include "convnext/tensor/tensor.h"
#include "paths.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(kSourceDirectory) / "tests/golden";

Pixels Decode(const fs::path& path) {
  const auto file = ReadFile(path.string(), 1 << 24);
  EXPECT_TRUE(file.ok()) << file.status().message();
  if (!file.ok()) return {};
  auto image = DecodeImage(*file);
  EXPECT_TRUE(image.ok()) << path << ": " << image.status().message();
  return image.ok() ? std::move(image->pixels) : Pixels{};
}

struct Golden {
  fs::path picture, expected;
  int size;
};

// "preprocess/NAME.256.png" is what becomes of "images/NAME".
std::vector<Golden> AllGolden() {
  std::vector<Golden> all;
  for (const auto& entry : fs::directory_iterator(kGolden / "preprocess")) {
    if (entry.path().extension() != ".png") continue;
    const fs::path without_png = entry.path().stem();
    const int size = std::stoi(without_png.extension().string().substr(1));
    all.push_back({kGolden / "images" / without_png.stem(), entry.path(), size});
  }
  return all;
}

TEST(ImageGoldenTest, EveryPictureBecomesTheGoldenPixels) {
  const auto all = AllGolden();
  ASSERT_EQ(all.size(), 26u);
  for (const Golden& golden : all) {
    SCOPED_TRACE(golden.expected.filename());
    const Pixels expected = Decode(golden.expected);
    const Pixels pixels = Decode(golden.picture);
    for (const ResizeCode code : {ResizeCode::kSimd, ResizeCode::kScalar}) {
      const auto resized = ResizeAndCrop(pixels, {.image_size = {golden.size, golden.size}}, code);
      ASSERT_TRUE(resized.ok()) << resized.status().message();
      EXPECT_EQ(resized->width, expected.width);
      EXPECT_EQ(resized->height, expected.height);
      EXPECT_TRUE(resized->data == expected.data);
    }
  }
}

TEST(ImageGoldenTest, NormalizedPictureHasTheGoldenBits) {
  const auto golden = ReadNpyFloat32((kGolden / "preprocess/astronaut_512x512_q92.jpg.256.npy").string());
  ASSERT_TRUE(golden.ok()) << golden.status().message();
  const size_t pixel_count = 256 * 256;
  ASSERT_EQ(golden->shape, (std::vector<int64_t>{3, 256, 256}));
  const auto resized = ResizeAndCrop(Decode(kGolden / "images/astronaut_512x512_q92.jpg"), {});
  ASSERT_TRUE(resized.ok());
  std::vector<float> nhwc(3 * pixel_count);
  Normalize(*resized, {}, nhwc);
  size_t different = 0;
  for (size_t i = 0; i < nhwc.size(); ++i) {
    const float expected = golden->data[i % 3 * pixel_count + i / 3];
    different += std::bit_cast<uint32_t>(nhwc[i]) != std::bit_cast<uint32_t>(expected);
  }
  EXPECT_EQ(different, 0u);
}

TEST(ImageGoldenTest, SixteenBitGreyWarns) {
  const auto file = ReadFile((kGolden / "images/gray16_451x300.png").string(), 1 << 24);
  ASSERT_TRUE(file.ok());
  const auto image = DecodeImage(*file);
  ASSERT_TRUE(image.ok());
  ASSERT_EQ(image->warnings.size(), 1u);
  EXPECT_NE(image->warnings[0].find("above 255"), std::string::npos);
}

}  // namespace
}  // namespace convnext
