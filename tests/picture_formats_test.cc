// Every format and variant against what Pillow makes of it. tests/data/make_pictures.py makes the files.
#include <sys/resource.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "convnext/image/formats.h"
#include "convnext/image/image.h"
#include "paths.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Picture {
  std::string file;  // "bmp/8bit.bmp"
  nlohmann::json facts;
  std::vector<std::byte> bytes;

  bool Has(const char* part) const { return file.find(part) != std::string::npos; }
  bool refused() const { return Has("/refused_") || Has("/unread_"); }
};

const std::string kPictures = std::string(kSourceDirectory) + "/tests/data/pictures/";

std::vector<std::byte> Read(const std::string& path) {
  const std::string text = ReadText(path);
  const auto bytes = BytesOf(text);
  return {bytes.begin(), bytes.end()};
}

const std::vector<Picture>& Pictures() {
  static const std::vector<Picture> pictures = [] {
    std::vector<Picture> read;
    const auto list = nlohmann::json::parse(ReadText(kPictures + "pictures.json"));
    for (const auto& facts : list["files"]) {
      const std::string file = facts["file"];
      if (file.starts_with("avif/") && !HasPictureExtension(file)) continue;  // built without
      read.push_back({file, facts, Read(kPictures + file)});
    }
    return read;
  }();
  return pictures;
}

std::string Digest(const Pixels& pixels) { return Sha256(std::as_bytes(std::span(pixels.data))); }

// libavif divides by a premultiplied alpha with other instructions on ARM, which round otherwise (0.11.1, under QEMU).
bool DependsOnTheCpu(const Picture& picture) {
#ifdef __aarch64__
  return picture.file == "avif/premultiplied.avif";
#else
  return picture.file.empty();
#endif
}

Result<DecodedImage> Decode(const Picture& picture) { return DecodeImage(picture.bytes); }

TEST(PictureFormatsTest, PixelsAreThoseOfPillow) {
  size_t count = 0;
  for (const Picture& picture : Pictures()) {
    if (picture.refused()) continue;
    const auto image = Decode(picture);
    ASSERT_TRUE(image.ok()) << picture.file << ": " << image.status().message();
    const Pixels& pixels = image->pixels;
    EXPECT_EQ(pixels.width, picture.facts["width"]) << picture.file;
    EXPECT_EQ(pixels.height, picture.facts["height"]) << picture.file;
    if (DependsOnTheCpu(picture)) continue;
    EXPECT_EQ(Digest(pixels), picture.facts["rgb"]) << picture.file;
    ++count;
  }
  EXPECT_GT(count, 200u);
}

// By default an orientation is ignored, and said once; TIFFs are always turned.
TEST(PictureFormatsTest, TheExifOrientationIsIgnoredOrApplied) {
  size_t count = 0;
  for (const Picture& picture : Pictures()) {
    if (picture.refused() || DependsOnTheCpu(picture)) continue;
    const auto ignored = Decode(picture);
    const auto applied = DecodeImage(picture.bytes, {.orientation = ExifOrientation::kApply});
    ASSERT_TRUE(ignored.ok() && applied.ok()) << picture.file;
    const bool turned = picture.facts.contains("turned_rgb");
    EXPECT_EQ(applied->turned, turned) << picture.file;
    EXPECT_FALSE(ignored->turned) << picture.file;
    EXPECT_EQ(Digest(applied->pixels), picture.facts[turned ? "turned_rgb" : "rgb"]) << picture.file;
    if (!turned) continue;
    ++count;
    ASSERT_EQ(ignored->warnings.size(), 1u) << picture.file;
    EXPECT_THAT(ignored->warnings[0], HasSubstr("--exif_orientation apply")) << picture.file;
    EXPECT_TRUE(applied->warnings.empty()) << picture.file;
  }
  EXPECT_GT(count, 20u);
}

TEST(PictureFormatsTest, WhatPillowRefusesIsRefused) {
  for (const Picture& picture : Pictures()) {
    if (!picture.refused()) continue;
    EXPECT_THAT(Refusal(Decode(picture)), Not(HasSubstr("no error"))) << picture.file;
  }
}

TEST(PictureFormatsTest, CameraRawIsNamed) {
  int count = 0;
  for (const Picture& picture : Pictures()) {
    if (!picture.Has("camera_raw")) continue;
    EXPECT_THAT(Refusal(Decode(picture)), HasSubstr("camera raw")) << picture.file;
    ++count;
  }
  EXPECT_EQ(count, 4);
}

TEST(PictureFormatsTest, TheFormatIsNamed) {
  for (const Picture& picture : Pictures()) {
    const auto image = Decode(picture);
    if (!image.ok()) continue;
    const std::string folder = picture.file.substr(0, picture.file.find('/'));
    EXPECT_EQ(LowerCase(image->format), folder) << picture.file;
    EXPECT_THAT(PictureFormatNames(), HasSubstr(image->format));
    EXPECT_TRUE(HasPictureExtension(picture.file)) << picture.file;
  }
}

TEST(PictureFormatsTest, ClippingAndAnimationsWarn) {
  for (const Picture& picture : Pictures()) {
    const auto image = Decode(picture);
    if (!image.ok()) continue;
    const bool clipped = picture.Has("clipped"), animated = picture.Has("animated");
    const bool turned = picture.facts.contains("turned_rgb");
    ASSERT_EQ(image->warnings.size(), clipped || animated || turned ? 1u : 0u) << picture.file;
    const std::string warning = image->warnings.empty() ? "" : image->warnings[0];
    EXPECT_EQ(warning.find("above 255") != std::string::npos, clipped) << picture.file;
    EXPECT_EQ(warning.find("first one is used") != std::string::npos, animated) << picture.file;
  }
}

// The limit is looked at before memory is taken.
TEST(PictureFormatsTest, TheLimitOfPixelsIsInclusive) {
  for (const Picture& picture : Pictures()) {
    if (picture.refused()) continue;
    const int64_t pixels = picture.facts["width"].get<int64_t>() * picture.facts["height"].get<int64_t>();
    EXPECT_TRUE(DecodeImage(picture.bytes, {.max_pixels = pixels}).ok()) << picture.file;
    if (pixels == 1) continue;
    EXPECT_THAT(Refusal(DecodeImage(picture.bytes, {.max_pixels = pixels - 1})), HasSubstr("--max_pixels"))
        << picture.file;
  }
}

int64_t PeakKib() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST(PictureFormatsTest, AHugeHeaderIsRefusedBeforeItsPixelsAreAllocated) {
  const int64_t before = PeakKib();
  size_t count = 0;
  for (const Picture& picture : Pictures()) {
    if (!picture.Has("000x") && !picture.Has("65535x")) continue;
    EXPECT_THAT(Refusal(Decode(picture)), HasSubstr("--max_pixels")) << picture.file;
    ++count;
  }
  EXPECT_GT(count, 6u);
  EXPECT_LT(PeakKib() - before, 64 * 1024);
}

// A picture cut anywhere is refused, or was whole before. (The last number of a plain PNM may lose digits.)
TEST(PictureFormatsTest, EveryTruncationIsAnErrorOrComplete) {
  for (const Picture& picture : Pictures()) {
    if (picture.file.starts_with("pnm/P2") || picture.file.starts_with("pnm/P3")) continue;
    const auto whole = Decode(picture);
    if (!whole.ok()) continue;
    const size_t step = 1 + picture.bytes.size() / 30;
    for (size_t size = 0; size < picture.bytes.size(); size += step) {
      const auto cut = DecodeImage(std::span(picture.bytes).first(size));
      if (cut.ok()) {
        EXPECT_TRUE(cut->pixels.data == whole->pixels.data) << picture.file << " cut to " << size;
      } else {
        EXPECT_EQ(cut.status().code(), Code::kInvalid) << picture.file << " cut to " << size;
      }
    }
  }
}

// Nor do the libraries print anything.
TEST(PictureFormatsTest, DamagedBytesNeverDoHarm) {
  testing::internal::CaptureStderr();
  for (const Picture& picture : Pictures()) {
    std::vector<std::byte> file = picture.bytes;
    for (size_t place = 0; place < file.size(); place += place < 100 ? 3 : 1 + file.size() / 25) {
      const std::byte right = file[place];
      file[place] ^= std::byte{0x81};
      const auto image = DecodeImage(file, {.max_pixels = 1 << 16});
      if (image.ok()) {
        const size_t pixels = static_cast<size_t>(image->pixels.width) * static_cast<size_t>(image->pixels.height);
        EXPECT_EQ(image->pixels.data.size(), 3 * pixels);
      }
      file[place] = right;
    }
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(PictureFormatsTest, ExtensionsAreKnownInAnyCase) {
  for (const char* name : {"a.jpg", "A.JPEG", "b.c/d.Png", "x.TIF.bmp", ".gif"}) EXPECT_TRUE(HasPictureExtension(name));
  for (const char* name : {"jpg", "a.jp", "a.", "a.jpg.txt", "a. ", "", "a.npy", "b.jpg/c"})
    EXPECT_FALSE(HasPictureExtension(name)) << name;
}

TEST(PictureFormatsTest, TheDocumentHasTheTable) {
  const std::string document = ReadText(std::string(kSourceDirectory) + "/docs/models.md");
  for (const PictureFormat& format : PictureFormats()) {
    std::istringstream extensions{std::string(format.extensions)};
    std::string row = fmt::format("\n| {} |", format.name);
    for (std::string extension; extensions >> extension;) row += " " + extension.substr(1) + ",";
    row.back() = ' ';
    EXPECT_THAT(document, HasSubstr(row + "|")) << format.name;
  }
}

// tools/timm_reference.py takes the same files of a directory.
TEST(PictureFormatsTest, TheReferenceScriptKnowsTheSameExtensions) {
  const std::string script = ReadText(std::string(kSourceDirectory) + "/tools/timm_reference.py");
  const size_t begin = script.find("PICTURE_EXTENSIONS = (");
  const std::string list = script.substr(begin, script.find(')', begin) - begin);
  size_t known = 0, listed = 0;
  for (const PictureFormat& format : PictureFormats()) {
    std::istringstream extensions{std::string(format.extensions)};
    for (std::string extension; extensions >> extension; ++known)
      EXPECT_THAT(list, HasSubstr("\"" + extension + "\"")) << format.name;
  }
  for (const char c : list) listed += c == '.' ? 1 : 0;
  if (!HasPictureExtension("a.avif")) listed -= 2;  // built without
  EXPECT_EQ(listed, known);
}

}  // namespace
}  // namespace convnext
