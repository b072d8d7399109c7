// NumPy's files: what NumPy writes is read, what it would not write is refused.
#include <cstring>
#include <limits>

#include "convnext/tensor/tensor.h"
#include "test_util.h"

namespace convnext {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A file as numpy.save lays it out, with the header's dictionary and the data given.
std::string Npy(const std::string& dictionary, const std::string& data, char version = 1) {
  const size_t length = dictionary.size() + 1;
  std::string file = std::string("\x93NUMPY") + version + '\0';
  for (int i = 0; i < (version == 1 ? 2 : 4); ++i) file += static_cast<char>(length >> 8 * i & 0xff);
  return file + dictionary + "\n" + data;
}

std::string Dictionary(const std::string& descr, const std::string& order, const std::string& shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

template <class T>
std::string RawBytes(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

Result<NpyArray> Parse(const std::string& file) { return ParseNpy(BytesOf(file)); }

TEST(Npy, ReadsWhatItWrites) {
  const TemporaryDirectory directory;
  const float values[] = {
      0.0f, -1.5f, std::numeric_limits<float>::denorm_min(), std::numeric_limits<float>::infinity(), 3e38f, -0.0f};
  for (const Shape& shape : {Shape{6}, Shape{2, 3}, Shape{1, 3, 2, 1}}) {
    ASSERT_TRUE(WriteNpy(directory / "a.npy", shape, values).ok());
    EXPECT_EQ(ReadText(directory / "a.npy").size() % 64, sizeof values % 64);  // the data begin at a multiple of 64
    const auto array = ValueOrThrow(ReadNpyFloat32(directory / "a.npy"));
    EXPECT_EQ(array.shape, shape);
    EXPECT_EQ(std::memcmp(array.data.data(), values, sizeof values), 0);
    EXPECT_EQ(ValueOrThrow(ReadNpy(directory / "a.npy")).dtype, "float32");
  }
}

TEST(Npy, WritesScalarsAndEmptyArrays) {
  const TemporaryDirectory directory;
  const float one[] = {1};
  ASSERT_TRUE(WriteNpy(directory / "scalar.npy", {}, one).ok());
  EXPECT_THAT(ValueOrThrow(ReadNpyFloat32(directory / "scalar.npy")).shape, IsEmpty());
  ASSERT_TRUE(WriteNpy(directory / "empty.npy", Shape{0, 640}, std::span<const float>()).ok());
  EXPECT_THAT(ValueOrThrow(ReadNpyFloat32(directory / "empty.npy")).shape, ElementsAre(0, 640));
  EXPECT_EQ(WriteNpy(directory / "wrong.npy", Shape{2}, one).code(), Code::kInternal);
}

TEST(Npy, WritesDoublesExactly) {
  const TemporaryDirectory directory;
  const double values[] = {0.1, -1e300, std::numeric_limits<double>::denorm_min(), -0.0};
  ASSERT_TRUE(WriteNpy(directory / "d.npy", Shape{2, 2}, values).ok());
  const auto array = ValueOrThrow(ReadNpy(directory / "d.npy"));
  EXPECT_EQ(array.dtype, "float64");
  EXPECT_THAT(array.tensor.shape, ElementsAre(2, 2));
  EXPECT_EQ(std::memcmp(array.tensor.data.data(), values, sizeof values), 0);
  EXPECT_EQ(WriteNpy(directory / "wrong.npy", Shape{5}, values).code(), Code::kInternal);
}

TEST(Npy, InMemoryTheBytesAreThoseOfTheFile) {
  const TemporaryDirectory directory;
  const float floats[] = {1, 2, 3};
  const double doubles[] = {1, 2, 3};
  ASSERT_TRUE(WriteNpy(directory / "f.npy", Shape{3, 1}, floats).ok());
  ASSERT_TRUE(WriteNpy(directory / "d.npy", Shape{3}, doubles).ok());
  EXPECT_EQ(NpyBytes(Shape{3, 1}, floats), ReadText(directory / "f.npy"));
  EXPECT_EQ(NpyBytes(Shape{3}, doubles), ReadText(directory / "d.npy"));
}

// The header of numpy.save in NumPy 2, byte for byte.
TEST(Npy, WritesWhatNumpyWrites) {
  const double one[] = {1};
  EXPECT_EQ(NpyBytes(Shape{1}, one), std::string("\x93NUMPY\1\0v\0", 10) + Dictionary("<f8", "False", "(1,)") +
                                         std::string(60, ' ') + "\n" + RawBytes({1.0}));
}

TEST(Npy, ReadsDoublesExactly) {
  const auto array = ValueOrThrow(Parse(Npy(Dictionary("<f8", "False", "(3,)"), RawBytes({0.1, -1e300, 5e-324}))));
  EXPECT_EQ(array.dtype, "float64");
  EXPECT_THAT(array.tensor.data, ElementsAre(0.1, -1e300, 5e-324));
}

TEST(Npy, ReadsEveryFormatVersion) {
  for (const char version : {'\1', '\2', '\3'}) {
    const auto array = ValueOrThrow(Parse(Npy(Dictionary("<f4", "False", "(1, 2)"), RawBytes({1.0f, 2.0f}), version)));
    EXPECT_THAT(array.tensor.data, ElementsAre(1, 2));
  }
  EXPECT_THAT(Refusal(Parse(Npy(Dictionary("<f4", "False", "()"), RawBytes({1.0f}), 4))), HasSubstr("version 4"));
}

TEST(Npy, ReadsAnyOrderOfKeysAndUnalignedData) {
  const std::string data = RawBytes({1.0f, 2.0f});
  for (const std::string space : {"", " ", "  ", "   "}) {
    const auto array =
        ValueOrThrow(Parse(Npy("{'shape':(2,)," + space + "'descr':'<f4','fortran_order':False}" + space, data)));
    EXPECT_THAT(array.tensor.data, ElementsAre(1, 2));
  }
}

TEST(Npy, ReadsFloat16) {
  std::string file = NpyHeaderText("float16", Shape{3});
  for (const float value : {1.0f, -0.333251953125f, 6e-8f}) {
    const uint16_t half = ToHalf(value);
    file.append(reinterpret_cast<const char*>(&half), sizeof half);
  }
  const auto array = ValueOrThrow(Parse(file));
  EXPECT_EQ(array.dtype, "float16");
  EXPECT_THAT(array.tensor.data, ElementsAre(1, -0.333251953125, 0x1p-24));
}

TEST(Npy, RefusesOtherTypesByName) {
  for (const std::string descr : {">f4", "<i8", "|u1", "<c8", "|O", "<f\x1b"}) {
    EXPECT_THAT(Refusal(Parse(Npy(Dictionary(descr, "False", "(1,)"), "12345678"))),
                HasSubstr("dtype '" + Printable(descr) + "'; expected float16 ('<f2'), float32"));
  }
  EXPECT_THAT(Refusal(Parse(Npy(Dictionary("<f4", "True", "(1, 2)"), RawBytes({1.0f, 2.0f})))),
              HasSubstr("Fortran order; save numpy.ascontiguousarray(x)"));
}

TEST(Npy, Float32IsAskedForByName) {
  const TemporaryDirectory directory;
  WriteText(directory / "d.npy", Npy(Dictionary("<f8", "False", "(1,)"), RawBytes({1.0})));
  EXPECT_THAT(Refusal(ReadNpyFloat32(directory / "d.npy")), HasSubstr("d.npy: float64; expected float32"));
  WriteText(directory / "t.txt", "text");
  EXPECT_THAT(Refusal(ReadNpy(directory / "t.txt")), HasSubstr("t.txt: not a .npy file"));
  EXPECT_THAT(Refusal(ReadNpy(directory / "absent")), HasSubstr("No such file"));
}

TEST(Npy, TheDataMustBeAsLongAsTheShapeSays) {
  const std::string data = RawBytes({1.0f, 2.0f});
  for (const std::string shape : {"(1,)", "(3,)", "()", "(2, 0)", "(4611686018427387904, 4)", "(9223372036854775807,)",
                                  "(4294967296, 4294967296)"}) {
    EXPECT_THAT(Refusal(Parse(Npy(Dictionary("<f4", "False", shape), data))), HasSubstr("but 8 bytes of data"))
        << shape;
  }
}

TEST(Npy, RefusesHostileHeaders) {
  const std::string entry = "'descr': '<f4', 'fortran_order': False, ";
  std::string many = "(";
  for (int i = 0; i < 33; ++i) many += "1, ";
  const std::string dictionaries[] = {
      "",
      "{",
      "{}",
      "{" + entry + "}",
      "{" + entry + "'shape': (1,)",
      "{" + entry + "'shape': (-1,)}",
      "{" + entry + "'shape': (1.0,)}",
      "{" + entry + "'shape': (0x1,)}",
      "{" + entry + "'shape': (1 1)}",
      "{" + entry + "'shape': (99999999999999999999,)}",
      "{" + entry + "'shape': " + many + ")}",
      "{" + entry + "'shape': (1,), 'more': 1}",
      "{" + entry + "'shape': (1,)} trailing",
      "{" + entry + "'shape': (1,), 'shape': (1,)}",
      "{'descr' " + entry + "'shape': (1,)}",
      "{'descr': '<f4' 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
      "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4, 'fortran_order': False, 'shape': (1,)}",
      "{'descr': '<f4",
  };
  for (const std::string& dictionary : dictionaries) {
    EXPECT_THAT(Refusal(Parse(Npy(dictionary, "1234"))),
                testing::AnyOf(HasSubstr("header is malformed"), HasSubstr("dtype '<f4, '")))
        << dictionary;
  }
}

TEST(Npy, RefusesEveryTruncation) {
  const std::string file = Npy(Dictionary("<f4", "False", "(2,)"), RawBytes({1.0f, 2.0f}));
  ASSERT_TRUE(Parse(file).ok());
  for (size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(Refusal(Parse(file.substr(0, size))), "(no error)") << size;
  }
  std::string long_header = file;
  long_header[8] = long_header[9] = '\xff';
  EXPECT_THAT(Refusal(Parse(long_header)), HasSubstr("cut off"));
}

// Two pictures of three pixels and two channels, pixels four elements apart in NHWC.
TEST(PictureLayout, PlanesAndPixels) {
  const PictureLayout padded{.N = 2, .pixels = 3, .C = 2, .stride = 4};
  const std::vector<float> planes = {0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112};
  std::vector<double> pixels(24, -1);
  NchwToNhwc(padded, planes.data(), pixels.data());
  EXPECT_THAT(pixels, ElementsAre(0, 10, -1, -1, 1, 11, -1, -1, 2, 12, -1, -1,  //
                                  100, 110, -1, -1, 101, 111, -1, -1, 102, 112, -1, -1));
  std::vector<float> again(planes.size());
  NhwcToNchw(padded, pixels.data(), again.data());
  EXPECT_EQ(again, planes);
}

TEST(PictureLayout, RgbWithoutGapsUnlessToldOtherwise) {
  const std::vector<int> pixels = {1, 2, 3, 4, 5, 6};
  std::vector<int> planes(6);
  NhwcToNchw({.pixels = 2}, pixels.data(), planes.data());
  EXPECT_THAT(planes, ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(ElementCount, ChecksForOverflow) {
  EXPECT_EQ(ElementCount({}), 1u);
  EXPECT_EQ(ElementCount(Shape{2, 0, 3}), 0u);
  EXPECT_EQ(ElementCount(Shape{3, -1}), std::nullopt);
  EXPECT_EQ(ElementCount(Shape{int64_t{1} << 32, int64_t{1} << 31}), std::nullopt);
  EXPECT_EQ(CheckedProduct(size_t{1} << 33, size_t{1} << 31), std::nullopt);
}

}  // namespace
}  // namespace convnext
