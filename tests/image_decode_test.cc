// Odd, damaged and hostile picture files. tests/data/make_images.py makes them, with what Pillow makes of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "convnext/image/image.h"
#include "paths.h"
#include "test_util.h"

namespace convnext {
namespace {

namespace fs = std::filesystem;
using std::string_view_literals::operator""sv;
using testing::HasSubstr;

const fs::path kImages = fs::path(kSourceDirectory) / "tests/data/image";

std::vector<std::byte> Read(const fs::path& path) {
  auto file = ReadFile(path.string(), 1 << 24);
  EXPECT_TRUE(file.ok()) << file.status().message();
  return file.ok() ? *std::move(file) : std::vector<std::byte>();
}

std::vector<fs::path> Files(const fs::path& directory) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(directory)) files.push_back(entry.path());
  EXPECT_FALSE(files.empty());
  return files;
}

// Decodes both and compares; gives the warnings.
std::vector<std::string> ExpectPillowsPixels(const fs::path& path) {
  SCOPED_TRACE(path.filename());
  const auto image = DecodeImage(Read(path));
  const auto expected = DecodeImage(Read(kImages / "expected" / (path.filename().string() + ".png")));
  EXPECT_TRUE(expected.ok()) << expected.status().message();
  EXPECT_TRUE(image.ok()) << image.status().message();
  if (!image.ok() || !expected.ok()) return {};
  EXPECT_EQ(image->pixels.width, expected->pixels.width);
  EXPECT_EQ(image->pixels.height, expected->pixels.height);
  EXPECT_TRUE(image->pixels.data == expected->pixels.data);
  return image->warnings;
}

TEST(ImageDecodeTest, AcceptsWhatPillowAccepts) {
  for (const fs::path& path : Files(kImages / "accepted")) EXPECT_TRUE(ExpectPillowsPixels(path).empty()) << path;
}

TEST(ImageDecodeTest, WarnsOfDamageAnimationClippingAndOrientation) {
  for (const fs::path& path : Files(kImages / "warned")) EXPECT_EQ(ExpectPillowsPixels(path).size(), 1u) << path;
  EXPECT_THAT(ExpectPillowsPixels(kImages / "warned/damaged.jpg")[0], HasSubstr("damaged"));
  EXPECT_THAT(ExpectPillowsPixels(kImages / "warned/animated.webp")[0], HasSubstr("2 frames"));
  EXPECT_THAT(ExpectPillowsPixels(kImages / "warned/animated.png")[0], HasSubstr("animated"));
  EXPECT_THAT(ExpectPillowsPixels(kImages / "warned/pixel_checksum.png")[0], HasSubstr("damaged"));
  EXPECT_THAT(ExpectPillowsPixels(kImages / "warned/grey16.png")[0], HasSubstr("above 255"));
  EXPECT_THAT(ExpectPillowsPixels(kImages / "warned/turned.jpg")[0], HasSubstr("EXIF orientation 6 is ignored"));
}

TEST(ImageDecodeTest, RefusesWhatPillowRefuses) {
  for (const fs::path& path : Files(kImages / "refused")) {
    const auto image = DecodeImage(Read(path));
    ASSERT_FALSE(image.ok()) << path;
    EXPECT_EQ(image.status().code(), Code::kInvalid) << path;
    EXPECT_FALSE(image.status().message().empty()) << path;
  }
}

TEST(ImageDecodeTest, TellsTheFormat) {
  EXPECT_EQ(DecodeImage(Read(kImages / "accepted/420.jpg"))->format, "JPEG");
  EXPECT_EQ(DecodeImage(Read(kImages / "accepted/2_8bit.png"))->format, "PNG");
  EXPECT_EQ(DecodeImage(Read(kImages / "accepted/lossy.webp"))->format, "WebP");
}

struct Unknown {
  std::string_view file, name;
};

TEST(ImageDecodeTest, NamesWhatItCannotDecode) {
  constexpr Unknown kUnknown[] = {
      {""sv, "empty"},
      {"II*\0\x10\0\0\0CR\2\0"sv, "Canon CR2"},
      {"\0\0\0\x18"
       "ftypcrx "sv,
       "Canon CR3"},
      {"FUJIFILMCCD-RAW 0201"sv, "Fujifilm RAF"},
      {"IIRO\x08\0\0\0"sv, "Olympus ORF"},
      {"IIU\0\x18\0\0\0"sv, "Panasonic RW2"},
      {"\0\0\0\x1c"
       "ftypheic\0\0\0\0"sv,
       "HEIC"},
      {"\0\0\0\x1c"
       "ftyphevc\0\0\0\0"sv,
       "HEIC"},
      {"\0\0\0\x0cJXL \r\n\x87\n"sv, "JPEG XL"},
      {"\xff\x0a\xfa"sv, "JPEG XL"},
      {"II\xbc\x01"sv, "JPEG XR"},
      {"P7\nWIDTH 1\n"sv, "PAM"},
      {"PF\n1 1\n-1\n"sv, "PFM"},
      {"%PDF-1.7"sv, "PDF"},
      {"8BPS\0\1"sv, "Photoshop"},
      {"v/1\1\2\0\0\0"sv, "OpenEXR"},
      {"<!DOCTYPE html><html>"sv, "HTML"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"sv, "git lfs pull"},
      {"RIFF\x24\0\0\0WAVEfmt "sv, "RIFF"},
      {"\x1b[31mhello"sv, "\\x1b"},
      {"\xff"sv, "\\xff"},
  };
  for (const Unknown& unknown : kUnknown) {
    const auto image = DecodeImage(BytesOf(unknown.file));
    ASSERT_FALSE(image.ok()) << unknown.name;
    EXPECT_EQ(image.status().code(), Code::kInvalid);
    EXPECT_THAT(image.status().message(), HasSubstr(std::string(unknown.name)));
    EXPECT_THAT(image.status().message(), HasSubstr("expected a picture (JPEG, PNG, WebP, "));
  }
}

TEST(ImageDecodeTest, NamesLosslessJpegs) {
  auto file = Read(kImages / "accepted/420.jpg");
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const size_t frame = text.find("\xff\xc0");
  constexpr std::pair<int, const char*> kProcesses[] = {
      {0xc3, "a lossless JPEG"}, {0xcb, "a lossless JPEG"}, {0xc5, "a hierarchical JPEG"}, {0xf7, "a JPEG-LS picture"}};
  for (const auto& [marker, name] : kProcesses) {
    file[frame + 1] = static_cast<std::byte>(marker);
    EXPECT_THAT(Refusal(DecodeImage(file)), HasSubstr(name));
  }
}

TEST(ImageDecodeTest, NamesDicomBehindItsPreamble) {
  EXPECT_THAT(DecodeImage(BytesOf(std::string(128, '\0') + "DICM")).status().message(), HasSubstr("DICOM"));
}

TEST(ImageDecodeTest, TheLimitOfPixelsIsInclusiveAndNamed) {
  for (const char* name : {"420.jpg", "lossy.webp", "2_8bit.png"}) {
    const auto file = Read(kImages / "accepted" / name);
    const auto whole = DecodeImage(file);
    ASSERT_TRUE(whole.ok());
    const auto pixels = static_cast<int64_t>(whole->pixels.data.size() / 3);
    EXPECT_TRUE(DecodeImage(file, {.max_pixels = pixels}).ok());
    const auto refused = DecodeImage(file, {.max_pixels = pixels - 1});
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.status().message(), HasSubstr("--max_pixels"));
    EXPECT_THAT(refused.status().message(), HasSubstr(std::to_string(pixels)));
  }
}

int64_t PeakMemoryKib() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// The smallest of the three would need 800 MB.
TEST(ImageDecodeTest, AHugeHeaderIsRefusedBeforeItsPixelsAreAllocated) {
  const int64_t before = PeakMemoryKib();
  for (const char* name : {"65500x65500.jpg", "100000x100000.png", "16383x16383.webp"}) {
    const auto image = DecodeImage(Read(kImages / "refused" / name));
    ASSERT_FALSE(image.ok()) << name;
    EXPECT_EQ(image.status().code(), Code::kInvalid) << name;
    EXPECT_THAT(image.status().message(), HasSubstr("--max_pixels")) << name;
    EXPECT_THAT(image.status().message(), HasSubstr(fs::path(name).stem().string())) << name;
  }
  EXPECT_LT(PeakMemoryKib() - before, 64 * 1024);
}

TEST(ImageDecodeTest, APictureWithoutPixelsIsRefused) {
  EXPECT_THAT(DecodeImage(Read(kImages / "refused/no_rows.png")).status().message(), HasSubstr("5x0"));
  EXPECT_FALSE(DecodeImage(Read(kImages / "refused/no_height.jpg")).ok());
}

// A picture cut anywhere before the end of its pixels is an error. A PNG and a JPEG may lack a little of what follows.
TEST(ImageDecodeTest, EveryTruncationIsAnErrorOrComplete) {
  for (const fs::path& path : Files(kImages / "accepted")) {
    const auto file = Read(path);
    const auto whole = DecodeImage(file);
    ASSERT_TRUE(whole.ok());
    for (size_t size = 0; size < file.size(); size += 1 + file.size() / 200) {
      const auto cut = DecodeImage(std::span(file).first(size));
      if (cut.ok()) {
        EXPECT_TRUE(cut->pixels.data == whole->pixels.data) << path << " cut to " << size;
      } else {
        EXPECT_EQ(cut.status().code(), Code::kInvalid);
      }
    }
  }
}

TEST(ImageDecodeTest, DamagedBytesNeverDoHarm) {
  for (const fs::path& path : Files(kImages / "accepted")) {
    auto file = Read(path);
    for (size_t place = 0; place < file.size(); place += 1 + file.size() / 100) {
      const std::byte right = file[place];
      file[place] ^= std::byte{0x24};
      const auto image = DecodeImage(file, {.max_pixels = 1 << 16});
      if (image.ok()) {
        EXPECT_EQ(image->pixels.data.size(), 3 * static_cast<size_t>(image->pixels.width * image->pixels.height));
      }
      file[place] = right;
    }
  }
}

// A progressive JPEG whose last scan is repeated: each costs a pass over the picture, however small the file is.
TEST(ImageDecodeTest, TooManyScansAreRefused) {
  const auto file = Read(kImages / "accepted/progressive.jpg");
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  const size_t scan = text.rfind("\xff\xda");
  const size_t tables = text.rfind("\xff\xc4", scan);
  const std::string_view last =
      text.substr(std::max(text.rfind("\xff\xda", scan - 1), tables) == tables ? tables : scan, std::string_view::npos);
  std::string bomb(text.substr(0, text.size() - 2));
  for (int i = 0; i < 600; ++i) bomb += last.substr(0, last.size() - 2);
  bomb += "\xff\xd9";
  const auto image = DecodeImage(BytesOf(bomb));
  ASSERT_FALSE(image.ok());
  EXPECT_THAT(image.status().message(), HasSubstr("scans"));
}

TEST(ImageDecodeTest, AWrittenPngReadsBack) {
  const auto image = DecodeImage(Read(kImages / "accepted/lossless.webp"));
  ASSERT_TRUE(image.ok());
  const TemporaryDirectory directory;
  const std::string path = directory / "picture.png";
  const Status status = WritePng(path, image->pixels);
  ASSERT_TRUE(status.ok()) << status.message();
  const auto back = DecodeImage(Read(path));
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(back->pixels.width, image->pixels.width);
  EXPECT_TRUE(back->pixels.data == image->pixels.data);
}

TEST(ImageDecodeTest, APngThatCannotBeWrittenIsAnIoError) {
  const Pixels pixels{1, 1, {1, 2, 3}};
  for (const char* path : {"/dev/full", "/proc/convnext/picture.png"}) {
    const Status status = WritePng(path, pixels);
    EXPECT_EQ(status.code(), Code::kIo) << path;
    EXPECT_THAT(status.message(), HasSubstr(fs::path(path).parent_path().string()));
  }
}

}  // namespace
}  // namespace convnext
