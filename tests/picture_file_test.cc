// ReadPicture and SamePixels on files that were made to mislead.
#include <zlib.h>

#include <algorithm>

#include "convnext/picture/picture.h"
#include "convnext/picture/png_file.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::HasSubstr;

struct Chunk {
  std::string name, data;
};
using Chunks = std::vector<Chunk>;

std::string Number(size_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

std::string File(const Chunks& chunks) {
  std::string file(kPngSignature);
  for (const auto& [name, data] : chunks) {
    const std::string covered = name + data;
    file += Number(data.size()) + covered +
            Number(crc32_z(0, reinterpret_cast<const Bytef*>(covered.data()), covered.size()));
  }
  return file;
}

std::string Zlib(const std::string& data) {
  uLong size = compressBound(data.size());
  std::string bytes(size, '\0');
  compress2(reinterpret_cast<Bytef*>(bytes.data()), &size, reinterpret_cast<const Bytef*>(data.data()), data.size(), 9);
  return bytes.substr(0, size);
}

const std::string kPixels = "\x01\x02\x03\x09\x08\x07\xff\xfe\xfd\x10\x20\x30";  // 2x2

PngFile SmallFile() { return {2, 2, kPixels, "Title\ntext 模型", "cairo"}; }

std::string Header(size_t width, size_t height) {
  return Number(width) + Number(height) + std::string("\x08\x02\0\0\0", 5);
}

// The chunks of a small picture, which tests then spoil; the pixels are at kIdat.
constexpr size_t kIhdr = 0, kSoftware = 1, kText = 2, kIdat = 3;
Chunks SmallChunks() {
  const std::string rows = std::string(1, '\0') + kPixels.substr(0, 6) + std::string(1, '\0') + kPixels.substr(6);
  return {{"IHDR", Header(2, 2)},
          {"tEXt", std::string("Software\0cairo", 14)},
          {"iTXt", std::string("Description\0\0\0\0\0", 16) + "Title\ntext 模型"},
          {"IDAT", Zlib(rows)},
          {"IEND", ""}};
}

std::string WithChunkData(size_t index, const std::string& data) {
  Chunks chunks = SmallChunks();
  chunks[index].data = data;
  return File(chunks);
}

std::string WithChunkBefore(size_t before, const Chunk& chunk) {
  Chunks chunks = SmallChunks();
  chunks.insert(chunks.begin() + static_cast<std::ptrdiff_t>(before), chunk);
  return File(chunks);
}

std::string CompressedText(const std::string& zlib) {
  return WithChunkData(kText, std::string("Description\0\1\0en\0x\0", 19) + zlib);
}

TEST(PictureFile, ReadsWhatItWrites) {
  const std::string png = ValueOrThrow(EncodePng(SmallFile()));
  const PngFile file = ValueOrThrow(DecodePng(png));
  EXPECT_EQ(file.pixels, kPixels);
  const PictureFacts facts = ValueOrThrow(ReadPicture(png));
  EXPECT_EQ(facts.width, 2);
  EXPECT_EQ(facts.height, 2);
  EXPECT_EQ(facts.text, SmallFile().text);
  EXPECT_EQ(facts.software, "cairo");
  EXPECT_TRUE(ValueOrThrow(SamePixels(png, File(SmallChunks()))));
}

TEST(PictureFile, ReadsEveryFilter) {
  // One row of a constant colour and a row that each filter predicts from it, by hand.
  const std::string first("\0\1\2\3\1\2\3", 7);
  const std::vector<std::string> rows = {{"\0\1\2\3\1\2\3", 7},
                                         {"\1\1\2\3\0\0\0", 7},
                                         {"\2\0\0\0\0\0\0", 7},
                                         {"\3\1\1\2\0\0\0", 7},
                                         {"\4\0\0\0\0\0\0", 7}};
  for (const std::string& row : rows) {
    const std::string png = WithChunkData(kIdat, Zlib(first + row));
    EXPECT_EQ(ValueOrThrow(DecodePng(png)).pixels, "\1\2\3\1\2\3\1\2\3\1\2\3") << int{row[0]};
  }
}

TEST(PictureFile, EveryPrefixIsRefused) {
  const std::string png = ValueOrThrow(EncodePng(SmallFile()));
  for (size_t size = 0; size < png.size(); ++size) EXPECT_NE(Refusal(ReadPicture(png.substr(0, size))), "(no error)");
  EXPECT_THAT(Refusal(ReadPicture(png + "x")), HasSubstr("1 bytes behind its end"));
}

TEST(PictureFile, EveryFlippedBitIsRefused) {
  const std::string png = ValueOrThrow(EncodePng(SmallFile()));
  for (size_t bit = 0; bit < 8 * png.size(); ++bit) {
    std::string flipped = png;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(Refusal(ReadPicture(flipped)), "(no error)") << bit;
  }
}

// With the checksums mended whatever is accepted is read whole.
TEST(PictureFile, FlippedBitsWithRightChecksums) {
  const Chunks chunks = SmallChunks();
  for (size_t i = 0; i < chunks.size(); ++i) {
    for (size_t bit = 0; bit < 8 * chunks[i].data.size(); ++bit) {
      std::string data = chunks[i].data;
      data[bit / 8] = static_cast<char>(data[bit / 8] ^ (1 << bit % 8));
      const std::string png = WithChunkData(i, data);
      const auto facts = ReadPicture(png);
      if (facts.ok()) {
        EXPECT_TRUE(ValueOrThrow(SamePixels(png, png)));
      } else {
        EXPECT_EQ(facts.status().code(), Code::kInvalid);
      }
    }
  }
}

TEST(PictureFile, RefusesOtherChunks) {
  for (const char* name : {"tRNS", "gAMA", "acTL", "zTXt", "tIME", "eXIf", "PLTE", "IHDR", "abcd", "\xff\n[m"}) {
    EXPECT_NE(Refusal(ReadPicture(WithChunkBefore(1, {name, "data"}))), "(no error)") << name;
  }
  EXPECT_THAT(Refusal(ReadPicture(WithChunkBefore(1, {"pHYs", "otherdata"}))), HasSubstr("pHYs"));
  EXPECT_THAT(Refusal(ReadPicture(WithChunkBefore(1, {"tEXt", std::string("Comment\0x", 9)}))), HasSubstr("tEXt"));
  EXPECT_THAT(Refusal(ReadPicture(WithChunkBefore(1, SmallChunks()[kText]))), HasSubstr("two texts"));
  EXPECT_THAT(Refusal(ReadPicture(WithChunkBefore(1, SmallChunks()[kSoftware]))), HasSubstr("two texts"));
  EXPECT_THAT(Refusal(ReadPicture(WithChunkBefore(0, SmallChunks()[kText]))), HasSubstr("expected IHDR"));
}

TEST(PictureFile, RefusesMissingChunks) {
  for (const size_t index : {kIhdr, kSoftware, kText, kIdat, kIdat + 1}) {
    Chunks chunks = SmallChunks();
    chunks.erase(chunks.begin() + static_cast<std::ptrdiff_t>(index));
    EXPECT_NE(Refusal(ReadPicture(File(chunks))), "(no error)") << index;
  }
}

TEST(PictureFile, RefusesOddHeaders) {
  for (const auto& [width, height] :
       {std::pair<size_t, size_t>{0, 2}, {2, 0}, {0xffffffff, 0xffffffff}, {1 << 20, 17}}) {
    EXPECT_THAT(Refusal(ReadPicture(WithChunkData(kIhdr, Header(width, height)))), HasSubstr("pixels; expected"));
  }
  EXPECT_THAT(Refusal(ReadPicture(WithChunkData(kIhdr, Header(4096, 4096)))), HasSubstr("too few pixels"));
  EXPECT_THAT(Refusal(ReadPicture(WithChunkData(kIhdr, Header(2, 2) + "x"))), HasSubstr("14 bytes"));
  std::string interlaced = Header(2, 2);
  interlaced.back() = 1;
  EXPECT_THAT(Refusal(ReadPicture(WithChunkData(kIhdr, interlaced))), HasSubstr("8-bit RGB"));
}

TEST(PictureFile, RefusesOddPixels) {
  const std::string row("\0\1\2\3\4\5\6", 7);
  EXPECT_THAT(Refusal(ReadPicture(WithChunkData(kIdat, Zlib(row)))), HasSubstr("have 7 bytes; expected 14"));
  EXPECT_THAT(Refusal(ReadPicture(WithChunkData(kIdat, Zlib(row + row + "x")))), HasSubstr("more than 14"));
  EXPECT_THAT(Refusal(ReadPicture(WithChunkData(kIdat, Zlib(row + row) + "x"))), HasSubstr("1 bytes behind their end"));
  EXPECT_THAT(Refusal(ReadPicture(WithChunkData(kIdat, Zlib(row + "\5" + row.substr(1))))),
              HasSubstr("unknown filter 5"));
  Chunks chunks = SmallChunks();
  const std::string data = chunks[kIdat].data;
  chunks[kIdat].data = data.substr(0, 5);
  chunks.insert(chunks.end() - 1, {"IDAT", data.substr(5)});
  EXPECT_TRUE(ReadPicture(File(chunks)).ok());
  std::swap(chunks[kIdat - 1], chunks[kIdat]);
  EXPECT_THAT(Refusal(ReadPicture(File(chunks))), HasSubstr("interrupted by a chunk iTXt"));
}

TEST(PictureFile, ReadsCompressedText) {
  EXPECT_EQ(ValueOrThrow(ReadPicture(CompressedText(Zlib("a\nb")))).text, "a\nb");
  EXPECT_EQ(ValueOrThrow(ReadPicture(CompressedText(Zlib("")))).text, "");
  EXPECT_EQ(ValueOrThrow(ReadPicture(CompressedText(Zlib(std::string(4 << 20, 'x'))))).text.size(), size_t{4} << 20);
}

TEST(PictureFile, RefusesBombs) {
  EXPECT_THAT(Refusal(ReadPicture(CompressedText(Zlib(std::string((4 << 20) + 1, 'x'))))), HasSubstr("more than"));
  EXPECT_THAT(Refusal(ReadPicture(CompressedText(Zlib(std::string(64 << 20, '\0'))))), HasSubstr("more than"));
  PngFile file = SmallFile();
  file.text.assign((4 << 20) + 1, 'x');
  EXPECT_THAT(Refusal(ReadPicture(ValueOrThrow(EncodePng(file)))), HasSubstr("expected at most 4194304"));
  EXPECT_THAT(Refusal(ReadPicture(std::string((16 << 20) + 1, 'x'))), HasSubstr("16777216"));
}

TEST(PictureFile, RefusesOddTexts) {
  const std::string start("Description\0\0\0\0\0", 16);
  for (const std::string& text :
       {std::string("\xff"), std::string("a\0b", 3), std::string("\x1b[2J"), std::string("a\r\n")}) {
    EXPECT_THAT(Refusal(ReadPicture(WithChunkData(kText, start + text))), HasSubstr("control characters"));
  }
  for (size_t size = 0; size < start.size(); ++size) {
    EXPECT_THAT(Refusal(ReadPicture(WithChunkData(kText, start.substr(0, size)))), HasSubstr("iTXt"));
  }
  EXPECT_THAT(Refusal(ReadPicture(CompressedText("not zlib"))), HasSubstr("damaged"));
  EXPECT_THAT(Refusal(ReadPicture(CompressedText(Zlib("x") + "x"))), HasSubstr("behind their end"));
}

TEST(PictureFile, SamePixelsTellsThemApart) {
  PngFile file = SmallFile();
  const std::string png = ValueOrThrow(EncodePng(file));
  file.pixels[5] = 0;
  EXPECT_FALSE(ValueOrThrow(SamePixels(png, ValueOrThrow(EncodePng(file)))));
  file = SmallFile();
  file.width = 4;
  file.height = 1;
  EXPECT_FALSE(ValueOrThrow(SamePixels(png, ValueOrThrow(EncodePng(file)))));
  EXPECT_THAT(Refusal(SamePixels(png, "")), HasSubstr("the second picture"));
  EXPECT_THAT(Refusal(SamePixels("", png)), HasSubstr("the first picture"));
}

}  // namespace
}  // namespace convnext
